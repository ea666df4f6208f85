"""Multipart uploads of the XML API: numbered parts, in any order and at once, become an object when all are there.

Source: cloud.google.com/storage/docs/multipart-uploads.
"""

import json
import sqlite3
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from emulators.storage.state import errors
from emulators.storage.state.database import Database
from emulators.storage.state.errors import StorageError
from emulators.storage.state.files import Files, Incoming, blocks
from emulators.storage.state.model import Content, ObjectVersion, Settings
from emulators.storage.state.objects import Objects
from emulators.storage.state.preconditions import NONE
from emulators.storage.state.uploads import WEEK

MOST_PARTS = 10_000
SMALLEST_PART = 5 << 20
"""Bytes of every part but the last."""


@dataclass(frozen=True)
class Part:
    """`file` is its name in the incoming folder, `md5` base64."""

    number: int
    file: str
    size: int
    md5: str


class PartUploads:
    """All uploads in parts that are neither completed nor aborted."""

    def __init__(self, database: Database, files: Files, objects: Objects) -> None:
        self._database = database
        self._files = files
        self._objects = objects

    def start(self, bucket: str, name: str, body: Settings) -> str:
        """Begin an upload and return its id; refused as the write itself would be."""
        self._objects.check_insert(bucket, name, body, NONE)
        upload = uuid.uuid4().hex
        with self._database.transaction() as connection:
            row = (upload, int(time.time()), bucket, name, json.dumps(body))
            connection.execute("INSERT INTO part_uploads VALUES (?, ?, ?, ?, ?)", row)
        return upload

    def receive(self, bucket: str, name: str, upload: str) -> Incoming:
        """Open a file for a part; StorageError 404 without the upload."""
        self.settings(bucket, name, upload)
        return self._files.receive(f"{upload}-{uuid.uuid4().hex}")

    def keep(self, upload: str, number: int, content: Content) -> None:
        """The bytes are the part, in the place of any that had its number."""
        with self._database.transaction() as connection:
            if not connection.execute("SELECT 1 FROM part_uploads WHERE upload = ?", (upload,)).fetchone():
                raise _no_such_upload(upload)  # completed or aborted while the part came
            for old in self._parts(connection, upload):
                if old.number == number:
                    self._drop(old)
            row = (upload, number, Path(content.path).name, content.size, content.md5)
            connection.execute("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?)", row)

    def complete(self, bucket: str, name: str, upload: str, listed: Sequence[tuple[int, str]]) -> ObjectVersion:
        """Make the object of the parts that the caller lists, each with its MD5 in base64 ("": not looked at)."""
        body = self.settings(bucket, name, upload)
        with self._database.reading() as connection:
            found = {part.number: part for part in self._parts(connection, upload)}
        parts = _chosen(found, listed)
        incoming = self._files.receive()
        try:
            for part in parts:
                for block in blocks(self._files.incoming_path(part.file)):
                    incoming.write(block)
        except BaseException:
            incoming.discard()
            raise
        content = replace(incoming.finish(), md5=None)
        try:
            with self._database.transaction():
                version = self._objects.insert(bucket, name, content, body)
                self.abort(bucket, name, upload)
        except BaseException:
            self._files.forget(content)
            raise
        return version

    def parts(self, bucket: str, name: str, upload: str) -> list[Part]:
        """What has arrived, by number; StorageError 404."""
        self.settings(bucket, name, upload)
        with self._database.reading() as connection:
            return self._parts(connection, upload)

    def of(self, bucket: str, prefix: str) -> list[tuple[str, str, int]]:
        """The uploads of a bucket as (name, id, seconds since 1970 of the start), in this order; StorageError 404."""
        self._objects.check_bucket(bucket)
        query = "SELECT name, upload, started FROM part_uploads WHERE bucket = ? AND substr(name, 1, ?) = ?"
        with self._database.reading() as connection:
            rows = connection.execute(f"{query} ORDER BY name, upload", (bucket, len(prefix), prefix)).fetchall()
        return [(row["name"], row["upload"], row["started"]) for row in rows]

    def abort(self, bucket: str, name: str, upload: str) -> None:
        """Forget the upload and its parts."""
        self.settings(bucket, name, upload)
        with self._database.transaction() as connection:
            for part in self._parts(connection, upload):
                self._drop(part)
            connection.execute("DELETE FROM parts WHERE upload = ?", (upload,))
            connection.execute("DELETE FROM part_uploads WHERE upload = ?", (upload,))

    def forget_old(self) -> set[str]:
        """Drop the uploads of more than a week ago; returns the names of the files of those that go on."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM part_uploads WHERE started < ?", (int(time.time()) - WEEK,))
            connection.execute("DELETE FROM parts WHERE upload NOT IN (SELECT upload FROM part_uploads)")
            return {row["file"] for row in connection.execute("SELECT file FROM parts")}

    def settings(self, bucket: str, name: str, upload: str) -> Settings:
        """What the object will have; StorageError 404."""
        statement = "SELECT body FROM part_uploads WHERE upload = ? AND bucket = ? AND name = ?"
        with self._database.reading() as connection:
            row = connection.execute(statement, (upload, bucket, name)).fetchone()
        if row is None:
            raise _no_such_upload(upload)
        body: Settings = json.loads(row["body"])
        return body

    def _parts(self, connection: sqlite3.Connection, upload: str) -> list[Part]:
        rows = connection.execute("SELECT * FROM parts WHERE upload = ? ORDER BY number", (upload,)).fetchall()
        return [Part(row["number"], row["file"], row["size"], row["md5"]) for row in rows]

    def _drop(self, part: Part) -> None:
        path = self._files.incoming_path(part.file)
        self._database.after_commit(lambda: path.unlink(missing_ok=True))


def _no_such_upload(upload: str) -> StorageError:
    return StorageError(404, "noSuchUpload", f"No such upload: {upload}")


def _chosen(found: dict[int, Part], listed: Sequence[tuple[int, str]]) -> list[Part]:
    """The parts that a list names, in its order; StorageError 400 for a list that cannot be."""
    if not listed:
        raise errors.invalid("A list of at least one part expected.")
    numbers = [number for number, _ in listed]
    if numbers != sorted(set(numbers)):
        raise StorageError(400, "invalidPartOrder", f"The parts are not in ascending order: {numbers}")
    for number, md5 in listed:
        if number not in found or md5 not in ("", found[number].md5):
            raise StorageError(400, "invalidPart", f"Part {number} is not there, or its ETag is another one.")
    parts = [found[number] for number in numbers]
    for part in parts[:-1]:
        if part.size < SMALLEST_PART:
            message = f"Part {part.number} has {part.size} bytes; all but the last need at least {SMALLEST_PART}."
            raise StorageError(400, "entityTooSmall", message)
    return parts
