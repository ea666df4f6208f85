"""Soft-deleted versions of objects: found, and made live again, one or many.

Source: cloud.google.com/storage/docs/json_api/v1/objects/restore and bulkRestore.
"""

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from emulators.storage.state import errors
from emulators.storage.state.buckets import Buckets
from emulators.storage.state.database import Database
from emulators.storage.state.errors import StorageError
from emulators.storage.state.files import Files
from emulators.storage.state.model import Bucket, Content, ObjectVersion
from emulators.storage.state.objects import Objects
from emulators.storage.state.preconditions import NONE, Preconditions
from emulators.storage.state.settings import shown
from emulators.storage.state.soft_deletion import SoftDeletion

_ABSENT = Preconditions(generation_match=0)


@dataclass(frozen=True)
class Wanted:
    """Which versions; moments in microseconds, each exclusive. No glob: every name."""

    globs: Sequence[re.Pattern[str]] = ()
    created_after: int = 0
    created_before: int = 2**63
    deleted_after: int = 0
    deleted_before: int = 2**63
    overwrite: bool = False
    copy_acl: bool = False

    def takes(self, version: ObjectVersion) -> bool:
        deleted = version.soft_deleted or 0
        in_time = (
            self.created_after < version.created < self.created_before
            and self.deleted_after < deleted < self.deleted_before
        )
        return in_time and (not self.globs or any(glob.fullmatch(version.name) for glob in self.globs))


@dataclass(frozen=True)
class Outcome:
    """How many versions were restored, were not wanted or not the latest, and could not be restored."""

    succeeded: int
    skipped: int
    failed: int


class Restores:
    """The way back of what is soft-deleted."""

    def __init__(
        self, database: Database, files: Files, buckets: Buckets, soft_deletion: SoftDeletion, objects: Objects
    ) -> None:
        self._database = database
        self._files = files
        self._buckets = buckets
        self._soft_deletion = soft_deletion
        self._objects = objects

    def get(self, bucket: str, name: str, generation: int, conditions: Preconditions) -> ObjectVersion:
        """A version that can be restored; StorageError 404, 412, 304."""
        version = self._soft_deletion.find(self._buckets.get(bucket), name, generation)
        if version is None:
            raise errors.object_not_found(bucket, name)
        conditions.check_read(version)
        return version

    def restore(
        self, bucket: str, name: str, generation: int, conditions: Preconditions, copy_acl: bool
    ) -> ObjectVersion:
        """Make a soft-deleted version live again, as a new generation; it itself stays for its time.

        Raises:
            StorageError: 404, 412 for one that is not soft-deleted, and what `Objects.insert` raises.
        """
        with self._database.transaction() as connection:
            owner = self._buckets.get(bucket)
            version = self._soft_deletion.find(owner, name, generation)
            if version is None:
                raise _not_restorable(connection, owner, name, generation)
            dropped = {"retention"} if copy_acl else {"retention", "acl"}
            body = {field: value for field, value in shown(version.settings).items() if field not in dropped}
            if (owner.settings.get("autoclass") or {}).get("enabled"):
                body["storageClass"] = "STANDARD"
            content = Content(None, self._files.link(generation), version.size, version.md5, version.crc32c)
            try:
                return self._objects.insert(bucket, name, content, body, conditions, version.components)
            except BaseException:
                self._files.forget(content)
                raise

    def restore_many(self, bucket: str, wanted: Wanted) -> Outcome:
        """Restore of each name the latest version that is wanted; StorageError 400 without a policy, 404."""
        owner = self._buckets.get(bucket)
        if not owner.soft_delete_seconds:
            message = "Bulk restore needs a bucket with a soft delete policy."
            raise StorageError(400, "SoftDeletePolicyRequired", message)
        failed = 0
        conditions = NONE if wanted.overwrite else _ABSENT
        with self._database.transaction():
            found = self._soft_deletion.all_of(owner)
            latest = {version.name: version for version in found if wanted.takes(version)}
            for version in latest.values():
                try:
                    self.restore(bucket, version.name, version.generation, conditions, wanted.copy_acl)
                except StorageError:
                    failed += 1  # a live object that may not be overwritten
        return Outcome(len(latest) - failed, len(found) - len(latest), failed)


def _not_restorable(connection: sqlite3.Connection, owner: Bucket, name: str, generation: int) -> StorageError:
    if not owner.soft_delete_seconds:
        return StorageError(412, "softDeletePolicyNotSet", "Bucket does not have a soft delete policy.")
    query = "SELECT 1 FROM objects WHERE bucket = ? AND name = ? AND generation = ?"
    if connection.execute(query, (owner.name, name, generation)).fetchone():
        return StorageError(412, "objectNotSoftDeleted", "The object is live or noncurrent, not soft-deleted.")
    return errors.object_not_found(owner.name, name)
