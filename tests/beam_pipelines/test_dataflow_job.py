"""The streaming pipeline as a job of Google's Dataflow: built, and looked at, but not submitted."""

import re
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.internal import pickler
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.portability import common_urns
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners.dataflow.dataflow_runner import DataflowRunner

from beam_pipelines.events_to_bronze import events_to_bronze, read_batches, stream_tables

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


@pytest.fixture(scope="module")
def proto() -> Any:
    """The graph that would be submitted."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("GOOGLE_CLOUD_PROJECT", "sluice-tests")
        environment.delenv("SLUICE_CONTRACTS", raising=False)
        options = PipelineOptions(OPTIONS)
        assert options.view_as(StandardOptions).streaming
        runner = DataflowRunner()
        pipeline = beam.Pipeline(runner, options)
        tables = stream_tables(["saas"], None)
        events_to_bronze(read_batches(pipeline, tables), tables)
        pipeline.run()
        return runner.proto_pipeline


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


def test_every_function_can_be_sent_to_a_worker(proto: Any) -> None:
    pardo = common_urns.primitives.PAR_DO.urn
    found = 0
    for transform in proto.components.transforms.values():
        if transform.spec.urn == pardo:
            payload = beam_runner_api_pb2.ParDoPayload.FromString(transform.spec.payload)
            pickler.loads(payload.do_fn.payload)
            assert not payload.state_specs and not payload.side_inputs, transform.unique_name
            found += 1
    assert found > 8
