"""The state layer against a simple model: every message is acknowledged, leased, or due; none is lost or doubled.

The clock is the test's. `crash` forgets everything but the folder; test_crash.py does it with kill -9.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from emulators.pubsub.messages import v1
from emulators.pubsub.state.broker import Broker
from emulators.pubsub.state.leases import Consumer

TOPIC, SUBSCRIPTION = "projects/model/topics/topic", "projects/model/subscriptions/subscription"
SNAPSHOT = "projects/model/snapshots/snapshot"
ROOM = 3  # what the consumer takes before it must acknowledge
SEGMENT_BYTES = 300  # a few messages, so that segments come and go
START = 1_800_000_000.0


class Machine(RuleBasedStateMachine):
    """What both machines do: publish, let time pass, crash, keep house."""

    fields: dict[str, Any] = {}

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.now = START
        self.published: list[str] = []
        self.order: dict[str, str] = {}
        self.broker = Broker(self.folder, SEGMENT_BYTES)
        self.broker.topics.create(v1.Topic(name=TOPIC))
        never = {"expiration_policy": v1.ExpirationPolicy()}
        self.broker.subscriptions.create(v1.Subscription(name=SUBSCRIPTION, topic=TOPIC, **never, **self.fields))
        self.start()

    def start(self) -> None:
        """The machine's own model."""
        raise NotImplementedError

    @property
    def queue(self) -> Any:
        return self.broker.subscriptions.queue(SUBSCRIPTION)

    def send(self, count: int, key: str, **attributes: str) -> list[str]:
        message = v1.PubsubMessage(data=b"x", ordering_key=key, attributes=attributes).SerializeToString()
        return self.broker.topics.publish(TOPIC, [message] * count, self.now)

    def take(self, consumer: Consumer, count: int) -> list[tuple[str, str]]:
        """(ack id, message id) of a lease of 10 s."""
        found = self.queue.lease(consumer, count, 1 << 20, 10, self.now)
        return [(ack_id, v1.PubsubMessage.FromString(body).message_id) for ack_id, body, _ in found]

    def reopen(self) -> None:
        self.broker.close()  # nothing is buffered in the process, so this leaves what a kill leaves
        self.broker = Broker(self.folder, SEGMENT_BYTES)

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.broker.close()
            shutil.rmtree(self.folder)


class Unordered(Machine):
    """A filtered subscription with flow control, late acknowledgements, snapshots and seeks."""

    fields = {"filter": 'attributes.keep = "yes"', "retain_acked_messages": True}

    def start(self) -> None:
        self.consumer = Consumer(max_messages=ROOM)
        self.due: set[str] = set()
        self.leased: dict[str, tuple[str, float]] = {}
        self.ack_ids: list[tuple[str, str, int]] = []
        self.kept: list[str] = []
        self.times: list[float] = []
        self.seeks = 0
        self.snapshot: tuple[int, set[str]] | None = None

    @rule(count=st.integers(1, 4), keep=st.sampled_from([True, True, False]))
    def publish(self, count: int, keep: bool) -> None:
        ids = self.send(count, "", keep="yes" if keep else "no")
        if keep:
            self.due |= set(ids)
            self.kept += ids
            self.times += [self.now] * count

    @rule(count=st.integers(1, 8))
    def lease(self, count: int) -> None:
        self.expire()
        room = ROOM - len(self.leased)
        found = self.take(self.consumer, count)
        assert len(found) == min(count, room, len(self.due))
        for ack_id, message in found:
            assert message in self.due
            self.due.discard(message)
            self.leased[message] = (ack_id, self.now + 10)
            self.ack_ids.append((ack_id, message, self.seeks))

    def expire(self) -> None:
        for message, (_, deadline) in list(self.leased.items()):
            if deadline <= self.now:
                del self.leased[message]
                self.due.add(message)

    @precondition(lambda self: self.ack_ids)
    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        current = [one for one in self.ack_ids if self.leased.get(one[1], ("",))[0] == one[0]]
        chosen = data.draw(st.lists(st.sampled_from(current or self.ack_ids), min_size=1, max_size=4))
        chosen += data.draw(st.lists(st.sampled_from(self.ack_ids), max_size=1))
        self.expire()
        assert self.queue.acknowledge([ack_id for ack_id, _, _ in chosen], self.now) == []
        for _, message, seeks in chosen:
            if seeks == self.seeks:
                self.due.discard(message)
                self.leased.pop(message, None)

    @precondition(lambda self: self.ack_ids)
    @rule(data=st.data(), seconds=st.sampled_from([0, 15]))
    def modify(self, data: st.DataObject, seconds: int) -> None:
        ack_id, message, _ = data.draw(st.sampled_from(self.ack_ids))
        self.expire()
        self.queue.modify([ack_id], [seconds], self.now)
        if message in self.leased and self.leased[message][0] == ack_id:
            if seconds:
                self.leased[message] = (ack_id, self.now + seconds)
            else:
                del self.leased[message]
                self.due.add(message)

    @rule(seconds=st.sampled_from([1, 9, 20]))
    def wait(self, seconds: int) -> None:
        self.now += seconds
        self.broker.keep_house(self.now)

    @rule()
    def crash(self) -> None:
        self.reopen()
        self.consumer = Consumer(max_messages=ROOM)
        self.due |= set(self.leased)
        self.leased = {}

    @rule()
    def take_snapshot(self) -> None:
        if self.snapshot is not None:
            self.broker.snapshots.delete(SNAPSHOT)
        request = v1.CreateSnapshotRequest(name=SNAPSHOT, subscription=SUBSCRIPTION)
        self.broker.snapshots.create(request, self.now)
        self.snapshot = (len(self.kept), self.due | set(self.leased))

    @precondition(lambda self: self.snapshot is not None)
    @rule()
    def seek_to_snapshot(self) -> None:
        assert self.snapshot is not None
        self.broker.snapshots.seek_to_snapshot(SUBSCRIPTION, SNAPSHOT)
        count, unacknowledged = self.snapshot
        self.sought(unacknowledged | set(self.kept[count:]))

    @rule(back=st.integers(0, 60))
    def seek_to_time(self, back: int) -> None:
        time = self.now - back
        self.broker.snapshots.seek_to_time(SUBSCRIPTION, int(time * 1_000_000), self.now)
        after = {one for one, at in zip(self.kept, self.times, strict=True) if at >= time}
        self.sought(after if self.fields["retain_acked_messages"] else after & (self.due | set(self.leased)))

    def sought(self, due: set[str]) -> None:
        self.seeks += 1
        self.due = due
        self.leased = {}

    @invariant()
    def flow_control_counts_what_is_leased(self) -> None:
        if hasattr(self, "consumer"):
            assert self.consumer.outstanding_messages >= len([1 for _, d in self.leased.values() if d > self.now])

    def teardown(self) -> None:
        if hasattr(self, "due"):
            self.now += 100
            everything = self.due | set(self.leased)
            found = [message for _, message in self.take(Consumer(), 10_000)]
            assert sorted(found) == sorted(everything)
        super().teardown()


