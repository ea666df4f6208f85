"""Events from Pub/Sub -> native bronze tables, an archive, and dead letters: a streaming pipeline.

    python -m beam_pipelines.events_to_bronze [--source saas] [--event usage_events] --streaming --runner=...

Every delivered message is in bronze once or in ops.dead_letters once. Beam's own options follow; so does --runner.
"""

import argparse
import logging
from collections.abc import Mapping, Sequence

from beam_pipelines.imports import leave_out

if __name__ == "__main__":  # before Beam is imported, which imports it where it can
    leave_out("pandas")

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from beam_pipelines.events.archive_messages import ArchiveMessages
from beam_pipelines.events.batch_messages import BatchMessages
from beam_pipelines.events.decode_events import DecodeEvents
from beam_pipelines.events.register_batches import RegisterBatches
from beam_pipelines.events.validate_events import ValidateEvents
from beam_pipelines.events.write_dead_letters import WriteDeadLetters
from beam_pipelines.events.write_rows import WriteRows
from beam_pipelines.outcome import Outcome
from contracts import names
from contracts.model import Table
from contracts.reader import load

Tables = Mapping[tuple[str, str], Table]  # by (source, event)


def events_to_bronze(batches: beam.PCollection, tables: Tables) -> Outcome:
    """Batches of messages -> rows in bronze (good: their counts) and dead letters (bad: their counts)."""
    registered = batches | "Register" >> RegisterBatches()
    decoded = registered | "Decode" >> DecodeEvents()
    valid = decoded.good | "Validate" >> ValidateEvents(tables)
    registered | "Archive" >> ArchiveMessages()
    written = valid.good | "Write" >> WriteRows()
    buried = (decoded.bad, valid.bad) | "All bad" >> beam.Flatten() | "Dead letters" >> WriteDeadLetters()
    return Outcome(good=written, bad=buried)


def read_batches(pipeline: beam.Pipeline, tables: Tables) -> beam.PCollection:
    """Batches of all events; their composition is fixed before anything is written (Reshuffle)."""
    batches = [_read_event(pipeline, source, event) for source, event in tables]
    return batches | "All events" >> beam.Flatten() | "Fix batches" >> beam.Reshuffle()


def _read_event(pipeline: beam.Pipeline, source: str, event: str) -> beam.PCollection:
    subscription = f"projects/{names.project()}/subscriptions/{names.subscription(source, event)}"
    messages = pipeline | f"Read {source}.{event}" >> beam.io.ReadFromPubSub(
        subscription=subscription, with_attributes=True
    )
    return messages | f"Batch {source}.{event}" >> BatchMessages(source, event)


def stream_tables(sources: Sequence[str] | None, events: Sequence[str] | None) -> dict[tuple[str, str], Table]:
    """The events of the contracts, or those named. Raises SystemExit for a name that no contract has."""
    tables = {
        (table.source, table.name): table
        for contract in load()
        for table in contract.tables
        if table.capture == "stream"
    }
    for chosen, place, what in ((sources, 0, "source"), (events, 1, "event")):
        unknown = set(chosen or ()) - {key[place] for key in tables}
        if unknown:
            known = ", ".join(sorted({key[place] for key in tables})) or "none"
            raise SystemExit(f"no {what} {', '.join(sorted(unknown))} with a stream in the contracts; known: {known}")
        tables = {key: table for key, table in tables.items() if not chosen or key[place] in chosen}
    if not tables:
        raise SystemExit("no stream to read: no contract has a table with `capture: stream` that was asked for")
    return tables


def main(arguments: Sequence[str] | None = None) -> None:
    """Builds the pipeline and runs it until it is stopped."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", action="append", help="only this source (repeatable)")
    parser.add_argument("--event", action="append", help="only this event (repeatable)")
    chosen, rest = parser.parse_known_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    tables = stream_tables(chosen.source, chosen.event)
    options = PipelineOptions(rest)
    options.view_as(StandardOptions).streaming = True
    with beam.Pipeline(options=options) as pipeline:
        events_to_bronze(read_batches(pipeline, tables), tables)


if __name__ == "__main__":
    main()
