"""StreamingPull: by the official subscriber with its threads, and by the bare stream where frames matter."""

import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import grpc
import pytest
from google.cloud.pubsub_v1.subscriber.exceptions import AcknowledgeError
from google.pubsub_v1 import types

from tests.emulators.pubsub.process import Clients, eventually

until = partial(eventually, seconds=20)


class Stream:
    """A bare StreamingPull: what is sent and received is seen."""

    def __init__(self, clients: Clients, subscription: str, **first: Any) -> None:
        self._requests: list[types.StreamingPullRequest | None] = []
        self._ready = threading.Semaphore(0)
        self.received: list[types.ReceivedMessage] = []
        self.responses: list[types.StreamingPullResponse] = []
        self.error: grpc.RpcError | None = None
        self.send(subscription=subscription, **({"stream_ack_deadline_seconds": 10} | first))
        self._call = clients.subscriber.transport.streaming_pull(self._outgoing())
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, **fields: Any) -> None:
        self._requests.append(types.StreamingPullRequest(**fields))
        self._ready.release()

    def _outgoing(self) -> Iterator[types.StreamingPullRequest]:
        while True:
            self._ready.acquire()
            request = self._requests.pop(0)
            if request is None:
                return
            yield request

    def _read(self) -> None:
        try:
            for response in self._call:
                self.responses.append(response)
                self.received += response.received_messages
        except grpc.RpcError as error:
            self.error = error

    def end(self) -> None:
        """Half-closes."""
        self._requests.append(None)
        self._ready.release()

    def failure(self) -> tuple[grpc.StatusCode, str]:
        until(lambda: self.error is not None)
        assert isinstance(self.error, grpc.Call)
        return self.error.code(), self.error.details()

    def cancel(self) -> None:
        self._call.cancel()


@pytest.fixture
def topic(clients: Clients) -> str:
    return clients.topic()


def publish_many(clients: Clients, topic: str) -> set[str]:
    """The ids of 300 messages."""
    futures = [clients.publisher.publish(topic, b"%d" % number) for number in range(300)]
    return {future.result(timeout=10) for future in futures}


def test_the_stock_subscriber_gets_every_message_once(clients: Clients, topic: str) -> None:
    subscription = clients.subscription(topic)
    ids = publish_many(clients, topic)
    seen: list[str] = []

    def callback(message: Any) -> None:
        seen.append(message.message_id)
        message.ack()

    future = clients.subscriber.subscribe(subscription, callback)
    until(lambda: len(seen) >= 300)
    ids |= publish_many(clients, topic)
    until(lambda: len(seen) >= 600)
    future.cancel()
    future.result(timeout=10)
    assert sorted(seen) == sorted(ids)
    assert clients.pull(subscription, wait=False) == []


def test_the_stock_subscriber_gets_a_refused_message_again(clients: Clients, topic: str) -> None:
    dead = clients.topic()
    policy = {"dead_letter_topic": dead, "max_delivery_attempts": 5}
    subscription, hold = clients.subscription(topic, dead_letter_policy=policy), clients.subscription(dead)
    attempts: list[int] = []

    def callback(message: Any) -> None:
        attempts.append(message.delivery_attempt)
        message.nack()

    future = clients.subscriber.subscribe(subscription, callback)
    clients.publish(topic, b"x")
    letters = clients.pull_all(hold, 1)
    future.cancel()
    future.result(timeout=10)
    assert attempts == [1, 2, 3, 4, 5]
    assert letters[0].message.attributes["CloudPubSubDeadLetterSourceDeliveryCount"] == "5"


