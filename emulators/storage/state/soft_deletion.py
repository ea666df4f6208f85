"""Soft deletion: what was deleted stays for as long as the bucket's policy said then, and can be restored.

Source: cloud.google.com/storage/docs/soft-delete. A soft-deleted version keeps its bytes in their place; its row lies
in a table of its own, under the generation of its bucket, because another bucket may have taken the name since.
"""

import sqlite3
from dataclasses import replace

from emulators.storage.state import errors
from emulators.storage.state.database import Database
from emulators.storage.state.files import Files
from emulators.storage.state.model import Bucket, ObjectVersion, Settings
from emulators.storage.state.rows import bucket_of, bucket_row, marks, version_of, version_row
from emulators.storage.state.times import moment as written_moment

_SECOND = 1_000_000
_BETWEEN_SWEEPS = 60 * _SECOND


class SoftDeletion:
    """All versions and buckets that are soft-deleted; what has had its time counts as gone at once."""

    def __init__(self, database: Database, files: Files) -> None:
        self._database = database
        self._files = files
        self._sweep_at = 0

    def keep(self, connection: sqlite3.Connection, owner: Bucket, version: ObjectVersion, moment: int) -> None:
        """Put a version here that is about to leave the table of objects."""
        kept = replace(version, soft_deleted=moment, hard_delete=moment + owner.soft_delete_seconds * _SECOND)
        row = (owner.generation, *version_row(kept), kept.soft_deleted, kept.hard_delete)
        connection.execute(f"INSERT INTO soft_deleted_objects VALUES ({marks(row)})", row)
        if self._database.now() >= self._sweep_at:
            self.expire()

    def find(self, owner: Bucket, name: str, generation: int) -> ObjectVersion | None:
        query = "SELECT * FROM soft_deleted_objects WHERE bucket = ? AND bucket_generation = ? AND name = ?"
        key = (owner.name, owner.generation, name, generation, self._database.now())
        with self._database.reading() as connection:
            row = connection.execute(f"{query} AND generation = ? AND hard_delete > ?", key).fetchone()
        return version_of(row) if row else None

    def all_of(self, owner: Bucket) -> list[ObjectVersion]:
        """By name and generation."""
        query = "SELECT * FROM soft_deleted_objects WHERE bucket = ? AND bucket_generation = ? AND hard_delete > ?"
        with self._database.reading() as connection:
            rows = connection.execute(query, (owner.name, owner.generation, self._database.now())).fetchall()
        return [version_of(row) for row in rows]

    def keep_bucket(self, connection: sqlite3.Connection, bucket: Bucket, moment: int) -> None:
        """Put a bucket here; it stays at least as long as the last of its soft-deleted objects."""
        query = "SELECT max(hard_delete) FROM soft_deleted_objects WHERE bucket = ? AND bucket_generation = ?"
        last = connection.execute(query, (bucket.name, bucket.generation)).fetchone()[0] or 0
        end = max(last, moment + bucket.soft_delete_seconds * _SECOND)
        row = (*bucket_row(bucket), moment, end)
        connection.execute(f"INSERT INTO soft_deleted_buckets VALUES ({marks(row)})", row)

    def forget_objects_of(self, connection: sqlite3.Connection, bucket: Bucket) -> None:
        """What a bucket without a policy takes along."""
        where = "FROM soft_deleted_objects WHERE bucket = ? AND bucket_generation = ?"
        key = (bucket.name, bucket.generation)
        self._remove_files(connection.execute(f"SELECT generation {where}", key).fetchall())
        connection.execute(f"DELETE {where}", key)

    def bucket(self, name: str, generation: int) -> Bucket:
        """StorageError 404 where no such bucket is soft-deleted."""
        query = "SELECT * FROM soft_deleted_buckets WHERE name = ? AND generation = ? AND hard_delete > ?"
        with self._database.reading() as connection:
            row = connection.execute(query, (name, generation, self._database.now())).fetchone()
        if row is None:
            raise errors.bucket_not_found()
        return bucket_of(row)

    def buckets(self, project: str, prefix: str, after: tuple[str, int], limit: int) -> list[Bucket]:
        """Up to `limit` buckets of a project by name and generation, later than `after`."""
        query = """
            SELECT * FROM soft_deleted_buckets
            WHERE project = ? AND (name, generation) > (?, ?) AND substr(name, 1, ?) = ? AND hard_delete > ?
            ORDER BY name, generation LIMIT ?"""
        values = (project, *after, len(prefix), prefix, self._database.now(), limit)
        with self._database.reading() as connection:
            return [bucket_of(row) for row in connection.execute(query, values)]

    def take_bucket(self, connection: sqlite3.Connection, name: str, generation: int) -> Bucket:
        """Remove a bucket from here; StorageError 404."""
        found = self.bucket(name, generation)
        connection.execute("DELETE FROM soft_deleted_buckets WHERE name = ? AND generation = ?", (name, generation))
        return replace(found, soft_deleted=None, hard_delete=None)

    def expire(self) -> None:
        """Delete for good what has had its time; deletions call it again from time to time."""
        now = (self._database.now(),)
        self._sweep_at = now[0] + _BETWEEN_SWEEPS
        with self._database.transaction() as connection:
            query = "SELECT generation FROM soft_deleted_objects WHERE hard_delete <= ?"
            gone = connection.execute(query, now).fetchall()
            if gone:
                self._remove_files(gone)
                connection.execute("DELETE FROM soft_deleted_objects WHERE hard_delete <= ?", now)
            connection.execute("DELETE FROM soft_deleted_buckets WHERE hard_delete <= ?", now)

    def _remove_files(self, rows: list[sqlite3.Row]) -> None:
        generations = [row["generation"] for row in rows]

        def remove() -> None:
            for generation in generations:
                self._files.remove(generation)

        self._database.after_commit(remove)


def policy(written: Settings, before: Settings, moment: int) -> Settings:
    """A bucket's policy as it is kept: effective since it, or one that kept for longer, was set."""
    seconds, former = seconds_of(written), seconds_of(before)
    if not seconds:
        return {"retentionDurationSeconds": "0"}
    since = before.get("effectiveTime")
    if seconds > former or since is None:
        since = written_moment(moment)
    return {"retentionDurationSeconds": str(seconds), "effectiveTime": since}


def seconds_of(policy: Settings) -> int:
    return int(policy.get("retentionDurationSeconds") or 0)
