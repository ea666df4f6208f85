"""Folders of buckets with a hierarchical namespace: they are there by themselves, and can be renamed as a whole.

Source: cloud.google.com/storage/docs/hns-overview and json_api/v1/folders.
"""

import sqlite3
from dataclasses import dataclass, replace

from emulators.storage.state import errors
from emulators.storage.state.buckets import Buckets
from emulators.storage.state.database import Database
from emulators.storage.state.errors import StorageError
from emulators.storage.state.listing import successor
from emulators.storage.state.model import Bucket
from emulators.storage.state.objects import Objects
from emulators.storage.state.parents import folders_above, make
from emulators.storage.state.preconditions import NONE, Preconditions

LONGEST = 512
DEEPEST = 63
"""Bytes and parts of a name."""


@dataclass(frozen=True)
class Folder:
    """`name` ends in a slash; moments in microseconds since 1970."""

    bucket: str
    name: str
    generation: int
    metageneration: int
    updated: int

    @property
    def created(self) -> int:
        return self.generation


@dataclass(frozen=True)
class FolderQuery:
    """What to list: `start` is inclusive, `end` exclusive ("": open); `one_level`: no folders of folders."""

    prefix: str = ""
    start: str = ""
    end: str = ""
    one_level: bool = False

    def takes(self, name: str) -> bool:
        below = name.removeprefix(self.prefix)
        in_range = name >= self.start and (not self.end or name < self.end)
        return in_range and (not self.one_level or below.count("/") <= 1)


class Folders:
    """All folders of the emulator."""

    def __init__(self, database: Database, buckets: Buckets, objects: Objects) -> None:
        self._database = database
        self._buckets = buckets
        self._objects = objects

    def create(self, bucket: str, name: str, recursive: bool) -> Folder:
        """Make a folder and, where that is asked for (`recursive`), those above it.

        Raises:
            StorageError: 400 for a name or a bucket that cannot be, 404, 409 where there is one, 412 without the one
                above it.
        """
        name = _whole(name)
        _check_name(name)
        with self._database.transaction() as connection:
            self._hierarchical(bucket)
            if _find(connection, bucket, name):
                raise StorageError(409, "conflict", "The folder you tried to create already exists.")
            if not recursive:
                _check_parent(connection, bucket, name)
            make(connection, bucket, name, self._database.next_moment())
            return self.get(bucket, name)

    def get(self, bucket: str, name: str, conditions: Preconditions = NONE) -> Folder:
        """The folder, or StorageError 404, 412, 304."""
        self._hierarchical(bucket)
        with self._database.reading() as connection:
            found = _find(connection, bucket, _whole(name))
        if found is None:
            raise _not_found()
        conditions.check_read(found)
        return found

    def list(self, bucket: str, query: FolderQuery, after: str, limit: int) -> list[Folder]:
        """Up to `limit` folders in the order of their names, later than `after`."""
        self._hierarchical(bucket)
        statement = "SELECT * FROM folders WHERE bucket = ? AND name > ? AND substr(name, 1, ?) = ? ORDER BY name"
        values = (bucket, after, len(query.prefix), query.prefix)
        with self._database.reading() as connection:
            rows = connection.execute(statement, values).fetchall()
        return [Folder(**dict(row)) for row in rows if query.takes(row["name"])][:limit]

    def delete(self, bucket: str, name: str, conditions: Preconditions) -> None:
        """Delete an empty folder; 409 where anything lies below it."""
        name = _whole(name)
        with self._database.transaction() as connection:
            conditions.check_write(self.get(bucket, name))
            inside = (bucket, name, successor(name))
            # An object may have the folder's own name; it lies in the folder.
            for table, after in (("objects", ">="), ("folders", ">"), ("managed_folders", ">")):
                query = f"SELECT 1 FROM {table} WHERE bucket = ? AND name {after} ? AND name < ? LIMIT 1"
                if connection.execute(query, inside).fetchone():
                    raise StorageError(409, "conflict", "The folder you tried to delete is not empty.")
            connection.execute("DELETE FROM folders WHERE bucket = ? AND name = ?", (bucket, name))

    def delete_recursive(self, bucket: str, name: str, conditions: Preconditions) -> int:
        """Delete a folder and all that lies below it, and return the moment.

        StorageError 403, and nothing is done, where something there is retained.
        """
        name = _whole(name)
        with self._database.transaction() as connection:
            conditions.check_write(self.get(bucket, name))
            inside = (bucket, name, successor(name))
            query = "SELECT name, generation FROM objects WHERE bucket = ? AND name >= ? AND name < ?"
            for row in connection.execute(query, inside).fetchall():
                self._objects.delete(bucket, row["name"], row["generation"], NONE)
            for table in ("folders", "managed_folders", "managed_folder_policies"):
                connection.execute(f"DELETE FROM {table} WHERE bucket = ? AND name >= ? AND name < ?", inside)
            return self._database.next_moment()

    def rename(self, bucket: str, source: str, name: str, conditions: Preconditions) -> Folder:
        """Give a folder, and with it all that lies below it, another name at one moment.

        Raises:
            StorageError: 400 for a name that cannot be, 404, 409 where there is a folder of the new name, 412 without
                the one above it.
        """
        source, name = _whole(source), _whole(name)
        _check_name(name)
        with self._database.transaction() as connection:
            folder = self.get(bucket, source)
            conditions.check_write(folder)
            if name.startswith(source):
                raise errors.invalid("A folder cannot be renamed into itself.", "destinationFolder")
            if _find(connection, bucket, name):
                raise StorageError(409, "conflict", "The destination folder already exists.")
            _check_parent(connection, bucket, name)
            moment = self._database.next_moment()
            values = (name, len(source) + 1, bucket, source, successor(source))
            for table in ("objects", "folders", "managed_folders", "managed_folder_policies"):
                statement = "SET name = ? || substr(name, ?) WHERE bucket = ? AND name >= ? AND name < ?"
                connection.execute(f"UPDATE {table} {statement}", values)
            _check_depth(connection, bucket, name)
            renamed = replace(folder, name=name, metageneration=folder.metageneration + 1, updated=moment)
            statement = "UPDATE folders SET metageneration = ?, updated = ? WHERE bucket = ? AND name = ?"
            connection.execute(statement, (renamed.metageneration, moment, bucket, name))
        return renamed

    def _hierarchical(self, bucket: str) -> Bucket:
        found = self._buckets.get(bucket)
        if not found.is_hierarchical:
            raise errors.invalid("The bucket does not support hierarchical namespace.", "bucket")
        return found


