"""The streaming pipeline as a job of Google's Dataflow: built, and looked at, but not submitted."""

import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.internal import pickler
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.portability import common_urns
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners.dataflow.dataflow_runner import DataflowRunner
from apache_beam.runners.dataflow.internal import apiclient

from beam_pipelines.events_to_bronze import events_to_bronze, read_batches, stream_tables

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = [
    "--streaming",
    "--project=sluice-tests",
    "--region=europe-west1",
    "--job_name=events-to-bronze",
    "--temp_location=gs://sluice-tests-temp/dataflow",
    "--service_account_email=beam@sluice-tests.iam.gserviceaccount.com",
    "--no_use_public_ips",
    "--enable_streaming_engine",
    "--dry_run=true",
]


WORKER = """
import pickle, sys
from apache_beam.internal import pickler
for name, payload in pickle.load(open(sys.argv[1], "rb")):
    fn = pickler.loads(payload)
    print(name, type(fn[0]).__name__)
"""


@pytest.fixture(scope="module")
def submitted() -> Any:
    """The runner, and the options of the job that would be submitted, as the runner has completed them."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("GOOGLE_CLOUD_PROJECT", "sluice-tests")
        environment.delenv("SLUICE_CONTRACTS", raising=False)
        options = PipelineOptions(OPTIONS)
        assert options.view_as(StandardOptions).streaming
        runner = DataflowRunner()
        pipeline = beam.Pipeline(runner, options)
        tables = stream_tables(["saas"], None)
        events_to_bronze(read_batches(pipeline, tables), tables)
        result = pipeline.run()
        return runner, result.job.options


@pytest.fixture(scope="module")
def proto(submitted: Any) -> Any:
    """The graph that would be submitted."""
    return submitted[0].proto_pipeline


@pytest.fixture(scope="module")
def environment(submitted: Any) -> Any:
    """What Dataflow would be told of the workers, in its own API's words."""
    runner, options = submitted
    return apiclient.Environment([], options, "8", "gs://sluice-tests-temp/pipeline.pb", runner.proto_pipeline).proto


def test_its_workers_are_private_and_have_their_own_identity(environment: Any) -> None:
    assert environment.service_account_email == "beam@sluice-tests.iam.gserviceaccount.com"
    (pool,) = environment.worker_pools
    assert pool.ip_configuration.name == "WORKER_IP_PRIVATE"


def test_it_streams_by_the_streaming_engine_exactly_once(environment: Any) -> None:
    assert environment.version["job_type"] == "FNAPI_STREAMING"
    assert {"enable_streaming_engine", "enable_windmill_service", "use_runner_v2"} <= set(environment.experiments)
    # Dataflow processes each message once unless it is asked for less.
    assert not any("at_least_once" in option for option in (*environment.experiments, *environment.service_options))


def test_it_has_no_sink_of_beams_own(proto: Any) -> None:
    """Rows are appended at offsets of a stream that a manifest names; a sink that inserts could write them twice."""
    names = {transform.unique_name for transform in proto.components.transforms.values()}
    assert any("Write/Append" in name for name in names)
    urns = {transform.spec.urn for transform in proto.components.transforms.values()}
    assert not any("bigquery" in text.lower() for text in (*names, *urns))


def test_it_reads_the_subscription_of_each_event(proto: Any) -> None:
    read = common_urns.composites.PUBSUB_READ.urn
    payloads = [
        beam_runner_api_pb2.PubSubReadPayload.FromString(transform.spec.payload)
        for transform in proto.components.transforms.values()
        if transform.spec.urn == read
    ]
    assert sorted(payload.subscription for payload in payloads) == [
        "projects/sluice-tests/subscriptions/saas_login_events_bronze",
        "projects/sluice-tests/subscriptions/saas_usage_events_bronze",
    ]
    assert all(payload.with_attributes for payload in payloads)


def test_batches_are_fixed_before_anything_is_written(proto: Any) -> None:
    """All that writes comes after the reshuffle, whose output is the same in each retry."""
    names = {transform.unique_name for transform in proto.components.transforms.values()}
    assert any(re.match(r"Fix batches/.*GroupByKey", name) for name in names)
    consumers: dict[str, list[Any]] = {}
    for transform in proto.components.transforms.values():
        for source in transform.inputs.values():
            consumers.setdefault(source, []).append(transform)
    (flatten,) = [t for t in proto.components.transforms.values() if t.unique_name == "All events"]
    (batches,) = flatten.outputs.values()
    assert all(transform.unique_name.startswith("Fix batches") for transform in consumers[batches])


def test_every_function_can_be_sent_to_a_worker(proto: Any, tmp_path: Path) -> None:
    """A process that knows nothing but the installed project loads each of them: nothing hangs on a main module."""
    pardo = common_urns.primitives.PAR_DO.urn
    functions = []
    for transform in proto.components.transforms.values():
        if transform.spec.urn == pardo:
            payload = beam_runner_api_pb2.ParDoPayload.FromString(transform.spec.payload)
            pickler.loads(payload.do_fn.payload)
            assert not payload.state_specs and not payload.side_inputs, transform.unique_name
            functions.append((transform.unique_name, payload.do_fn.payload))
    assert len(functions) > 8
    (tmp_path / "functions").write_bytes(pickle.dumps(functions))
    command = [sys.executable, "-c", WORKER, str(tmp_path / "functions")]
    loaded = subprocess.run(command, cwd=tmp_path, env=_environment(), capture_output=True, text=True, check=False)
    assert loaded.returncode == 0, loaded.stderr
    assert len(loaded.stdout.splitlines()) == len(functions)


def test_the_command_builds_the_job() -> None:
    command = [sys.executable, "-m", "beam_pipelines.events_to_bronze", "--runner=DataflowRunner", *OPTIONS[1:]]
    environment = _environment() | {"GOOGLE_CLOUD_PROJECT": "sluice-tests"}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr


def _environment() -> dict[str, str]:
    """A worker's: the project is installed, and no emulator is known."""
    ours = ("SLUICE_", "GOOGLE_")
    kept = {n: v for n, v in os.environ.items() if not n.startswith(ours) and not n.endswith("_EMULATOR_HOST")}
    return kept | {"PYTHONPATH": str(ROOT)}
