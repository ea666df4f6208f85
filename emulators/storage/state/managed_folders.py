"""Managed folders: names that end in a slash, on which rights are granted; objects need none and lie below many."""

import sqlite3
from dataclasses import dataclass

from emulators.storage.state import errors
from emulators.storage.state.buckets import Buckets
from emulators.storage.state.database import Database

LONGEST = 1024
DEEPEST = 15
"""Bytes and parts of a name (cloud.google.com/storage/docs/managed-folders)."""


@dataclass(frozen=True)
class ManagedFolder:
    """A folder; `created` in microseconds since 1970."""

    bucket: str
    name: str
    created: int


class ManagedFolders:
    """All managed folders of the emulator."""

    def __init__(self, database: Database, buckets: Buckets) -> None:
        self._database = database
        self._buckets = buckets

    def create(self, bucket: str, name: str) -> ManagedFolder:
        """Make a folder. StorageError 400 for a name that cannot be, 404 without the bucket, 409 where there is one."""
        parts = name.split("/")
        if not name.endswith("/") or "" in parts[:-1] or len(parts) > DEEPEST + 1 or len(name.encode()) > LONGEST:
            raise errors.invalid(
                f"Invalid managed folder name: {name!r}; parts that each end in a slash expected.", "name"
            )
        with self._database.transaction() as connection:
            self._buckets.get(bucket)
            if _find(connection, bucket, name):
                raise errors.StorageError(409, "conflict", "The specified managed folder already exists.")
            folder = ManagedFolder(bucket, name, self._database.next_moment())
            connection.execute("INSERT INTO managed_folders VALUES (?, ?, ?)", (bucket, name, folder.created))
        return folder

    def get(self, bucket: str, name: str) -> ManagedFolder:
        """The folder, or StorageError 404."""
        self._buckets.get(bucket)
        with self._database.reading() as connection:
            found = _find(connection, bucket, name)
        if found is None:
            raise errors.StorageError(404, "notFound", "The specified managed folder does not exist.")
        return found

    def list(self, bucket: str, prefix: str, after: str, limit: int) -> list[ManagedFolder]:
        """Up to `limit` folders in the order of their names, later than `after`."""
        self._buckets.get(bucket)
        query = "SELECT * FROM managed_folders WHERE bucket = ? AND name > ? AND substr(name, 1, ?) = ?"
        with self._database.reading() as connection:
            rows = connection.execute(
                f"{query} ORDER BY name LIMIT ?", (bucket, after, len(prefix), prefix, limit)
            ).fetchall()
        return [ManagedFolder(**dict(row)) for row in rows]

    def delete(self, bucket: str, name: str, allow_non_empty: bool) -> None:
        """Remove a folder, not what lies below it; 409 where that is something and is not allowed."""
        with self._database.transaction() as connection:
            self.get(bucket, name)
            below = "SELECT 1 FROM objects WHERE bucket = ? AND deleted IS NULL AND substr(name, 1, ?) = ? LIMIT 1"
            if not allow_non_empty and connection.execute(below, (bucket, len(name), name)).fetchone():
                raise errors.StorageError(409, "conflict", "The managed folder you tried to delete is not empty.")
            connection.execute("DELETE FROM managed_folders WHERE bucket = ? AND name = ?", (bucket, name))


def _find(connection: sqlite3.Connection, bucket: str, name: str) -> ManagedFolder | None:
    query = "SELECT * FROM managed_folders WHERE bucket = ? AND name = ?"
    row = connection.execute(query, (bucket, name)).fetchone()
    return ManagedFolder(**dict(row)) if row else None
