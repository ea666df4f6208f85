"""Schemas in Protocol Buffers: definitions that are compiled, messages that are checked against them."""

from typing import Any

import pytest
from google.api_core import exceptions
from google.protobuf import descriptor_pb2
from google.pubsub_v1 import types

from emulators.pubsub.state.proto_schema import compile_proto
from tests.emulators.pubsub.process import PROJECT, Clients
from tests.emulators.pubsub.test_publisher import refusal

PROTO, JSON, BINARY = types.Schema.Type.PROTOCOL_BUFFER, types.Encoding.JSON, types.Encoding.BINARY
ORDER = """
syntax = "proto3";  // the version
package shop;
/* An order. */
message Order {
  option deprecated = false;
  enum Status { NEW = 0; PAID = 1 [deprecated = true]; reserved 5 to 7; }
  message Line { string item = 1; sint64 count = 2; }
  string id = 1 [json_name = "orderId"];
  optional Status status = 2;
  repeated Line lines = 3;
  map<string, double> prices = 4;
  oneof payer { string person = 5; int32 company = 6; }
  repeated uint32 codes = 7 [packed = false];
  reserved 20, 30 to max;
  reserved "old";
}
"""
LEGACY = """
message Legacy {
  required string name = 1 [default = "a\\x62\\"", deprecated = true];
  optional group Address = 2 { optional bytes code = 3; }
  optional double limit = 4 [default = -inf];
  optional Kind kind = 5 [default = SECOND];
  enum Kind { option allow_alias = true; FIRST = 1; SECOND = 0x2; OTHER = -2; ALSO_FIRST = 01; }
  extensions 100 to 199;
}
"""


def schema(clients: Clients, definition: str = ORDER) -> types.Schema:
    name = clients.name("schemas").rpartition("/")[2]
    return clients.schemas.create_schema(
        parent=PROJECT, schema=types.Schema(type_=PROTO, definition=definition), schema_id=name
    )


def order(**fields: Any) -> bytes:
    return bytes(compile_proto(ORDER)(**fields).SerializeToString())


def test_a_definition_has_all_that_the_language_has() -> None:
    message = compile_proto(ORDER)(id="a", status=1, prices={"x": 1.5}, lines=[{"item": "i", "count": -3}], person="p")
    fields = message.DESCRIPTOR.fields_by_name
    assert message.DESCRIPTOR.full_name == "shop.Order"
    assert fields["id"].json_name == "orderId"
    assert [one.name for one in message.DESCRIPTOR.oneofs] == ["payer", "_status"]
    assert (message.WhichOneof("payer"), message.HasField("status")) == ("person", True)
    assert not fields["codes"].is_packed


def test_an_older_definition_too() -> None:
    message = compile_proto(LEGACY)()
    assert (message.name, message.limit, message.kind, message.address.code) == ('ab"', float("-inf"), 2, b"")
    assert message.DESCRIPTOR.fields_by_name["name"].is_required


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ("message A {", r'1:12: expected "required"'),
        ('syntax = "proto3"; message A { string a = 1 }', '1:45: expected ";", found "}"'),
        ('syntax = "proto3"; message A { string a = 1; string b = 1; }', "duplicate field number"),
        ('syntax = "proto3"; message A { Missing a = 1; }', "Missing"),
        ('syntax = "proto3"; message A {} message B {}', "2 top-level types"),
        ('syntax = "proto3"; enum A { B = 0; }', "top-level"),
        ('syntax = "proto3"; import "google/protobuf/timestamp.proto"; message A {}', "import"),
        ('syntax = "proto3"; message A { reserved 1; string a = 1; }', "reserved number 1"),
        ('syntax = "proto3"; message A { string a = 19001; }', "19000 through 19999"),
        ('syntax = "proto3"; message A { string a = 1 [unknown = true]; }', 'option "unknown" unknown'),
        ('syntax = "proto3"; message A { enum B { C = 0; D = 0; } }', "same number"),
        ('syntax = "proto3"; message A { enum B { C = 1; } }', "first value must be zero"),
        ('syntax = "proto3"; message A { required string a = 1; }', "required"),
        ('syntax = "proto4"; message A {}', "proto4"),
        ("message A { optional int32 a = 1 [default = 1.5]; }", "1.5"),
        ("service A {}", "service is not supported"),
    ],
)
def test_what_is_no_definition_is_refused(clients: Clients, definition: str, reason: str) -> None:
    made = types.Schema(type_=PROTO, definition=definition)
    error = refusal(clients.schemas.validate_schema, parent=PROJECT, schema=made)
    assert isinstance(error, exceptions.InvalidArgument)
    assert error.message.startswith("Invalid schema definition: Could not parse schema. ")
    assert reason in error.message


