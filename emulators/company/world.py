"""What the company knows of itself: every row by its own bookkeeping, and the changes between one state and the next.

Nothing here is read from Postgres. The world of a day's start follows from the ledger alone, and a day's changes from
the world, the seed and the day: so a day can be simulated again and comes out the same.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from emulators.company.schema import TABLES, Key, Row


class Change(NamedTuple):
    """One row's change: kind is insert, update or delete; key is the primary key before (insert: after).

    row is the whole row after the change (None after a delete); columns names what an update sets.
    """

    kind: str
    table: str
    key: Key
    row: Row | None
    columns: tuple[str, ...] = ()


class Transaction(NamedTuple):
    """Changes that are committed together, or rolled back together."""

    occurred_at: str
    action: str
    rolled_back: bool
    changes: tuple[Change, ...]


def insert(table: str, row: Row) -> Change:
    """The change that adds a row."""
    return Change("insert", table, TABLES[table].key_of(row), row)


def update(table: str, row: Row, **values: object) -> Change:
    """The change that sets columns of a row; a key column among them changes the primary key."""
    return Change("update", table, TABLES[table].key_of(row), {**row, **values}, tuple(values))


def delete(table: str, row: Row) -> Change:
    """The change that removes a row."""
    return Change("delete", table, TABLES[table].key_of(row), None)


class World:
    """All rows by table and key, the next free ids, and the look-ups that the actions need.

    Look-ups are kept sorted, so that a world read back from the ledger draws the same as one that never stopped.
    """

    def __init__(self, counters: Mapping[str, int] | None = None) -> None:
        self.rows: dict[str, dict[Key, Row]] = {name: {} for name in TABLES}
        self.counters: dict[str, int] = defaultdict(int, counters or {})
        self._keys: dict[str, list[Key]] = {name: [] for name in TABLES}
        self._of_account: dict[tuple[str, int], list[Key]] = defaultdict(list)
        self._steps: dict[int, list[int]] = defaultdict(list)

    def next_id(self, table: str) -> int:
        """The next id of a table; as in a Postgres sequence, a rolled-back transaction leaves a gap."""
        self.counters[table] += 1
        return self.counters[table]

    def keys(self, table: str) -> list[Key]:
        """Every primary key of a table, sorted."""
        return self._keys[table]

    def of_account(self, table: str, account_id: int) -> list[Row]:
        """An account's rows in a table, sorted by primary key."""
        rows = self.rows[table]
        return [rows[key] for key in self._of_account.get((table, account_id), ())]

    def steps(self, incident_id: int) -> list[Row]:
        """An incident's events, by position."""
        rows = self.rows["incident_events"]
        return [rows[(incident_id, position)] for position in self._steps.get(incident_id, ())]

    def subscription(self, account_id: int) -> Row | None:
        """The subscription that an account has now, or None."""
        current = [row for row in self.of_account("subscriptions", account_id) if row["ended_on"] is None]
        return current[-1] if current else None

    def apply(self, changes: Iterable[Change]) -> None:
        """Take over the changes of a committed transaction."""
        for change in changes:
            if change.kind == "update" and change.row and TABLES[change.table].key_of(change.row) == change.key:
                self.rows[change.table][change.key] = change.row  # a row never moves to another account
                continue
            if change.kind != "insert":
                self._forget(change.table, change.key)
            if change.row is not None:
                self._remember(change.table, change.row)

    def fill(self, table: str, rows: Iterable[Row]) -> None:
        """Take over a table's rows, in an empty world."""
        for row in rows:
            self._remember(table, row)

    def _remember(self, table: str, row: Row) -> None:
        key = TABLES[table].key_of(row)
        self.rows[table][key] = row
        insort(self._keys[table], key)
        if table == "incident_events":
            insort(self._steps[key[0]], key[1])
        else:
            insort(self._of_account[table, row["account_id"]], key)

    def _forget(self, table: str, key: Key) -> None:
        row = self.rows[table].pop(key)
        _discard(self._keys[table], key)
        if table == "incident_events":
            self._steps[key[0]].remove(key[1])
        else:
            self._of_account[table, row["account_id"]].remove(key)


def _discard(keys: list[Key], key: Key) -> None:
    del keys[bisect_left(keys, key)]
