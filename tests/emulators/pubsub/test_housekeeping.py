"""What time and a full disk do: old messages go, files nobody needs go, a write that fails loses nothing."""

import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.api_core import exceptions

from emulators.pubsub.messages import v1
from emulators.pubsub.state.broker import Broker
from emulators.pubsub.state.clock import Clock
from emulators.pubsub.state.errors import PubsubError
from emulators.pubsub.state.leases import Consumer
from tests.emulators.pubsub.process import Clients, Emulator
from tests.emulators.pubsub.test_publisher import refusal

TOPIC, SUBSCRIPTION = "projects/state/topics/topic", "projects/state/subscriptions/subscription"
DAY = 86400
NOW = 1_800_000_000.0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    opened = Broker(tmp_path, segment_bytes=10_000)
    yield opened
    opened.close()


def create(broker: Broker, topic: dict[str, Any] | None = None, **subscription: Any) -> None:
    broker.topics.create(v1.Topic(name=TOPIC, **(topic or {})))
    never = {"expiration_policy": v1.ExpirationPolicy()}
    broker.subscriptions.create(v1.Subscription(name=SUBSCRIPTION, topic=TOPIC, **never | subscription))


def publish(broker: Broker, count: int, now: float) -> None:
    message = v1.PubsubMessage(data=b"x" * 1000).SerializeToString()
    for _ in range(count):
        broker.topics.publish(TOPIC, [message], now)


def lease(broker: Broker, now: float) -> list[str]:
    found = broker.subscriptions.queue(SUBSCRIPTION).lease(Consumer(), 1000, 1 << 30, 10, now)
    return [delivery.ack_id for delivery in found]


def logs(tmp_path: Path) -> int:
    return len(list(tmp_path.glob("topics/*/*.log")))


def test_acknowledged_messages_leave_the_disk(broker: Broker, tmp_path: Path) -> None:
    create(broker)
    publish(broker, 100, NOW)
    assert logs(tmp_path) == 10
    ack_ids = lease(broker, NOW)
    broker.subscriptions.acknowledge(SUBSCRIPTION, ack_ids[:-1], NOW)
    broker.keep_house(NOW)
    assert logs(tmp_path) == 1
    assert len(list(tmp_path.glob("topics/*/*.index"))) == 0


@pytest.mark.parametrize("topic", [{}, {"message_retention_duration": {"seconds": 10 * DAY}}])
def test_messages_go_when_they_are_too_old(broker: Broker, tmp_path: Path, topic: dict[str, Any]) -> None:
    create(broker, topic)
    publish(broker, 50, NOW)
    publish(broker, 1, NOW + 6 * DAY)
    broker.keep_house(NOW + 6 * DAY)
    assert logs(tmp_path) == 6
    limit = 10 if topic else 7
    assert len(lease(broker, NOW + limit * DAY + 1)) == 1
    broker.keep_house(NOW + limit * DAY + 1)
    assert logs(tmp_path) == 1


@pytest.mark.parametrize("keeper", ["snapshot", "retain_acked_messages", "topic retention"])
def test_messages_stay_as_long_as_a_seek_may_want_them(broker: Broker, tmp_path: Path, keeper: str) -> None:
    topic = {"message_retention_duration": {"seconds": 7 * DAY}} if keeper == "topic retention" else {}
    create(broker, topic, retain_acked_messages=keeper == "retain_acked_messages")
    publish(broker, 1, NOW)
    if keeper == "snapshot":
        broker.snapshots.create(
            v1.CreateSnapshotRequest(name="projects/state/snapshots/one", subscription=SUBSCRIPTION), NOW
        )
    publish(broker, 30, NOW)
    broker.subscriptions.acknowledge(SUBSCRIPTION, lease(broker, NOW), NOW)
    broker.keep_house(NOW + 6 * DAY)
    assert logs(tmp_path) >= 3
    broker.keep_house(NOW + 7 * DAY + 10)
    assert logs(tmp_path) == 1


def test_a_consumer_without_room_is_not_asked_to_look_again_at_once(broker: Broker) -> None:
    create(broker)
    publish(broker, 2, NOW)
    queue, full, other = broker.subscriptions.queue(SUBSCRIPTION), Consumer(max_messages=1), Consumer()
    assert len(queue.lease(full, 10, 1 << 20, 10, NOW)) == 1
    (second,) = queue.lease(other, 10, 1 << 20, 60, NOW)
    queue.modify([second.ack_id], [0], NOW)  # it is due now, but not for the full one
    assert queue.lease(full, 10, 1 << 20, 10, NOW + 1) == []
    assert queue.next_event(full) == NOW + 10
    assert (queue.next_event(other) or 0) <= NOW + 1