def _whole(name: str) -> str:
    """A folder's name with its last slash, which gcloud leaves out where it renames one."""
    return name if name.endswith("/") else f"{name}/"


def _check_name(name: str) -> None:
    parts = name.split("/")
    valid = name.endswith("/") and "" not in parts[:-1] and not {".", ".."} & set(parts)
    if not valid or len(parts) > DEEPEST + 1 or len(name.encode()) > LONGEST or set(name) & set("\r\n\x00"):
        raise errors.invalid(f"Invalid folder name: {name!r}; parts that each end in a slash expected.", "name")


def _check_parent(connection: sqlite3.Connection, bucket: str, name: str) -> None:
    above = folders_above(name)
    if above and not _find(connection, bucket, above[-1]):
        raise StorageError(412, "conditionNotMet", f"The parent folder does not exist: {above[-1]}")


def _check_depth(connection: sqlite3.Connection, bucket: str, name: str) -> None:
    """StorageError 400 where a folder below a new name would be one that cannot be."""
    query = "SELECT name FROM folders WHERE bucket = ? AND name > ? AND name < ?"
    for row in connection.execute(query, (bucket, name, successor(name))):
        _check_name(row["name"])


def _not_found() -> StorageError:
    return StorageError(404, "notFound", "The folder you requested does not exist.")


def _find(connection: sqlite3.Connection, bucket: str, name: str) -> Folder | None:
    row = connection.execute("SELECT * FROM folders WHERE bucket = ? AND name = ?", (bucket, name)).fetchone()
    return Folder(**dict(row)) if row else None
