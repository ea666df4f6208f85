"""Objects: every write is one transaction that checks its preconditions and makes one new generation."""

import sqlite3
from dataclasses import replace
from typing import BinaryIO

from emulators.storage.state import errors, object_settings, parents
from emulators.storage.state.buckets import Buckets
from emulators.storage.state.database import Database
from emulators.storage.state.files import Files
from emulators.storage.state.model import Bucket, Content, ObjectVersion, Settings
from emulators.storage.state.names import check_hierarchical_name, check_object_name
from emulators.storage.state.notifications import ARCHIVE, DELETE, FINALIZE, METADATA, Notifications
from emulators.storage.state.preconditions import NONE, Preconditions
from emulators.storage.state.protection import check_holds, check_removal, without_past_retention
from emulators.storage.state.rows import marks, version_of, version_row
from emulators.storage.state.settings import shown
from emulators.storage.state.soft_deletion import SoftDeletion


class Objects:
    """All versions of all objects."""

    def __init__(
        self,
        database: Database,
        files: Files,
        buckets: Buckets,
        soft_deletion: SoftDeletion,
        notifications: Notifications,
    ) -> None:
        self._database = database
        self._files = files
        self._soft_deletion = soft_deletion
        self._buckets = buckets
        self._notifications = notifications

    def check_insert(self, bucket: str, name: str, body: Settings, conditions: Preconditions) -> None:
        """Raise now what `insert` would raise, before the bytes are received."""
        check_object_name(name)
        found = self._buckets.get(bucket)
        object_settings.of_new(found, body, self._database.now())
        with self._database.reading() as connection:
            conditions.check_write(_live(connection, found.name, name))

    def check_bucket(self, bucket: str) -> None:
        """StorageError 404 without the bucket."""
        self._buckets.get(bucket)

    def insert(
        self,
        bucket: str,
        name: str,
        content: Content,
        body: Settings,
        conditions: Preconditions = NONE,
        components: int | None = None,
    ) -> ObjectVersion:
        """Make received content the live version. Of many callers with generation_match=0 exactly one succeeds.

        Raises:
            StorageError: 400 for a bad field or a digest that differs, 403 where a hold or a retention policy protects
                the version that is replaced, 404 for a bucket that is not there, 412.
        """
        check_object_name(name)
        check_digests(body, content)
        with self._database.transaction() as connection:
            owner = self._buckets.get(bucket)
            replaced = _live(connection, bucket, name)
            conditions.check_write(replaced)
            moment = self._database.next_moment()
            written = object_settings.of_new(owner, body, moment)
            if replaced:
                self._retire(connection, owner, replaced, moment, overwrittenByGeneration=str(moment))
            version = ObjectVersion(
                bucket,
                name,
                generation=moment,
                metageneration=1,
                size=content.size,
                md5=content.md5,
                crc32c=content.crc32c,
                updated=moment,
                deleted=None,
                components=components,
                settings=written,
            )
            if owner.is_hierarchical:
                check_hierarchical_name(name)
                parents.make(connection, bucket, parents.folder_of(name), moment)
            self._files.publish(content, moment)
            _store(connection, version)
            overwrote = {"overwroteGeneration": str(replaced.generation)} if replaced else {}
            self._notifications.tell(FINALIZE, version, moment, **overwrote)
            self._database.after_commit(lambda: self._files.forget(content))
        return version

    def get(
        self, bucket: str, name: str, generation: int | None = None, conditions: Preconditions = NONE
    ) -> ObjectVersion:
        """The live version, or the one of `generation`; StorageError 404, 412, 304."""
        self._buckets.get(bucket)
        with self._database.reading() as connection:
            if generation is None:
                version = _live(connection, bucket, name)
            else:
                version = _exact(connection, bucket, name, generation)
        if version is None:
            raise errors.object_not_found(bucket, name)
        conditions.check_read(version)
        return version

    def open(
        self, bucket: str, name: str, generation: int | None, conditions: Preconditions
    ) -> tuple[ObjectVersion, BinaryIO]:
        """A version and its bytes, which stay readable while the file is open even if the object is deleted."""
        with self._database.reading():
            version = self.get(bucket, name, generation, conditions)
            return version, self._files.open(version.generation)

    def patch(
        self,
        bucket: str,
        name: str,
        generation: int | None,
        body: Settings,
        conditions: Preconditions,
        keep: bool,
        override: bool = False,
    ) -> ObjectVersion:
        """Change the metadata: merged into what is there (`keep`) or in its place. A new metageneration.

        `override` lets an unlocked retention be weakened.
        """
        with self._database.transaction() as connection:
            version = self.get(bucket, name, generation)
            conditions.check_write(version)
            moment = self._database.next_moment()
            owner = self._buckets.get(bucket)
            changed = replace(
                version,
                settings=object_settings.changed(owner, version, body, moment, keep, override),
                metageneration=version.metageneration + 1,
                updated=moment,
            )
            _store(connection, changed)
            self._notifications.tell(METADATA, changed, changed.updated)
        return changed

    def delete(self, bucket: str, name: str, generation: int | None, conditions: Preconditions) -> None:
        """Delete the live version (kept as noncurrent in a versioned bucket) or the one of `generation`."""
        with self._database.transaction() as connection:
            owner = self._buckets.get(bucket)
            version = self.get(bucket, name, generation)
            conditions.check_write(version)
            if owner.keeps_versions and generation is None:
                self._retire(connection, owner, version, self._database.next_moment())
            else:
                moment = self._database.next_moment()
                check_removal(owner, version, moment)
                self._remove(connection, owner, version, moment)

    def move(
        self, bucket: str, source: str, name: str, source_conditions: Preconditions, conditions: Preconditions
    ) -> ObjectVersion:
        """Give an object another name in its bucket, at one moment for all who look."""
        if source == name:
            raise errors.invalid("The source and the destination of a move are the same object.", "destinationObject")
        with self._database.transaction():
            version = self.get(bucket, source)
            source_conditions.check_write(version)
            content = self.duplicate(version)
            try:
                body = without_past_retention(shown(version.settings), self._database.now())
                moved = self.insert(bucket, name, content, body, conditions, version.components)
                self.delete(bucket, source, None, NONE)
            except BaseException:
                self._files.forget(content)
                raise
        return moved

    def duplicate(self, version: ObjectVersion) -> Content:
        """The bytes of a version as new content, without copying them."""
        with self._database.reading():
            current = self.get(version.bucket, version.name, version.generation)
            path = self._files.link(current.generation)
        return Content(None, path, version.size, version.md5, version.crc32c)

    def concatenate(self, versions: list[ObjectVersion]) -> Content:
        """The bytes of several versions one after the other; without an MD5, as of every composite object."""
        incoming = self._files.receive()
        try:
            for version in versions:
                _, file = self.open(version.bucket, version.name, version.generation, NONE)
                with file:
                    while block := file.read(1 << 20):
                        incoming.write(block)
        except BaseException:
            incoming.discard()
            raise
        return replace(incoming.finish(), md5=None)

    def _retire(
        self, connection: sqlite3.Connection, owner: Bucket, version: ObjectVersion, moment: int, **by: str
    ) -> None:
        """A live version stops being live; `by` tells those who are notified what has taken its place."""
        if owner.keeps_versions:
            check_holds(version)
            archived = replace(version, deleted=moment)
            _store(connection, archived)
            self._notifications.tell(ARCHIVE, archived, moment, **by)
        else:
            check_removal(owner, version, moment)
            self._remove(connection, owner, version, moment, **by)

    def _remove(
        self, connection: sqlite3.Connection, owner: Bucket, version: ObjectVersion, moment: int, **by: str
    ) -> None:
        """A version leaves the bucket: for a while where its policy says so, or for good."""
        self._notifications.tell(DELETE, version, moment, **by)
        where = "WHERE bucket = ? AND name = ? AND generation = ?"
        connection.execute(f"DELETE FROM objects {where}", (version.bucket, version.name, version.generation))
        if owner.soft_delete_seconds:
            self._soft_deletion.keep(connection, owner, version, moment)
        else:
            self._database.after_commit(lambda: self._files.remove(version.generation))


