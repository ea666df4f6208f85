"""Message transforms: JavaScript and compression, on topics and on subscriptions."""

import json
import time
import zlib
from typing import Any

import pytest
from google.api_core import exceptions
from google.pubsub_v1 import types

from tests.emulators.pubsub.process import PROJECT, Clients
from tests.emulators.pubsub.test_publisher import refusal

SHOUT = """
function shout(message, metadata) {
  if (message.attributes.drop) return null;
  if (message.data === 'fail') throw new Error('I do not like it');
  return {data: message.data.toUpperCase(), attributes: {...message.attributes, seen: JSON.stringify(metadata)}};
}
"""


def udf(code: str = SHOUT, name: str = "shout", **more: Any) -> dict[str, Any]:
    return {"javascript_udf": {"code": code, "function_name": name}, **more}


def test_a_topics_function_changes_and_drops_messages(clients: Clients) -> None:
    topic = clients.topic(message_transforms=[udf()])
    subscription = clients.subscription(topic, filter="attributes:seen")
    messages = [{"data": b"a", "ordering_key": "k"}, {"data": b"b", "attributes": {"drop": "1"}, "ordering_key": "k"}]
    ids = list(clients.api.publish(topic=topic, messages=messages).message_ids)
    assert len(set(ids)) == 2
    (received,) = clients.pull_all(subscription, 1)
    assert (received.message.data, received.message.message_id) == (b"A", ids[0])
    assert json.loads(received.message.attributes["seen"]) == {"ordering_key": "k"}
    for bad in ((b"good", b"fail"), (b"\xff",)):
        error = refusal(clients.publish, topic, *bad)
        assert isinstance(error, exceptions.InvalidArgument)
    assert not clients.pull(subscription, wait=False)


def test_a_subscriptions_function_changes_and_drops_messages(clients: Clients) -> None:
    topic = clients.topic()
    subscription = clients.subscription(topic, message_transforms=[udf()], enable_message_ordering=True)
    plain = clients.subscription(topic)
    clients.publish(topic, b"dropped", drop="1", ordering_key="k")
    (id_,) = clients.publish(topic, b"a", ordering_key="k")
    (received,) = clients.pull_all(subscription, 1)
    assert (received.message.data, received.message.message_id, received.message.ordering_key) == (b"A", id_, "k")
    metadata = json.loads(received.message.attributes["seen"])
    assert (metadata["message_id"], metadata["ordering_key"]) == (id_, "k")
    assert time.strptime(metadata["publish_time"], "%Y-%m-%dT%H:%M:%SZ")
    clients.acknowledge(subscription, [received])
    assert [one.message.data for one in clients.pull_all(plain, 2)] == [b"dropped", b"a"]


def test_what_a_subscriptions_function_fails_on_is_a_dead_letter(clients: Clients) -> None:
    topic, dead = clients.topic(), clients.topic()
    letters = clients.subscription(dead)
    policy = {"dead_letter_topic": dead, "max_delivery_attempts": 5}
    subscription = clients.subscription(topic, message_transforms=[udf()], dead_letter_policy=policy)
    clients.publish(topic, b"fail", b"fine")
    (received,) = clients.pull_all(subscription, 1)
    assert received.message.data == b"FINE"
    clients.acknowledge(subscription, [received])
    deadline = time.monotonic() + 15
    while not (found := clients.pull(letters, wait=False)) and time.monotonic() < deadline:
        assert not clients.pull(subscription, wait=False)
        time.sleep(0.2)
    assert found[0].message.data == b"fail"
    reason = found[0].message.attributes["CloudPubSubDeadLetterSourceDeliveryErrorMessage"]
    assert "I do not like it" in reason


def test_transforms_follow_each_other_and_may_be_disabled(clients: Clients) -> None:
    squeeze = {"compression": {"compression_algorithm": "ZLIB", "compression_mode": "COMPRESS"}}
    release = {"compression": {"compression_algorithm": "ZLIB", "compression_mode": "DECOMPRESS"}}
    again = udf("function twice(m) { return {data: m.data + m.data, attributes: {}}; }", "twice")
    topic = clients.topic(
        message_transforms=[udf(), again, udf("const off = () => null;", "off", disabled=True), squeeze]
    )
    packed, unpacked = clients.subscription(topic), clients.subscription(topic, message_transforms=[release])
    clients.publish(topic, b"a", colour="red")
    (received,) = clients.pull_all(packed, 1)
    assert (zlib.decompress(received.message.data), dict(received.message.attributes)) == (b"AA", {})
    assert [one.message.data for one in clients.pull_all(unpacked, 1)] == [b"AA"]
    update = types.Topic(name=topic)
    clients.publisher.update_topic(topic=update, update_mask={"paths": ["message_transforms"]})
    clients.acknowledge(packed, [received])
    clients.publish(topic, b"plain")
    assert [one.message.data for one in clients.pull_all(packed, 1)] == [b"plain"]


@pytest.mark.parametrize(
    ("transforms", "error", "words"),
    [
        ([udf("function shout( {")], exceptions.InvalidArgument, "SyntaxError"),
        ([udf(name="other")], exceptions.InvalidArgument, "no function 'other'"),
        ([udf(name="a b")], exceptions.InvalidArgument, "not the name of a function"),
        ([udf(), udf()], exceptions.InvalidArgument, "of its own"),
        (
            [udf(f"function f{n}(m) {{ return m; }}", f"f{n}") for n in range(6)],
            exceptions.InvalidArgument,
            "too large",
        ),
        ([{"disabled": True}], exceptions.InvalidArgument, "must be set"),
        ([{"compression": {"compression_algorithm": "ZLIB"}}], exceptions.InvalidArgument, "compression_mode"),
        (
            [{"compression": {"compression_algorithm": "ZSTD", "compression_mode": "COMPRESS"}}],
            exceptions.MethodNotImplemented,
            "ZSTD",
        ),
        ([{"ai_inference": {"endpoint": "e"}}], exceptions.MethodNotImplemented, "ai_inference"),
    ],
)
def test_transforms_that_cannot_be_honoured_are_refused(
    clients: Clients, transforms: list[Any], error: type[exceptions.GoogleAPICallError], words: str
) -> None:
    for found in (
        refusal(clients.topic, message_transforms=transforms),
        refusal(clients.subscription, clients.topic(), message_transforms=transforms),
    ):
        assert type(found) is error
        assert words in found.message


@pytest.mark.parametrize(
    "body", ["return 3;", "return {attributes: {}};", "return {data: '', attributes: {a: 1}};", ""]
)
def test_a_function_must_return_a_message(clients: Clients, body: str) -> None:
    topic = clients.topic(message_transforms=[udf(f"function f(m) {{ {body} }}", "f")])
    assert isinstance(refusal(clients.publish, topic, b"a"), exceptions.InvalidArgument)


def test_a_topic_with_a_schema_has_no_transforms_here(clients: Clients) -> None:
    id_ = clients.name("schemas").rpartition("/")[2]
    definition = 'syntax = "proto3"; message A { string id = 1; }'
    made = types.Schema(type_=types.Schema.Type.PROTOCOL_BUFFER, definition=definition)
    schema = clients.schemas.create_schema(parent=PROJECT, schema=made, schema_id=id_)
    settings = {"schema": schema.name, "encoding": types.Encoding.JSON}
    error = refusal(clients.topic, schema_settings=settings, message_transforms=[udf()])
    assert isinstance(error, exceptions.MethodNotImplemented)
