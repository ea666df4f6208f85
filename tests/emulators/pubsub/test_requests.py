"""Fields of requests that nothing else here looks at: each is honoured or refused."""

import re
from typing import Any

import grpc
import pytest
from google.api_core import exceptions
from google.cloud import pubsub_v1
from google.iam.v1 import iam_policy_pb2, options_pb2, policy_pb2
from google.protobuf import field_mask_pb2
from google.type import expr_pb2

from emulators.pubsub.messages import v1
from tests.emulators.pubsub.process import PROJECT, Clients, Emulator
from tests.emulators.pubsub.test_publisher import refusal


def test_what_has_no_name_gets_one(clients: Clients) -> None:
    topic = clients.topic()
    made = [clients.subscriber.create_subscription(request={"topic": topic}).name for _ in range(2)]
    assert len(set(made)) == 2
    snapshot = clients.subscriber.create_snapshot(request={"subscription": made[0]})
    assert re.fullmatch(f"{PROJECT}/snapshots/snapshot-[0-9a-f]{{16}}", snapshot.name)
    assert clients.subscriber.get_snapshot(snapshot=snapshot.name) == snapshot
    clients.publish(topic, b"a")
    assert [one.message.data for one in clients.pull_all(made[1], 1)] == [b"a"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kms_key_name": "key"}, "kms_key_name"),
        ({"message_storage_policy": {}}, "allowed_persistence_regions"),
        ({"labels": {"Key": "value"}}, "Invalid label"),
        ({"labels": {"1": "value"}}, "Invalid label"),
        ({"labels": {"key": "ÄRGER"}}, "Invalid label"),
    ],
)
def test_topics_that_the_service_refuses(clients: Clients, fields: dict[str, Any], words: str) -> None:
    error = refusal(clients.topic, **fields)
    assert isinstance(error, exceptions.InvalidArgument)
    assert words in error.message


def test_topics_that_the_service_takes(clients: Clients) -> None:
    key = "projects/p/locations/l/keyRings/r/cryptoKeys/k"
    fields = {"labels": {"größe": "groß_1-a"}, "kms_key_name": key}
    fields |= {"message_storage_policy": {"allowed_persistence_regions": ["europe-west1"], "enforce_in_transit": True}}
    topic = clients.publisher.get_topic(topic=clients.topic(**fields))
    assert dict(topic.labels) == fields["labels"]
    assert topic.kms_key_name == key
    assert topic.message_storage_policy.enforce_in_transit


def test_a_policys_conditions_need_version_3(clients: Clients) -> None:
    topic = clients.topic()
    condition = expr_pb2.Expr(title="t", expression="true")
    binding = policy_pb2.Binding(role="roles/pubsub.viewer", members=["user:a@example.com"], condition=condition)
    old = policy_pb2.Policy(version=1, bindings=[binding])
    assert isinstance(
        refusal(clients.publisher.set_iam_policy, request={"resource": topic, "policy": old}),
        exceptions.InvalidArgument,
    )
    clients.publisher.set_iam_policy(
        request={"resource": topic, "policy": policy_pb2.Policy(version=3, bindings=[binding])}
    )

    def role(version: int) -> tuple[int, str]:
        options = options_pb2.GetPolicyOptions(requested_policy_version=version)
        request = iam_policy_pb2.GetIamPolicyRequest(resource=topic, options=options)
        found = clients.publisher.get_iam_policy(request=request)
        return found.version, found.bindings[0].role

    assert role(3) == (3, "roles/pubsub.viewer")
    assert re.fullmatch("roles/pubsub.viewer_withcond_[0-9a-f]{20}", role(0)[1])
    options = options_pb2.GetPolicyOptions(requested_policy_version=2)
    bad = iam_policy_pb2.GetIamPolicyRequest(resource=topic, options=options)
    assert isinstance(refusal(clients.publisher.get_iam_policy, request=bad), exceptions.InvalidArgument)


def test_a_policys_mask_and_what_is_no_permission(clients: Clients) -> None:
    topic = clients.topic()
    request = iam_policy_pb2.SetIamPolicyRequest(
        resource=topic, policy=policy_pb2.Policy(), update_mask=field_mask_pb2.FieldMask(paths=["etag"])
    )
    assert isinstance(refusal(clients.publisher.set_iam_policy, request=request), exceptions.MethodNotImplemented)
    wanted = ["pubsub.topics.publish", "pubsub.topics.get"]
    found = clients.publisher.test_iam_permissions(request={"resource": topic, "permissions": wanted})
    assert list(found.permissions) == wanted
    for permission in ("pubsub.*", "storage.buckets.get", "nonsense"):
        request = {"resource": topic, "permissions": [permission]}
        error = refusal(clients.publisher.test_iam_permissions, request=request)
        assert isinstance(error, exceptions.InvalidArgument)


def test_a_field_of_a_newer_api_is_not_passed_over(emulator: Emulator, clients: Clients) -> None:
    topic = clients.topic()
    request = v1.Subscription(name=clients.name("subscriptions"), topic=topic).SerializeToString()
    for addition in (b"\xba\x3e\x00", b"\x22\x03\xba\x3e\x00"):
        with grpc.insecure_channel(emulator.target) as channel:
            create = channel.unary_unary("/google.pubsub.v1.Subscriber/CreateSubscription")
            with pytest.raises(grpc.RpcError) as caught:
                create(request + addition)
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
        assert "Field 999 of google.pubsub.v1." in caught.value.details()


def test_pages_of_every_list(clients: Clients) -> None:
    topic = clients.topic()
    names = sorted(clients.subscription(topic) for _ in range(5))
    pager = clients.publisher.list_topic_subscriptions(request={"topic": topic, "page_size": 2})
    assert [len(page.subscriptions) for page in pager.pages] == [2, 2, 1]
    found = clients.publisher.list_topic_subscriptions(request={"topic": topic, "page_size": 3})
    assert list(found) == names
    for call, request in (
        (clients.publisher.list_topics, {"project": PROJECT}),
        (clients.subscriber.list_subscriptions, {"project": PROJECT}),
        (clients.subscriber.list_snapshots, {"project": PROJECT}),
        (clients.schemas.list_schemas, {"parent": PROJECT}),
        (clients.publisher.list_topic_snapshots, {"topic": topic}),
    ):
        for bad in ({"page_size": -1}, {"page_token": "\u00e9"}, {"page_token": "abcd"}):
            assert isinstance(refusal(call, request=request | bad), exceptions.InvalidArgument)


def test_a_seek_needs_a_target(clients: Clients) -> None:
    name = clients.subscription(clients.topic())
    request = pubsub_v1.types.SeekRequest(subscription=name)
    assert isinstance(refusal(clients.subscriber.seek, request=request), exceptions.InvalidArgument)
