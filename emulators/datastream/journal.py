"""A stream's durable state: how far it has read, what it still has to upload, and its objects. One SQLite file.

A flush is one transaction here: the files (already on disk in the spool) and the new position together. From then on it
counts as read; the files are uploaded, then removed. A process killed before the transaction reads the log again; one
killed after it uploads again, and an object that is already there is the one of the same name, with the same rows.

SQLite does not flush to disk (synchronous=OFF): killing a process loses nothing by that, and the database that is read
does not either.
"""

import sqlite3
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS files (file TEXT PRIMARY KEY, object TEXT NOT NULL, rows INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS objects (
    schema TEXT, name TEXT, state TEXT NOT NULL, cause TEXT NOT NULL DEFAULT 'AUTOMATIC', created REAL NOT NULL,
    started REAL, ended REAL, backfilled INTEGER NOT NULL DEFAULT 0, changes INTEGER NOT NULL DEFAULT 0,
    error TEXT, PRIMARY KEY (schema, name));
"""
OBJECT_COLUMNS = "schema, name, state, cause, created, started, ended, backfilled, changes, error"


@dataclass(frozen=True)
class StreamObject:
    """A table of the stream and its latest backfill. `state` is one of BackfillJob's states."""

    schema: str
    name: str
    state: str
    cause: str
    created: float
    started: float | None
    ended: float | None
    backfilled: int
    changes: int
    error: str | None

    @property
    def key(self) -> str:
        """`public.accounts`."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class SpooledFile:
    """A finished file on disk that shall become an object."""

    path: Path
    object: str
    rows: int


class Journal:
    """The state of one stream in `directory`, whose folder `spool` has the files; safe to use from several threads."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.spool = directory / "spool"
        self._lock = threading.Lock()
        self._database = sqlite3.connect(directory / "journal.sqlite", check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def transaction(self, statements: Iterable[tuple[str, Sequence[object]]]) -> None:
        """Run statements, all of them or none."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                for statement, values in statements:
                    self._database.execute(statement, values)
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def query(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """The rows of a query."""
        with self._lock:
            return self._database.execute(statement, values).fetchall()

    def fact(self, name: str) -> str | None:
        """A recorded fact; None when it was never recorded."""
        rows = self.query("SELECT value FROM facts WHERE name = ?", name)
        return str(rows[0][0]) if rows else None

    def record(self, **facts: str) -> None:
        """Record facts together."""
        self.transaction(fact_statements(facts))

    def lsn(self, name: str) -> int | None:
        """A recorded log position."""
        value = self.fact(name)
        return None if value is None else int(value)

    def commit(
        self, files: Sequence[SpooledFile], statements: Iterable[tuple[str, Sequence[object]]], **facts: str
    ) -> None:
        """The moment at which a flush or a backfilled table becomes true."""
        insert = "INSERT INTO files VALUES (?, ?, ?)"
        saved = [(insert, (file.path.name, file.object, file.rows)) for file in files]
        self.transaction([*saved, *statements, *fact_statements(facts)])

    def pending(self) -> list[SpooledFile]:
        """Files that are to be uploaded, in the order in which they were committed."""
        rows = self.query("SELECT file, object, rows FROM files ORDER BY rowid")
        return [SpooledFile(self.spool / str(file), str(name), int(str(number))) for file, name, number in rows]

    def uploaded(self, files: Sequence[SpooledFile]) -> None:
        """These files have landed."""
        self.transaction([("DELETE FROM files WHERE file = ?", (file.path.name,)) for file in files])

    def objects(self) -> list[StreamObject]:
        """The stream's tables, by name."""
        with self._lock:
            rows = self._database.execute(f"SELECT {OBJECT_COLUMNS} FROM objects ORDER BY schema, name").fetchall()
        return [StreamObject(*row) for row in rows]

    def add_object(self, schema: str, name: str, state: str) -> None:
        """A table that was not known."""
        statement = "INSERT OR IGNORE INTO objects (schema, name, state, created) VALUES (?, ?, ?, ?)"
        self.transaction([(statement, (schema, name, state, time.time()))])

    def remove_object(self, schema: str, name: str) -> None:
        """A table that the stream has no more."""
        self.transaction([("DELETE FROM objects WHERE schema = ? AND name = ?", (schema, name))])

    def set_backfill(
        self, schema: str, name: str, state: str, cause: str | None = None, error: str | None = None
    ) -> None:
        """A backfill's new state."""
        self.transaction([backfill_statement(schema, name, state, cause=cause, error=error)])


def fact_statements(facts: dict[str, str]) -> list[tuple[str, Sequence[object]]]:
    """Statements that record facts."""
    return [("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value)) for name, value in facts.items()]


def backfill_statement(
    schema: str, name: str, state: str, rows: int | None = None, cause: str | None = None, error: str | None = None
) -> tuple[str, Sequence[object]]:
    """The statement for a backfill's new state; its times follow from it."""
    now = time.time()
    statement = (
        "UPDATE objects SET state = ?, cause = coalesce(?, cause), error = ?, backfilled = coalesce(?, backfilled), "
        "started = CASE WHEN ? = 'ACTIVE' THEN ? ELSE started END, "
        "ended = CASE WHEN ? IN ('COMPLETED', 'STOPPED', 'FAILED') THEN ? ELSE NULL END WHERE schema = ? AND name = ?"
    )
    return statement, (state, cause, error, rows, state, now, state, now, schema, name)


def changes_statement(schema: str, name: str, rows: int) -> tuple[str, Sequence[object]]:
    """The statement that counts landed changes."""
    return "UPDATE objects SET changes = changes + ? WHERE schema = ? AND name = ?", (rows, schema, name)
