"""Appends to write streams, as pipelines send them: Arrow batches with an offset."""

from collections.abc import Sequence

import pyarrow as pa
from google.cloud.bigquery_storage_v1 import BigQueryWriteClient, types


def request(stream: str, batch: pa.RecordBatch, offset: int | None = None) -> types.AppendRowsRequest:
    """An AppendRowsRequest with a schema and rows."""
    data = types.AppendRowsRequest.ArrowData(
        writer_schema=types.ArrowSchema(serialized_schema=batch.schema.serialize().to_pybytes()),
        rows=types.ArrowRecordBatch(serialized_record_batch=batch.serialize().to_pybytes()),
    )
    found = types.AppendRowsRequest(write_stream=stream, arrow_rows=data)
    if offset is not None:
        found.offset = offset
    return found


def append(
    writer: BigQueryWriteClient, stream: str, values: Sequence[int], offset: int | None = None
) -> types.AppendRowsResponse:
    """Append values of the column `n`; the answer, which may hold an error."""
    batch = pa.record_batch({"n": pa.array(values, pa.int64())})
    # The client's own retry would send an iterator that is used up.
    return next(iter(writer.append_rows(iter([request(stream, batch, offset)]), retry=None)))


def create_stream(writer: BigQueryWriteClient, table: str, kind: str) -> str:
    """The name of a new stream of project.dataset.table."""
    project, dataset, name = table.split(".")
    parent = f"projects/{project}/datasets/{dataset}/tables/{name}"
    stream = types.WriteStream(type_=types.WriteStream.Type[kind])
    return str(writer.create_write_stream(parent=parent, write_stream=stream).name)
