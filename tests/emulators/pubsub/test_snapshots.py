"""Snapshots and Seek, by the official client."""

import datetime
import time
from typing import Any

import pytest
from google.api_core import exceptions
from google.pubsub_v1 import types

from tests.emulators.pubsub.process import PROJECT, Clients
from tests.emulators.pubsub.test_publisher import refusal


def data(received: list[types.ReceivedMessage]) -> list[bytes]:
    return sorted(one.message.data for one in received)


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def test_a_snapshot_brings_back_what_was_not_acknowledged(clients: Clients) -> None:
    topic = clients.topic()
    subscription, other = clients.subscription(topic), clients.subscription(topic)
    clients.publish(topic, b"a", b"b", b"c")
    received = clients.pull_all(subscription, 3)
    clients.acknowledge(subscription, received[:1])
    name = clients.name("snapshots")
    made = clients.subscriber.create_snapshot(
        request={"name": name, "subscription": subscription, "labels": {"a": "b"}}
    )
    assert (made.topic, made.labels) == (topic, {"a": "b"})
    assert 6.9 * 86400 < (made.expire_time - now()).total_seconds() <= 7 * 86400
    clients.publish(topic, b"d")
    clients.acknowledge(subscription, received[1:] + clients.pull_all(subscription, 1))
    clients.subscriber.seek(request={"subscription": subscription, "snapshot": name})
    assert data(clients.pull_all(subscription, 3)) == sorted([one.message.data for one in received[1:]] + [b"d"])
    clients.acknowledge(other, clients.pull_all(other, 4))
    clients.subscriber.seek(request={"subscription": other, "snapshot": name})
    assert len(clients.pull_all(other, 3)) == 3


def test_snapshots_are_listed_changed_and_deleted(clients: Clients) -> None:
    topic = clients.topic()
    subscription = clients.subscription(topic)
    name = clients.name("snapshots")
    clients.subscriber.create_snapshot(name=name, subscription=subscription)
    assert isinstance(
        refusal(clients.subscriber.create_snapshot, name=name, subscription=subscription), exceptions.AlreadyExists
    )
    assert list(clients.publisher.list_topic_snapshots(request={"topic": topic})) == [name]
    assert name in [one.name for one in clients.subscriber.list_snapshots(project=PROJECT)]
    changed = clients.subscriber.update_snapshot(
        request={"snapshot": {"name": name, "labels": {"x": "y"}}, "update_mask": {"paths": ["labels"]}}
    )
    assert clients.subscriber.get_snapshot(snapshot=name) == changed
    clients.subscriber.delete_snapshot(snapshot=name)
    assert isinstance(refusal(clients.subscriber.get_snapshot, snapshot=name), exceptions.NotFound)


def test_a_snapshot_of_another_topic_is_refused(clients: Clients) -> None:
    name = clients.name("snapshots")
    clients.subscriber.create_snapshot(name=name, subscription=clients.subscription(clients.topic()))
    request = {"subscription": clients.subscription(clients.topic()), "snapshot": name}
    assert isinstance(refusal(clients.subscriber.seek, request=request), exceptions.FailedPrecondition)


@pytest.mark.parametrize(
    ("of_topic", "of_subscription", "comes_back"),
    [
        ({}, {}, [b"new"]),
        ({}, {"retain_acked_messages": True}, [b"acknowledged", b"new"]),
        ({"message_retention_duration": {"seconds": 3600}}, {}, [b"acknowledged", b"new"]),
    ],
)
def test_a_seek_to_the_past_brings_back_what_is_retained(
    clients: Clients, of_topic: dict[str, Any], of_subscription: dict[str, Any], comes_back: list[bytes]
) -> None:
    topic = clients.topic(**of_topic)
    subscription = clients.subscription(topic, **of_subscription)
    clients.publish(topic, b"before")
    time.sleep(0.01)
    target = now()
    clients.publish(topic, b"acknowledged")
    clients.acknowledge(subscription, clients.pull_all(subscription, 2))
    clients.publish(topic, b"new")
    clients.subscriber.seek(request={"subscription": subscription, "time": target})
    assert data(clients.pull_all(subscription, len(comes_back))) == comes_back
    assert clients.pull(subscription, wait=False) == []


def test_a_topic_with_retention_serves_a_seek_to_before_the_subscription(clients: Clients) -> None:
    topic = clients.topic(message_retention_duration={"seconds": 3600})
    target = now()
    clients.publish(topic, b"early")
    subscription = clients.subscription(topic)
    assert clients.pull(subscription, wait=False) == []
    clients.subscriber.seek(request={"subscription": subscription, "time": target})
    assert data(clients.pull_all(subscription, 1)) == [b"early"]


def test_a_seek_to_the_future_purges(clients: Clients) -> None:
    topic = clients.topic()
    subscription = clients.subscription(topic)
    clients.publish(topic, *[b"x"] * 10)
    clients.subscriber.seek(request={"subscription": subscription, "time": now() + datetime.timedelta(hours=1)})
    assert clients.pull(subscription, wait=False) == []
    clients.publish(topic, b"y")
    assert data(clients.pull(subscription)) == [b"y"]


def test_acknowledgements_from_before_a_seek_are_void(clients: Clients) -> None:
    topic = clients.topic()
    subscription = clients.subscription(topic)
    clients.publish(topic, b"x")
    received = clients.pull_all(subscription, 1)
    name = clients.name("snapshots")
    clients.subscriber.create_snapshot(name=name, subscription=subscription)
    clients.subscriber.seek(request={"subscription": subscription, "snapshot": name})
    clients.acknowledge(subscription, received)
    assert data(clients.pull(subscription)) == [b"x"]
