"""The ledger's writing side: intent before, outcome after, so that a kill at any moment leaves both reconcilable.

A day is simulated and recorded whole (one SQLite transaction) before any of it happens. What happened is then three
numbers: the last transaction committed in Postgres, the last event answered by Pub/Sub, and the last event of a request
under way. After a kill the first is read again from Postgres' company_progress, which each transaction updates itself;
a request under way is published again, and its messages are noted as uncertain.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from emulators.company.events.model import Event
from emulators.company.ledger_file import FILE, Settings, connect, replay
from emulators.company.schema import TABLES
from emulators.company.sql import script
from emulators.company.world import Change, Transaction, World

_to_json = json.JSONEncoder(ensure_ascii=False).encode


class Progress(NamedTuple):
    """Last transaction committed, last event answered, last event of a publish request under way."""

    committed: int
    published: int
    publishing: int


class PendingEvent(NamedTuple):
    """A recorded event that was not answered yet, with what publishing it needs."""

    sequence: int
    topic: str
    event_id: str
    kind: str
    producer: str
    payload: bytes


class Journal:
    """The open ledger, for writing. One thread at a time may use an instance."""

    def __init__(self, state: Path) -> None:
        """Open `state`/ledger.sqlite. Raises CompanyError when there is none, or of another version."""
        self.path = state / FILE
        self.database = connect(state)

    @classmethod
    def found(cls, state: Path, settings: Settings) -> "Journal":
        """A new, empty ledger. It appears under its name only when it is complete."""
        state.mkdir(parents=True, exist_ok=True)
        draft = state / f"{FILE}.draft"
        draft.unlink(missing_ok=True)
        database = sqlite3.connect(draft)
        database.executescript(files("emulators.company").joinpath("ledger.sql").read_text())
        values = {name: str(value) for name, value in settings._asdict().items()}
        database.executemany("INSERT INTO settings VALUES (?, ?)", values.items())
        database.commit()
        database.close()
        draft.rename(state / FILE)
        return cls(state)

    def settings(self) -> Settings:
        """What the company was founded with."""
        values = dict(self.database.execute("SELECT name, value FROM settings"))
        start = date.fromisoformat(values["start"])
        return Settings(values["company"], int(values["seed"]), start, int(values["accounts"]))

    def last_day(self) -> int:
        """The last day recorded: 0 after the first load, -1 before."""
        return int(self.database.execute("SELECT coalesce(max(day), -1) FROM days").fetchone()[0])

    def target_day(self) -> int:
        """The day up to which the company was last asked to play."""
        row = self.database.execute("SELECT value FROM settings WHERE name = 'target_day'").fetchone()
        return int(row[0]) if row else 0

    def set_target_day(self, day: int) -> None:
        """Remember up to which day the company plays, for `resume`."""
        self.database.execute("INSERT OR REPLACE INTO settings VALUES ('target_day', ?)", (str(day),))

    def progress(self) -> Progress:
        """How far the company got."""
        return Progress(*self.database.execute("SELECT committed, published, publishing FROM progress").fetchone())

    def record_day(
        self, day: int, when: date, transactions: Sequence[Transaction], events: Sequence[Event], world: World
    ) -> None:
        """Write a day's intents, all or nothing; `world` is as it is after them."""
        first = self.database.execute("SELECT coalesce(max(number), 0) + 1 FROM transactions").fetchone()[0]
        first_event = self.database.execute("SELECT coalesce(max(sequence), 0) + 1 FROM events").fetchone()[0]
        numbered = list(enumerate(transactions, start=first))
        company = self.settings().company
        with self.database:
            self.database.execute("BEGIN IMMEDIATE")
            self.database.executemany(
                "INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?)",
                ((n, day, t.occurred_at, t.action, t.rolled_back, script(n, t, company)) for n, t in numbered),
            )
            self.database.executemany(
                "INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?, ?)",
                ((number, n, *_encode(change)) for number, t in numbered for n, change in enumerate(t.changes)),
            )
            self.database.executemany(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                ((sequence, day, *event) for sequence, event in enumerate(events, start=first_event)),
            )
            counters = json.dumps(world.counters)
            self.database.execute(
                "INSERT INTO days VALUES (?, ?, ?, ?)", (day, when.isoformat(), counters, first_event)
            )

    def pending_transactions(self, limit: int, through: int) -> list[tuple[int, str]]:
        """(number, SQL) of the next transactions not known to be committed, in order, of days up to `through`."""
        rows = self.database.execute(
            "SELECT number, script FROM transactions WHERE number > (SELECT committed FROM progress) AND day <= ? "
            "ORDER BY number LIMIT ?",
            (through, limit),
        )
        return rows.fetchall()

    def has_committed(self, after: int, through: int) -> bool:
        """Whether any transaction with after < number <= through is one that commits."""
        query = "SELECT EXISTS (SELECT 1 FROM transactions WHERE number > ? AND number <= ? AND NOT rolled_back)"
        return bool(self.database.execute(query, (after, through)).fetchone()[0])

    def mark_committed(self, number: int) -> None:
        """Transactions up to this number have happened (committed, or rolled back as meant)."""
        self.database.execute("UPDATE progress SET committed = ?", (number,))

    def pending_events(self, limit: int, through: int) -> list[PendingEvent]:
        """The next events that were not answered, in order, of days up to `through`."""
        rows = self.database.execute(
            "SELECT sequence, topic, event_id, kind, producer, payload FROM events "
            "WHERE sequence > (SELECT published FROM progress) AND day <= ? ORDER BY sequence LIMIT ?",
            (through, limit),
        )
        return list(map(PendingEvent._make, rows))

    def note_uncertain(self) -> int:
        """Note the messages of a request that was never answered; returns how many there are."""
        with self.database:
            self.database.execute("BEGIN IMMEDIATE")
            noted = self.database.execute(
                "INSERT INTO uncertain_publications SELECT sequence FROM events, progress "
                "WHERE sequence > published AND sequence <= publishing"
            ).rowcount
            self.database.execute("UPDATE progress SET publishing = published")
        return noted

    def mark_publishing(self, last: int) -> None:
        """A request for the pending events up to this sequence is about to be sent."""
        self.database.execute("UPDATE progress SET publishing = ?", (last,))

    def mark_published(self, answers: Sequence[tuple[int, str | None]]) -> None:
        """Record (sequence, message id; None where Pub/Sub refused), in order and without a gap."""
        with self.database:
            self.database.execute("BEGIN IMMEDIATE")
            self.database.executemany("INSERT INTO publications VALUES (?, ?)", answers)
            self.database.execute("UPDATE progress SET published = ?", (answers[-1][0],))

    def world(self) -> World:
        """The world at the end of the last recorded day, as if all that was recorded had happened."""
        counters = self.database.execute("SELECT counters FROM days ORDER BY day DESC LIMIT 1").fetchone()
        world = World(json.loads(counters[0]) if counters else None)
        rows = replay(self.database)
        for table in TABLES:
            world.fill(table, rows[table].values())
        return world

    def events_of(self, day: int, topic: str) -> list[Event]:
        """A day's events of one topic, in the order of publishing."""
        rows = self.database.execute(
            "SELECT topic, event_id, kind, variety, reason, producer, payload FROM events "
            "WHERE sequence >= (SELECT first_event FROM days WHERE day = ?1) AND day = ?1 AND topic = ?2 "
            "ORDER BY sequence",
            (day, topic),
        )
        return [Event(*row) for row in rows]


def _encode(change: Change) -> Iterator[str | None]:
    yield change.kind
    yield change.table
    yield str(list(change.key))  # as JSON writes whole numbers
    yield None if change.row is None else _to_json(change.row)
    yield ",".join(change.columns)
