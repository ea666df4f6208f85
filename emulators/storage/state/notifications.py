"""Notifications: which changes of a bucket's objects a Pub/Sub topic is told of, and what it has not been told yet.

Source: cloud.google.com/storage/docs/pubsub-notifications. An event is written with the change that it tells of, so
none is lost; it goes once the topic has it.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from emulators.storage.state import errors
from emulators.storage.state.buckets import Buckets
from emulators.storage.state.database import Database
from emulators.storage.state.model import ObjectVersion, Settings

FINALIZE, METADATA, DELETE, ARCHIVE = "OBJECT_FINALIZE", "OBJECT_METADATA_UPDATE", "OBJECT_DELETE", "OBJECT_ARCHIVE"
_EVENTS = (FINALIZE, METADATA, DELETE, ARCHIVE)
_FORMATS = ("JSON_API_V1", "NONE")
_HOST = "//pubsub.googleapis.com/"
_TOPIC = re.compile(r"//pubsub\.googleapis\.com/(projects/[\w.:-]+/topics/[\w.~+%-]+)")
_FIELDS = ("topic", "payload_format", "event_types", "custom_attributes", "object_name_prefix")


@dataclass(frozen=True)
class Notification:
    """A configuration; `settings` has the API's own field names."""

    bucket: str
    id: int
    settings: Settings


@dataclass(frozen=True)
class Event:
    """What a topic is to be told: attributes, when it happened (microseconds since 1970), and the version that the
    payload describes (None: no payload)."""

    number: int
    topic: str
    attributes: dict[str, str]
    moment: int
    version: ObjectVersion | None


class Notifications:
    """The configurations of all buckets, and the events that wait."""

    def __init__(self, database: Database, buckets: Buckets) -> None:
        self._database = database
        self._buckets = buckets
        self.wake: Callable[[], object] = lambda: None
        """Called when there is an event to tell."""

    def create(self, bucket: str, body: Settings) -> Notification:
        """StorageError 400 for a configuration that cannot be, 404 without the bucket."""
        settings = _checked(body)
        with self._database.transaction() as connection:
            self._buckets.get(bucket)
            row = connection.execute("SELECT max(id) FROM notifications WHERE bucket = ?", (bucket,)).fetchone()
            made = Notification(bucket, (row[0] or 0) + 1, settings)
            connection.execute("INSERT INTO notifications VALUES (?, ?, ?)", (bucket, made.id, json.dumps(settings)))
        return made

    def get(self, bucket: str, id_: str) -> Notification:
        found = [one for one in self.of(bucket) if str(one.id) == id_]
        if not found:
            raise errors.StorageError(404, "notFound", f"No such notification: {bucket}/{id_}")
        return found[0]

    def of(self, bucket: str) -> list[Notification]:
        self._buckets.get(bucket)
        with self._database.reading() as connection:
            rows = connection.execute("SELECT * FROM notifications WHERE bucket = ? ORDER BY id", (bucket,)).fetchall()
        return [Notification(row["bucket"], row["id"], json.loads(row["settings"])) for row in rows]

    def delete(self, bucket: str, id_: str) -> None:
        with self._database.transaction() as connection:
            found = self.get(bucket, id_)
            connection.execute("DELETE FROM notifications WHERE bucket = ? AND id = ?", (bucket, found.id))

    def tell(self, event: str, version: ObjectVersion, moment: int, **more: str) -> None:
        """Note an event for whom it concerns; inside the transaction of the change."""
        for one in self.of(version.bucket):
            settings = one.settings
            wanted = event in (settings.get("event_types") or _EVENTS)
            if wanted and version.name.startswith(settings.get("object_name_prefix", "")):
                row = (settings["topic"], json.dumps(_attributes(one, event, version) | more), moment)
                snapshot = json.dumps(asdict(version)) if settings["payload_format"] != "NONE" else None
                with self._database.transaction() as connection:
                    statement = "INSERT INTO events (topic, attributes, moment, version) VALUES (?, ?, ?, ?)"
                    connection.execute(statement, (*row, snapshot))
                self._database.after_commit(self.wake)

    def topics(self) -> list[str]:
        """The topics for which events wait, by their names in Pub/Sub."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT DISTINCT topic FROM events").fetchall()
        return [topic_name(row["topic"]) for row in rows]

    def waiting(self, topic: str, limit: int = 100) -> list[Event]:
        """The oldest events that a topic has not been told of."""
        statement = "SELECT * FROM events WHERE topic = ? ORDER BY number LIMIT ?"
        with self._database.reading() as connection:
            rows = connection.execute(statement, (_HOST + topic, limit)).fetchall()
        return [_event(row) for row in rows]

    def forget_before(self, moment: int) -> None:
        """Give up what no topic has taken for too long."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM events WHERE moment < ?", (moment,))

    def told(self, event: Event) -> None:
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM events WHERE number = ?", (event.number,))


def topic_name(topic: str) -> str:
    """projects/.../topics/... of a topic as the API writes it."""
    matched = _TOPIC.fullmatch(topic)
    return matched[1] if matched else ""


def _checked(body: Mapping[str, Any]) -> Settings:
    topic, form = body.get("topic"), body.get("payload_format")
    if not isinstance(topic, str) or not topic_name(topic):
        form_of = "//pubsub.googleapis.com/projects/{project}/topics/{topic}"
        raise errors.invalid(f"Invalid topic: {topic!r}; {form_of} expected.", "topic")
    if form not in _FORMATS:
        raise errors.invalid(f"Invalid payload_format: {form!r}; JSON_API_V1 or NONE expected.", "payload_format")
    events = body.get("event_types") or []
    if not isinstance(events, list) or not all(one in _EVENTS for one in events):
        raise errors.invalid(f"Invalid event_types: {events!r}; some of {', '.join(_EVENTS)} expected.", "event_types")
    attributes = body.get("custom_attributes") or {}
    if not isinstance(attributes, dict) or not all(isinstance(value, str) for value in attributes.values()):
        raise errors.invalid("Invalid custom_attributes: strings by name expected.", "custom_attributes")
    if not isinstance(body.get("object_name_prefix") or "", str):
        raise errors.invalid("Invalid object_name_prefix: a text expected.", "object_name_prefix")
    return {field: body[field] for field in _FIELDS if body.get(field)}


def _attributes(one: Notification, event: str, version: ObjectVersion) -> dict[str, str]:
    return dict(one.settings.get("custom_attributes") or {}) | {
        "notificationConfig": f"projects/_/buckets/{one.bucket}/notificationConfigs/{one.id}",
        "eventType": event,
        "payloadFormat": one.settings["payload_format"],
        "bucketId": version.bucket,
        "objectId": version.name,
        "objectGeneration": str(version.generation),
    }


def _event(row: sqlite3.Row) -> Event:
    version = ObjectVersion(**json.loads(row["version"])) if row["version"] else None
    return Event(row["number"], topic_name(row["topic"]), json.loads(row["attributes"]), row["moment"], version)
