"""Write streams of the Storage Write API: rows and the stream's next offset commit in one transaction."""

import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import duckdb
import pyarrow as pa

from emulators.bigquery.sql.errors import from_duckdb
from emulators.bigquery.sql.model import Field, TableName
from emulators.bigquery.sql.types import quoted
from emulators.bigquery.state.arrow import append_arrow
from emulators.bigquery.state.catalog import Table, now_ms
from emulators.bigquery.state.definitions.defaults import with_defaults
from emulators.bigquery.state.definitions.layout import create_sql, stored_sql
from emulators.bigquery.state.errors import ServiceError
from emulators.bigquery.state.store import Transaction
from emulators.bigquery.state.streams.change_order import prepare_order
from emulators.bigquery.state.streams.changes import TYPE, apply_changes
from emulators.bigquery.state.streams.streams import (
    BUFFERED,
    DEFAULT,
    PENDING,
    Stream,
    StreamError,
    table_of,
    table_path,
)
from emulators.bigquery.state.warehouse import Warehouse

_POSITION = '"stream position"'
_ATTEMPTS = 5


class WriteStreams:
    """All streams; appends of one stream are one after the other, those of several run side by side."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        prepare_order(warehouse.store)
        documents = warehouse.store.documents("stream").values()
        self._streams = {d["name"]: Stream(**d | {"table": TableName(*d["table"])}) for d in documents}

    def create(self, parent: str, kind: str) -> Stream:
        """A new stream of a native table."""
        table = self.table(table_of(parent))
        stream = Stream(f"{table_path(table.name)}/streams/{uuid.uuid4().hex}", table.name, kind, now_ms())
        with self._warehouse.store.transaction() as transaction:
            if kind in (PENDING, BUFFERED):
                sql = create_sql(table, stream.staging)
                transaction.cursor.execute(sql[:-1] + f", {_POSITION} BIGINT)")
            self._keep(transaction, stream)
        return stream

    def table(self, name: TableName) -> Table:
        """The native table that a stream writes to; StreamError when it is missing or no native table."""
        try:
            table = self._warehouse.catalog.require(name)
        except ServiceError as error:
            raise StreamError("NOT_FOUND", error.message, "TABLE_NOT_FOUND") from None
        if table.kind != "TABLE":
            raise StreamError("INVALID_ARGUMENT", f"Cannot write to {name}: it is a {table.kind}.")
        return table

    def get(self, name: str) -> Stream:
        """A stream by name; `_default` exists for every table."""
        found = self._streams.get(name)
        if found is not None:
            return found
        if name.endswith(("/streams/_default", "/_default")):
            table = self.table(table_of(name.removesuffix("/_default").removesuffix("/streams")))
            return Stream(
                f"{table_path(table.name)}/streams/_default", table.name, DEFAULT, int(table.resource["creationTime"])
            )
        raise StreamError("NOT_FOUND", f"Requested entity was not found. Entity: {name}", "STREAM_NOT_FOUND")

    def with_defaults(
        self, table: Table, rows: pa.Table, columns: Sequence[str], wanted: Sequence[Field], missing_is_null: bool
    ) -> tuple[pa.Table, list[str]]:
        """Rows with the default values of the wanted columns; see defaults.with_defaults."""
        return with_defaults(self._warehouse, table, rows, columns, wanted, missing_is_null)

    def append(self, name: str, offset: int | None, rows: pa.Table, columns: Sequence[str]) -> int | None:
        """Append rows; returns their first offset (None for the default stream).

        Raises StreamError ALREADY_EXISTS or OUT_OF_RANGE for an offset that is not the next: nothing is written.
        """
        stream = self.get(name)
        if stream.kind == DEFAULT:
            if offset is not None:
                raise StreamError("INVALID_ARGUMENT", "Offset is not supported for the default stream.")
            self._commit(stream, rows, columns)
            return None
        with self._lock(name):
            stream = self.get(name)
            self._check(stream, offset, rows.num_rows)
            self._commit(stream, rows, columns)
            return stream.rows

    def refused(self, name: str, rows: int, error: str) -> None:
        """Count an append of which nothing was written; error: a gRPC status."""
        stream = self.get(name)
        self._warehouse.timeline.refused(stream.table, rows, stream.kind, error)

    def _lock(self, name: str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(name, threading.Lock())

    def _check(self, stream: Stream, offset: int | None, count: int) -> None:
        if offset is not None and offset < stream.rows:
            message = (
                f"The offset is within stream, expected offset {stream.rows}, received {offset} Entity: {stream.name}"
            )
            raise StreamError("ALREADY_EXISTS", message, "OFFSET_ALREADY_EXISTS")
        if stream.finalized:
            raise StreamError(
                "FAILED_PRECONDITION", f"Stream has been finalized. Entity: {stream.name}", "STREAM_FINALIZED"
            )
        if offset is not None and offset > stream.rows:
            message = (
                f"The offset is beyond stream, expected offset {stream.rows}, received {offset} Entity: {stream.name}"
            )
            raise StreamError("OUT_OF_RANGE", message, "OFFSET_OUT_OF_RANGE")

    def _commit(self, stream: Stream, rows: pa.Table, columns: Sequence[str]) -> None:
        """One transaction for rows and offset; again when a change of the table's definition gets in the way."""
        for attempt in range(_ATTEMPTS):
            try:
                with self._arriving(stream.table) as transaction:
                    self._write(transaction, stream, rows, columns)
                return
            except duckdb.TransactionException as error:
                if attempt == _ATTEMPTS - 1:
                    raise StreamError("ABORTED", f"Table {stream.table} is being changed: {error}") from error
            except (duckdb.ConstraintException, duckdb.ConversionException) as error:
                message = f"Rows do not fit table {stream.table}: {from_duckdb(error).message}"
                raise StreamError("INVALID_ARGUMENT", message) from error

    @contextmanager
    def _arriving(self, table: TableName) -> Iterator[Transaction]:
        with self._warehouse.catalog.arrivals(table), self._warehouse.store.transaction() as transaction:
            yield transaction

    def _write(self, transaction: Transaction, stream: Stream, rows: pa.Table, columns: Sequence[str]) -> None:
        table = self.table(stream.table)
        if TYPE in columns:
            apply_changes(transaction, table, rows, columns)
            self._warehouse.catalog.touch(transaction, stream.table)
            self._warehouse.timeline.note(transaction, stream.table, rows.num_rows, rows.nbytes, stream.kind)
            return
        own = {field.name: field for field in table.fields}
        fields = [own[column] for column in columns]
        self._warehouse.timeline.note(transaction, stream.table, rows.num_rows, rows.nbytes, stream.kind)
        if stream.kind in (PENDING, BUFFERED):
            positions = pa.array(range(stream.rows, stream.rows + rows.num_rows), pa.int64())
            rows = rows.append_column("position", positions)
            append_arrow(transaction.cursor, stream.staging, rows, [*fields, Field(_POSITION.strip('"'), "INT64")])
        else:
            append_arrow(transaction.cursor, table.physical, rows, fields)
            self._warehouse.catalog.touch(transaction, stream.table)
        if stream.kind != DEFAULT:
            self._keep(transaction, replace(stream, rows=stream.rows + rows.num_rows))

    def _keep(self, transaction: Transaction, stream: Stream) -> None:
        transaction.record("stream", stream.name, stream.document())
        transaction.after_commit(lambda: self._streams.__setitem__(stream.name, stream))

    def finalize(self, name: str) -> int:
        """No more appends; returns the number of rows."""
        with self._lock(name):
            stream = self.get(name)
            if stream.kind == DEFAULT:
                raise StreamError("INVALID_ARGUMENT", "The default stream cannot be finalized.", "INVALID_STREAM_TYPE")
            with self._warehouse.store.transaction() as transaction:
                self._keep(transaction, replace(stream, finalized=True))
            return stream.rows

    def flush(self, name: str, offset: int) -> int:
        """Make a BUFFERED stream's rows visible up to and with an offset."""
        with self._lock(name):
            stream = self.get(name)
            if stream.kind != BUFFERED:
                raise StreamError("INVALID_ARGUMENT", f"Stream {name} is not BUFFERED.", "INVALID_STREAM_TYPE")
            if offset >= stream.rows:
                raise StreamError(
                    "OUT_OF_RANGE", f"Offset {offset} is beyond the stream's end {stream.rows}.", "OFFSET_OUT_OF_RANGE"
                )
            if offset >= stream.flushed:
                with self._arriving(stream.table) as transaction:
                    self._reveal(transaction, stream, f"{_POSITION} <= {offset}")
                    self._keep(transaction, replace(stream, flushed=offset + 1))
        return offset

    def _reveal(self, transaction: Transaction, stream: Stream, condition: str) -> None:
        """Move staged rows into the table."""
        if not stream.rows:  # an INSERT of none could harm: see Transaction.write_again
            return
        table = self.table(stream.table)
        columns = ", ".join(quoted(field.name) for field in table.fields)
        have = {row[0] for row in transaction.cursor.execute(f"DESCRIBE {stream.staging}").fetchall()}
        values = ", ".join(quoted(f.name) if f.name in have else "NULL" for f in table.fields)
        transaction.cursor.execute(
            f"INSERT INTO {table.physical} ({columns}) "
            + stored_sql(table.fields, f"SELECT {values} FROM {stream.staging} WHERE {condition} ORDER BY {_POSITION}")
        )
        transaction.cursor.execute(f"DELETE FROM {stream.staging} WHERE {condition}")
        self._warehouse.catalog.touch(transaction, stream.table)

    def commit(self, parent: str, names: Sequence[str]) -> tuple[int | None, list[tuple[str, str, str]]]:
        """Commit finalized PENDING streams, all or none: (commit time in ms, [(code, entity, message)])."""
        table = self.table(table_of(parent))
        streams = [self.get(name) for name in dict.fromkeys(names)]
        problems = [problem for stream in streams if (problem := _uncommittable(stream, table.name))]
        if problems:
            return None, problems
        now = now_ms()
        with self._arriving(table.name) as transaction:
            for stream in streams:
                self._reveal(transaction, stream, "true")
                transaction.cursor.execute(f"DROP TABLE {stream.staging}")
                self._keep(transaction, replace(stream, committed=now))
        return now, []


def _uncommittable(stream: Stream, table: TableName) -> tuple[str, str, str] | None:
    if stream.table != table:
        return "TABLE_NOT_FOUND", stream.name, f"Stream {stream.name} does not belong to table {table}."
    if stream.kind != PENDING:
        return "INVALID_STREAM_TYPE", stream.name, f"Stream {stream.name} is {stream.kind}, not PENDING."
    if stream.committed is not None:
        return "STREAM_ALREADY_COMMITTED", stream.name, f"Stream {stream.name} is already committed."
    if not stream.finalized:
        return "INVALID_STREAM_STATE", stream.name, f"Stream {stream.name} is not finalized."
    return None
