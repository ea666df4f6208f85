"""kill -9 while messages are published and consumed: what was acknowledged to a publisher is delivered, what a
consumer had acknowledged before a quiet moment does not come back."""

import random
import threading
import time
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.api_core import exceptions
from google.pubsub_v1 import types
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.emulators.pubsub.process import Clients, Emulator
from tests.emulators.pubsub.test_streaming import Stream, until

_GONE = (exceptions.ServiceUnavailable, exceptions.DeadlineExceeded, exceptions.Unknown)


class Traffic:
    """A publisher and a consumer that go on until the emulator is gone, and a ledger of what they know."""

    def __init__(self, clients: Clients, topic: str, subscription: str, ledger: "Ledger") -> None:
        self._clients, self._topic, self._subscription, self._ledger = clients, topic, subscription, ledger
        self._threads = [threading.Thread(target=run) for run in (self._publish, self._consume)]
        for thread in self._threads:
            thread.start()

    def _publish(self) -> None:
        while True:
            batch = [b"%d" % self._ledger.next_number() for _ in range(random.randint(1, 20))]
            messages = [types.PubsubMessage(data=one) for one in batch]
            try:
                self._clients.api.publish(topic=self._topic, messages=messages, retry=None, timeout=5)
            except _GONE:
                return
            self._ledger.published |= set(batch)

    def _consume(self) -> None:
        while True:
            try:
                answer = self._clients.subscriber.pull(
                    subscription=self._subscription, max_messages=30, retry=None, timeout=5
                )
                received = list(answer.received_messages)
                self._ledger.received += [one.message.data for one in received]
                if received:
                    kept = received[: random.randint(1, len(received))]
                    ids = [one.ack_id for one in kept]
                    self._ledger.asked |= {one.message.data for one in kept}
                    self._clients.subscriber.acknowledge(
                        subscription=self._subscription, ack_ids=ids, retry=None, timeout=5
                    )
                    self._ledger.acknowledged |= {one.message.data for one in kept}
            except _GONE:
                return

    def join(self) -> None:
        for thread in self._threads:
            thread.join(timeout=20)
            assert not thread.is_alive()


class Ledger:
    """What publisher and consumer were told. What was asked to be acknowledged and got no answer may be done or not."""

    def __init__(self) -> None:
        self._number = 0
        self.published: set[bytes] = set()
        self.received: list[bytes] = []
        self.asked: set[bytes] = set()
        self.acknowledged: set[bytes] = set()

    def next_number(self) -> int:
        self._number += 1
        return self._number


def test_nothing_published_is_lost_and_nothing_acknowledged_returns(state: Path) -> None:
    emulator = Emulator(state)
    clients = Clients(emulator.target)
    topic = clients.topic()
    subscription = clients.subscription(topic, ack_deadline_seconds=600)
    ledger = Ledger()
    for seconds in (0.3, 0.6, 0.2, 0.5, 0.4):
        traffic = Traffic(clients, topic, subscription, ledger)
        time.sleep(seconds)
        emulator.kill()
        traffic.join()
        clients.close()
        before = set(ledger.acknowledged)
        emulator.start()
        clients = Clients(emulator.target)
        ledger.received = []
    while received := clients.pull(subscription, 1000, wait=False):
        ledger.received += [one.message.data for one in received]
    clients.close()
    assert emulator.stop() == 0
    assert len(ledger.published) > 100
    assert len(ledger.acknowledged) > 50
    assert before.isdisjoint(ledger.received)
    assert ledger.published - ledger.asked <= set(ledger.received)
    assert len(ledger.received) == len(set(ledger.received))


