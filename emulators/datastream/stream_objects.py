"""A stream's objects: its tables, and the backfills that are asked for."""

import hashlib
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from emulators.datastream import config
from emulators.datastream.errors import ApiError, precondition
from emulators.datastream.journal import StreamObject
from emulators.datastream.resources import Resource, error
from emulators.datastream.worker import WANTED, Worker


def timestamp(seconds: float | None) -> str | None:
    """Seconds since 1970 as the API writes a time."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


class StreamObjects:
    """The objects of all streams; `worker_of` gives a stream's worker by the stream's name."""

    def __init__(self, worker_of: Callable[[str], Worker], lock: threading.RLock) -> None:
        self._worker_of, self._lock = worker_of, lock

    def list(self, stream: str) -> Sequence[Resource]:
        """The stream's objects."""
        return [show_object(stream, each) for each in self._worker_of(stream).journal.objects()]

    def get(self, name: str) -> Resource:
        """One object; NOT_FOUND."""
        stream, _, identifier = name.rpartition("/objects/")
        return show_object(stream, self._find(stream, identifier))

    def _find(self, stream: str, identifier: str) -> StreamObject:
        for each in self._worker_of(stream).journal.objects():
            if object_id(stream, each) == identifier:
                return each
        raise ApiError("NOT_FOUND", f"Resource '{stream}/objects/{identifier}' was not found")

    def lookup(self, stream: str, body: Mapping[str, Any]) -> Resource:
        """An object by its schema and table."""
        wanted = config.field(body, "sourceObjectIdentifier.postgresqlIdentifier")
        for each in self._worker_of(stream).journal.objects():
            if (each.schema, each.name) == (wanted.get("schema"), wanted.get("table")):
                return show_object(stream, each)
        raise ApiError("NOT_FOUND", f"{stream} has no object {wanted.get('schema')}.{wanted.get('table')}")

    def start_backfill(self, name: str, body: Mapping[str, Any]) -> Resource:
        """Backfill an object again, from a new snapshot."""
        if body.get("eventFilter"):
            raise ApiError("UNIMPLEMENTED", "a backfill with eventFilter is not supported; leave it out")
        stream, _, identifier = name.rpartition("/objects/")
        with self._lock:
            each = self._find(stream, identifier)
            if each.state in WANTED:
                raise precondition(f"a backfill of {each.key} is under way already")
            worker = self._worker_of(stream)
            worker.journal.set_backfill(each.schema, each.name, "PENDING", cause="MANUAL")
            worker.wanted.set()
        return self.get(name)

    def stop_backfill(self, name: str) -> Resource:
        """Stop an object's backfill; nothing of it lands."""
        stream, _, identifier = name.rpartition("/objects/")
        with self._lock:
            each = self._find(stream, identifier)
            if each.state not in WANTED:
                raise precondition(f"no backfill of {each.key} is under way")
            self._worker_of(stream).journal.set_backfill(each.schema, each.name, "STOPPED")
        return self.get(name)


def object_id(stream: str, each: StreamObject) -> str:
    """An object's id: the same for the same table always."""
    return str(uuid.UUID(hashlib.blake2b(f"{stream} {each.key}".encode(), digest_size=16).hexdigest()))


def show_object(stream: str, each: StreamObject) -> Resource:
    """An object as the API shows it."""
    job = {
        "state": each.state,
        "trigger": each.cause,
        "lastStartTime": timestamp(each.started),
        "lastEndTime": timestamp(each.ended),
        "errors": [error("BACKFILL_FAILED", each.error)] if each.error else [],
    }
    return {
        "name": f"{stream}/objects/{object_id(stream, each)}",
        "displayName": each.key,
        "sourceObject": {"postgresqlIdentifier": {"schema": each.schema, "table": each.name}},
        "backfillJob": {key: value for key, value in job.items() if value},
        "createTime": timestamp(each.created),
        "updateTime": timestamp(each.ended or each.started or each.created),
    }
