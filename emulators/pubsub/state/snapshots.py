"""Snapshots, and Seek: moving what a subscription has acknowledged."""

from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask

from emulators.pubsub.messages import v1
from emulators.pubsub.state.ack_log import AckLog
from emulators.pubsub.state.ack_set import AckSet
from emulators.pubsub.state.checks import apply_update, check_labels
from emulators.pubsub.state.entries import Snapshot, Subscription
from emulators.pubsub.state.errors import already_exists, failed_precondition, invalid
from emulators.pubsub.state.names import check_name, check_project, random_name
from emulators.pubsub.state.pages import page
from emulators.pubsub.state.registry import Registry
from emulators.pubsub.state.subscription_queue import SubscriptionQueue

_LIFETIME_SECONDS = 7 * 86400
_MIN_LIFETIME_SECONDS = 3600


class Snapshots:
    """The snapshots of a registry. Resources go in and out as google.pubsub.v1.Snapshot."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def create(self, request: Any, now: float | None = None) -> Any:
        """Keeps what the subscription has acknowledged now; it expires 7 days after its oldest message was published.

        Raises:
            PubsubError: INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION (it would live under an hour).
        """
        now = self._registry.clock.now() if now is None else now
        subscription = self._registry.subscription(request.subscription)
        if not request.name:
            request.name = random_name(subscription.resource.name, "snapshots")
        check_name(request.name, "snapshots")
        check_labels(request.labels)
        if request.name in self._registry.snapshots:
            raise already_exists(request.name)
        queue = _queue(subscription)
        expires = self._expires(queue, now)
        resource = v1.Snapshot(name=request.name, topic=subscription.resource.topic, labels=request.labels)
        resource.expire_time.FromMicroseconds(int(expires * 1_000_000))
        number = self._registry.store.next_number()
        acks = AckLog.create(self._registry.snapshot_path(number), queue.acks.start)
        acks.replace(queue.acks.acked.copy(), 0)
        snapshot = Snapshot(number, resource, subscription.log_number, acks)
        self._registry.store.put(snapshot.row())
        self._registry.snapshots[request.name] = snapshot
        return resource

    def _expires(self, queue: SubscriptionQueue, now: float) -> float:
        oldest = max(queue.acks.acked.floor, queue.log.first_offset)
        since = queue.log.read_run(oldest, 1)[0][0] / 1e6 if oldest < queue.log.next_offset else now
        expires = since + _LIFETIME_SECONDS
        if expires - now < _MIN_LIFETIME_SECONDS:
            raise failed_precondition(
                "The snapshot would expire in less than an hour, because the subscription's oldest unacknowledged"
                " message is nearly 7 days old."
            )
        return expires

    def get(self, name: str) -> Any:
        return self._registry.snapshot(name).resource

    def update(self, update: Any, mask: FieldMask) -> Any:
        snapshot = self._registry.snapshot(update.name)
        changed = apply_update(snapshot.resource, update, mask, frozenset({"labels"}))
        check_labels(changed.labels)
        snapshot.resource = changed
        self._registry.store.put(snapshot.row())
        return changed

    def listing(self, project: str, size: int, token: str) -> tuple[list[Any], str]:
        """(snapshots, next page's token) of projects/{project}, by name."""
        check_project(project)
        found = [(n, s.resource) for n, s in self._registry.snapshots.items() if n.startswith(f"{project}/")]
        return page(sorted(found, key=lambda pair: pair[0]), size, token)

    def delete(self, name: str) -> None:
        snapshot = self._registry.snapshot(name)
        self._registry.store.delete("snapshot", name)
        del self._registry.snapshots[name]
        snapshot.acks.remove()

    def expire(self, now: float) -> None:
        """Deletes the snapshots whose time has come."""
        for name, snapshot in list(self._registry.snapshots.items()):
            if snapshot.resource.expire_time.ToMicroseconds() <= now * 1_000_000:
                self.delete(name)

    def seek_to_snapshot(self, name: str, snapshot_name: str) -> None:
        """What was acknowledged at the snapshot is acknowledged, and nothing else.

        Raises:
            PubsubError: NOT_FOUND; FAILED_PRECONDITION, the snapshot is of another topic.
        """
        subscription = self._registry.subscription(name)
        snapshot = self._registry.snapshot(snapshot_name)
        if snapshot.log_number != subscription.log_number:
            raise failed_precondition(
                f"The snapshot {snapshot_name} is of the topic {snapshot.resource.topic}, and the subscription reads"
                f" {subscription.resource.topic}; both must be of one topic."
            )
        _queue(subscription).seek(snapshot.acks.acked.copy())

    def seek_to_time(self, name: str, time_us: int, now: float | None = None) -> None:
        """Messages published before the time are acknowledged; later ones are not, as far as they are retained.

        What was acknowledged comes back only with retain_acked_messages, or the topic's message_retention_duration.
        """
        now = self._registry.clock.now() if now is None else now
        if time_us < 0:
            raise invalid("Invalid time given: it is before 1970.")
        queue = _queue(self._registry.subscription(name))
        target = queue.log.offset_at(time_us)
        acked = queue.acks.acked.copy()
        returns = self._returns_from(queue, now)
        if returns is not None:
            acked = _without(acked, max(returns, target))
        acked.add_below(target)
        queue.seek(acked)

    def _returns_from(self, queue: SubscriptionQueue, now: float) -> int | None:
        """The first offset whose acknowledgement a seek may take back; None: none."""
        settings = queue.settings
        found = []
        if settings.retain_acked:
            found.append(max(queue.acks.start, queue.log.offset_at(int((now - settings.retention) * 1e6))))
        if settings.topic_retention:
            found.append(queue.log.offset_at(int((now - settings.topic_retention) * 1e6)))
        return min(found, default=None)


def _without(acked: AckSet, offset: int) -> AckSet:
    """The set without any offset from this one on."""
    cut = AckSet(min(acked.floor, offset))
    for one in range(cut.floor, offset):
        if one in acked:
            cut.add(one)
    return cut


def _queue(subscription: Subscription) -> SubscriptionQueue:
    if subscription.queue is None:
        raise failed_precondition(
            f"Subscription is detached (resource={subscription.resource.name.rpartition('/')[2]})."
        )
    return subscription.queue