def test_a_filter_that_drops_a_backlog_lets_others_run(broker: Broker) -> None:
    create(broker, filter="attributes:kept")
    dropped = v1.PubsubMessage(data=b"x").SerializeToString()
    for _ in range(25):
        broker.topics.publish(TOPIC, [dropped] * 1000, NOW)
    kept = v1.PubsubMessage(data=b"x", attributes={"kept": ""}).SerializeToString()
    broker.topics.publish(TOPIC, [kept], NOW)
    queue, woken = broker.subscriptions.queue(SUBSCRIPTION), list[int]()
    consumer = Consumer(wake=lambda: woken.append(1))
    calls = 1
    while not queue.lease(consumer, 10, 1 << 20, 10, NOW):
        assert len(woken) == calls
        calls += 1
    assert calls == 3


def test_a_deleted_topics_log_goes_with_its_last_subscription(broker: Broker, tmp_path: Path) -> None:
    create(broker)
    publish(broker, 5, NOW)
    broker.topics.delete(TOPIC)
    broker.keep_house(NOW)
    assert len(lease(broker, NOW)) == 5
    broker.subscriptions.delete(SUBSCRIPTION)
    broker.keep_house(NOW)
    assert list((tmp_path / "topics").iterdir()) == []


def test_a_snapshot_that_would_not_live_an_hour_is_refused(broker: Broker) -> None:
    create(broker)
    publish(broker, 1, NOW)
    request = v1.CreateSnapshotRequest(name="projects/state/snapshots/one", subscription=SUBSCRIPTION)
    with pytest.raises(PubsubError, match="FAILED_PRECONDITION"):
        broker.snapshots.create(request, NOW + 7 * DAY - 3000)


def test_the_clock_never_goes_back_and_never_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    wall, steady = [1000.0], [5.0]
    monkeypatch.setattr("emulators.pubsub.state.clock.time.time", lambda: wall[0])
    monkeypatch.setattr("emulators.pubsub.state.clock.time.monotonic", lambda: steady[0])
    clock = Clock()
    wall[0], steady[0] = wall[0] - 3600, steady[0] + 10  # set back an hour
    assert clock.now() == 1010.0
    wall[0], steady[0] = 5000.0, steady[0] + 1  # a laptop that slept
    assert clock.now() == 5000.0


def test_a_full_disk_refuses_and_loses_nothing(state: Path) -> None:
    emulator = Emulator(state)
    clients = Clients(emulator.target)
    topic = clients.topic()
    subscription = clients.subscription(topic)
    kept = []
    no_limit = resource.RLIM_INFINITY
    resource.prlimit(emulator.process.pid, resource.RLIMIT_FSIZE, (100_000, no_limit))
    while True:
        try:
            kept += list(
                clients.api.publish(
                    topic=topic, messages=[{"data": b"x" * 3000}] * 3, retry=None, timeout=5
                ).message_ids
            )
        except exceptions.ServiceUnavailable as error:
            assert "state folder cannot be used" in error.message
            break
    resource.prlimit(emulator.process.pid, resource.RLIMIT_FSIZE, (no_limit, no_limit))
    kept += clients.publish(topic, b"after")
    received = clients.pull_all(subscription, len(kept))
    assert sorted(one.message.message_id for one in received) == sorted(kept)
    resource.prlimit(emulator.process.pid, resource.RLIMIT_FSIZE, (1, no_limit))
    ids = [one.ack_id for one in received]
    full = refusal(clients.subscriber.acknowledge, subscription=subscription, ack_ids=ids, retry=None, timeout=5)
    assert isinstance(full, exceptions.ServiceUnavailable)
    full = refusal(clients.publisher.create_topic, name=clients.name("topics"), retry=None, timeout=5)
    assert isinstance(full, exceptions.ServiceUnavailable)
    resource.prlimit(emulator.process.pid, resource.RLIMIT_FSIZE, (no_limit, no_limit))
    again = clients.pull_all(subscription, len(kept))
    clients.acknowledge(subscription, again)
    assert clients.pull(subscription, wait=False) == []
    clients.close()
    assert emulator.stop() == 0


def test_a_subscription_expires_with_nobody_there(broker: Broker) -> None:
    policy = v1.ExpirationPolicy()
    policy.ttl.seconds = 2 * DAY
    create(broker, expiration_policy=policy)
    start = broker.now()
    broker.keep_house(start + 1.9 * DAY)
    queue = broker.subscriptions.queue(SUBSCRIPTION)
    consumer = Consumer()
    queue.consumers[consumer] = None
    broker.keep_house(start + 10 * DAY)
    queue.consumers.pop(consumer)
    broker.keep_house(start + 11.9 * DAY)
    assert broker.subscriptions.is_open(SUBSCRIPTION, queue)
    broker.keep_house(start + 12.1 * DAY)
    with pytest.raises(PubsubError, match="NOT_FOUND"):
        broker.subscriptions.get(SUBSCRIPTION)
