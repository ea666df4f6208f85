"""Subscriptions and unary pulls, by the official client."""

import threading
import time
from datetime import datetime
from typing import Any

import pytest
from google.api_core import exceptions
from google.protobuf import field_mask_pb2
from google.pubsub_v1 import types

from tests.emulators.pubsub.process import Clients
from tests.emulators.pubsub.test_publisher import refusal


def test_a_subscription_has_the_services_defaults(clients: Clients) -> None:
    topic = clients.topic(message_retention_duration={"seconds": 7200})
    found = clients.subscriber.get_subscription(subscription=clients.subscription(topic))
    assert found.ack_deadline_seconds == 10
    assert found.message_retention_duration.total_seconds() == 7 * 86400
    assert found.expiration_policy.ttl.total_seconds() == 31 * 86400
    assert found.topic_message_retention_duration.total_seconds() == 7200
    assert found.state == types.Subscription.State.ACTIVE
    policies = clients.subscription(topic, retry_policy={}, dead_letter_policy={"dead_letter_topic": topic})
    found = clients.subscriber.get_subscription(subscription=policies)
    assert found.retry_policy.minimum_backoff.total_seconds() == 10
    assert found.retry_policy.maximum_backoff.total_seconds() == 600
    assert found.dead_letter_policy.max_delivery_attempts == 5


@pytest.mark.parametrize(
    ("fields", "error", "words"),
    [
        ({"ack_deadline_seconds": 9}, exceptions.InvalidArgument, "ack_deadline_seconds is too small"),
        ({"ack_deadline_seconds": 601}, exceptions.InvalidArgument, "ack_deadline_seconds is too large"),
        ({"message_retention_duration": {"seconds": 599}}, exceptions.InvalidArgument, "message_retention_duration"),
        ({"expiration_policy": {"ttl": {"seconds": 3600}}}, exceptions.InvalidArgument, "expiration_policy"),
        ({"filter": "nonsense"}, exceptions.InvalidArgument, "Invalid filter"),
        ({"retry_policy": {"minimum_backoff": {"seconds": 601}}}, exceptions.InvalidArgument, "minimum_backoff"),
        ({"dead_letter_policy": {"max_delivery_attempts": 5}}, exceptions.InvalidArgument, "dead_letter_topic"),
        (
            {"dead_letter_policy": {"dead_letter_topic": "projects/p/topics/missing"}},
            exceptions.NotFound,
            "resource=missing",
        ),
        ({"push_config": {"push_endpoint": "example.com"}}, exceptions.InvalidArgument, "push endpoint"),
        ({"push_config": {"no_wrapper": {}}}, exceptions.InvalidArgument, "push_endpoint"),
        ({"push_config": {"oidc_token": {"audience": "a"}}}, exceptions.InvalidArgument, "service_account_email"),
        ({"push_config": {"attributes": {"a": "b"}}}, exceptions.InvalidArgument, "the attribute a"),
        ({"push_config": {"attributes": {"x-goog-version": "v2"}}}, exceptions.InvalidArgument, "x-goog-version"),
        ({"push_config": {"attributes": {"x-goog-version": "v1beta1"}}}, exceptions.MethodNotImplemented, "v1beta1"),
        (
            {"push_config": {"push_endpoint": "http://localhost/"}, "enable_exactly_once_delivery": True},
            exceptions.InvalidArgument,
            "Exactly-once",
        ),
        ({"bigquery_config": {"table": "a.b.c"}}, exceptions.MethodNotImplemented, "bigquery_config"),
        ({"cloud_storage_config": {"bucket": "bucket"}}, exceptions.MethodNotImplemented, "cloud_storage_config"),
        ({"bigtable_config": {"table": "t"}}, exceptions.MethodNotImplemented, "bigtable_config"),
        ({"detached": True}, exceptions.InvalidArgument, "detached"),
    ],
)
def test_subscriptions_that_cannot_be_honoured_are_refused(
    clients: Clients, fields: dict[str, Any], error: type[exceptions.GoogleAPICallError], words: str
) -> None:
    found = refusal(clients.subscription, clients.topic(), **fields)
    assert type(found) is error
    assert words in found.message


def test_dead_letter_policy_with_too_few_attempts_is_refused(clients: Clients) -> None:
    topic = clients.topic()
    policy = {"dead_letter_topic": topic, "max_delivery_attempts": 4}
    found = refusal(clients.subscription, topic, dead_letter_policy=policy)
    assert "max_delivery_attempts is too small. You passed 4" in found.message


def test_an_update_changes_what_may_change(clients: Clients) -> None:
    name = clients.subscription(clients.topic(), filter="attributes:a")
    update = types.Subscription(name=name, ack_deadline_seconds=60, filter="attributes:b")
    mask = field_mask_pb2.FieldMask(paths=["ack_deadline_seconds"])
    changed = clients.subscriber.update_subscription(subscription=update, update_mask=mask)
    assert (changed.ack_deadline_seconds, changed.filter) == (60, "attributes:a")
    mask = field_mask_pb2.FieldMask(paths=["filter"])
    error = refusal(clients.subscriber.update_subscription, subscription=update, update_mask=mask)
    assert isinstance(error, exceptions.InvalidArgument)
    assert "not mutable" in error.message


