"""The resources on disk: topics, subscriptions, snapshots, schema revisions and policies, in one SQLite file.

A change is committed before it is answered. Messages and acknowledgements are not here but in their logs.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

_TABLES = """
CREATE TABLE IF NOT EXISTS resource (
  kind TEXT NOT NULL, name TEXT NOT NULL, number INTEGER NOT NULL, log INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (kind, name)
);
CREATE TABLE IF NOT EXISTS number (value INTEGER PRIMARY KEY AUTOINCREMENT);
"""


class Row(NamedTuple):
    """One resource: `number` is never used twice, `log` is the number of the topic log that it reads (0: none)."""

    kind: str
    name: str
    number: int
    log: int
    body: bytes


class Store:
    """The file `resources.sqlite` of a state folder.

    Every method raises OSError when the disk is full or broken; then nothing was changed.
    """

    def __init__(self, folder: Path) -> None:
        self._database = sqlite3.connect(folder / "resources.sqlite", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.executescript(_TABLES)

    def _execute(self, statement: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        try:
            return self._database.execute(statement, values)
        except sqlite3.Error as error:
            raise OSError(f"resources.sqlite: {error}") from error

    def next_number(self) -> int:
        """A number that was never given before, also not before a restart."""
        cursor = self._execute("INSERT INTO number DEFAULT VALUES")
        self._execute("DELETE FROM number WHERE value < ?", (cursor.lastrowid,))
        return int(cursor.lastrowid or 0)

    def rows(self, kind: str) -> list[Row]:
        """All resources of a kind, in the order of their numbers."""
        query = "SELECT kind, name, number, log, body FROM resource WHERE kind = ? ORDER BY number"
        return [Row(*row) for row in self._execute(query, (kind,))]

    def put(self, row: Row) -> None:
        """Creates or replaces a resource."""
        self._execute("INSERT OR REPLACE INTO resource VALUES (?, ?, ?, ?, ?)", row)

    def delete(self, kind: str, name: str) -> None:
        self._execute("DELETE FROM resource WHERE kind = ? AND name = ?", (kind, name))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes inside are kept, or none."""
        self._execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._execute("ROLLBACK")
            raise
        self._execute("COMMIT")

    def close(self) -> None:
        self._database.close()
