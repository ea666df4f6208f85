"""Subscriptions: create, change, delete, deliver, acknowledge."""

from collections.abc import Sequence
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask

from emulators.pubsub.state.ack_log import AckLog
from emulators.pubsub.state.checks import apply_update, check_subscription
from emulators.pubsub.state.entries import Subscription
from emulators.pubsub.state.errors import PubsubError, already_exists, failed_precondition, invalid
from emulators.pubsub.state.export_checks import check_topic_fits, delivery_kinds
from emulators.pubsub.state.names import check_name, check_project, random_name
from emulators.pubsub.state.pages import page
from emulators.pubsub.state.registry import Registry
from emulators.pubsub.state.schemas import Schemas
from emulators.pubsub.state.settings import seconds
from emulators.pubsub.state.subscription_queue import SubscriptionQueue

_DELIVERIES = frozenset({"push_config", "bigquery_config", "cloud_storage_config", "bigtable_config"})
_MUTABLE = _DELIVERIES | frozenset(
    {"ack_deadline_seconds", "retain_acked_messages", "message_retention_duration", "labels", "expiration_policy"}
    | {"dead_letter_policy", "retry_policy", "enable_exactly_once_delivery", "message_transforms"}
)


class Subscriptions:
    """The subscriptions of a registry. Resources go in and out as google.pubsub.v1.Subscription."""

    def __init__(self, registry: Registry, schemas: Schemas) -> None:
        self._registry = registry
        self._schemas = schemas

    def create(self, resource: Any) -> Any:
        """It receives what is published from now on.

        Raises:
            PubsubError: INVALID_ARGUMENT, ALREADY_EXISTS, NOT_FOUND (a topic), UNIMPLEMENTED (exports).
        """
        topic = self._registry.topic(self.checked(resource).topic)
        number = self._registry.store.next_number()
        created = Subscription(number, resource, topic.number, topic, self._registry.clock.now())
        acks = AckLog.create(self._registry.acks_path(number), topic.log.next_offset)
        self._registry.store.put(created.row())
        self._registry.subscriptions[resource.name] = created
        self._registry.attach(created, acks)
        return self._shown(created)

    def checked(self, resource: Any) -> Any:
        """A subscription that could be created, with the service's defaults. Raises PubsubError as create()."""
        topic = self._registry.topic(resource.topic)
        if not resource.name:
            resource.name = random_name(topic.resource.name, "subscriptions")
        check_name(resource.name, "subscriptions")
        if resource.name in self._registry.subscriptions:
            raise already_exists(resource.name)
        if resource.detached:
            raise invalid("Invalid subscription: detached cannot be set when a subscription is created.")
        self._check(resource)
        return resource

    def changed(self, update: Any, mask: FieldMask) -> Any:
        """A subscription as an update would make it. Raises PubsubError as update()."""
        subscription = self._registry.subscription(update.name)
        changed = apply_update(subscription.resource, update, mask, _MUTABLE)
        self._check(changed)
        if not changes_delivery(mask):
            _keep_states(subscription.resource, changed)
        return changed

    def _check(self, resource: Any) -> None:
        check_subscription(resource)
        if resource.dead_letter_policy.dead_letter_topic:
            self._registry.topic(resource.dead_letter_policy.dead_letter_topic)
        topic = self._registry.topics.get(resource.topic)
        if topic is not None:
            check_topic_fits(resource, topic.resource, self._schemas.of_topic(topic.resource))

    def _shown(self, subscription: Subscription) -> Any:
        """The resource with what the service adds in its answers."""
        if subscription.topic is None or not subscription.topic.retention:
            return subscription.resource
        shown = type(subscription.resource)()
        shown.CopyFrom(subscription.resource)
        shown.topic_message_retention_duration.CopyFrom(subscription.topic.resource.message_retention_duration)
        return shown

    def get(self, name: str) -> Any:
        return self._shown(self._registry.subscription(name))

    def update(self, update: Any, mask: FieldMask) -> Any:
        subscription = self._registry.subscription(update.name)
        changed = self.changed(update, mask)
        self._registry.store.put(subscription.row(changed))
        subscription.resource = changed
        if subscription.queue is not None:
            subscription.queue.settings = self._registry.settings(subscription)
            subscription.queue.wake()
        return self._shown(subscription)

    def listing(self, project: str, size: int, token: str) -> tuple[list[Any], str]:
        """(subscriptions, next page's token) of projects/{project}, by name."""
        check_project(project)
        found = [(n, s) for n, s in self._registry.subscriptions.items() if n.startswith(f"{project}/")]
        entries, following = page(sorted(found, key=lambda pair: pair[0]), size, token)
        return [self._shown(entry) for entry in entries], following

    def delete(self, name: str) -> None:
        subscription = self._registry.subscription(name)
        self._registry.store.delete("subscription", name)
        del self._registry.subscriptions[name]
        if subscription.topic is not None:
            subscription.topic.subscriptions.pop(name)
        queue, subscription.queue = subscription.queue, None
        if queue is not None:
            queue.acks.remove()
            queue.wake()

    def expire(self, now: float) -> list[str]:
        """Deletes those with which nobody had to do for as long as their expiration policy allows; their names."""
        gone = []
        for name, subscription in list(self._registry.subscriptions.items()):
            if subscription.queue is not None and subscription.queue.consumers:
                subscription.active = now
            ttl = seconds(subscription.resource.expiration_policy.ttl)
            if ttl and now - subscription.active > ttl:
                self.delete(name)
                gone.append(name)
        return gone

    def queue(self, name: str) -> SubscriptionQueue:
        """The deliveries of a subscription.

        Raises:
            PubsubError: NOT_FOUND; FAILED_PRECONDITION, it is detached.
        """
        subscription = self._registry.subscription(name)
        if subscription.queue is None:
            raise failed_precondition(f"Subscription is detached (resource={name.rpartition('/')[2]}).")
        return subscription.queue

    def pushed(self) -> list[str]:
        """The names of those that are pushed to an endpoint."""
        found = self._registry.subscriptions.items()
        return [name for name, one in found if one.queue is not None and one.resource.push_config.push_endpoint]

    def exported(self) -> list[tuple[str, str]]:
        """(name, field that says where to) of those whose messages are written to another service."""
        found = self._registry.subscriptions.items()
        kinds = [(name, kind) for name, one in found if one.queue for kind in delivery_kinds(one.resource)]
        return [(name, kind) for name, kind in kinds if kind != "push_config"]

    def is_pulled(self, name: str) -> bool:
        """Whether consumers pull: nothing else delivers the messages."""
        subscription = self._registry.subscriptions.get(name)
        return subscription is not None and not delivery_kinds(subscription.resource)

    def set_export_state(self, name: str, kind: str, state: str) -> None:
        """Keeps what an export has found out about its target: ACTIVE, NOT_FOUND, ..."""
        subscription = self._registry.subscriptions[name]
        changed = type(subscription.resource)()
        changed.CopyFrom(subscription.resource)
        config = getattr(changed, kind)
        config.state = config.State.Value(state)
        changed.state = changed.ACTIVE if state == "ACTIVE" else changed.RESOURCE_ERROR
        if changed != subscription.resource:
            self._registry.store.put(subscription.row(changed))
            subscription.resource = changed

    def push_endpoint(self, name: str) -> str:
        """Where a subscription's messages go; "" for one that is pulled, or gone."""
        subscription = self._registry.subscriptions.get(name)
        return subscription.resource.push_config.push_endpoint if subscription is not None else ""

    def is_open(self, name: str, queue: SubscriptionQueue) -> bool:
        """Whether a queue is still the subscription's: not deleted, not detached."""
        subscription = self._registry.subscriptions.get(name)
        return subscription is not None and subscription.queue is queue

    def acknowledge(self, name: str, ack_ids: Sequence[str], now: float) -> None:
        """Raises PubsubError: NOT_FOUND; INVALID_ARGUMENT, ids that are malformed, or expired under exactly-once."""
        queue = self.queue(name)
        if not ack_ids:
            raise invalid("No ack ids specified.")
        _refuse(queue.acknowledge(ack_ids, now))

    def modify(self, name: str, ack_ids: Sequence[str], seconds: int, now: float) -> None:
        """Raises PubsubError: as acknowledge(); INVALID_ARGUMENT, seconds are not within 0 .. 600."""
        queue = self.queue(name)
        if not ack_ids:
            raise invalid("No ack ids specified.")
        check_deadline(seconds)
        _refuse(queue.modify(ack_ids, [seconds] * len(ack_ids), now))


def changes_delivery(mask: FieldMask) -> bool:
    """Whether an update says anew where a subscription's messages go."""
    return any(path.partition(".")[0] in _DELIVERIES for path in mask.paths)


def _keep_states(present: Any, changed: Any) -> None:
    """What exports have found out about their targets stays true."""
    changed.state = present.state
    for kind in delivery_kinds(changed):
        if kind != "push_config":
            getattr(changed, kind).state = getattr(present, kind).state


def check_deadline(seconds: int) -> None:
    """INVALID_ARGUMENT unless 0 <= seconds <= 600."""
    if not 0 <= seconds <= 600:
        raise invalid(f"Invalid ack deadline given: acceptable values are [0, 600] seconds (ack_deadline={seconds}).")


def _refuse(expired: Sequence[str]) -> None:
    if expired:
        raise PubsubError(
            "INVALID_ARGUMENT",
            "Some acknowledgement ids in the request were invalid. This could be because the acknowledgement ids have"
            " expired or the acknowledgement ids were malformed.",
            "EXACTLY_ONCE_ACKID_FAILURE",
            dict.fromkeys(expired, "PERMANENT_FAILURE_INVALID_ACK_ID"),
        )