def test_a_subscription_receives_what_is_published_after_it(clients: Clients) -> None:
    topic = clients.topic()
    clients.publish(topic, b"before")
    first, second = clients.subscription(topic), clients.subscription(topic)
    clients.publish(topic, b"after")
    for subscription in (first, second):
        assert [one.message.data for one in clients.pull(subscription)] == [b"after"]


def test_acknowledged_is_gone_and_refused_comes_back(clients: Clients) -> None:
    topic = clients.topic()
    subscription = clients.subscription(topic)
    clients.publish(topic, b"a", b"b", b"c")
    received = clients.pull_all(subscription, 3)
    assert clients.pull(subscription, wait=False) == []
    clients.acknowledge(subscription, received[:1])
    clients.acknowledge(subscription, received[:1])
    clients.refuse(subscription, received[1:2])
    (again,) = clients.pull(subscription)
    assert again.message == received[1].message
    assert again.ack_id != received[1].ack_id
    assert again.delivery_attempt == 0


def test_a_deadline_that_passes_brings_the_message_back(clients: Clients) -> None:
    topic = clients.topic()
    subscription = clients.subscription(topic)
    clients.publish(topic, b"x")
    (first,) = clients.pull(subscription)
    clients.subscriber.modify_ack_deadline(subscription=subscription, ack_ids=[first.ack_id], ack_deadline_seconds=1)
    (second,) = clients.pull(subscription)
    assert second.message == first.message
    clients.acknowledge(subscription, [first])  # late, but the message was handled
    clients.refuse(subscription, [second])
    assert clients.pull(subscription, wait=False) == []


def test_a_pull_waits_for_a_message(clients: Clients) -> None:
    topic = clients.topic()
    subscription = clients.subscription(topic)
    timer = threading.Timer(0.3, clients.publish, (topic, b"late"))
    timer.start()
    assert [one.message.data for one in clients.pull(subscription)] == [b"late"]
    timer.join()


def test_a_pull_without_messages_returns_before_its_caller_gives_up(clients: Clients) -> None:
    subscription = clients.subscription(clients.topic())
    answer = clients.subscriber.pull(subscription=subscription, max_messages=1, timeout=1, retry=None)
    assert list(answer.received_messages) == []


def test_a_pull_takes_no_more_than_asked(clients: Clients) -> None:
    topic = clients.topic()
    subscription = clients.subscription(topic)
    clients.publish(topic, *[b"x"] * 10)
    assert len(clients.pull(subscription, 3)) == 3
    assert len(clients.pull(subscription, 100)) == 7
    error = refusal(clients.pull, subscription, 0)
    assert "max_messages is too small. You passed 0" in error.message


@pytest.mark.parametrize("ack_id", ["nonsense", "", "1-2", "999999-0-1", "1-x-3", "-1-1-1"])
def test_an_ack_id_that_is_none_is_refused(clients: Clients, ack_id: str) -> None:
    subscription = clients.subscription(clients.topic())
    error = refusal(clients.subscriber.acknowledge, subscription=subscription, ack_ids=[ack_id])
    assert isinstance(error, exceptions.InvalidArgument)
    assert error.message == f"You have passed an invalid ack ID to the service (ack_id={ack_id})."


def test_another_subscriptions_ack_id_is_refused(clients: Clients) -> None:
    topic = clients.topic()
    first, second = clients.subscription(topic), clients.subscription(topic)
    clients.publish(topic, b"x")
    received = clients.pull(first)
    assert isinstance(refusal(clients.acknowledge, second, received), exceptions.InvalidArgument)


def test_only_what_the_filter_matches_is_delivered(clients: Clients) -> None:
    topic = clients.topic()
    some = clients.subscription(topic, filter='attributes.kind = "a" OR NOT attributes:kind')
    every = clients.subscription(topic)
    for kind in ("a", "b"):
        clients.publish(topic, kind.encode(), kind=kind)
    clients.publish(topic, b"none")
    assert {one.message.data for one in clients.pull_all(some, 2)} == {b"a", b"none"}
    assert clients.pull(some, wait=False) == []
    assert len(clients.pull_all(every, 3)) == 3


def test_a_refused_message_waits_for_the_retry_policy(clients: Clients) -> None:
    topic = clients.topic()
    backoff = {"minimum_backoff": {"seconds": 1}, "maximum_backoff": {"seconds": 600}}
    subscription = clients.subscription(topic, retry_policy=backoff)
    clients.publish(topic, b"x")
    received = clients.pull(subscription)
    clients.refuse(subscription, received)
    assert clients.pull(subscription, wait=False) == []
    received = clients.pull(subscription)
    clients.refuse(subscription, received)
    refused_at = time.monotonic()
    (again,) = clients.pull(subscription)
    assert time.monotonic() - refused_at > 1.5  # the second time it is 2 s
    clients.acknowledge(subscription, [again])


