"""events_to_bronze without its guarantees, to see what they cost: `python -m benchmarks.support.at_least_once ...`

No manifests, no preconditions, no streams with offsets: objects are uploaded as they come, rows go to the table's
default stream. A batch that is tried again is there twice. For measurements alone; the arguments are the pipeline's.
"""

from collections.abc import Collection
from datetime import UTC, datetime

import pyarrow as pa

from beam_pipelines import append, clients, events_to_bronze, objects
from beam_pipelines.events import register_batches
from beam_pipelines.events.message_batch import MessageBatch, Registered
from beam_pipelines.imports import leave_out
from beam_pipelines.refusals import AppendRefused
from contracts import names


def register(batch: MessageBatch) -> Registered:
    """The batch as it is; the stream is the one that every table has."""
    table = names.table(batch.source, batch.event)
    parent = clients.bigquery_write().table_path(names.project(), names.dataset("bronze"), table)
    return Registered(batch, datetime.now(UTC), f"{parent}/streams/_default")


def upload(role: str, name: str, data: bytes, content_type: str) -> bool:
    """Writes the object, whatever is there."""
    clients.bucket(role).blob(name).upload_from_string(data, content_type=content_type)
    return True


def append_rows(stream: str, rows: pa.RecordBatch, without: Collection[int] = ()) -> None:
    """Appends without an offset."""
    for _, piece in append._pieces(rows):
        refusal = append._ask(stream, piece, None)
        if refusal is not None:
            raise AppendRefused(refusal.message)


def main() -> None:
    """Runs the pipeline with these instead."""
    register_batches.register = register
    objects.write_once = upload
    objects.read_json = lambda role, name: None
    append.append_once = append_rows
    events_to_bronze.main()


if __name__ == "__main__":
    leave_out("pandas")
    main()
