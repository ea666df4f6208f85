"""Resumable uploads: a session is a row, its bytes are a file, so both go on after a restart."""

import json
import time
import uuid
from dataclasses import asdict, dataclass

from emulators.storage.state import errors
from emulators.storage.state.database import Database
from emulators.storage.state.files import Files, Incoming
from emulators.storage.state.model import ObjectVersion, Settings
from emulators.storage.state.objects import Objects
from emulators.storage.state.preconditions import Preconditions

WEEK = 7 * 24 * 3600
"""Seconds after which the service forgets a session."""


@dataclass(frozen=True)
class Session:
    """A resumable upload. `generation` is that of the finished object, None while bytes are missing."""

    upload: str
    bucket: str
    name: str
    body: Settings
    conditions: Preconditions
    generation: int | None


class Uploads:
    """All sessions; the open files of those that are active, so that their digests need no second reading."""

    def __init__(self, database: Database, files: Files, objects: Objects) -> None:
        self._database = database
        self._files = files
        self._objects = objects
        self._active: dict[str, Incoming] = {}

    def start(self, bucket: str, name: str, body: Settings, conditions: Preconditions) -> str:
        """Open a session and return its id; refused as the write itself would be."""
        self._objects.check_insert(bucket, name, body, conditions)
        upload = uuid.uuid4().hex
        request = json.dumps({"body": body, "conditions": asdict(conditions)})
        row = (upload, int(time.time()), bucket, name, request, None)
        with self._database.transaction() as connection:
            connection.execute("INSERT INTO uploads VALUES (?, ?, ?, ?, ?, ?)", row)
        return upload

    def find(self, upload: str) -> Session:
        """The session, or StorageError 404."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT * FROM uploads WHERE upload = ?", (upload,)).fetchone()
        if row is None:
            raise errors.StorageError(404, "notFound", f"No such upload: {upload}")
        request = json.loads(row["request"])
        conditions = Preconditions(**request["conditions"])
        return Session(upload, row["bucket"], row["name"], request["body"], conditions, row["generation"])

    def incoming(self, session: Session) -> Incoming:
        """The file of the session, with all bytes that have arrived."""
        if session.upload not in self._active:
            self._active[session.upload] = self._files.receive(session.upload)
        return self._active[session.upload]

    def finish(self, session: Session, more: Settings) -> ObjectVersion:
        """All bytes are there: make the object. `more` is what the last request adds, such as a digest."""
        content = self.incoming(session).finish()
        self._active.pop(session.upload)
        body = session.body | more
        with self._database.transaction() as connection:
            version = self._objects.insert(session.bucket, session.name, content, body, session.conditions)
            statement = "UPDATE uploads SET generation = ? WHERE upload = ?"
            connection.execute(statement, (version.generation, session.upload))
        return version

    def cancel(self, session: Session) -> None:
        """Forget the session and its bytes."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM uploads WHERE upload = ?", (session.upload,))
        active = self._active.pop(session.upload, None)
        if active:
            active.close()
        self._files.incoming_path(session.upload).unlink(missing_ok=True)

    def forget_old(self) -> set[str]:
        """Drop the sessions of more than a week ago; returns the ids of those that still receive."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM uploads WHERE started < ?", (int(time.time()) - WEEK,))
            rows = connection.execute("SELECT upload FROM uploads WHERE generation IS NULL").fetchall()
        return {row["upload"] for row in rows}

    def close(self) -> None:
        for incoming in self._active.values():
            incoming.close()