def check_digests(body: Settings, content: Content) -> None:
    """Raise 400 where the caller announced other bytes than those that arrived."""
    for field, calculated, title in (("md5Hash", content.md5, "MD5"), ("crc32c", content.crc32c, "CRC32C")):
        provided = body.get(field)
        if provided and calculated and provided != calculated:
            message = f'Provided {title} hash "{provided}" doesn\'t match calculated {title} hash "{calculated}".'
            raise errors.invalid(message, field)


def _live(connection: sqlite3.Connection, bucket: str, name: str) -> ObjectVersion | None:
    query = "SELECT * FROM objects WHERE bucket = ? AND name = ? AND deleted IS NULL"
    return _version(connection.execute(query, (bucket, name)).fetchone())


def _exact(connection: sqlite3.Connection, bucket: str, name: str, generation: int) -> ObjectVersion | None:
    query = "SELECT * FROM objects WHERE bucket = ? AND name = ? AND generation = ?"
    return _version(connection.execute(query, (bucket, name, generation)).fetchone())


def _version(row: sqlite3.Row | None) -> ObjectVersion | None:
    return version_of(row) if row else None


def _store(connection: sqlite3.Connection, version: ObjectVersion) -> None:
    row = version_row(version)
    connection.execute(f"INSERT OR REPLACE INTO objects VALUES ({marks(row)})", row)
