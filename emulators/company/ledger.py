"""What the company did, by its own account: the oracle against which everything downstream is compared.

    ledger = Ledger(Path(".sluice/company"))
    ledger.rows("users")[(17,)]["email"]
    ledger.dead_letters("saas_usage_events")

It is read from the company's own file alone, never from Postgres, Pub/Sub or BigQuery. A row is counted once its
transaction is known to be committed, an event once its publishing was answered. After a kill, `python -m
emulators.company resume` brings the file up to date, or pass `committed` as company_progress has it.
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from emulators.company.events.model import Kind
from emulators.company.ledger_file import connect, replay
from emulators.company.schema import TABLES, Key, Row

INT64 = range(-(2**63), 2**63)


class CommittedChange(NamedTuple):
    """A committed change. order grows with each; row is the whole row after it, None after a delete.

    day is 0 in the first load, 1 on the start date. key is the primary key before the change (of an insert: after);
    `new_key` differs where the change moved it.
    """

    order: int
    transaction: int
    day: int
    occurred_at: datetime
    kind: str
    table: str
    key: Key
    new_key: Key | None
    row: Row | None


class PublishedEvent(NamedTuple):
    """A message whose publishing was answered; message_id is None where Pub/Sub refused it (see events/model.py)."""

    sequence: int
    day: int
    topic: str
    event_id: str
    kind: Kind
    variety: str
    reason: str
    producer: str
    payload: bytes
    message_id: str | None


class Ledger:
    """A ledger that is read and never written."""

    def __init__(self, state: Path, committed: int | None = None) -> None:
        """Open `state`/ledger.sqlite.

        Args:
            state: the company's folder (--state).
            committed: the last transaction that Postgres has; None: as far as the company itself knows.

        Raises:
            CompanyError: there is no ledger, or one of another version.
        """
        self._database = connect(state)
        self._database.execute("PRAGMA query_only = ON")
        self._committed = committed

    @property
    def committed(self) -> int:
        """The number of the last transaction that counts."""
        if self._committed is not None:
            return self._committed
        return int(self._one("SELECT committed FROM progress"))

    @property
    def is_settled(self) -> bool:
        """Whether everything that was recorded is done: no transaction and no event is left over."""
        done = self._one("SELECT (SELECT coalesce(max(sequence), 0) FROM events) = published FROM progress")
        return bool(done) and self._one("SELECT coalesce(max(number), 0) FROM transactions") <= self.committed

    def days(self) -> list[date]:
        """The days that were recorded, the first load not among them."""
        rows = self._database.execute("SELECT date FROM days WHERE day > 0 ORDER BY day")
        return [date.fromisoformat(text) for (text,) in rows]

    def rows(self, table: str) -> dict[Key, Row]:
        """A table's current rows by primary key, sorted.

        Values: int, bool, str, Decimal (numeric), date, datetime in UTC (timestamptz), dict (jsonb), None.
        """
        return self.rows_through(self.committed)[table]

    def rows_on(self, day: date) -> dict[str, dict[Key, Row]]:
        """Every table's rows at the end of a day, as rows() has them."""
        query = (
            "SELECT coalesce(max(number), 0) FROM transactions WHERE day <= (SELECT max(day) FROM days WHERE date <= ?)"
        )
        last = int(self._database.execute(query, (day.isoformat(),)).fetchone()[0])
        return self.rows_through(min(last, self.committed))

    def rows_through(self, transaction: int) -> dict[str, dict[Key, Row]]:
        """Every table's rows after a transaction, as rows() has them."""
        state = replay(self._database, transaction)
        return {table: {key: values(table, row) for key, row in rows.items()} for table, rows in state.items()}

    def changes(self, table: str | None = None) -> Iterator[CommittedChange]:
        """Each committed change in the order of the log: of one table, or of all."""
        rows = self._database.execute(
            "SELECT t.number, t.day, t.occurred_at, c.kind, c.table_name, c.key, c.row FROM transactions t "
            "JOIN changes c USING (number) WHERE NOT t.rolled_back AND t.number <= ? ORDER BY t.number, c.position",
            (self.committed,),
        )
        for order, (number, day, at, kind, name, key, row) in enumerate(rows):
            if table in (None, name):
                after = None if row is None else values(name, json.loads(row))
                new_key = None if after is None else TABLES[name].key_of(after)
                before = tuple(json.loads(key))
                moment = datetime.fromisoformat(at)
                yield CommittedChange(order, number, day, moment, kind, name, before, new_key, after)

    def events(self, topic: str | None = None) -> Iterator[PublishedEvent]:
        """Each message whose publishing was answered, in that order: of one topic, or of all."""
        rows = self._database.execute(
            "SELECT sequence, day, topic, event_id, kind, variety, reason, producer, payload, message_id "
            "FROM events JOIN publications USING (sequence) WHERE topic = coalesce(?, topic) ORDER BY sequence",
            (topic,),
        )
        yield from map(PublishedEvent._make, rows)

    def event_counts(self, topic: str) -> Counter[str]:
        """How many messages of each kind were answered: good, late, duplicate, malformed, refused."""
        rows = self._database.execute(
            "SELECT kind, count(*) FROM events JOIN publications USING (sequence) WHERE topic = ? GROUP BY kind",
            (topic,),
        )
        return Counter(dict(rows))

    def good_events(self, topic: str) -> dict[str, Row]:
        """What the topic's table must hold: each distinct event once, by event_id, with the payload's own fields.

        Values: int, float, bool, str, dict, None, and `occurred_at` as datetime in UTC. A field that INT64 cannot hold
        is None, and an unknown field is left out: bronze keeps both in `_raw`.
        """
        return {e.event_id: event_values(e.payload) for e in self.events(topic) if e.kind in ("good", "late")}

    def dead_letters(self, topic: str) -> Counter[str]:
        """How many dead letters there must be, by reason. Exact unless some publications are uncertain."""
        return Counter(event.reason for event in self.events(topic) if event.kind == "malformed")

    def dead_letter_payloads(self, topic: str) -> dict[bytes, str]:
        """The bytes of each dead letter -> its reason. No two are the same, so this is exact at any rate."""
        return {event.payload: event.reason for event in self.events(topic) if event.kind == "malformed"}

    def uncertain(self) -> Counter[int]:
        """Events (by sequence) that may be on their topic more often than answered, and how much more often."""
        return Counter(
            sequence for (sequence,) in self._database.execute("SELECT sequence FROM uncertain_publications")
        )

    def uncertain_count(self, topic: str) -> int:
        """How many messages may be on a topic beyond those that were answered."""
        query = "SELECT count(*) FROM uncertain_publications JOIN events USING (sequence) WHERE topic = ?"
        return int(self._database.execute(query, (topic,)).fetchone()[0])

    def _one(self, query: str) -> Any:
        return self._database.execute(query).fetchone()[0]


def values(table: str, row: Row) -> Row:
    """A row as the ledger's file has it -> Python's types for its columns."""
    return {column.name: _value(column.type, row[column.name]) for column in TABLES[table].columns}


def _value(kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind == "timestamptz":
        return datetime.fromisoformat(value)
    if kind == "date":
        return date.fromisoformat(value)
    return Decimal(value) if kind.startswith("numeric") else value


def event_values(payload: bytes) -> Row:
    """A good event's payload -> its fields' values; see Ledger.good_events."""
    fields = json.loads(payload)
    fields.pop("experiment", None)
    fields["occurred_at"] = datetime.fromisoformat(fields["occurred_at"]).astimezone(UTC)
    if isinstance(fields.get("ip_address"), dict):
        fields["ip_address"] = fields["ip_address"]["string"]
    return {
        name: None if isinstance(value, int) and not isinstance(value, bool) and value not in INT64 else value
        for name, value in fields.items()
    }
