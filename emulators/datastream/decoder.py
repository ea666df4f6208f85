"""The log's messages to changes: which row changed how, under which definition of its table, in which order."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from emulators.datastream import envelope, pgoutput
from emulators.datastream.changes import ENCODE_BYTES, Batch
from emulators.datastream.config import StreamConfig
from emulators.datastream.envelope import Origin, Table
from emulators.datastream.pgoutput import UNCHANGED, ProtocolError, Relation, Values
from emulators.datastream.source import Catalog

log = logging.getLogger(__name__)
BEGIN, COMMIT, RELATION, INSERT, UPDATE, DELETE, TRUNCATE = b"BCRIUDT"
IGNORED = frozenset(b"YOM")  # types (the catalogue knows them), origins, logical messages


@dataclass(frozen=True)
class Known:
    """A relation that the log described. `table` is None when the stream does not take it."""

    relation: Relation
    table: Table | None
    keys: tuple[int, ...]


class Decoder:
    """Puts the changes of one replication session into batches."""

    def __init__(self, config: StreamConfig, catalog: Catalog, fill: Callable[[Table, Values, Values], Values]) -> None:
        """`fill(table, row, key)` gives values for a row's columns that the log calls unchanged."""
        self.config, self.catalog, self.fill = config, catalog, fill
        self.batch: Batch | None = None
        self.read_lsn = 0
        self.truncated: list[tuple[Table, Origin]] = []
        self._origin: Origin | None = None
        self._number = 0
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
                self._add(batch, known.table, pgoutput.parse_tuple(data, 6)[0], envelope.INSERT, len(data))
        elif kind == UPDATE:
            self._update(data, batch)
        elif kind == DELETE:
            known = self._relations[pgoutput.SIZE(data, 1)[0]]
            if known.table is not None:
                self._add(batch, known.table, pgoutput.parse_tuple(data, 6)[0], envelope.DELETE, len(data))
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
            self._truncate(pgoutput.parse_truncate(data))
        elif kind not in IGNORED:
            raise ProtocolError(f"a message of type {chr(kind)!r}, which version 1 does not have")

    def _relation(self, relation: Relation) -> None:
        known = self._relations.get(relation.oid)
        if known is not None and known.relation == relation:
            return
        table = None
        keys: tuple[int, ...] = ()
        if self.config.includes(relation.schema, relation.name):
            table = self.catalog.table_of(relation)
            keys = tuple(index for index, column in enumerate(table.columns) if column.key)
        self._relations[relation.oid] = Known(relation, table, keys)

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
        table = known.table
        if table is None:
            return
        if UNCHANGED in new:
            new = self._filled(table, known.keys, old, new)
        moved = old is not None and (not known.keys or any(old[index] != new[index] for index in known.keys))
        if moved and old is not None:
            self._add(batch, table, old, envelope.UPDATE_DELETE, len(data))
            self._add(batch, table, new, envelope.UPDATE_INSERT, len(data))
        else:
            self._add(batch, table, new, envelope.UPDATE, len(data))

    def _filled(self, table: Table, keys: tuple[int, ...], old: Values | None, new: Values) -> Values:
        """Unchanged values from the old row, as far as the log has them, else from elsewhere."""
        if old is not None:
            new = [
                was if value == UNCHANGED and was is not None else value for was, value in zip(old, new, strict=True)
            ]
            if UNCHANGED not in new:
                return new
        key = old if old is not None and keys else new
        return self.fill(table, new, [key[index] for index in keys])

    def _truncate(self, oids: tuple[int, ...]) -> None:
        assert self._origin is not None
        for oid in oids:
            table = self._relations[oid].table
            if table is not None:
                self.truncated.append((table, self._origin))