def test_the_stock_subscriber_keeps_the_order_of_keys(clients: Clients, topic: str) -> None:
    subscription = clients.subscription(topic, enable_message_ordering=True)
    for number in range(60):
        clients.publisher.publish(topic, b"%d" % number, ordering_key=f"key{number % 3}")
    seen: dict[str, list[int]] = {}
    refused: list[bytes] = []

    def callback(message: Any) -> None:
        if message.data == b"30" and not refused:
            refused.append(message.data)
            message.nack()
            return
        seen.setdefault(message.ordering_key, []).append(int(message.data))
        message.ack()

    future = clients.subscriber.subscribe(subscription, callback)
    # The refused message comes again, and after it all that follow it.
    until(lambda: seen.get("key0", [])[-10:] == list(range(30, 60, 3)))
    until(lambda: all(len(seen.get(key, [])) >= 20 for key in ("key1", "key2")))
    future.cancel()
    future.result(timeout=10)
    assert seen["key1"] == list(range(1, 60, 3))
    assert seen["key2"] == list(range(2, 60, 3))


def test_the_stock_subscriber_learns_that_exactly_once_acknowledged(clients: Clients, topic: str) -> None:
    subscription = clients.subscription(topic, enable_exactly_once_delivery=True)
    results: list[Any] = []

    def callback(message: Any) -> None:
        results.append(message.ack_with_response())

    future = clients.subscriber.subscribe(subscription, callback)
    clients.publish(topic, b"x", b"y")
    until(lambda: len(results) == 2)
    assert [one.result(timeout=10).name for one in results] == ["SUCCESS", "SUCCESS"]
    future.cancel()
    future.result(timeout=10)


def test_the_stock_subscriber_learns_that_exactly_once_came_too_late(clients: Clients, topic: str) -> None:
    subscription = clients.subscription(topic, enable_exactly_once_delivery=True)
    outcome: list[BaseException | str] = []

    def callback(message: Any) -> None:
        if not outcome:
            outcome.append("first")
            clients.subscriber.modify_ack_deadline(
                subscription=subscription, ack_ids=[message.ack_id], ack_deadline_seconds=0
            )
            try:
                outcome.append(message.ack_with_response().result(timeout=10).name)
            except AcknowledgeError as error:
                outcome.append(error.error_code.name)
        else:
            message.ack()
            outcome.append("again")

    future = clients.subscriber.subscribe(subscription, callback)
    clients.publish(topic, b"x")
    until(lambda: len(outcome) >= 3)
    future.cancel()
    future.result(timeout=10)
    assert sorted(outcome, key=str) == ["INVALID_ACK_ID", "again", "first"]


def test_flow_control_stops_at_the_clients_limit(clients: Clients, topic: str) -> None:
    subscription = clients.subscription(topic)
    stream = Stream(clients, subscription, max_outstanding_messages=3)
    clients.publish(topic, *[b"x"] * 10)
    until(lambda: len(stream.received) == 3)
    time.sleep(0.2)
    assert len(stream.received) == 3
    stream.send(ack_ids=[stream.received[0].ack_id])
    until(lambda: len(stream.received) == 4)
    stream.send(modify_deadline_ack_ids=[stream.received[1].ack_id], modify_deadline_seconds=[0])
    until(lambda: len(stream.received) == 5)
    stream.cancel()


def test_flow_control_by_bytes(clients: Clients, topic: str) -> None:
    subscription = clients.subscription(topic)
    stream = Stream(clients, subscription, max_outstanding_bytes=1500)
    clients.publish(topic, *[b"x" * 1000] * 5)
    until(lambda: len(stream.received) == 2)
    time.sleep(0.2)
    assert len(stream.received) == 2
    stream.send(ack_ids=[one.ack_id for one in stream.received])
    until(lambda: len(stream.received) == 4)
    stream.cancel()


def test_the_streams_deadline_brings_messages_back_unless_it_is_extended(clients: Clients, topic: str) -> None:
    subscription = clients.subscription(topic)
    clients.publish(topic, b"short", b"long")
    stream = Stream(clients, subscription)
    until(lambda: len(stream.received) == 2)
    by_data = {one.message.data: one.ack_id for one in stream.received}
    stream.send(modify_deadline_ack_ids=[by_data[b"short"], by_data[b"long"]], modify_deadline_seconds=[1, 60])
    until(lambda: len(stream.received) == 3)
    assert stream.received[2].message.data == b"short"
    assert stream.received[2].ack_id != by_data[b"short"]
    stream.cancel()


