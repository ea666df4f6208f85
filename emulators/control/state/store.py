"""What the control plane keeps: JSON documents by space, service and name, in one SQLite file.

A request is one transaction. A commit is in the kernel's hands, so the death of the process loses nothing.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Json = dict[str, Any]

RESOURCE, POLICY, OPERATION, PRIVATE = "resource", "policy", "operation", "private"
"""Spaces: resources, IAM policies by the resource's name, long-running operations, what the API never shows."""


class Store:
    """Documents in order of their names. One thread at a time; several stores may share a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(
            folder / "control.sqlite", timeout=30, isolation_level=None, check_same_thread=False
        )
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS documents (space TEXT, service TEXT, name TEXT, body TEXT NOT NULL,"
            " PRIMARY KEY (space, service, name)) WITHOUT ROWID"
        )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written in the block is kept, or, when it raises, none of it."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def get(self, space: str, service: str, name: str) -> Json | None:
        """A document, or None."""
        query = "SELECT body FROM documents WHERE space = ? AND service = ? AND name = ?"
        row = self._database.execute(query, (space, service, name)).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def put(self, space: str, service: str, name: str, body: Json) -> None:
        """Keep a document; it replaces the one of this name."""
        values = (space, service, name, json.dumps(body))
        self._database.execute("INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?)", values)

    def delete(self, space: str, service: str, name: str) -> None:
        """Forget a document, if there is one."""
        query = "DELETE FROM documents WHERE space = ? AND service = ? AND name = ?"
        self._database.execute(query, (space, service, name))

    def below(self, space: str, service: str, prefix: str) -> list[tuple[str, Json]]:
        """The documents whose names begin with `prefix`, by name."""
        query = (
            "SELECT name, body FROM documents WHERE space = ? AND service = ? AND substr(name, 1, ?) = ? ORDER BY name"
        )
        rows = self._database.execute(query, (space, service, len(prefix), prefix)).fetchall()
        return [(name, dict(json.loads(body))) for name, body in rows]

    def mentions(self, text: str) -> list[tuple[str, str]]:
        """(service, name) of each resource whose document holds this text as, or at the end of, a string."""
        query = "SELECT service, name FROM documents WHERE space = ? AND instr(body, ?) > 0"
        quoted = json.dumps(text)[1:]
        return [(row[0], row[1]) for row in self._database.execute(query, (RESOURCE, quoted)).fetchall()]
