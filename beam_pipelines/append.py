"""Rows into BigQuery exactly once: the Storage Write API, one stream a batch, each append at its offset.

The stream's name is in a manifest before the first append. Whoever comes again finds the name, appends at the same
offsets, and BigQuery answers ALREADY_EXISTS to what it has. So rows of a batch must come in the same order each time.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from beam_pipelines import clients
from contracts import names

_BYTES_AT_ONCE = 7 << 20  # a request may have 10 MB
_PATIENCE = 60.0  # seconds of retries before the caller's own begin


class AppendRefused(Exception):
    """BigQuery does not take the rows; the message says which and why."""


def create_stream(dataset: str, table: str) -> str:
    """A new stream of type COMMITTED for a table; its name."""
    from google.cloud.bigquery_storage_v1 import types

    client = clients.bigquery_write()
    parent = client.table_path(names.project(), dataset, table)
    stream = types.WriteStream(type_=types.WriteStream.Type.COMMITTED)
    name: str = client.create_write_stream(parent=parent, write_stream=stream, retry=_retry()).name
    return name


def append_once(stream: str, rows: pa.RecordBatch) -> None:
    """Appends the rows from offset 0, or finds that they are there.

    Raises:
        AppendRefused: the service refuses rows, or the stream holds something else.
        google.api_core.exceptions.GoogleAPICallError: the service cannot be reached for a minute.
    """
    offset = 0
    for piece in _pieces(rows):
        _retry()(_append)(stream, piece, offset)
        offset += piece.num_rows


def _append(stream: str, rows: pa.RecordBatch, offset: int) -> None:
    from google.api_core.exceptions import AlreadyExists

    metadata = [("x-goog-request-params", f"write_stream={stream}")]
    try:
        requests = iter([_request(stream, rows, offset)])
        for response in clients.bigquery_write().append_rows(requests, metadata=metadata):
            _check(response, stream, offset)
            return
    except AlreadyExists:
        return
    raise AppendRefused(f"{stream} closed without an answer to rows from offset {offset}")


def _request(stream: str, rows: pa.RecordBatch, offset: int) -> Any:
    from google.cloud.bigquery_storage_v1 import types

    request = types.AppendRowsRequest(write_stream=stream, offset=offset)
    request.arrow_rows.writer_schema.serialized_schema = rows.schema.serialize().to_pybytes()
    request.arrow_rows.rows.serialized_record_batch = rows.serialize().to_pybytes()
    return request


def _check(response: Any, stream: str, offset: int) -> None:
    import grpc
    from google.api_core import exceptions

    code = response.error.code
    if code in (0, grpc.StatusCode.ALREADY_EXISTS.value[0]):
        return
    if code in _TRANSIENT_CODES:
        raise exceptions.from_grpc_status(grpc.StatusCode.UNAVAILABLE, response.error.message)
    errors = "; ".join(f"row {offset + error.index}: {error.message}" for error in response.row_errors[:5])
    raise AppendRefused(f"{stream} refuses rows from offset {offset}: {response.error.message} {errors}".rstrip())


_TRANSIENT_CODES = (4, 8, 10, 13, 14)  # DEADLINE_EXCEEDED RESOURCE_EXHAUSTED ABORTED INTERNAL UNAVAILABLE


def _retry() -> Any:
    from google.api_core import exceptions
    from google.api_core.retry import Retry, if_exception_type

    transient = if_exception_type(
        exceptions.ServiceUnavailable,
        exceptions.InternalServerError,
        exceptions.Aborted,
        exceptions.DeadlineExceeded,
        exceptions.TooManyRequests,
    )
    return Retry(predicate=transient, initial=0.1, maximum=5.0, timeout=_PATIENCE)


def _pieces(rows: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Halves, quarters ... until each fits a request. The same rows give the same pieces."""
    if rows.num_rows > 1 and rows.nbytes > _BYTES_AT_ONCE:
        middle = rows.num_rows // 2
        yield from _pieces(rows.slice(0, middle))
        yield from _pieces(rows.slice(middle))
    elif rows.num_rows:
        yield rows