def test_resources_survive_and_so_do_leftovers_of_none(state: Path) -> None:
    emulator = Emulator(state)
    clients = Clients(emulator.target)
    topic = clients.topic(labels={"a": "b"})
    subscription = clients.subscription(topic, filter="attributes:x", enable_message_ordering=True)
    snapshot = clients.name("snapshots")
    clients.publish(topic, b"1", x="")
    clients.subscriber.create_snapshot(name=snapshot, subscription=subscription)
    clients.acknowledge(subscription, clients.pull_all(subscription, 1))
    deleted = clients.subscription(topic)
    clients.subscriber.delete_subscription(subscription=deleted)
    wanted = [clients.publisher.get_topic(topic=topic), clients.subscriber.get_subscription(subscription=subscription)]
    emulator.kill()
    (state / "subscriptions" / "999.acks").write_bytes(b"half written")
    clients.close()
    emulator.start()
    clients = Clients(emulator.target)
    found = [clients.publisher.get_topic(topic=topic), clients.subscriber.get_subscription(subscription=subscription)]
    assert found == wanted
    assert len(list((state / "subscriptions").iterdir())) == 1
    assert clients.pull(subscription, wait=False) == []
    clients.subscriber.seek(request={"subscription": subscription, "snapshot": snapshot})
    assert [one.message.data for one in clients.pull(subscription)] == [b"1"]
    clients.close()
    emulator.stop()


def test_an_acknowledgement_from_before_the_kill_counts_after_it(state: Path) -> None:
    emulator = Emulator(state)
    clients = Clients(emulator.target)
    topic = clients.topic()
    subscription = clients.subscription(topic)
    clients.publish(topic, b"handled", b"waiting")
    received = clients.pull_all(subscription, 2)
    emulator.kill()
    clients.close()
    emulator.start()
    clients = Clients(emulator.target)
    clients.acknowledge(subscription, [one for one in received if one.message.data == b"handled"])
    assert [one.message.data for one in clients.pull_all(subscription, 1)] == [b"waiting"]
    clients.close()
    emulator.stop()


def test_delivery_attempts_are_counted_across_kills(state: Path) -> None:
    emulator = Emulator(state)
    clients = Clients(emulator.target)
    topic, dead = clients.topic(), clients.topic()
    policy = {"dead_letter_topic": dead, "max_delivery_attempts": 5}
    subscription = clients.subscription(topic, dead_letter_policy=policy)
    clients.publish(topic, b"x")
    clients.refuse(subscription, clients.pull_all(subscription, 1))
    emulator.kill()
    clients.close()
    emulator.start()
    clients = Clients(emulator.target)
    assert [one.delivery_attempt for one in clients.pull(subscription)] == [2]
    clients.close()
    emulator.stop()


@pytest.mark.long
def test_a_consumer_that_reconnects_by_itself_loses_nothing(state: Path) -> None:
    emulator = Emulator(state)
    clients = Clients(emulator.target)
    topic = clients.topic()
    subscription = clients.subscription(topic)
    seen: set[bytes] = set()

    def callback(message: Any) -> None:
        seen.add(message.data)
        message.ack()

    future = clients.subscriber.subscribe(subscription, callback)
    futures = [clients.publisher.publish(topic, b"%d" % number) for number in range(300)]
    emulator.kill()
    emulator.start(emulator.port)
    published = {b"%d" % number for number, one in enumerate(futures) if one.exception(timeout=60) is None}
    end = time.monotonic() + 60
    while not published <= seen and time.monotonic() < end:
        time.sleep(0.05)
    future.cancel()
    future.result(timeout=10)
    clients.close()
    emulator.stop()
    assert len(published) == 300
    assert published <= seen


def test_the_health_service_says_serving_and_sigterm_ends_open_streams(state: Path) -> None:
    emulator = Emulator(state)
    clients = Clients(emulator.target)
    with grpc.insecure_channel(emulator.target) as channel:
        answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    stream = Stream(clients, clients.subscription(clients.topic()))
    until(lambda: bool(stream.responses))
    assert emulator.stop() == 0
    assert stream.failure()[0] == grpc.StatusCode.UNAVAILABLE
    clients.close()


@pytest.mark.parametrize(
    ("port", "words"),
    [("taken", "is taken; stop what listens there, or use another --port"), ("0", "another Pub/Sub emulator has")],
)
def test_a_start_that_cannot_be_says_why(state: Path, tmp_path: Path, port: str, words: str) -> None:
    emulator = Emulator(state)
    second = Emulator.__new__(Emulator)
    second._options, second.environment = (), emulator.environment
    second._state = tmp_path / "other" if port == "taken" else state
    with pytest.raises(RuntimeError, match=words):
        second.start(emulator.port if port == "taken" else 0)
    assert second.process.wait(timeout=5) == 1
    emulator.stop()
