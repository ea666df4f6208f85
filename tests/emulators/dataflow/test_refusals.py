"""What a bundle by itself cannot do is refused when the job is submitted, with the transform's name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec
from apache_beam.transforms.window import FixedWindows

from emulators.dataflow.rewrite import Refused
from emulators.dataflow.runner import EmulatedDataflowRunner

SUBSCRIPTION = "projects/tests-of-dataflow/subscriptions/some"


class Stateful(beam.DoFn):
    STATE = ReadModifyWriteStateSpec("state", beam.coders.VarIntCoder())

    def process(self, element: Any, state: Any = beam.DoFn.StateParam(STATE)) -> None:  # noqa: B008  Beam's way
        state.write(1)


def keyed(messages: Any) -> Any:
    return messages | beam.Map(lambda message: (1, message))


CASES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "GroupByKey": (
        "GroupByKey",
        lambda messages: keyed(messages) | beam.WindowInto(FixedWindows(60)) | beam.GroupByKey(),
    ),
    "Count": (
        "GroupByKey",
        lambda messages: messages | beam.WindowInto(FixedWindows(60)) | beam.combiners.Count.PerElement(),
    ),
    "state": ("stateful", lambda messages: keyed(messages) | beam.ParDo(Stateful())),
    "bounded source": ("bounded source", lambda messages: messages.pipeline | beam.Create([1])),
    "side input": (
        "bounded source|side input",
        lambda messages: messages | beam.Map(lambda m, x: m, beam.pvalue.AsList(messages.pipeline | beam.Create([1]))),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_refused(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "127.0.0.1:1")
    reason, build = CASES[case]
    with pytest.raises(Refused, match=reason):
        run(lambda pipeline: build(pipeline | beam.io.ReadFromPubSub(subscription=SUBSCRIPTION)), tmp_path)


def run(build: Callable[[beam.Pipeline], Any], state: Path) -> None:
    options = PipelineOptions(["--streaming", "--dataflow_state", str(state)])
    pipeline = beam.Pipeline(EmulatedDataflowRunner(), options)
    build(pipeline)
    pipeline.run()


def test_a_topic_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="subscription"):
        run(
            lambda pipeline: pipeline | beam.io.ReadFromPubSub(topic="projects/tests-of-dataflow/topics/some"), tmp_path
        )


def test_a_pipeline_without_pubsub_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="without ReadFromPubSub"):
        run(lambda pipeline: pipeline | beam.Create([1]), tmp_path)


def test_without_an_address_of_pubsub_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PUBSUB_EMULATOR_HOST", raising=False)
    with pytest.raises(SystemExit, match="PUBSUB_EMULATOR_HOST"):
        run(lambda pipeline: pipeline | beam.io.ReadFromPubSub(subscription=SUBSCRIPTION), tmp_path)
