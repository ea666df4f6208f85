"""The log's messages to changes: which row changed how, under which definition of its table, in which order."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from emulators.datastream import envelope, pgoutput
from emulators.datastream.changes import ENCODE_BYTES, Batch
from emulators.datastream.config import StreamConfig
from emulators.datastream.envelope import Origin, Table
from emulators.datastream.memory import LONG_ROW_BYTES, Memory, can_be_long, row_key
from emulators.datastream.pgoutput import UNCHANGED, ProtocolError, Relation, Values

log = logging.getLogger(__name__)
BEGIN, COMMIT, RELATION, INSERT, UPDATE, DELETE, TRUNCATE = b"BCRIUDT"
IGNORED = frozenset(b"YOM")  # types (the catalogue knows them), origins, logical messages


@dataclass(frozen=True)
class Known:
    """A relation that the log described. `table` is None when the stream does not take it."""

    relation: Relation
    table: Table | None
    keys: tuple[int, ...]
    remembers: bool


class Source(Protocol):
    """What the log alone does not say."""

    def table_of(self, relation: Relation) -> Table:
        """A relation of the log as a table."""

    def row_now(self, table: Table, key: Values) -> Values | None:
        """The row with this key as it is now."""

    def living(self, table: Table, before: tuple[int, int], batch: Batch) -> Iterable[Values]:
        """The rows that have landed, or are in the batch, before a place in the log."""


class Decoder:
    """Puts the changes of one replication session into batches."""

    def __init__(self, config: StreamConfig, memory: Memory, source: Source) -> None:
        self.config, self.memory, self.source = config, memory, source
        self.read_lsn = 0
        self._origin: Origin | None = None
        self._sequence = 0
        self._relations: dict[int, Known] = {}

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction has begun and not ended."""
        return self._origin is not None

    def handle(self, data: bytes, batch: Batch) -> None:
        """Take one message."""
        kind = data[0]
        if kind == INSERT:
            known = self._relations[pgoutput.SIZE(data, 1)[0]]
            if known.table is not None:
                row = pgoutput.parse_tuple(data, 6)[0]
                self._add(batch, known.table, row, envelope.INSERT, len(data))
                if known.remembers:
                    self._remember(known.table, known.keys, row, len(data))
        elif kind == UPDATE:
            self._update(data, batch)
        elif kind == DELETE:
            self._delete(data, batch)
        elif kind == BEGIN:
            begin = pgoutput.parse_begin(data)
            self._origin = Origin(begin.lsn, begin.micros, begin.transaction_id)
            self._sequence = 0
        elif kind == COMMIT:
            _, self.read_lsn = pgoutput.parse_commit(data)
            self._origin = None
        elif kind == RELATION:
            self._relation(pgoutput.parse_relation(data))
        elif kind == TRUNCATE:
            self._truncate(pgoutput.parse_truncate(data), batch)
        elif kind not in IGNORED:
            raise ProtocolError(f"a message of type {chr(kind)!r}, which version 1 does not have")

    def _relation(self, relation: Relation) -> None:
        known = self._relations.get(relation.oid)
        if known is not None and known.relation == relation:
            return
        if not self.config.includes(relation.schema, relation.name):
            self._relations[relation.oid] = Known(relation, None, (), False)
            return
        table = self.source.table_of(relation)
        keys = tuple(index for index, column in enumerate(table.columns) if column.key)
        remembers = bool(keys) and relation.identity != "f" and any(column.weight for column in table.columns)
        self._relations[relation.oid] = Known(relation, table, keys, remembers)

    def _add(self, batch: Batch, table: Table, values: Values, change: int, size: int) -> None:
        assert self._origin is not None
        changes = batch.changes_of(table)
        self._sequence += 1
        changes.rows.append(values)
        changes.origin_of_row.append(batch.number_of(self._origin))
        changes.sequences.append(self._sequence)
        changes.changes.append(change)
        batch.pending_bytes += size + 200
        if batch.pending_bytes > ENCODE_BYTES:
            batch.encode()

    def _update(self, data: bytes, batch: Batch) -> None:
        oid, _, old, new = pgoutput.parse_update(data)
        known = self._relations[oid]
        table, keys = known.table, known.keys
        if table is None:
            return
        row = self._filled(table, keys, old, new) if UNCHANGED in new else new
        if old is not None and (not keys or any(old[index] != row[index] for index in keys)):
            self._add(batch, table, old, envelope.UPDATE_DELETE, len(data))
            self._forget(known, old)
            self._add(batch, table, row, envelope.UPDATE_INSERT, len(data))
            if known.remembers:  # under another key, all values are to be remembered
                self._remember(table, keys, row, LONG_ROW_BYTES)
        else:
            self._add(batch, table, row, envelope.UPDATE, len(data))
            if known.remembers:
                self._remember(table, keys, new, len(data))

    def _delete(self, data: bytes, batch: Batch) -> None:
        known = self._relations[pgoutput.SIZE(data, 1)[0]]
        if known.table is not None:
            row = pgoutput.parse_tuple(data, 6)[0]
            self._add(batch, known.table, row, envelope.DELETE, len(data))
            self._forget(known, row)

    def _remember(self, table: Table, keys: tuple[int, ...], row: Values, size: int) -> None:
        """Keep what a later update may leave out. The message's size tells most rows apart that are short."""
        assert self._origin is not None
        if size * 8 > LONG_ROW_BYTES and can_be_long(table, row):
            self.memory.remember(table, row_key(keys, row), row, self._origin.lsn, self._sequence)

    def _forget(self, known: Known, row: Values) -> None:
        if known.remembers and known.table is not None and self._origin is not None:
            self.memory.forget(known.table, row_key(known.keys, row), self._origin.lsn, self._sequence)

    def _filled(self, table: Table, keys: tuple[int, ...], old: Values | None, new: Values) -> Values:
        """Unchanged values: from the old row where the log has it, from memory, or from the table as it is now.

        The last is right unless the value has changed since, and then that change follows in the log: the current
        state is right in the end, and a version in between may show a value too early.
        """
        assert self._origin is not None
        row, before = list(new), old if old is not None and keys else new
        key = row_key(keys, before)
        now: Values | None = None
        for index, column in enumerate(table.columns):
            if row[index] != UNCHANGED:
                continue
            if old is not None and old[index] is not None:
                row[index] = old[index]
                continue
            row[index] = self.memory.find(table, key, column.name, self._origin.lsn, self._sequence + 1)
            if row[index] is None:
                now = now or self.source.row_now(table, [new[at] for at in keys]) or [None] * len(row)
                row[index] = now[index]
                log.warning("%s.%s: an unchanged long value was not known; read from the table", table.key, column.name)
        return row

    def _truncate(self, oids: tuple[int, ...], batch: Batch) -> None:
        assert self._origin is not None
        for oid in oids:
            table = self._relations[oid].table
            if table is None:
                continue
            before = self._sequence
            for row in self.source.living(table, (self._origin.lsn, self._sequence + 1), batch):
                self._add(batch, table, row, envelope.DELETE, 100)
            log.warning("%s was truncated: %d rows are deleted one by one", table.key, self._sequence - before)