@pytest.mark.parametrize(
    ("encoding", "good", "bad", "words"),
    [
        (JSON, b'{"orderId": "a", "status": "PAID", "prices": {"x": 1}}', b'{"orderId": 7}', "orderId"),
        (JSON, b'{"id": "a", "lines": [{"count": "9"}]}', b'{"id": "a", "colour": "red"}', "colour"),
        (JSON, b"{}", b'{"status": "LOST"}', "LOST"),
        (JSON, b'{"person": "p"}', b'{"person": "p", "company": 1}', "oneof"),
        (BINARY, order(id="a"), b"\x0a\x05a", "Invalid binary message"),
        (BINARY, order(lines=[{"count": 1}]), b'{"orderId": "a"}', "Invalid binary message"),
    ],
)
def test_a_topic_refuses_what_does_not_fit(
    clients: Clients, encoding: types.Encoding, good: bytes, bad: bytes, words: str
) -> None:
    made = schema(clients)
    topic = clients.topic(schema_settings={"schema": made.name, "encoding": encoding})
    subscription = clients.subscription(topic)
    clients.api.publish(topic=topic, messages=[{"data": good, "attributes": {"a": "b"}}])
    error = refusal(clients.publish, topic, bad)
    assert isinstance(error, exceptions.InvalidArgument)
    assert error.message == "Invalid data in message: Message failed schema validation."
    assert error.reason == f"INVALID_{encoding.name}_PROTO_MESSAGE"
    assert words in error.metadata["revisionInfo"]
    (received,) = clients.pull_all(subscription, 1)
    assert received.message.data == good
    assert dict(received.message.attributes) == {
        "a": "b",
        "googclient_schemaencoding": encoding.name,
        "googclient_schemaname": made.name,
        "googclient_schemarevisionid": made.revision_id,
    }


def test_required_fields_are_required(clients: Clients) -> None:
    request = {"parent": PROJECT, "schema": {"type_": PROTO, "definition": LEGACY}}
    clients.schemas.validate_message(request=request | {"encoding": JSON, "message": b'{"name": "a"}'})
    for encoding, message in ((JSON, b'{"limit": "Infinity"}'), (BINARY, b"")):
        error = refusal(clients.schemas.validate_message, request=request | {"encoding": encoding, "message": message})
        assert isinstance(error, exceptions.InvalidArgument)
        assert "name" in error.metadata["revisionInfo"]


def test_a_revision_may_add_fields_and_be_rolled_back(clients: Clients) -> None:
    first = schema(clients, 'syntax = "proto3"; message A { string id = 1; }')
    topic = clients.topic(schema_settings={"schema": first.name, "encoding": JSON})
    assert isinstance(refusal(clients.publish, topic, b'{"note": "n"}'), exceptions.InvalidArgument)
    wider = types.Schema(
        name=first.name, type_=PROTO, definition='syntax = "proto3"; message A { string id = 1; string note = 2; }'
    )
    second = clients.schemas.commit_schema(name=first.name, schema=wider)
    clients.publish(topic, b'{"note": "n"}')
    back = clients.schemas.rollback_schema(name=first.name, revision_id=first.revision_id)
    assert back.definition == first.definition
    assert len({first.revision_id, second.revision_id, back.revision_id}) == 3


@pytest.mark.parametrize(
    "body",
    ["string name = 1;", "int64 id = 1;", "repeated string id = 1;", "string id = 2;", "string id = 1; In in = 2;"],
)
def test_a_revision_changes_no_field(clients: Clients, body: str) -> None:
    first = schema(clients, 'syntax = "proto3"; message A { string id = 1; In in = 3; message In { int32 x = 1; } }')
    other = types.Schema(
        name=first.name,
        type_=PROTO,
        definition=f'syntax = "proto3"; message A {{ {body} message In {{ int32 x = 1; }} }}',
    )
    error = refusal(clients.schemas.commit_schema, name=first.name, schema=other)
    assert isinstance(error, exceptions.InvalidArgument)
    assert "Incompatible schema revision" in error.message
    less = f'syntax = "proto3"; message A {{ string id = 1; }} // {body}'
    clients.schemas.commit_schema(name=first.name, schema=types.Schema(name=first.name, type_=PROTO, definition=less))


def test_a_schema_may_come_compiled(clients: Clients) -> None:
    files = descriptor_pb2.FileDescriptorSet()
    inner = files.file.add(name="inner.proto", syntax="proto3", package="p")
    inner.message_type.add(name="Inner").field.add(name="x", number=1, type=5, label=1)
    outer = files.file.add(name="outer.proto", syntax="proto3", package="p", dependency=["inner.proto"])
    outer.message_type.add(name="Outer").field.add(name="inner", number=1, type_name=".p.Inner", label=1, type=11)
    name = clients.name("schemas").rpartition("/")[2]
    compiled = {"root_message": "p.Outer", "compiled_bytes": files.SerializeToString()}
    made = clients.schemas.create_schema(
        parent=PROJECT, schema=types.Schema(type_=PROTO, compiled_proto_schema=compiled), schema_id=name
    )
    assert made.compiled_proto_schema.root_message == "p.Outer"
    request = {"parent": PROJECT, "name": made.name, "encoding": JSON}
    clients.schemas.validate_message(request=request | {"message": b'{"inner": {"x": 3}}'})
    error = refusal(clients.schemas.validate_message, request=request | {"message": b'{"inner": {"y": 3}}'})
    assert isinstance(error, exceptions.InvalidArgument)
    lost = types.Schema(type_=PROTO, compiled_proto_schema=compiled | {"root_message": "p.Lost"})
    assert "p.Lost" in str(refusal(clients.schemas.validate_schema, parent=PROJECT, schema=lost))
