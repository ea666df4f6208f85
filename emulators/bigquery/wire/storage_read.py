"""BigQueryRead over gRPC: sessions, and their rows as Arrow or Avro."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import grpc
import pyarrow as pa

from emulators.bigquery.state.files.avro_rows import avro_schema, encode_rows
from emulators.bigquery.state.streams.read_sessions import ReadSessions, Session, read_schema
from emulators.bigquery.state.streams.streams import StreamError
from emulators.bigquery.wire.principal import caller
from emulators.bigquery.wire.storage_messages import MESSAGES

_AVRO, _ARROW = 1, 2
_LZ4 = 2  # RESPONSE_COMPRESSION_CODEC_LZ4
_CODECS = {0: None, 1: "lz4", 2: "zstd"}


class ReadService:
    """The methods of BigQueryRead; each takes a request message and a context."""

    def __init__(self, sessions: ReadSessions) -> None:
        self._sessions = sessions
        self._settings: dict[str, tuple[int, str | None, bool]] = {}

    def create_read_session(self, request: Any, context: grpc.ServicerContext) -> Any:
        """CreateReadSession."""
        wanted, options = request.read_session, request.read_session.read_options
        if wanted.data_format not in (_AVRO, _ARROW):
            raise StreamError("INVALID_ARGUMENT", "data_format must be AVRO or ARROW.")
        snapshot = None
        if wanted.HasField("table_modifiers") and wanted.table_modifiers.HasField("snapshot_time"):
            moment = wanted.table_modifiers.snapshot_time
            snapshot = datetime.fromtimestamp(moment.seconds + moment.nanos / 1e9, UTC)
        project = request.parent.removeprefix("projects/")
        session = self._sessions.create(
            project,
            wanted.table,
            list(options.selected_fields),
            options.row_restriction,
            request.max_stream_count,
            snapshot,
            caller(dict(context.invocation_metadata()).get("authorization", "")),
            options.sample_percentage if options.HasField("sample_percentage") else None,
        )
        codec = options.arrow_serialization_options.buffer_compression
        packed = options.response_compression_codec
        if packed not in (0, _LZ4):
            raise StreamError("INVALID_ARGUMENT", "response_compression_codec must be RESPONSE_COMPRESSION_CODEC_LZ4.")
        self._settings[session.name] = wanted.data_format, _CODECS.get(codec), packed == _LZ4
        return self._describe(session, wanted)

    def _describe(self, session: Session, wanted: Any) -> Any:
        found = MESSAGES["ReadSession"]()
        found.CopyFrom(wanted)
        found.name = session.name
        found.expire_time.seconds = int(datetime.now(UTC).timestamp()) + 6 * 3600
        if wanted.data_format == _ARROW:
            found.arrow_schema.serialized_schema = read_schema(session.result.fields).serialize().to_pybytes()
        else:
            found.avro_schema.schema = avro_schema(session.result.fields)
        for name in session.streams:
            found.streams.add(name=name)
        found.estimated_row_count = session.result.rows
        found.estimated_total_bytes_scanned = session.result.size
        return found

    def read_rows(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        """ReadRows: a stream's rows from an offset on."""
        first = True
        for session, rows, before, after in self._sessions.batches(request.read_stream, request.offset):
            form, codec, packed = self._settings.get(session.name, (_ARROW, None, False))
            response = MESSAGES["ReadRowsResponse"](row_count=rows.num_rows)
            response.stats.progress.at_response_start, response.stats.progress.at_response_end = before, after
            if form == _ARROW:
                self._arrow(response, rows, codec)
            else:
                response.avro_rows.serialized_binary_rows = encode_rows(rows, session.result.fields)
                response.avro_rows.row_count = rows.num_rows
                if first:
                    response.avro_schema.schema = avro_schema(session.result.fields)
            if first and form == _ARROW:
                response.arrow_schema.serialized_schema = rows.schema.serialize().to_pybytes()
            first = False
            if packed:
                _pack(response)
            yield response

    def _arrow(self, response: Any, rows: pa.Table, codec: str | None) -> None:
        batch = rows.combine_chunks().to_batches()[0]
        response.arrow_record_batch.serialized_record_batch = _serialized(batch, codec)
        response.arrow_record_batch.row_count = rows.num_rows

    def split_read_stream(self, request: Any, context: grpc.ServicerContext) -> Any:
        """SplitReadStream: an empty answer says that the stream cannot be split, which callers must expect."""
        found = MESSAGES["SplitReadStreamResponse"]()
        names = self._sessions.split(request.name, request.fraction)
        if names is not None:
            found.primary_stream.name, found.remainder_stream.name = names
        return found


def _pack(response: Any) -> None:
    """The rows as one raw LZ4 block, and their size before; -1 where they would not become smaller."""
    part, name = response.arrow_record_batch, "serialized_record_batch"
    if response.HasField("avro_rows"):
        part, name = response.avro_rows, "serialized_binary_rows"
    plain = getattr(part, name)
    packed = pa.Codec("lz4_raw").compress(plain, asbytes=True)
    response.uncompressed_byte_size = len(plain) if len(packed) < len(plain) else -1
    if len(packed) < len(plain):
        setattr(part, name, packed)


def _serialized(batch: pa.RecordBatch, codec: str | None) -> bytes:
    """The IPC message of a batch alone, without its schema; buffers compressed when a codec is given."""
    if codec is None:
        plain: bytes = batch.serialize().to_pybytes()
        return plain
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as writer:
        writer.write_batch(batch)
    reader = pa.ipc.MessageReader.open_stream(sink.getvalue())
    reader.read_next_message()
    message: bytes = reader.read_next_message().serialize().to_pybytes()
    return message
