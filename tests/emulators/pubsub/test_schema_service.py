"""Schemas: revisions, and topics that refuse what does not fit."""

import io
import json
from typing import Any

import fastavro
import pytest
from google.api_core import exceptions
from google.pubsub_v1 import types

from tests.emulators.pubsub.process import PROJECT, Clients
from tests.emulators.pubsub.test_publisher import refusal

EVENT = {
    "type": "record",
    "name": "Event",
    "fields": [{"name": "id", "type": "string"}, {"name": "note", "type": ["null", "string"]}],
}
WIDER = EVENT | {"fields": [*EVENT["fields"], {"name": "count", "type": "long", "default": 0}]}
AVRO, JSON, BINARY = types.Schema.Type.AVRO, types.Encoding.JSON, types.Encoding.BINARY


def schema(clients: Clients, definition: Any = EVENT) -> types.Schema:
    name = clients.name("schemas").rpartition("/")[2]
    made = types.Schema(type_=AVRO, definition=json.dumps(definition))
    return clients.schemas.create_schema(parent=PROJECT, schema=made, schema_id=name)


def encoded(value: dict[str, Any], definition: Any = EVENT) -> bytes:
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, definition, value)
    return buffer.getvalue()


def test_a_schema_has_revisions(clients: Clients) -> None:
    first = schema(clients)
    wider = types.Schema(name=first.name, type_=AVRO, definition=json.dumps(WIDER))
    second = clients.schemas.commit_schema(name=first.name, schema=wider)
    assert len(second.revision_id) == 8
    assert clients.schemas.get_schema(name=first.name) == second
    assert clients.schemas.get_schema(name=f"{first.name}@{first.revision_id}") == first
    back = clients.schemas.rollback_schema(name=first.name, revision_id=first.revision_id)
    assert back.definition == first.definition
    revisions = list(clients.schemas.list_schema_revisions(request={"name": first.name, "page_size": 2}))
    assert [one.revision_id for one in revisions] == [one.revision_id for one in (back, second, first)]
    assert not revisions[0].definition  # the basic view
    left = clients.schemas.delete_schema_revision(name=f"{first.name}@{back.revision_id}", revision_id="")
    assert left.revision_id == second.revision_id
    everything = clients.schemas.list_schemas(request={"parent": PROJECT, "view": types.SchemaView.FULL})
    assert second in list(everything)
    clients.schemas.delete_schema(name=first.name)
    assert isinstance(refusal(clients.schemas.get_schema, name=first.name), exceptions.NotFound)


def test_what_is_no_schema_is_refused(clients: Clients) -> None:
    bad = types.Schema(type_=AVRO, definition='{"type": "record"}')
    for call in (clients.schemas.validate_schema, clients.schemas.create_schema):
        error = refusal(call, parent=PROJECT, schema=bad)
        assert isinstance(error, exceptions.InvalidArgument)
    only = schema(clients)
    last = refusal(clients.schemas.delete_schema_revision, name=f"{only.name}@{only.revision_id}", revision_id="")
    assert isinstance(last, exceptions.FailedPrecondition)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ([*EVENT["fields"], {"name": "count", "type": "long"}], "'count'"),
        ([EVENT["fields"][0]], "'note'"),
        ([{"name": "id", "type": "int"}, EVENT["fields"][1]], "the type string becomes int"),
        ([EVENT["fields"][0], {"name": "note", "type": ["null", "long"]}], "'note'"),
    ],
)
def test_a_revision_must_be_compatible(clients: Clients, fields: list[Any], words: str) -> None:
    made = schema(clients)
    other = types.Schema(name=made.name, type_=AVRO, definition=json.dumps(EVENT | {"fields": fields}))
    error = refusal(clients.schemas.commit_schema, name=made.name, schema=other)
    assert isinstance(error, exceptions.InvalidArgument)
    assert words in error.message
    other.name = f"{made.name}-other"
    other.definition = made.definition
    assert isinstance(refusal(clients.schemas.commit_schema, name=made.name, schema=other), exceptions.InvalidArgument)


