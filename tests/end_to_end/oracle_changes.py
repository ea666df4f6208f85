"""A table that changes: bronze has each change with its values, silver the rows, and history each version."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from emulators.company.ledger import CommittedChange, Ledger
from emulators.company.schema import TABLES, Key
from tests.end_to_end.comparing import SHOWN, Query, Row, by_key, unequal

BACKFILL = "/0000000000"  # how the sort key of a row ends that a snapshot brought
HISTORY = ("accounts", "users", "subscriptions")
GONE = ("DELETE", "UPDATE-DELETE")
Logged = tuple[str, Key, Row]


def differences(ledger: Ledger, query: Query, table: str) -> Iterator[str]:
    """Lines about what differs."""
    names = [column.name for column in TABLES[table].columns]
    rows = query(f"select {', '.join(names)} from silver.saas_{table}")
    found, twice = by_key(f"silver.saas_{table}", rows, TABLES[table].key_of)
    yield from twice
    yield from unequal(f"silver.saas_{table}", found, ledger.rows(table))
    bronze = query(f"select * from bronze.saas_{table} order by _sort_key")
    yield from _bronze(ledger, bronze, table)
    if table in HISTORY:
        yield from _history(query, bronze, table)


def _bronze(ledger: Ledger, log: list[Row], table: str) -> Iterator[str]:
    """Each change once, with its values, in log order, from some change on; a snapshot has what was before."""
    streamed = [row for row in log if not row["_sort_key"].endswith(BACKFILL)]
    changes = [entry for change in ledger.changes(table) for entry in with_values(change)]
    before = len(changes) - len(streamed)
    positions = Counter(row["_sort_key"] for row in streamed)
    twice = [position for position, times in positions.items() if times > 1]
    if twice:
        yield f"bronze.saas_{table}: {len(twice)} changes more than once: {twice[:SHOWN]}"
    if before < 0:
        yield f"bronze.saas_{table}: {len(streamed)} changes, expected {len(changes)} at most"
        return
    found = {number: _logged(row, table) for number, row in enumerate(streamed, before)}
    yield from unequal(f"bronze.saas_{table}, change", found, dict(enumerate(changes[before:], before)))
    yield from _snapshots(log, streamed, changes, before, table)
    if odd := [row["_sort_key"] for row in log if row["_raw"] is not None]:
        yield f"bronze.saas_{table}: values that did not fit: {odd[:SHOWN]}"


def _snapshots(log: list[Row], streamed: list[Row], changes: list[Logged], before: int, table: str) -> Iterator[str]:
    """The rows of each snapshot are the table's rows at its position; the first one has all of them."""
    positions = sorted({row["_sort_key"] for row in log} - {row["_sort_key"] for row in streamed})
    for position in positions:
        earlier = before + sum(row["_sort_key"] < position for row in streamed)
        rows = [_logged(row, table) for row in log if row["_sort_key"] == position]
        found = {key: values for _, key, values in rows}
        expected = _state(changes[:earlier])
        if len(found) != len(rows):
            yield f"bronze.saas_{table}: {len(rows) - len(found)} rows of snapshot {position} more than once"
        yield from unequal(f"bronze.saas_{table}, snapshot {position}", found, expected)


def _state(changes: list[Logged]) -> dict[Key, Row]:
    rows: dict[Key, Row] = {}
    for kind, key, values in changes:
        if kind in GONE:
            del rows[key]
        else:
            rows[key] = values
    return rows


def _logged(row: Row, table: str) -> Logged:
    """A row of bronze, which has JSON as text."""
    kinds = {column.name: column.type for column in TABLES[table].columns}
    values = {
        name: json.loads(row[name]) if kind == "jsonb" and row[name] is not None else row[name]
        for name, kind in kinds.items()
    }
    return row["_change_type"], TABLES[table].key_of(values), values


def with_values(change: CommittedChange) -> list[Logged]:
    """A change as the log tells it: a key that moves is a delete and an insert, and a delete has its key alone."""
    table = TABLES[change.table]
    alone: Row = dict.fromkeys(column.name for column in table.columns)
    gone = alone | dict(zip(table.key, change.key, strict=True))
    if change.row is None or change.new_key is None:
        return [("DELETE", change.key, gone)]
    if change.kind == "update" and change.new_key != change.key:
        return [("UPDATE-DELETE", change.key, gone), ("UPDATE-INSERT", change.new_key, change.row)]
    return [(change.kind.upper(), change.new_key, change.row)]


def as_logged(change: CommittedChange) -> list[tuple[str, Key]]:
    """The same without values."""
    return [(kind, key) for kind, key, _ in with_values(change)]


def _history(query: Query, bronze: list[Row], table: str) -> Iterator[str]:
    """A version for each change, with its values; it ends where the next one of its key begins."""
    what = f"silver.saas_{table}_history"
    names = [column.name for column in TABLES[table].columns]
    marks = ("valid_from", "valid_to", "is_current")
    rows = query(f"select _sort_key, _is_deleted, {', '.join([*names, *marks])} from {what}")
    found, twice = by_key(what, rows, lambda row: (TABLES[table].key_of(row), row["_sort_key"]))
    yield from twice
    expected: dict[Any, Row] = {}
    following: dict[Key, Any] = {}
    for row in sorted(bronze, key=lambda row: str(row["_sort_key"]), reverse=True):
        kind, key, values = _logged(row, table)
        begin, is_gone, is_last = row["_source_timestamp"], kind in GONE, key not in following
        end = following.get(key, begin if is_gone else None)
        valid = {"valid_from": begin, "valid_to": end, "is_current": is_last and not is_gone}
        expected[key, row["_sort_key"]] = {
            "_sort_key": row["_sort_key"], "_is_deleted": is_gone, **values, **valid
        }  # fmt: skip
        following[key] = begin
    yield from unequal(what, found, expected)
