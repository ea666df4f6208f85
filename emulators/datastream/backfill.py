"""A consistent snapshot of tables: exported by a replication slot at an exact position of the log, copied, and landed.

A row of a backfill has the position at which the slot became consistent: each transaction that committed before it is
in the snapshot, and none after it. A table's files are published together when the table is complete, so a kill leaves
no half of one; it is copied again later, at a later position.
"""

import io
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from queue import Queue
from typing import Any, NamedTuple

import numpy as np
import psycopg2.extras
import pyarrow as pa
import pyarrow.compute as pc
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ
from psycopg2.extensions import connection as Connection

from emulators.datastream import copy_text
from emulators.datastream.avro import ContainerFile, join, packed
from emulators.datastream.config import Source, StreamConfig
from emulators.datastream.encode import column_pieces
from emulators.datastream.envelope import BACKFILL, INSERT, EnvelopeEncoder, Origin
from emulators.datastream.journal import SpooledFile
from emulators.datastream.landing import Spool, object_name
from emulators.datastream.lsn import parse_lsn
from emulators.datastream.memory import BYTES_A_COLUMN, LONG_ROW_BYTES, Memory, row_key
from emulators.datastream.source import SourceTable, connect, names

_PIECE_BYTES = 2 << 20
_ENCODERS = min(4, os.cpu_count() or 1)


class Stopped(Exception):
    """The stream was told to stop."""


@dataclass(frozen=True)
class Snapshot:
    """A snapshot that others may enter while its session lives, and its position in the log."""

    name: str
    lsn: int


@contextmanager
def exported_snapshot(source: Source, slot: str, temporary: bool) -> Iterator[Snapshot]:
    """Create a slot and enter what it exports. A temporary slot is gone after it."""
    connection = connect(source, psycopg2.extras.LogicalReplicationConnection)
    try:
        with connection.cursor() as cursor:
            words = "TEMPORARY LOGICAL" if temporary else "LOGICAL"
            quoted = slot.replace('"', '""')
            cursor.execute(f"CREATE_REPLICATION_SLOT \"{quoted}\" {words} pgoutput (SNAPSHOT 'export')")
            row = cursor.fetchone()
            assert row is not None
            _, lsn, snapshot, _ = row
            yield Snapshot(snapshot, parse_lsn(lsn))
    finally:
        connection.close()


def copy_statement(source_table: SourceTable, connection: Connection) -> str:
    """COPY of what the publication publishes of a table."""
    table = source_table.table
    only = sql.SQL("" if source_table.is_partitioned else "ONLY ")
    where = sql.SQL(f" WHERE {source_table.row_filter}" if source_table.row_filter else "")
    columns = sql.SQL(", ").join(map(sql.Identifier, names(table.columns)))
    target = sql.Identifier(table.schema, table.name)
    query = sql.SQL("COPY (SELECT {} FROM {}{}{}) TO STDOUT").format(columns, only, target, where)
    return str(query.as_string(connection))


class _Pieces(io.RawIOBase):
    """A file whose writes another thread gets."""

    def __init__(self, pieces: "Queue[bytes | None]") -> None:
        self._pieces = pieces

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.put(bytes(data))
        return len(data)


@contextmanager
def copied(connection: Connection, statement: str) -> Iterator[Iterator[bytes]]:
    """COPY's output, a piece at a time, which another thread fetches meanwhile."""
    pieces: Queue[bytes | None] = Queue(2)
    failures: list[BaseException] = []

    def fetch() -> None:
        try:
            # psycopg2 writes row by row.
            with connection.cursor() as cursor, io.BufferedWriter(_Pieces(pieces), _PIECE_BYTES) as file:
                cursor.copy_expert(statement, file)
        except (psycopg2.Error, OSError) as error:
            failures.append(error)
        finally:
            pieces.put(None)

    thread = threading.Thread(target=fetch, name="copy", daemon=True)
    fetched = iter(pieces.get, None)
    thread.start()
    try:
        yield fetched
    except BaseException:
        connection.cancel()
        raise
    finally:
        for _ in fetched:
            pass
        thread.join()
    if failures:
        raise failures[0]


class _Block(NamedTuple):
    """A packed block of Avro, its rows, and the columns of those that may have to be remembered."""

    data: bytes
    rows: int
    remembered: list[pa.Array] | None


