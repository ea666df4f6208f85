"""Rows into BigQuery exactly once: the Storage Write API, one stream a batch, each append at its offset.

The stream's name is in a manifest before the first append. Whoever comes again finds the name, appends at the same
offsets, and BigQuery answers ALREADY_EXISTS to what it has. So rows of a batch must come in the same order each time,
and rows that BigQuery refuses must be written down by the caller before the others are appended.
"""

import logging
from collections.abc import Collection, Iterator
from typing import Any

import pyarrow as pa

from beam_pipelines import clients
from beam_pipelines.refusals import AppendRefused, RowsRefused, find_refused, read_refusal
from contracts import names

_LOG = logging.getLogger(__name__)
_BYTES_AT_ONCE = 7 << 20  # a request may have 10 MB
_PATIENCE = 60.0  # seconds of retries before the caller's own begin


def create_stream(dataset: str, table: str, kind: str = "COMMITTED") -> str:
    """A new stream for a table; its name. What is appended to a PENDING one is never seen unless it is committed."""
    from google.cloud.bigquery_storage_v1 import types

    client = clients.bigquery_write()
    parent = client.table_path(names.project(), dataset, table)
    stream = types.WriteStream(type_=types.WriteStream.Type[kind])
    name: str = client.create_write_stream(parent=parent, write_stream=stream, retry=_retry()).name
    return name


def append_once(stream: str, rows: pa.RecordBatch, without: Collection[int] = ()) -> None:
    """Appends the rows from offset 0, or finds that they are there; those `without` are left out.

    Raises:
        RowsRefused: some rows are refused, as they would be again: call again without them, once that is written down.
        AppendRefused: the service refuses them all, or the stream holds something else.
        google.api_core.exceptions.GoogleAPICallError: the service cannot be reached for a minute.
    """
    offset = 0
    for start, piece in _pieces(rows):
        places = [place for place in range(piece.num_rows) if start + place not in without]
        kept = piece if len(places) == piece.num_rows else piece.take(pa.array(places, pa.int32()))
        refused = _append(stream, kept, offset) if places else {}
        if refused:
            raise RowsRefused({start + places[place]: message for place, message in refused.items()})
        offset += len(places)


def _append(stream: str, rows: pa.RecordBatch, offset: int) -> dict[int, str]:
    """Appends all rows, or none: then the places of those that are refused, with the reason."""
    refusal = _retry()(_ask)(stream, rows, offset)
    if refusal is None:
        return {}
    if refusal.rows:
        return dict(refusal.rows)
    if not refusal.is_about_rows:
        raise AppendRefused(f"{stream} refuses rows from offset {offset}: {refusal.message}")
    dataset, table = stream.split("/")[3:6:2]
    trial = create_stream(dataset, table, "PENDING")
    return find_refused(rows, lambda some: _retry()(_ask)(trial, some, None))


def _ask(stream: str, rows: pa.RecordBatch, offset: int | None) -> Any:
    """One request; None when the rows are there, else why BigQuery does not take them. Raises what may pass."""
    from google.api_core.exceptions import AlreadyExists, InvalidArgument

    metadata = [("x-goog-request-params", f"write_stream={stream}")]
    requests = iter([_request(stream, rows, offset)])
    try:
        # The client's own retry would ask again with the same iterator, which is empty then, for a day.
        answers = clients.bigquery_write().append_rows(requests, metadata=metadata, retry=None, timeout=_PATIENCE)
        for response in answers:
            return read_refusal(response)
    except AlreadyExists:
        return None
    except InvalidArgument as error:
        return read_refusal(error)
    raise AppendRefused(f"{stream} closed without an answer to rows from offset {offset}")


def _request(stream: str, rows: pa.RecordBatch, offset: int | None) -> Any:
    from google.cloud.bigquery_storage_v1 import types

    request = types.AppendRowsRequest(write_stream=stream, offset=offset)
    request.arrow_rows.writer_schema.serialized_schema = rows.schema.serialize().to_pybytes()
    request.arrow_rows.rows.serialized_record_batch = rows.serialize().to_pybytes()
    return request


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
    return Retry(predicate=transient, initial=0.1, maximum=5.0, timeout=_PATIENCE, on_error=_tell)


def _tell(error: Exception) -> None:
    _LOG.warning("BigQuery's Storage Write API is asked again: %s", error)


def _pieces(rows: pa.RecordBatch, start: int = 0) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Halves, quarters ... until each fits a request, with the place of their first row. Always the same."""
    if rows.num_rows > 1 and rows.nbytes > _BYTES_AT_ONCE:
        middle = rows.num_rows // 2
        yield from _pieces(rows.slice(0, middle), start)
        yield from _pieces(rows.slice(middle), start + middle)
    elif rows.num_rows:
        yield start, rows