def test_messages_are_validated_on_request(clients: Clients) -> None:
    name = schema(clients).name
    good = {"parent": PROJECT, "name": name, "encoding": JSON, "message": b'{"id": "a", "note": null}'}
    clients.schemas.validate_message(request=good)
    clients.schemas.validate_message(
        request={"parent": PROJECT, "schema": {"type_": AVRO, "definition": json.dumps(EVENT)}}
        | {"encoding": BINARY, "message": encoded({"id": "a", "note": None})}
    )
    error = refusal(clients.schemas.validate_message, request=good | {"message": b'{"id": 1, "note": null}'})
    assert isinstance(error, exceptions.InvalidArgument)


@pytest.mark.parametrize(
    ("encoding", "good", "bad", "words"),
    [
        (
            JSON,
            b'{"id": "a", "note": {"string": "b"}}',
            b'{"id": 7, "note": null}',
            "JSON object with type number_integer does not match schema which expected string",
        ),
        (BINARY, encoded({"id": "a", "note": "b"}), encoded({"id": "a", "note": "b"}) + b"!", "Too much data to parse"),
    ],
)
def test_a_topic_refuses_what_does_not_fit(
    clients: Clients, encoding: types.Encoding, good: bytes, bad: bytes, words: str
) -> None:
    made = schema(clients)
    topic = clients.topic(schema_settings={"schema": made.name, "encoding": encoding})
    subscription = clients.subscription(topic)
    clients.publish(topic, good)
    error = refusal(clients.publish, topic, good, bad)
    assert isinstance(error, exceptions.InvalidArgument)
    assert error.message == "Invalid data in message: Message failed schema validation."
    assert error.reason == f"INVALID_{encoding.name}_AVRO_MESSAGE"
    assert f"{made.name}, last checked revision: revision_id={made.revision_id}" in error.metadata["revisionInfo"]
    assert words in error.metadata["revisionInfo"]
    (received,) = clients.pull_all(subscription, 1)
    assert received.message.data == good
    assert dict(received.message.attributes) == {
        "googclient_schemaencoding": encoding.name,
        "googclient_schemaname": made.name,
        "googclient_schemarevisionid": made.revision_id,
    }


def test_a_topic_takes_the_revisions_of_its_range(clients: Clients) -> None:
    first = schema(clients)
    old, new = b'{"id": "a", "note": null}', b'{"id": "a", "note": null, "count": 3}'
    everything = clients.topic(schema_settings={"schema": first.name, "encoding": JSON})
    wider = types.Schema(name=first.name, type_=AVRO, definition=json.dumps(WIDER))
    second = clients.schemas.commit_schema(name=first.name, schema=wider)
    settings = {"schema": first.name, "encoding": JSON}
    only_first = clients.topic(schema_settings=settings | {"last_revision_id": first.revision_id})
    only_second = clients.topic(schema_settings=settings | {"first_revision_id": second.revision_id})
    subscription, later = clients.subscription(everything), clients.subscription(only_first)
    clients.publish(everything, old, new)
    received = {one.message.data: one.message.attributes for one in clients.pull_all(subscription, 2)}
    assert received[old]["googclient_schemarevisionid"] == first.revision_id
    assert received[new]["googclient_schemarevisionid"] == second.revision_id
    clients.publish(only_first, new)
    (received_later,) = clients.pull_all(later, 1)
    assert received_later.message.attributes["googclient_schemarevisionid"] == first.revision_id
    assert isinstance(refusal(clients.publish, only_second, old), exceptions.InvalidArgument)


def test_a_topic_of_a_deleted_schema_refuses_messages(clients: Clients) -> None:
    made = schema(clients)
    topic = clients.topic(schema_settings={"schema": made.name, "encoding": JSON})
    clients.schemas.delete_schema(name=made.name)
    assert clients.publisher.get_topic(topic=topic).schema_settings.schema == "_deleted-schema_"
    assert isinstance(refusal(clients.publish, topic, b"{}"), exceptions.InvalidArgument)


def test_a_topic_needs_a_schema_that_exists_and_an_encoding(clients: Clients) -> None:
    missing = refusal(clients.topic, schema_settings={"schema": f"{PROJECT}/schemas/missing", "encoding": JSON})
    assert isinstance(missing, exceptions.NotFound)
    vague = refusal(clients.topic, schema_settings={"schema": schema(clients).name})
    assert isinstance(vague, exceptions.InvalidArgument)
