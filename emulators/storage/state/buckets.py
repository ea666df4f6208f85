"""Buckets: create, read, list, change, delete, and their IAM policies."""

import sqlite3
from dataclasses import replace

from emulators.storage.state import errors, settings
from emulators.storage.state.acls import check_allowed, is_uniform
from emulators.storage.state.bucket_times import stamped
from emulators.storage.state.database import Database
from emulators.storage.state.etags import etag
from emulators.storage.state.model import Bucket, Settings
from emulators.storage.state.names import check_bucket_name
from emulators.storage.state.preconditions import NONE, Preconditions
from emulators.storage.state.rows import bucket_of, bucket_row, marks
from emulators.storage.state.soft_deletion import SoftDeletion
from emulators.storage.state.times import moment as written_moment

WEEK_SECONDS = "604800"


class Buckets:
    """All buckets of the emulator; names are global, as in the service."""

    def __init__(self, database: Database, soft_deletion: SoftDeletion) -> None:
        self._database = database
        self._soft_deletion = soft_deletion
        # This process is the only one that writes, so what it has read stays right until it writes itself.
        self._known: dict[str, Bucket] = {}

    def create(self, project: str, body: Settings, object_retention: bool = False) -> Bucket:
        """Create a bucket from its resource; with `object_retention` each of its objects may have one of its own.

        Raises:
            StorageError: 400 for a bad name or field, 409 where the name is taken.
        """
        name = str(body.get("name", ""))
        check_bucket_name(name)
        written = _without_nulls(_checked(body))
        written = _defaults() | written
        written["location"] = written["location"].upper()
        _refuse_acls(written, written)
        _check_hierarchy(written)
        with self._database.transaction() as connection:
            if _find(connection, name):
                raise errors.StorageError(409, "conflict", _CONFLICT)
            moment = self._database.next_moment()
            written = stamped(written, {}, moment)
            if object_retention:
                written["objectRetention"] = {"mode": "Enabled"}
            bucket = Bucket(name, project, moment, 1, moment, written, None, 1)
            _store(connection, bucket)
        return bucket

    def get(self, name: str, conditions: Preconditions = NONE) -> Bucket:
        """The bucket, or StorageError 404, 412, 304."""
        bucket = self._known.get(name)
        if bucket is None:
            with self._database.reading() as connection:
                bucket = _find(connection, name)
                if bucket is None:
                    raise errors.bucket_not_found()
                self._known[name] = bucket
        conditions.check_read(bucket)
        return bucket

    def list(self, project: str, prefix: str, after: str, limit: int) -> list[Bucket]:
        """Up to `limit` buckets of a project in the order of their names, later than `after`."""
        query = "SELECT * FROM buckets WHERE project = ? AND name > ? AND substr(name, 1, ?) = ? ORDER BY name LIMIT ?"
        with self._database.reading() as connection:
            rows = connection.execute(query, (project, after, len(prefix), prefix, limit)).fetchall()
        return [bucket_of(row) for row in rows]

    def patch(self, name: str, body: Settings, conditions: Preconditions) -> Bucket:
        """Merge a part of the resource into the bucket."""
        return self._change(name, body, conditions, keep=True)

    def update(self, name: str, body: Settings, conditions: Preconditions) -> Bucket:
        """Replace all that is writable; location and storage class stay where the body leaves them out."""
        return self._change(name, body, conditions, keep=False)

    def _change(self, name: str, body: Settings, conditions: Preconditions, keep: bool) -> Bucket:
        written = _checked(body)
        with self._database.transaction() as connection:
            bucket = self.get(name)
            conditions.check_write(bucket)
            base = bucket.settings if keep else _lasting(bucket.settings)
            merged = _defaults() | {"location": bucket.settings["location"]} | settings.merge(base, written)
            _check_change(bucket, merged)
            _check_hierarchy(merged)
            _refuse_acls(written, merged)
            merged["location"] = bucket.settings["location"]
            moment = self._database.next_moment()
            merged = stamped(merged, _timed(bucket), moment)
            changed = replace(bucket, settings=merged, metageneration=bucket.metageneration + 1, updated=moment)
            self._replace(connection, changed)
        return changed

    def delete(self, name: str, conditions: Preconditions) -> None:
        """Delete an empty bucket, softly where its policy says so; 409 where it holds any version of any object."""
        with self._database.transaction() as connection:
            bucket = self.get(name)
            conditions.check_write(bucket)
            if connection.execute("SELECT 1 FROM objects WHERE bucket = ? LIMIT 1", (name,)).fetchone():
                raise errors.StorageError(409, "conflict", "The bucket you tried to delete is not empty.")
            if connection.execute("SELECT 1 FROM folders WHERE bucket = ? LIMIT 1", (name,)).fetchone():
                raise errors.StorageError(409, "conflict", "The bucket you tried to delete has folders.")
            if connection.execute("SELECT 1 FROM managed_folders WHERE bucket = ? LIMIT 1", (name,)).fetchone():
                raise errors.StorageError(409, "conflict", "The bucket you tried to delete has managed folders.")
            connection.execute("DELETE FROM uploads WHERE bucket = ?", (name,))
            connection.execute("DELETE FROM part_uploads WHERE bucket = ?", (name,))
            connection.execute("DELETE FROM notifications WHERE bucket = ?", (name,))
            connection.execute("DELETE FROM operations WHERE bucket = ?", (name,))
            connection.execute("DELETE FROM buckets WHERE name = ?", (name,))
            if bucket.soft_delete_seconds:
                self._soft_deletion.keep_bucket(connection, bucket, self._database.next_moment())
            else:
                self._soft_deletion.forget_objects_of(connection, bucket)
            self._known.pop(name)

    def restore(self, name: str, generation: int) -> Bucket:
        """Make a soft-deleted bucket live again; 404 without it, 409 where another has its name."""
        with self._database.transaction() as connection:
            found = self._soft_deletion.take_bucket(connection, name, generation)
            if _find(connection, name):
                raise errors.StorageError(409, "conflict", "A live bucket with this name exists already.")
            _store(connection, found)
        return found

    def lock_retention(self, name: str, metageneration: int) -> Bucket:
        """Lock the retention policy for good."""
        with self._database.transaction():
            bucket = self.get(name)
            if "retentionPolicy" not in bucket.settings:
                raise errors.StorageError(400, "badRequest", "The bucket has no retention policy to lock.")
            policy = bucket.settings["retentionPolicy"] | {"isLocked": True}
            conditions = Preconditions(metageneration_match=metageneration)
            return self.patch(name, {"retentionPolicy": policy}, conditions)

    def set_policy(self, name: str, policy: Settings, expected_etag: str) -> Bucket:
        """Replace the IAM policy; 412 where the caller expects another etag than the current one ("": no matter)."""
        with self._database.transaction() as connection:
            bucket = self.get(name)
            if expected_etag not in ("", etag(bucket.policy_version)):
                raise errors.condition_not_met()
            changed = replace(
                bucket,
                policy=policy,
                policy_version=bucket.policy_version + 1,
                metageneration=bucket.metageneration + 1,
                updated=self._database.next_moment(),
            )
            self._replace(connection, changed)
        return changed

    def _replace(self, connection: sqlite3.Connection, bucket: Bucket) -> None:
        self._known.pop(bucket.name, None)
        _store(connection, bucket)


