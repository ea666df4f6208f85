"""The API's resources (connection profiles, streams), kept in one SQLite file by name."""

import json
import sqlite3
import threading
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Resource = dict[str, Any]


def now() -> str:
    """The time as the API writes it."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def error(reason: str, message: str) -> Resource:
    """An Error of the API."""
    return {"reason": reason, "message": message, "errorUuid": str(uuid.uuid4()), "errorTime": now()}


class Resources:
    """Resources by name. Durable against the death of the process."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("CREATE TABLE IF NOT EXISTS resources (name TEXT PRIMARY KEY, body TEXT NOT NULL)")

    def get(self, name: str) -> Resource | None:
        """A resource, or None."""
        with self._lock:
            row = self._database.execute("SELECT body FROM resources WHERE name = ?", (name,)).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def put(self, resource: Resource) -> None:
        """Keep a resource under its `name`."""
        with self._lock:
            values = (resource["name"], json.dumps(resource))
            self._database.execute("INSERT OR REPLACE INTO resources VALUES (?, ?)", values)

    def delete(self, name: str) -> None:
        """Forget a resource."""
        with self._lock:
            self._database.execute("DELETE FROM resources WHERE name = ?", (name,))

    def children(self, collection: str) -> list[Resource]:
        """The resources directly in a collection (`projects/p/locations/l/streams`), by name."""
        with self._lock:
            rows = self._database.execute("SELECT body FROM resources ORDER BY name").fetchall()
        bodies = [dict(json.loads(row[0])) for row in rows]
        return [body for body in bodies if body["name"].rpartition("/")[0] == collection]

    def all(self) -> list[Resource]:
        """Every resource."""
        with self._lock:
            rows = self._database.execute("SELECT body FROM resources ORDER BY name").fetchall()
        return [dict(json.loads(row[0])) for row in rows]
