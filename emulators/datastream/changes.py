"""Changes that were read from the log and have not landed: whole transactions, table by table, with bounded memory.

What grows beyond ENCODE_BYTES is encoded to files in the spool, also in the middle of a transaction. Nothing of it is
seen until the batch is committed to the journal, and that happens between transactions alone.
"""

import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from emulators.datastream.avro import ContainerFile, join
from emulators.datastream.config import StreamConfig
from emulators.datastream.encode import column_pieces
from emulators.datastream.envelope import CDC, EnvelopeEncoder, Origin, Table
from emulators.datastream.journal import SpooledFile
from emulators.datastream.landing import Spool, object_name
from emulators.datastream.pgoutput import Values

ENCODE_BYTES = 8 << 20
BLOCK_ROWS = 10_000


@dataclass
class OpenFile:
    """A file that is being written, and the transactions at its ends."""

    file: ContainerFile
    first: Origin
    last: Origin
    sealed: bool = False


@dataclass
class TableChanges:
    """The changes of one table under one definition of it."""

    table: Table
    envelope: EnvelopeEncoder
    rows: list[Values] = field(default_factory=list)
    origin_of_row: list[int] = field(default_factory=list)
    sequences: list[int] = field(default_factory=list)
    changes: list[int] = field(default_factory=list)
    files: list[OpenFile] = field(default_factory=list)

    def take(self) -> None:
        """Forget the rows that were encoded."""
        for rows in (self.rows, self.origin_of_row, self.sequences, self.changes):
            rows.clear()


class Batch:
    """The changes of a run of transactions."""

    def __init__(self, config: StreamConfig, spool: Spool) -> None:
        self.config, self.spool = config, spool
        self.origins: list[Origin] = []
        self.tables: dict[Table, TableChanges] = {}
        self.pending_bytes = 0
        self.opened = 0.0
        self._parts: dict[str, int] = {}

    def __bool__(self) -> bool:
        return bool(self.tables)

    def number_of(self, origin: Origin) -> int:
        """The place of the transaction in `origins`; transactions come one after the other."""
        if not self.origins or self.origins[-1] is not origin:
            self.origins.append(origin)
        return len(self.origins) - 1

    def changes_of(self, table: Table) -> TableChanges:
        """Where a table's changes go; keep it no longer than the batch."""
        found = self.tables.get(table)
        if found is None:
            self.opened = self.opened or time.monotonic()
            envelope = EnvelopeEncoder(self.config.name, table, CDC)
            found = self.tables[table] = TableChanges(table, envelope)
        return found

    def encode(self) -> None:
        """Write what is pending to the spool."""
        for changes in self.tables.values():
            for start in range(0, len(changes.rows), BLOCK_ROWS):
                self._encode_block(changes, slice(start, start + BLOCK_ROWS))
            changes.take()
        self.origins = self.origins[-1:]  # the transaction that is open, if any
        self.pending_bytes = 0

    def _encode_block(self, changes: TableChanges, block: slice) -> None:
        origin_of_row = np.array(changes.origin_of_row[block], np.int32)
        lowest, highest = int(origin_of_row[0]), int(origin_of_row[-1])
        sequences = np.array(changes.sequences[block], np.int64)
        kinds = np.array(changes.changes[block], np.int8)
        origins = self.origins[lowest : highest + 1]
        now = time.time_ns() // 1000
        head = changes.envelope.encode(origins, origin_of_row - lowest, sequences, sequences, kinds, now)
        texts = [pa.array(values, pa.binary()).cast(pa.string()) for values in zip(*changes.rows[block], strict=True)]
        pairs = zip(texts, changes.table.columns, strict=True)
        pieces = [piece for values, column in pairs for piece in column_pieces(values, column.kind)]
        records = join([*head, *pieces])
        target = self._file(changes, origins[0])
        target.file.append(records)
        target.last = origins[-1]

    def _file(self, changes: TableChanges, origin: Origin) -> OpenFile:
        newest = changes.files[-1] if changes.files else None
        if newest is None or newest.sealed or newest.file.size >= self.config.file_bytes:
            if newest is not None:
                newest.file.close()
            changes.files.append(OpenFile(self.spool.new_file(changes.table), origin, origin))
        return changes.files[-1]

    def sealed(self, key: str) -> list[Path]:
        """Files with all changes of a table so far; what comes after goes to others."""
        self.encode()
        files = [each for changes in self.tables.values() if changes.table.key == key for each in changes.files]
        for each in files:
            each.file.close()
            each.sealed = True
        return [each.file.path for each in files]

    def written_bytes(self) -> int:
        """The size of the largest file."""
        sizes = [each.file.size for changes in self.tables.values() for each in changes.files]
        return max(sizes, default=0)

    def finish(self) -> list[tuple[Table, SpooledFile]]:
        """Close the files; what they are to be called in the bucket."""
        self.encode()
        result = []
        for changes in self.tables.values():
            for each in changes.files:
                each.file.close()
                result.append((changes.table, self._spooled(changes.table, each)))
        return result

    def _spooled(self, table: Table, each: OpenFile) -> SpooledFile:
        part = self._parts[table.key] = self._parts.get(table.key, -1) + 1
        first, last = each.first, each.last
        name = object_name(self.config.prefix, table, CDC, first.lsn, last.lsn, part, first.source_micros)
        return SpooledFile(each.file.path, name, each.file.rows)
