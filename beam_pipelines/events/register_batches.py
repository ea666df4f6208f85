"""A batch -> its place in bronze: written down once, so that every retry writes the same rows to the same stream."""

from collections.abc import Iterable
from datetime import UTC, datetime

import apache_beam as beam

from beam_pipelines import append, objects
from beam_pipelines.events.message_batch import MessageBatch, Registered
from contracts import names


class RegisterBatches(beam.PTransform):
    """MessageBatch -> Registered."""

    def expand(self, batches: beam.PCollection) -> beam.PCollection:
        return batches | "Register" >> beam.ParDo(_Register()).with_output_types(Registered)


class _Register(beam.DoFn):
    def process(self, batch: MessageBatch) -> Iterable[Registered]:
        yield register(batch)


def register(batch: MessageBatch) -> Registered:
    """Reads the batch's manifest, or writes it: time of ingestion and write stream."""
    name = f"_manifests/{batch.source}/{batch.event}/{batch.batch_id}.json"
    manifest = objects.read_json("bronze", name) or objects.write_json_once("bronze", name, _manifest(batch))
    return Registered(batch, datetime.fromisoformat(manifest["ingested_at"]), manifest["stream"])


def _manifest(batch: MessageBatch) -> dict[str, object]:
    return {
        "batch_id": batch.batch_id,
        "source": batch.source,
        "event": batch.event,
        "messages": batch.messages.num_rows,
        "ingested_at": datetime.now(UTC).isoformat(),
        "stream": append.create_stream(names.dataset("bronze"), names.table(batch.source, batch.event)),
    }
