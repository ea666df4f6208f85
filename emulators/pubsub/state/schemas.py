"""Schemas and their revisions; the check of messages that are published to a topic with a schema."""

import secrets
import time
from collections.abc import Mapping
from typing import Any

from emulators.pubsub.messages import v1
from emulators.pubsub.state.errors import already_exists, failed_precondition, invalid, not_found
from emulators.pubsub.state.names import check_name, check_project
from emulators.pubsub.state.pages import page
from emulators.pubsub.state.registry import Registry
from emulators.pubsub.state.schema_checks import (
    ENCODINGS,
    Stamp,
    check_against,
    check_definition,
    check_revision,
    compile_checks,
    make_stamp,
)
from emulators.pubsub.state.store import Row

DELETED_SCHEMA = "_deleted-schema_"
_BASIC, _FULL = 1, 2
_MAX_REVISIONS = 20


class Schemas:
    """The schemas of a registry. Resources go in and out as google.pubsub.v1.Schema."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._revisions: dict[str, list[Any]] = {}  # by name without revision; oldest first
        self._numbers: dict[str, int] = {}
        self._stamps: dict[tuple[str, int, str, str], Stamp] = {}
        for row in registry.store.rows("schema"):
            name = row.name.partition("@")[0]
            self._revisions.setdefault(name, []).append(v1.Schema.FromString(row.body))

    def create(self, parent: str, schema_id: str, schema: Any) -> Any:
        """Raises PubsubError: INVALID_ARGUMENT (name, definition), ALREADY_EXISTS."""
        check_project(parent)
        name = f"{parent}/schemas/{schema_id}"
        check_name(name, "schemas")
        if name in self._revisions:
            raise already_exists(name)
        check_definition(schema)
        return self._add(name, schema)

    def _add(self, name: str, schema: Any) -> Any:
        revision = v1.Schema(name=name, type=schema.type, definition=schema.definition)
        if schema.HasField("compiled_proto_schema"):
            revision.compiled_proto_schema.CopyFrom(schema.compiled_proto_schema)
        revision.revision_id = secrets.token_hex(4)
        revision.revision_create_time.FromMicroseconds(time.time_ns() // 1000)
        number = self._registry.store.next_number()
        row = Row("schema", f"{name}@{revision.revision_id}", number, 0, revision.SerializeToString())
        self._registry.store.put(row)
        self._revisions.setdefault(name, []).append(revision)
        self._stamps.clear()
        return revision

    def _all(self, name: str) -> list[Any]:
        if name not in self._revisions:
            check_name(name, "schemas")
            raise not_found(name)
        return self._revisions[name]

    def get(self, name: str, view: int = _FULL) -> Any:
        """The newest revision, or that of `name@revision`."""
        base, _, revision_id = name.partition("@")
        revisions = self._all(base)
        if not revision_id:
            return _viewed(revisions[-1], view or _FULL)
        for revision in revisions:
            if revision.revision_id == revision_id:
                return _viewed(revision, view or _FULL)
        raise not_found(name)

    def listing(self, parent: str, view: int, size: int, token: str) -> tuple[list[Any], str]:
        """(newest revisions, next page's token) of projects/{project}, by name."""
        check_project(parent)
        found = sorted((n, r[-1]) for n, r in self._revisions.items() if n.startswith(f"{parent}/"))
        entries, following = page(found, size, token)
        return [_viewed(entry, view or _BASIC) for entry in entries], following

    def list_revisions(self, name: str, view: int, size: int, token: str) -> tuple[list[Any], str]:
        """Newest first."""
        newest_first = [(f"{number:06d}", one) for number, one in enumerate(reversed(self._all(name)))]
        entries, following = page(newest_first, size, token)
        return [_viewed(entry, view or _BASIC) for entry in entries], following

    def commit(self, name: str, schema: Any) -> Any:
        """Adds a revision.

        Raises:
            PubsubError: NOT_FOUND; INVALID_ARGUMENT, another name or type, a bad definition or one that may not follow;
                FAILED_PRECONDITION, there are 20 revisions.
        """
        revisions = self._all(name)
        if schema.name not in ("", name):
            raise invalid(f"Invalid schema: its name {schema.name} is not that of the request, {name}.")
        if schema.type != revisions[-1].type:
            raise invalid("Invalid schema: a revision must have the type of the schema.")
        check_definition(schema)
        check_revision(revisions[-1], schema)
        if len(revisions) >= _MAX_REVISIONS:
            raise failed_precondition(f"The schema has {_MAX_REVISIONS} revisions, the maximum; delete one first.")
        return self._add(name, schema)

    def rollback(self, name: str, revision_id: str) -> Any:
        """Adds a revision with an older one's definition."""
        if not revision_id:
            raise invalid("Invalid revision_id: it must be set.")
        return self.commit(name, self.get(f"{name}@{revision_id}"))

    def delete_revision(self, name: str) -> Any:
        """Deletes `name@revision`; returns the newest that is left. The last one cannot be deleted."""
        base, _, revision_id = name.partition("@")
        if not revision_id:
            raise invalid(f"Invalid schema revision name (name={name}): it must have the form SCHEMA@REVISION.")
        revision = self.get(name)
        if len(self._revisions[base]) == 1:
            raise failed_precondition("The only revision of a schema cannot be deleted; delete the schema.")
        self._registry.store.delete("schema", name)
        self._revisions[base].remove(revision)
        self._stamps.clear()
        return self._revisions[base][-1]

    def delete(self, name: str) -> None:
        """Its topics keep the name _deleted-schema_ and refuse messages."""
        revisions = self._all(name)
        orphans = [one for one in self._registry.topics.values() if one.resource.schema_settings.schema == name]
        with self._registry.store.transaction():
            for revision in revisions:
                self._registry.store.delete("schema", f"{name}@{revision.revision_id}")
            for topic in orphans:
                self._registry.store.put(topic.row(_without_schema(topic.resource)))
        for topic in orphans:
            topic.resource = _without_schema(topic.resource)
        del self._revisions[name]
        self._stamps.clear()

    def validate(self, parent: str, schema: Any) -> None:
        """Raises PubsubError: INVALID_ARGUMENT, the definition is not valid."""
        check_project(parent)
        check_definition(schema)

    def validate_message(self, request: Any) -> None:
        """Raises PubsubError: INVALID_ARGUMENT, the message does not fit the schema, or what is asked is incomplete."""
        check_project(request.parent)
        kind = request.WhichOneof("schema_spec")
        if kind is None:
            raise invalid("Invalid ValidateMessageRequest: one of name and schema must be set.")
        if kind == "schema":
            check_definition(request.schema)
        schema = request.schema if kind == "schema" else self.get(request.name)
        check_against([schema], compile_checks([schema], request.encoding), request.message, request.encoding)

    # ---- topics

    def check_settings(self, topic: Any) -> None:
        """Raises PubsubError: NOT_FOUND, INVALID_ARGUMENT, when a topic's schema settings cannot be used."""
        if not topic.HasField("schema_settings"):
            return
        settings = topic.schema_settings
        if settings.schema == DELETED_SCHEMA:
            return
        self._range(settings)
        if settings.encoding not in ENCODINGS:
            raise invalid("Invalid schema_settings: encoding must be JSON or BINARY.")

    def of_topic(self, topic: Any) -> Any:
        """The newest revision that a topic's messages are checked against; None without one."""
        name = topic.schema_settings.schema
        return self._range(topic.schema_settings)[0] if name and name != DELETED_SCHEMA else None

    def of_message(self, attributes: Mapping[str, str]) -> Any:
        """The revision that a message was checked against when it was published; None without one.

        Raises:
            PubsubError: NOT_FOUND, it was deleted since.
        """
        name = attributes.get("googclient_schemaname")
        return self.get(f"{name}@{attributes.get('googclient_schemarevisionid')}") if name else None

    def _range(self, settings: Any) -> list[Any]:
        """The revisions that a topic accepts, newest first."""
        revisions = self._all(settings.schema)
        ids = [revision.revision_id for revision in revisions]
        for one in (settings.first_revision_id, settings.last_revision_id):
            if one and one not in ids:
                raise not_found(f"{settings.schema}@{one}")
        first = ids.index(settings.first_revision_id) if settings.first_revision_id else 0
        last = ids.index(settings.last_revision_id) if settings.last_revision_id else len(ids) - 1
        if first > last:
            raise invalid("Invalid schema_settings: first_revision_id is newer than last_revision_id.")
        return revisions[first : last + 1][::-1]

    def stamp(self, topic: Any) -> Stamp | None:
        """What checks a message of the topic and adds the attributes that tell of its schema; None without a schema."""
        if not topic.HasField("schema_settings"):
            return None
        settings = topic.schema_settings
        if settings.schema == DELETED_SCHEMA:
            raise invalid("The topic's schema was deleted; publish after the topic has another schema or none.")
        key = (settings.schema, settings.encoding, settings.first_revision_id, settings.last_revision_id)
        if key not in self._stamps:
            self._stamps[key] = make_stamp(self._range(settings), settings.encoding)
        return self._stamps[key]


def _without_schema(topic: Any) -> Any:
    changed = type(topic)()
    changed.CopyFrom(topic)
    changed.schema_settings.schema = DELETED_SCHEMA
    return changed


def _viewed(schema: Any, view: int) -> Any:
    if view != _BASIC:
        return schema
    shown = type(schema)()
    shown.CopyFrom(schema)
    shown.ClearField("definition")
    shown.ClearField("compiled_proto_schema")
    return shown