def test_exactly_once_tells_which_acknowledgements_came_too_late(clients: Clients) -> None:
    topic = clients.topic()
    subscription = clients.subscription(topic, enable_exactly_once_delivery=True)
    clients.publish(topic, b"x", b"y")
    first, second = clients.pull_all(subscription, 2)
    clients.refuse(subscription, [first])
    (again,) = clients.pull(subscription)
    error = refusal(clients.acknowledge, subscription, [first, second])
    assert isinstance(error, exceptions.InvalidArgument)
    assert error.reason == "EXACTLY_ONCE_ACKID_FAILURE"
    assert error.metadata == {first.ack_id: "PERMANENT_FAILURE_INVALID_ACK_ID"}
    assert isinstance(refusal(clients.refuse, subscription, [first]), exceptions.InvalidArgument)
    clients.acknowledge(subscription, [again])
    assert clients.pull(subscription, wait=False) == []


def test_dead_letters_are_forwarded_after_their_attempts(clients: Clients) -> None:
    topic, dead = clients.topic(), clients.topic()
    hold = clients.subscription(dead)
    subscription = clients.subscription(
        topic, dead_letter_policy={"dead_letter_topic": dead, "max_delivery_attempts": 5}
    )
    clients.publish(topic, b"poison", kind="bad")
    clients.publish(topic, b"good")
    attempts: list[int] = []
    for _ in range(5):
        received = clients.pull_all(subscription, 2 if not attempts else 1)
        attempts += [one.delivery_attempt for one in received if one.message.data == b"poison"]
        if good := [one for one in received if one.message.data == b"good"]:
            clients.acknowledge(subscription, good)
        published = [one.message.publish_time for one in received if one.message.data == b"poison"]
        clients.refuse(subscription, [one for one in received if one.message.data == b"poison"])
    assert attempts == [1, 2, 3, 4, 5]
    assert clients.pull(subscription, wait=False) == []
    (letter,) = clients.pull(hold)
    assert letter.message.data == b"poison"
    attributes = dict(letter.message.attributes)
    moment = datetime.fromisoformat(attributes.pop("CloudPubSubDeadLetterSourceTopicPublishTime"))
    assert moment == published[0]
    assert attributes == {
        "kind": "bad",
        "CloudPubSubDeadLetterSourceDeliveryCount": "5",
        "CloudPubSubDeadLetterSourceSubscription": subscription.rpartition("/")[2],
        "CloudPubSubDeadLetterSourceSubscriptionProject": "tests-of-pubsub",
    }


def test_a_missing_dead_letter_topic_loses_nothing(clients: Clients) -> None:
    topic, dead = clients.topic(), clients.topic()
    policy = {"dead_letter_topic": dead, "max_delivery_attempts": 5}
    subscription = clients.subscription(topic, dead_letter_policy=policy)
    clients.publish(topic, b"x")
    clients.publisher.delete_topic(topic=dead)
    for attempt in range(1, 8):
        (received,) = clients.pull(subscription)
        assert received.delivery_attempt == attempt
        clients.refuse(subscription, [received])


def test_keys_are_delivered_in_order_and_taken_back_together(clients: Clients) -> None:
    topic = clients.topic()
    subscription = clients.subscription(topic, enable_message_ordering=True)
    for number in range(4):
        clients.publish(topic, b"a%d" % number, ordering_key="a")
        clients.publish(topic, b"b%d" % number, ordering_key="b")
    received = clients.pull_all(subscription, 8)
    of_a = [one for one in received if one.message.ordering_key == "a"]
    assert [one.message.data for one in of_a] == [b"a0", b"a1", b"a2", b"a3"]
    clients.publish(topic, b"a4", ordering_key="a")
    assert clients.pull(subscription, wait=False) == []  # a0 .. a3 are with somebody else
    clients.acknowledge(subscription, of_a[:1])
    clients.refuse(subscription, of_a[1:2])
    again = clients.pull_all(subscription, 4)
    assert [one.message.data for one in again] == [b"a1", b"a2", b"a3", b"a4"]


def test_an_acknowledgement_that_overtook_is_void_when_the_key_is_taken_back(clients: Clients) -> None:
    topic = clients.topic()
    subscription = clients.subscription(topic, enable_message_ordering=True)
    clients.publish(topic, b"a0", b"a1", ordering_key="a")
    first, second = clients.pull_all(subscription, 2)
    clients.acknowledge(subscription, [second])
    clients.refuse(subscription, [first])
    first, second = clients.pull_all(subscription, 2)
    assert [first.message.data, second.message.data] == [b"a0", b"a1"]
    clients.acknowledge(subscription, [first])
    clients.refuse(subscription, [second])
    assert [one.message.data for one in clients.pull_all(subscription, 1)] == [b"a1"]


def test_deleting_a_subscription_ends_its_pulls(clients: Clients) -> None:
    subscription = clients.subscription(clients.topic())
    timer = threading.Timer(0.2, clients.subscriber.delete_subscription, kwargs={"subscription": subscription})
    timer.start()
    assert isinstance(refusal(clients.pull, subscription), exceptions.NotFound)
    timer.join()