class Forgetful(Unordered):
    """The same without retained acknowledged messages: a seek to a time only acknowledges."""

    fields = {"filter": 'attributes.keep = "yes"', "retain_acked_messages": False}


class Ordered(Machine):
    """Two consumers on ordering keys: per key one consumer at a time, in order, nothing skipped."""

    fields = {"enable_message_ordering": True}

    def start(self) -> None:
        self.consumers = [Consumer(), Consumer()]
        self.todo: dict[str, list[str]] = {"a": [], "b": [], "": []}
        self.key_of: dict[str, str] = {}
        self.held: dict[str, tuple[str, int, float]] = {}
        self.done: set[str] = set()

    @rule(count=st.integers(1, 4), key=st.sampled_from(["a", "b", ""]))
    def publish(self, count: int, key: str) -> None:
        ids = self.send(count, key)
        self.todo[key] += ids
        self.key_of |= dict.fromkeys(ids, key)

    @rule(count=st.integers(1, 6), who=st.integers(0, 1))
    def lease(self, count: int, who: int) -> None:
        self.expire()
        for ack_id, message in self.take(self.consumers[who], count):
            key = self.key_of[message]
            assert message in self.todo[key]
            assert message not in self.held
            if key:
                before = self.todo[key][: self.todo[key].index(message)]
                assert all(one in self.held and self.held[one][1] == who for one in before)
            self.held[message] = (ack_id, who, self.now + 10)

    def expire(self) -> None:
        for message in [m for m, (_, _, deadline) in self.held.items() if deadline <= self.now]:
            if message in self.held and message not in self.done:
                self.fail(message)

    def fail(self, message: str) -> None:
        """Takes back a message, and with a key all after it."""
        key = self.key_of[message]
        back = self.todo[key][self.todo[key].index(message) :] if key else [message]
        for one in back:
            self.held.pop(one, None)
            self.done.discard(one)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        message = data.draw(st.sampled_from(sorted(self.held)))
        ack_id = self.held[message][0]
        self.expire()
        self.queue.acknowledge([ack_id], self.now)
        if message in self.held:
            self.finish(message)

    def finish(self, message: str) -> None:
        key = self.key_of[message]
        self.done.add(message)
        ended = [message]
        if key:
            ended = []
            while self.todo[key] and self.todo[key][0] in self.done:
                ended.append(self.todo[key].pop(0))
        else:
            self.todo[key].remove(message)
        for one in ended:
            self.held.pop(one, None)
            self.done.discard(one)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def refuse(self, data: st.DataObject) -> None:
        message = data.draw(st.sampled_from(sorted(self.held)))
        ack_id = self.held[message][0]
        self.expire()
        self.queue.modify([ack_id], [0], self.now)
        if message in self.held and message not in self.done:
            self.fail(message)

    @rule(seconds=st.sampled_from([1, 9, 20]))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule()
    def crash(self) -> None:
        self.reopen()
        self.consumers = [Consumer(), Consumer()]
        self.held, self.done = {}, set()

    def teardown(self) -> None:
        if hasattr(self, "todo"):
            self.now += 100
            self.expire()
            found: dict[str, list[str]] = {"a": [], "b": [], "": []}
            consumer = Consumer()
            while batch := self.take(consumer, 3):
                self.queue.acknowledge([ack_id for ack_id, _ in batch], self.now)
                for _, message in batch:
                    found[self.key_of[message]].append(message)
            assert (found["a"], found["b"]) == (self.todo["a"], self.todo["b"])
            assert sorted(found[""]) == sorted(self.todo[""])
        super().teardown()


@pytest.mark.parametrize("machine", [Unordered, Forgetful, Ordered])
def test_nothing_is_lost_or_doubled(machine: type[Machine]) -> None:
    run(machine, examples=25)


@pytest.mark.long
@pytest.mark.parametrize("machine", [Unordered, Forgetful, Ordered])
def test_nothing_is_lost_or_doubled_for_long(machine: type[Machine]) -> None:
    run(machine, examples=300)


def run(machine: type[Machine], examples: int) -> None:
    case = machine.TestCase
    case.settings = settings(max_examples=examples, stateful_step_count=40, deadline=None)
    case().runTest()
