"""BigQueryWrite over gRPC: streams, appends with offsets, commits."""

from collections.abc import Iterator
from typing import Any

import grpc
import pyarrow as pa

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.catalog import Table
from emulators.bigquery.state.streams.append_rows import from_arrow
from emulators.bigquery.state.streams.changes import CHANGES, changeable
from emulators.bigquery.state.streams.proto_rows import from_proto
from emulators.bigquery.state.streams.streams import DEFAULT, Stream, StreamError
from emulators.bigquery.state.streams.write_streams import WriteStreams
from emulators.bigquery.wire.storage_messages import MESSAGES

_KINDS = {1: "COMMITTED", 2: "PENDING", 3: "BUFFERED"}
_NUMBERS = {kind: number for number, kind in _KINDS.items()} | {DEFAULT: 1}
_TYPES = {
    name: i
    for i, name in enumerate(
        [
            "-",
            "STRING",
            "INT64",
            "FLOAT64",
            "STRUCT",
            "BYTES",
            "BOOL",
            "TIMESTAMP",
            "DATE",
            "TIME",
            "DATETIME",
            "GEOGRAPHY",
            "NUMERIC",
            "BIGNUMERIC",
            "INTERVAL",
            "JSON",
            "RANGE",
        ]
    )
}
_DEFAULT_VALUE = 2
_MODES = {"NULLABLE": 1, "REQUIRED": 2, "REPEATED": 3}
_STORAGE_CODES = {
    name: i
    for i, name in enumerate(
        [
            "-",
            "TABLE_NOT_FOUND",
            "STREAM_ALREADY_COMMITTED",
            "STREAM_NOT_FOUND",
            "INVALID_STREAM_TYPE",
            "INVALID_STREAM_STATE",
            "STREAM_FINALIZED",
            "SCHEMA_MISMATCH_EXTRA_FIELDS",
            "OFFSET_ALREADY_EXISTS",
            "OFFSET_OUT_OF_RANGE",
        ]
    )
}
_ANY = "type.googleapis.com/google.cloud.bigquery.storage.v1.StorageError"


