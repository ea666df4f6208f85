"""Everything that a state folder holds, opened: who reads which log, and what nobody needs any more.

DIR/resources.sqlite                    resources
DIR/topics/<number>/<offset>.log        a topic's messages
DIR/subscriptions/<number>.acks         a subscription's acknowledgements
DIR/snapshots/<number>.acks             a snapshot's
"""

import fcntl
import os
import resource
from pathlib import Path
from typing import Any

from emulators.pubsub.messages import v1
from emulators.pubsub.state.ack_log import AckLog
from emulators.pubsub.state.clock import Clock
from emulators.pubsub.state.entries import Snapshot, Subscription, Topic
from emulators.pubsub.state.errors import DamagedState, not_found
from emulators.pubsub.state.names import check_name
from emulators.pubsub.state.settings import read_settings
from emulators.pubsub.state.store import Store
from emulators.pubsub.state.subscription_queue import SubscriptionQueue
from emulators.pubsub.state.topic_log import SEGMENT_BYTES, TopicLog


class Registry:
    """An opened state folder.

    Args:
        segment_bytes: a topic's log is cut into files of about this size.

    Raises:
        DamagedState: another process has the folder open, or its content cannot be read.
    """

    def __init__(self, folder: Path, segment_bytes: int = SEGMENT_BYTES) -> None:
        self.folder = folder
        self._segment_bytes = segment_bytes
        for name in ("topics", "subscriptions", "snapshots"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self._lock = _lock(folder)
        _allow_many_files()
        self.store = Store(folder)
        self.clock = Clock()
        self._generation = int(self.clock.now() * 1_000_000)
        self.logs: dict[int, TopicLog] = {}
        self.topics: dict[str, Topic] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.snapshots: dict[str, Snapshot] = {}
        self.forward: Any = None
        self._open()

    def _open(self) -> None:
        for row in self.store.rows("topic"):
            self.topics[row.name] = Topic(row.number, v1.Topic.FromString(row.body), self.log(row.number))
        for row in self.store.rows("subscription"):
            body = v1.Subscription.FromString(row.body)
            topic = None if body.detached else self.topics.get(body.topic)
            subscription = Subscription(row.number, body, row.log, topic, self.clock.now())
            self.subscriptions[row.name] = subscription
            if not body.detached:
                self.attach(subscription, AckLog(self.acks_path(row.number)))
        for row in self.store.rows("snapshot"):
            acks = AckLog(self.snapshot_path(row.number))
            self.snapshots[row.name] = Snapshot(row.number, v1.Snapshot.FromString(row.body), row.log, acks)
            self.log(row.log)
        self._remove_leftovers()

    def _remove_leftovers(self) -> None:
        """Files of resources that were deleted, or not yet created, when the process was killed."""
        used = {str(number) for number in self.logs}
        for path in (self.folder / "topics").iterdir():
            if path.name not in used:
                TopicLog(path).remove()
        kept = {self.acks_path(s.number) for s in self.subscriptions.values()}
        kept |= {self.snapshot_path(s.number) for s in self.snapshots.values()}
        for name in ("subscriptions", "snapshots"):
            for path in (self.folder / name).iterdir():
                if path not in kept:
                    path.unlink()

    def log(self, number: int) -> TopicLog:
        """A topic's log, opened once."""
        if number not in self.logs:
            self.logs[number] = TopicLog(self.folder / "topics" / str(number), self._segment_bytes)
        return self.logs[number]

    def acks_path(self, number: int) -> Path:
        return self.folder / "subscriptions" / f"{number}.acks"

    def snapshot_path(self, number: int) -> Path:
        return self.folder / "snapshots" / f"{number}.acks"

    def attach(self, subscription: Subscription, acks: AckLog) -> None:
        """Gives a subscription its queue."""

        def forward(body: bytes, attempts: int, reason: str) -> bool:
            return bool(self.forward(subscription, body, attempts, reason))

        subscription.queue = SubscriptionQueue(
            subscription.number,
            self.log(subscription.log_number),
            acks,
            self.settings(subscription),
            self._generation,
            forward,
        )
        if subscription.topic is not None:
            subscription.topic.subscriptions[subscription.resource.name] = subscription

    def settings(self, subscription: Subscription) -> Any:
        """A subscription's settings, with its topic's retention."""
        return read_settings(subscription.resource, subscription.topic.retention if subscription.topic else 0.0)

    def topic(self, name: str) -> Topic:
        """Raises PubsubError: INVALID_ARGUMENT, NOT_FOUND."""
        if name not in self.topics:
            check_name(name, "topics")
            raise not_found(name)
        return self.topics[name]

    def subscription(self, name: str) -> Subscription:
        """Raises PubsubError: INVALID_ARGUMENT, NOT_FOUND."""
        if name not in self.subscriptions:
            check_name(name, "subscriptions")
            raise not_found(name)
        found = self.subscriptions[name]
        found.active = self.clock.now()
        return found

    def snapshot(self, name: str) -> Snapshot:
        """Raises PubsubError: INVALID_ARGUMENT, NOT_FOUND."""
        if name not in self.snapshots:
            check_name(name, "snapshots")
            raise not_found(name)
        return self.snapshots[name]

    def keep_house(self, now: float) -> None:
        """Forgets what is too old, and removes the parts of logs that nobody can ask for any more."""
        needed: dict[int, list[int]] = {number: [] for number in self.logs}
        for subscription in self.subscriptions.values():
            if subscription.queue is not None:
                subscription.queue.expire_messages(now)
                needed[subscription.log_number].append(subscription.queue.needs_from(now))
        for snapshot in self.snapshots.values():
            needed[snapshot.log_number].append(snapshot.acks.acked.floor)
        for topic in self.topics.values():
            oldest = (
                topic.log.offset_at(int((now - topic.retention) * 1e6)) if topic.retention else topic.log.next_offset
            )
            needed[topic.number].append(oldest)
        for number, offsets in needed.items():
            if offsets:
                self.logs[number].drop_before(min(offsets))
            else:
                self.logs.pop(number).remove()

    def expire_leases(self, now: float) -> None:
        """Takes back what consumers did not acknowledge in time, also where nobody pulls."""
        for subscription in self.subscriptions.values():
            if subscription.queue is not None:
                subscription.queue.expire(now)

    def close(self) -> None:
        """Closes every file; all that was acknowledged is on them."""
        for subscription in self.subscriptions.values():
            if subscription.queue is not None:
                subscription.queue.acks.close()
        for snapshot in self.snapshots.values():
            snapshot.acks.close()
        for log in self.logs.values():
            log.close()
        self.store.close()
        os.close(self._lock)


def _lock(folder: Path) -> int:
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise DamagedState(
            f"{folder}: another Pub/Sub emulator has this state open; stop it, or use another --state"
        ) from error
    return descriptor


def _allow_many_files() -> None:
    """Every topic and subscription has a file open; the usual soft limit of 1,024 is too few for 1,000 contracts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