class TableBackfill:
    """Copies one table within a snapshot into finished files of the spool."""

    def __init__(
        self, config: StreamConfig, spool: Spool, memory: Memory, snapshot: Snapshot, source_table: SourceTable
    ) -> None:
        self.config, self.spool, self.source_table = config, spool, source_table
        self.table = source_table.table
        self.origin = Origin(snapshot.lsn, time.time_ns() // 1000, None)
        self.envelope = EnvelopeEncoder(config.name, self.table, BACKFILL)
        self.snapshot, self.memory = snapshot, memory
        self._remembers = source_table.identity != "f" and any(column.weight for column in self.table.columns)
        self._keys = [index for index, column in enumerate(self.table.columns) if column.key]
        self.rows = 0
        self._files: list[ContainerFile] = []

    def run(self, progress: Callable[[int], None]) -> list[SpooledFile]:
        """Copy the table. `progress` is called with the rows so far, and may raise to stop."""
        connection = connect(self.config.source)
        try:
            connection.set_session(ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION SNAPSHOT %s", (self.snapshot.name,))
            statement = copy_statement(self.source_table, connection)
            with copied(connection, statement) as pieces, closing(self._blocks(pieces)) as blocks:
                for block in blocks:
                    self._append(block)
                    progress(self.rows)
        finally:
            connection.close()
        for file in self._files:
            file.close()
        return [self._spooled(part, file) for part, file in enumerate(self._files)]

    def _blocks(self, pieces: Iterator[bytes]) -> Generator[_Block]:
        """The table's blocks, in order. Several are encoded at once: Arrow and numpy keep the other cores busy."""
        with ThreadPoolExecutor(_ENCODERS, "encode") as encoders:
            begun: deque[Future[_Block]] = deque()
            first = 0
            for chunk in copy_text.chunks(pieces):
                newlines = np.frombuffer(chunk, np.uint8) == ord("\n")  # one inside of a value is escaped
                number = int(np.count_nonzero(newlines))
                begun.append(encoders.submit(self._encode, chunk, first, number))
                first += number
                if len(begun) > _ENCODERS:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()

    def _encode(self, chunk: bytes, first: int, number: int) -> _Block:
        """Lines of COPY's, of which the first is the table's row `first`, as a block of a landing file."""
        columns = copy_text.parse(chunk, len(self.table.columns))
        head = self.envelope.encode(
            [self.origin],
            np.zeros(number, np.int32),
            np.zeros(number, np.int64),
            np.arange(first, first + number),
            np.full(number, INSERT, np.int8),
            self.origin.source_micros,
        )
        kinds = [column.kind for column in self.table.columns]
        payload = [piece for texts, kind in zip(columns, kinds, strict=True) for piece in column_pieces(texts, kind)]
        return _Block(packed(join([*head, *payload])), number, columns if self._remembers and self._keys else None)

    def _append(self, block: _Block) -> None:
        self._file().append_packed(block.data, block.rows)
        if block.remembered is not None:
            self._remember(block.remembered)
        self.rows += block.rows

    def _remember(self, columns: list[pa.Array]) -> None:
        """Keep the values of rows that may be stored out of line."""
        pairs = zip(columns, self.table.columns, strict=True)
        weighted = [(pc.binary_length(texts), column.weight) for texts, column in pairs if column.weight]
        shortest = BYTES_A_COLUMN * len(columns)
        if shortest + sum(weight * (pc.max(sizes).as_py() or 0) for sizes, weight in weighted) <= LONG_ROW_BYTES:
            return
        totals = np.full(len(columns[0]), shortest)
        for sizes, weight in weighted:
            totals += pc.fill_null(sizes, 0).to_numpy().astype(np.int64) * weight
        long = pa.array(np.flatnonzero(totals > LONG_ROW_BYTES))
        values = [texts.take(long).cast(pa.binary()).to_pylist() for texts in columns]
        for row in map(list, zip(*values, strict=True)):
            self.memory.remember(self.table, row_key(self._keys, row), row, self.snapshot.lsn, 0)

    def _file(self) -> ContainerFile:
        if not self._files or self._files[-1].size >= self.config.file_bytes:
            if self._files:
                self._files[-1].close()
            self._files.append(self.spool.new_file(self.table))
        return self._files[-1]

    def _spooled(self, part: int, file: ContainerFile) -> SpooledFile:
        lsn, micros = self.origin.lsn, self.origin.source_micros
        name = object_name(self.config.prefix, self.table, BACKFILL, lsn, lsn, part, micros)
        return SpooledFile(file.path, name, file.rows)