class WriteService:
    """The methods of BigQueryWrite; each takes a request message and a context."""

    def __init__(self, streams: WriteStreams) -> None:
        self._streams = streams

    def create_write_stream(self, request: Any, context: grpc.ServicerContext) -> Any:
        """CreateWriteStream."""
        kind = _KINDS.get(request.write_stream.type)
        if kind is None:
            raise StreamError("INVALID_ARGUMENT", "write_stream.type must be COMMITTED, PENDING or BUFFERED.")
        return self._describe(self._streams.create(request.parent, kind), full=True)

    def get_write_stream(self, request: Any, context: grpc.ServicerContext) -> Any:
        """GetWriteStream; view FULL has the table's schema."""
        return self._describe(self._streams.get(request.name), full=request.view == 2)

    def _describe(self, stream: Stream, full: bool) -> Any:
        found = MESSAGES["WriteStream"](name=stream.name, type=_NUMBERS[stream.kind], write_mode=1)
        _set_time(found.create_time, stream.created)
        if stream.committed is not None:
            _set_time(found.commit_time, stream.committed)
        table = self._streams.table(stream.table)
        found.location = table.resource["location"].lower()
        if full:
            _add_fields(found.table_schema, table.fields)
        return found

    def append_rows(self, requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
        """AppendRows: a connection; the stream's name and the writer's schema hold until others are sent."""
        name, schema, form = "", b"", ""
        known: dict[str, tuple[Field, ...]] = {}
        for request in requests:
            name = request.write_stream or name
            form = _form(request) or form
            schema = _writer_schema(request, form) or schema
            response = MESSAGES["AppendRowsResponse"](write_stream=name)
            try:
                rows, columns = self._decode(request, form, schema, name)
                offset = request.offset.value if request.HasField("offset") else None
                first = self._streams.append(name, offset, rows, columns)
                response.append_result.SetInParent()
                fields = self._streams.table(self._streams.get(name).table).fields
                if known.setdefault(name, fields) != fields:
                    _add_fields(response.updated_schema, fields)
                    known[name] = fields
                if first is not None:
                    response.append_result.offset.value = first
            except StreamError as error:
                if error.status == "NOT_FOUND":
                    raise
                if name:
                    self._streams.refused(name, len(request.proto_rows.rows.serialized_rows), error.status)
                _set_error(response, error, name)
            yield response

    def _decode(self, request: Any, form: str, schema: bytes, name: str) -> tuple[pa.Table, list[str]]:
        if not name:
            raise StreamError("INVALID_ARGUMENT", "The first request of a connection must name the write_stream.")
        if not schema:
            raise StreamError("INVALID_ARGUMENT", "The first request of a connection must have a writer_schema.")
        stream = self._streams.get(name)
        table = self._streams.table(stream.table)
        wanted = _defaulted(request, table)
        optional = frozenset(field.name.lower() for field in wanted)
        fields = (*table.fields, *(CHANGES if changeable(stream, table) else ()))
        if form == "arrow_rows":
            rows, columns = from_arrow(schema, request.arrow_rows.rows.serialized_record_batch, fields, optional)
        else:
            rows, columns = from_proto(schema, list(request.proto_rows.rows.serialized_rows), fields, optional)
        return self._streams.with_defaults(table, rows, columns, wanted, form == "proto_rows")

    def finalize_write_stream(self, request: Any, context: grpc.ServicerContext) -> Any:
        """FinalizeWriteStream."""
        return MESSAGES["FinalizeWriteStreamResponse"](row_count=self._streams.finalize(request.name))

    def flush_rows(self, request: Any, context: grpc.ServicerContext) -> Any:
        """FlushRows of a BUFFERED stream."""
        if not request.HasField("offset"):
            raise StreamError("INVALID_ARGUMENT", "FlushRows needs an offset.")
        return MESSAGES["FlushRowsResponse"](offset=self._streams.flush(request.write_stream, request.offset.value))

    def batch_commit_write_streams(self, request: Any, context: grpc.ServicerContext) -> Any:
        """BatchCommitWriteStreams: all of the streams, or none and why."""
        moment, problems = self._streams.commit(request.parent, list(request.write_streams))
        response = MESSAGES["BatchCommitWriteStreamsResponse"]()
        if moment is not None:
            _set_time(response.commit_time, moment)
        for code, entity, message in problems:
            response.stream_errors.add(code=_STORAGE_CODES[code], entity=entity, error_message=message)
        return response


def _form(request: Any) -> str:
    return next((form for form in ("arrow_rows", "proto_rows") if request.HasField(form)), "")


def _writer_schema(request: Any, form: str) -> bytes:
    if form == "arrow_rows":
        return bytes(request.arrow_rows.writer_schema.serialized_schema)
    return bytes(request.proto_rows.writer_schema.proto_descriptor) if form == "proto_rows" else b""


def _defaulted(request: Any, table: Table) -> list[Field]:
    """The columns whose missing values are their default (DEFAULT_VALUE), and which have one."""
    own = {entry.key.lower(): entry.value for entry in request.missing_value_interpretations}
    general = request.default_missing_value_interpretation
    return [f for f in table.fields if f.default is not None and own.get(f.name.lower(), general) == _DEFAULT_VALUE]


def _set_time(target: Any, milliseconds: int) -> None:
    target.seconds, target.nanos = milliseconds // 1000, milliseconds % 1000 * 1_000_000


def _set_error(response: Any, error: StreamError, entity: str) -> None:
    response.error.code = grpc.StatusCode[error.status].value[0]
    response.error.message = error.message
    if error.storage:
        detail = MESSAGES["StorageError"](
            code=_STORAGE_CODES[error.storage], entity=entity, error_message=error.message
        )
        response.error.details.add(type_url=_ANY, value=detail.SerializeToString())
    for index, message in error.rows:
        response.row_errors.add(index=index, code=1, message=message)


def _add_fields(target: Any, fields: tuple[Field, ...]) -> None:
    for field in fields:
        entry = target.fields.add(name=field.name, type=_TYPES[field.type], mode=_MODES[field.mode])
        if field.description:
            entry.description = field.description
        if field.type == "RANGE":
            entry.range_element_type.type = _TYPES[field.fields[0].type]
        else:
            _add_fields(entry, field.fields)
