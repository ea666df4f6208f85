"""Managed folders: names that end in a slash, on which rights are granted; objects need none and lie below many."""

import json
import sqlite3
from dataclasses import dataclass

from emulators.storage.state import errors
from emulators.storage.state.buckets import Buckets
from emulators.storage.state.database import Database
from emulators.storage.state.etags import etag
from emulators.storage.state.model import Settings
from emulators.storage.state.preconditions import NONE, Preconditions

LONGEST = 1024
DEEPEST = 15
"""Bytes and parts of a name (cloud.google.com/storage/docs/managed-folders)."""


@dataclass(frozen=True)
class ManagedFolder:
    """A folder; moments in microseconds since 1970. `policy` is its IAM policy, None where none was set."""

    bucket: str
    name: str
    created: int
    policy: Settings | None = None
    version: int = 1
    updated: int | None = None

    @property
    def generation(self) -> int:
        return self.created

    @property
    def metageneration(self) -> int:
        return self.version


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

    def get(self, bucket: str, name: str, conditions: Preconditions = NONE) -> ManagedFolder:
        """The folder, or StorageError 404, 412, 304."""
        self._buckets.get(bucket)
        with self._database.reading() as connection:
            found = _find(connection, bucket, name)
        if found is None:
            raise errors.StorageError(404, "notFound", "The specified managed folder does not exist.")
        conditions.check_read(found)
        return found

    def list(self, bucket: str, prefix: str, after: str, limit: int) -> list[ManagedFolder]:
        """Up to `limit` folders in the order of their names, later than `after`."""
        self._buckets.get(bucket)
        chosen = "WHERE bucket = ? AND name > ? AND substr(name, 1, ?) = ? ORDER BY name LIMIT ?"
        with self._database.reading() as connection:
            rows = connection.execute(f"{_ROWS} {chosen}", (bucket, after, len(prefix), prefix, limit)).fetchall()
        return [_folder(row) for row in rows]

    def set_policy(self, bucket: str, name: str, policy: Settings, expected_etag: str) -> ManagedFolder:
        """Replace the IAM policy; 412 where the caller expects another etag than the current one ("": no matter)."""
        with self._database.transaction() as connection:
            folder = self.get(bucket, name)
            if expected_etag not in ("", etag(folder.version)):
                raise errors.condition_not_met()
            row = (bucket, name, json.dumps(policy), folder.version + 1, self._database.next_moment())
            connection.execute("INSERT OR REPLACE INTO managed_folder_policies VALUES (?, ?, ?, ?, ?)", row)
        return self.get(bucket, name)

    def delete(self, bucket: str, name: str, allow_non_empty: bool, conditions: Preconditions = NONE) -> None:
        """Remove a folder, not what lies below it; 409 where that is something and is not allowed."""
        with self._database.transaction() as connection:
            conditions.check_write(self.get(bucket, name))
            below = "SELECT 1 FROM objects WHERE bucket = ? AND deleted IS NULL AND substr(name, 1, ?) = ? LIMIT 1"
            if not allow_non_empty and connection.execute(below, (bucket, len(name), name)).fetchone():
                raise errors.StorageError(409, "conflict", "The managed folder you tried to delete is not empty.")
            for table in ("managed_folders", "managed_folder_policies"):
                connection.execute(f"DELETE FROM {table} WHERE bucket = ? AND name = ?", (bucket, name))


_ROWS = "SELECT * FROM managed_folders LEFT JOIN managed_folder_policies USING (bucket, name)"


def _find(connection: sqlite3.Connection, bucket: str, name: str) -> ManagedFolder | None:
    row = connection.execute(f"{_ROWS} WHERE bucket = ? AND name = ?", (bucket, name)).fetchone()
    return _folder(row) if row else None


def _folder(row: sqlite3.Row) -> ManagedFolder:
    if row["policy"] is None:
        return ManagedFolder(row["bucket"], row["name"], row["created"])
    return ManagedFolder(**dict(row) | {"policy": json.loads(row["policy"])})
