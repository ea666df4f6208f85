"""Postgres' logical replication messages, version 1 (PostgreSQL documentation, "Logical Replication Message Formats").

Version 1 sends a transaction after its commit, whole and in commit order; the server spools what is large.
"""

import struct
from dataclasses import dataclass

from emulators.datastream.lsn import format_lsn

UNCHANGED = b"\0unchanged"  # no Postgres text holds a NUL
POSTGRES_EPOCH_MICROS = 946_684_800_000_000
BEGIN = struct.Struct(">QqI")
COMMIT = struct.Struct(">BQQq")
SIZE = struct.Struct(">I").unpack_from
TEXT, NULL, TOAST = ord("t"), ord("n"), ord("u")

Values = list[bytes | None]


class ProtocolError(Exception):
    """The server sent what this parser does not know; nothing may be guessed."""


@dataclass(frozen=True)
class Begin:
    """A transaction begins: where its commit is in the log, when it was, and its id."""

    lsn: int
    micros: int
    transaction_id: int


@dataclass(frozen=True)
class RelationColumn:
    """A column as the log describes it. `identity`: it is part of the replica identity."""

    name: str
    type_oid: int
    modifier: int
    identity: bool


@dataclass(frozen=True)
class Relation:
    """A table's definition from here on. `identity` is d(efault), n(othing), f(ull) or i(ndex)."""

    oid: int
    schema: str
    name: str
    identity: str
    columns: tuple[RelationColumn, ...]


def parse_begin(data: bytes) -> Begin:
    """B."""
    lsn, micros, transaction_id = BEGIN.unpack_from(data, 1)
    return Begin(lsn, micros + POSTGRES_EPOCH_MICROS, transaction_id)


def parse_commit(data: bytes) -> tuple[int, int]:
    """C: the commit's position and the end of its record."""
    _, lsn, end, _ = COMMIT.unpack_from(data, 1)
    return lsn, end


def text_until_zero(data: bytes, at: int) -> tuple[str, int]:
    """A zero-terminated string, and what comes after it."""
    end = data.index(b"\0", at)
    return data[at:end].decode(), end + 1


def parse_relation(data: bytes) -> Relation:
    """R."""
    (oid,) = SIZE(data, 1)
    schema, at = text_until_zero(data, 5)
    name, at = text_until_zero(data, at)
    identity = chr(data[at])
    (number,) = struct.unpack_from(">H", data, at + 1)
    at += 3
    columns = []
    for _ in range(number):
        flags = data[at]
        column, at = text_until_zero(data, at + 1)
        type_oid, modifier = struct.unpack_from(">Ii", data, at)
        at += 8
        columns.append(RelationColumn(column, type_oid, modifier, bool(flags & 1)))
    return Relation(oid, schema or "pg_catalog", name, identity, tuple(columns))


def parse_tuple(data: bytes, at: int) -> tuple[Values, int]:
    """A row's values, and what comes after it."""
    values: Values = []
    append = values.append
    number = data[at] << 8 | data[at + 1]
    at += 2
    for _ in range(number):
        kind = data[at]
        if kind == TEXT:
            start = at + 5
            at = start + SIZE(data, at + 1)[0]
            append(data[start:at])
        elif kind == NULL:
            append(None)
            at += 1
        elif kind == TOAST:
            append(UNCHANGED)
            at += 1
        else:
            raise ProtocolError(f"a column of format {chr(kind)!r}, which was not asked for")
    return values, at


def parse_update(data: bytes) -> tuple[int, str, Values | None, Values]:
    """U: the table, which old values came (K: identity, O: whole row, N: none), they, and the new row."""
    (oid,) = SIZE(data, 1)
    kind, at, old = chr(data[5]), 6, None
    if kind != "N":
        old, at = parse_tuple(data, 6)
        at += 1
    new, _ = parse_tuple(data, at)
    return oid, kind, old, new


def parse_truncate(data: bytes) -> tuple[int, ...]:
    """T: the tables."""
    (number,) = SIZE(data, 1)
    return struct.unpack_from(f">{number}I", data, 6)


def describe(begin: Begin) -> str:
    """For messages: where one is in the log."""
    return f"transaction {begin.transaction_id} committed at {format_lsn(begin.lsn)}"