_CONFLICT = "Your previous request to create the named bucket succeeded and you already own it."


def _checked(body: Settings) -> Settings:
    return settings.check(body, settings.BUCKET_FIELDS, settings.BUCKET_OUTPUT)


def _defaults() -> Settings:
    """What a bucket has where its owner has said nothing."""
    return {
        "location": "US",
        "storageClass": "STANDARD",
        "softDeletePolicy": {"retentionDurationSeconds": WEEK_SECONDS},
    }


def _lasting(settings: Settings) -> Settings:
    """What stays where an update says nothing of it."""
    kept = ("location", "storageClass", "softDeletePolicy", "objectRetention", "hierarchicalNamespace")
    return {field: settings[field] for field in kept if field in settings}


def _timed(bucket: Bucket) -> Settings:
    """A bucket's settings; a soft delete policy that was kept without its time has been since the bucket was made."""
    policy = {"effectiveTime": written_moment(bucket.generation)} | bucket.settings["softDeletePolicy"]
    return bucket.settings | {"softDeletePolicy": policy}


def _without_nulls(body: Settings) -> Settings:
    return settings.merge({}, body)


def _check_change(bucket: Bucket, merged: Settings) -> None:
    """Refuse what can never change: the location, and a locked retention policy that becomes shorter or goes."""
    if merged.get("location", "").upper() != bucket.settings["location"]:
        raise errors.invalid("The location of a bucket cannot be changed.", "location")
    was, becomes = (
        bool((found.get("hierarchicalNamespace") or {}).get("enabled")) for found in (bucket.settings, merged)
    )
    if was != becomes:
        raise errors.invalid("Hierarchical namespace is chosen when a bucket is made.", "hierarchicalNamespace")
    old, new = bucket.settings.get("retentionPolicy", {}), merged.get("retentionPolicy", {})
    shorter = int(new.get("retentionPeriod", 0)) < int(old.get("retentionPeriod", 0))
    if old.get("isLocked") and (shorter or not new.get("isLocked")):
        message = f"Cannot reduce retention duration of a locked Retention Policy for bucket '{bucket.name}'."
        raise errors.StorageError(403, "forbidden", message)


def _check_hierarchy(settings: Settings) -> None:
    """Refuse what a bucket with a hierarchical namespace cannot be (storage/docs/hns-overview)."""
    if not (settings.get("hierarchicalNamespace") or {}).get("enabled"):
        return
    if not is_uniform(settings):
        message = "Hierarchical namespace buckets must use uniform bucket-level access."
        raise errors.invalid(message, "hierarchicalNamespace")
    if (settings.get("versioning") or {}).get("enabled"):
        raise errors.invalid("Object versioning is not supported for hierarchical namespace buckets.", "versioning")


def _refuse_acls(written: Settings, merged: Settings) -> None:
    for field in ("acl", "defaultObjectAcl"):
        check_allowed(merged, written.get(field), field)


def _find(connection: sqlite3.Connection, name: str) -> Bucket | None:
    row = connection.execute("SELECT * FROM buckets WHERE name = ?", (name,)).fetchone()
    return bucket_of(row) if row else None


def _store(connection: sqlite3.Connection, bucket: Bucket) -> None:
    row = bucket_row(bucket)
    connection.execute(f"INSERT OR REPLACE INTO buckets VALUES ({marks(row)})", row)
