"""Whatever bytes come: an error of the service's form, and the server goes on."""

from typing import Any

import grpc
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulators.pubsub.messages import v1
from tests.emulators.pubsub.process import PROJECT, Clients, Emulator

METHODS = [
    *(f"Publisher/{name}" for name in ("CreateTopic", "UpdateTopic", "Publish", "ListTopics", "DetachSubscription")),
    *(
        f"Subscriber/{name}"
        for name in ("CreateSubscription", "UpdateSubscription", "Acknowledge", "ModifyAckDeadline")
    ),
    *(f"Subscriber/{name}" for name in ("CreateSnapshot", "Seek", "StreamingPull")),
    *(f"SchemaService/{name}" for name in ("CreateSchema", "CommitSchema", "ValidateMessage", "ListSchemas")),
]
EXPECTED = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.UNIMPLEMENTED,
}


@pytest.fixture(scope="module")
def seeds(emulator: Emulator) -> list[bytes]:
    """Requests that are nearly right."""
    clients = Clients(emulator.target)
    topic = clients.topic()
    subscription = clients.subscription(topic)
    clients.close()
    return [
        v1.Topic(name=f"{PROJECT}/topics/fuzz", labels={"a": "b"}).SerializeToString(),
        v1.PublishRequest(
            topic=topic, messages=[v1.PubsubMessage(data=b"x", attributes={"a": "b"})]
        ).SerializeToString(),
        v1.Subscription(name=f"{PROJECT}/subscriptions/fuzz", topic=topic, filter="attributes:a").SerializeToString(),
        v1.AcknowledgeRequest(subscription=subscription, ack_ids=["1-2-3"]).SerializeToString(),
        v1.StreamingPullRequest(subscription=subscription, ack_ids=["1-2-3"]).SerializeToString(),
        v1.SeekRequest(subscription=subscription, time={"seconds": -1}).SerializeToString(),
        v1.UpdateTopicRequest(topic={"name": topic}, update_mask={"paths": ["labels"]}).SerializeToString(),
        v1.CreateSchemaRequest(
            parent=PROJECT, schema_id="fuzz", schema={"type": 2, "definition": "{}"}
        ).SerializeToString(),
    ]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_requests_are_answered_or_refused(emulator: Emulator, seeds: list[bytes], data: st.DataObject) -> None:
    request = bytearray(data.draw(st.sampled_from(seeds) | st.binary(max_size=60)))
    for _ in range(data.draw(st.integers(0, 3))):
        if request:
            request[data.draw(st.integers(0, len(request) - 1))] = data.draw(st.integers(0, 255))
    method = data.draw(st.sampled_from(METHODS))
    with grpc.insecure_channel(emulator.target) as channel:
        path = f"/google.pubsub.v1.{method}"
        try:
            if method.endswith("StreamingPull"):
                list(channel.stream_stream(path)(iter([bytes(request)]), timeout=5))
            else:
                channel.unary_unary(path)(bytes(request), timeout=5)
        except grpc.RpcError as error:
            assert isinstance(error, grpc.Call)
            assert error.code() in EXPECTED, (method, bytes(request), error.details())


json_values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(["topics/fuzz", "subscriptions/fuzz", "snapshots/fuzz", "topics/fuzz:publish", "schemas"]),
    body=json_values | st.fixed_dictionaries({"topic": json_values, "labels": json_values, "messages": json_values}),
    verb=st.sampled_from(["PUT", "POST", "PATCH"]),
)
def test_any_json_is_answered_or_refused(emulator: Emulator, path: str, body: Any, verb: str) -> None:
    url = f"http://127.0.0.1:{emulator.rest_port}/v1/{PROJECT}/{path}"
    answer = requests.request(verb, url, json=body if _is_json(body) else None, timeout=5)
    assert answer.status_code in (200, 400, 404, 409, 501), answer.text
    if answer.status_code != 200:
        assert answer.json()["error"]["code"] == answer.status_code


def _is_json(value: Any) -> bool:
    if isinstance(value, float):
        return value == value and abs(value) != float("inf")
    if isinstance(value, dict):
        return all(_is_json(one) for one in value.values())
    return all(_is_json(one) for one in value) if isinstance(value, list) else True