def test_two_streams_share_the_messages(clients: Clients, topic: str) -> None:
    subscription = clients.subscription(topic)
    streams = [Stream(clients, subscription, max_outstanding_messages=50) for _ in range(2)]
    until(lambda: all(stream.responses for stream in streams))
    clients.publish(topic, *[b"x"] * 100)
    until(lambda: sum(len(stream.received) for stream in streams) == 100)
    ids = [one.message.message_id for stream in streams for one in stream.received]
    assert len(set(ids)) == 100
    assert all(stream.received for stream in streams)
    for stream in streams:
        stream.cancel()


def test_the_first_response_tells_the_subscriptions_properties(clients: Clients, topic: str) -> None:
    subscription = clients.subscription(topic, enable_message_ordering=True)
    stream = Stream(clients, subscription)
    until(lambda: len(stream.responses) == 1)
    assert stream.responses[0].subscription_properties.message_ordering_enabled
    assert not stream.responses[0].subscription_properties.exactly_once_delivery_enabled
    update = types.Subscription(name=subscription, enable_exactly_once_delivery=True)
    clients.subscriber.update_subscription(subscription=update, update_mask={"paths": ["enable_exactly_once_delivery"]})
    until(lambda: len(stream.responses) == 2)
    assert stream.responses[1].subscription_properties.exactly_once_delivery_enabled
    stream.cancel()


def test_exactly_once_confirms_on_the_stream(clients: Clients, topic: str) -> None:
    subscription = clients.subscription(topic, enable_exactly_once_delivery=True)
    clients.publish(topic, b"x")
    stream = Stream(clients, subscription)
    until(lambda: len(stream.received) == 1)
    ack_id = stream.received[0].ack_id
    stream.send(modify_deadline_ack_ids=[ack_id], modify_deadline_seconds=[20])
    until(lambda: stream.responses[-1].modify_ack_deadline_confirmation.ack_ids == [ack_id])
    stream.send(ack_ids=[ack_id])
    until(lambda: stream.responses[-1].acknowledge_confirmation.ack_ids == [ack_id])
    stream.send(ack_ids=[ack_id])
    until(lambda: stream.responses[-1].acknowledge_confirmation.invalid_ack_ids == [ack_id])
    stream.cancel()


def test_ending_the_stream_ends_it_and_leaves_the_leases(clients: Clients, topic: str) -> None:
    subscription = clients.subscription(topic)
    clients.publish(topic, b"x")
    stream = Stream(clients, subscription)
    until(lambda: len(stream.received) == 1)
    stream.end()
    until(lambda: stream._call.done())
    assert stream._call.code() == grpc.StatusCode.OK
    assert clients.pull(subscription, wait=False) == []


@pytest.mark.parametrize(
    ("first", "later", "words"),
    [
        ({"stream_ack_deadline_seconds": 9}, {}, "stream_ack_deadline_seconds is too small"),
        ({}, {"ack_ids": ["nonsense"]}, "invalid ack ID"),
        ({}, {"modify_deadline_ack_ids": ["a"]}, "must be the same"),
        ({}, {"max_outstanding_messages": 5}, "only be set in the first"),
        ({}, {"modify_deadline_ack_ids": ["a"], "modify_deadline_seconds": [-1]}, "acceptable values"),
    ],
)
def test_a_stream_with_a_bad_request_is_aborted(
    clients: Clients, topic: str, first: dict[str, Any], later: dict[str, Any], words: str
) -> None:
    stream = Stream(clients, clients.subscription(topic), **first)
    stream.send(**later)
    code, details = stream.failure()
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert words in details


def test_a_stream_of_no_subscription_is_refused_and_a_deleted_one_ends(clients: Clients, topic: str) -> None:
    missing = Stream(clients, "projects/p/subscriptions/missing")
    assert missing.failure() == (grpc.StatusCode.NOT_FOUND, "Resource not found (resource=missing).")
    subscription = clients.subscription(topic)
    stream = Stream(clients, subscription)
    until(lambda: bool(stream.responses))
    clients.subscriber.delete_subscription(subscription=subscription)
    assert stream.failure()[0] == grpc.StatusCode.NOT_FOUND
