"""A pipeline for the tests: writes each bundle's message ids and data to a file named by its content.

python archive_pipeline.py --subscription projects/p/subscriptions/s --output DIR --runner=... --streaming
"""

import argparse
import hashlib
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.options.pipeline_options import PipelineOptions, SetupOptions


class Write(beam.DoFn):
    """Writes at the end of a bundle. Fails on data with the text in DIR/fail; DIR/slow holds seconds to wait."""

    def __init__(self, output: str) -> None:
        self._output = output

    def start_bundle(self) -> None:
        self._lines: list[str] = []

    def process(self, message: PubsubMessage) -> Iterable[None]:
        self._lines.append(f"{message.message_id} {message.data.decode()}\n")
        return ()

    def finish_bundle(self) -> Iterator[None]:
        folder = Path(self._output)
        if not self._lines:
            return
        fail = folder / "fail"
        if fail.exists() and any(fail.read_text() in line for line in self._lines):
            raise OSError("the sink is broken")
        if (folder / "slow").exists():
            time.sleep(float((folder / "slow").read_text()))
        text = "".join(self._lines)
        name = hashlib.sha256(text.encode()).hexdigest()[:16]
        draft = folder / f"{name}.draft"
        draft.write_text(text)
        draft.replace(folder / f"{name}.bundle")
        yield from ()


def main() -> None:
    """Runs until it is stopped."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--subscription", action="append", required=True)
    parser.add_argument("--output", required=True)
    chosen, rest = parser.parse_known_args()
    options = PipelineOptions(rest)
    options.view_as(SetupOptions).save_main_session = False
    with beam.Pipeline(options=options) as pipeline:
        for number, name in enumerate(chosen.subscription):
            messages = pipeline | f"Read {number}" >> beam.io.ReadFromPubSub(subscription=name, with_attributes=True)
            messages | f"Fix {number}" >> beam.Reshuffle() | f"Write {number}" >> beam.ParDo(Write(chosen.output))


if __name__ == "__main__":
    main()
