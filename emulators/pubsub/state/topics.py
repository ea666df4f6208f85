"""Topics: create, change, delete, publish."""

from collections.abc import Sequence
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask

from emulators.pubsub.messages import v1
from emulators.pubsub.state import publishing
from emulators.pubsub.state.checks import apply_update, check_topic
from emulators.pubsub.state.entries import DELETED_TOPIC, Subscription, Topic
from emulators.pubsub.state.errors import already_exists, failed_precondition
from emulators.pubsub.state.names import check_name, check_project, project_of
from emulators.pubsub.state.pages import page
from emulators.pubsub.state.registry import Registry
from emulators.pubsub.state.schemas import Schemas

_MUTABLE = frozenset(
    {"labels", "message_storage_policy", "kms_key_name", "schema_settings", "message_retention_duration"}
    | {"ingestion_data_source_settings", "message_transforms"}
)


class Topics:
    """The topics of a registry. Resources go in and out as google.pubsub.v1.Topic."""

    def __init__(self, registry: Registry, schemas: Schemas) -> None:
        self._registry = registry
        self._schemas = schemas
        registry.forward = self._forward_dead_letter

    def create(self, topic: Any) -> Any:
        """Raises PubsubError: INVALID_ARGUMENT, ALREADY_EXISTS, NOT_FOUND (its schema), UNIMPLEMENTED."""
        check_name(topic.name, "topics")
        if topic.name in self._registry.topics:
            raise already_exists(topic.name)
        check_topic(topic)
        self._schemas.check_settings(topic)
        number = self._registry.store.next_number()
        created = Topic(number, topic, self._registry.log(number))
        self._registry.store.put(created.row())
        self._registry.topics[topic.name] = created
        return topic

    def get(self, name: str) -> Any:
        return self._registry.topic(name).resource

    def update(self, update: Any, mask: FieldMask) -> Any:
        topic = self._registry.topic(update.name)
        changed = apply_update(topic.resource, update, mask, _MUTABLE)
        check_topic(changed)
        self._schemas.check_settings(changed)
        self._registry.store.put(topic.row(changed))
        topic.change(changed)
        for subscription in topic.subscriptions.values():
            if subscription.queue is not None:
                subscription.queue.settings = self._registry.settings(subscription)
        return changed

    def listing(self, project: str, size: int, token: str) -> tuple[list[Any], str]:
        """(topics, next page's token) of projects/{project}, by name."""
        check_project(project)
        found = sorted((n, t.resource) for n, t in self._registry.topics.items() if n.startswith(f"{project}/"))
        return page(found, size, token)

    def list_subscriptions(self, name: str, size: int, token: str) -> tuple[list[str], str]:
        """Names of the attached subscriptions."""
        names = sorted(self._registry.topic(name).subscriptions)
        return page([(one, one) for one in names], size, token)

    def list_snapshots(self, name: str, size: int, token: str) -> tuple[list[str], str]:
        """Names of the snapshots of the topic's subscriptions."""
        topic = self._registry.topic(name)
        names = sorted(n for n, s in self._registry.snapshots.items() if s.log_number == topic.number)
        return page([(one, one) for one in names], size, token)

    def delete(self, name: str) -> None:
        """Subscriptions stay, with what they have not yet delivered, on the topic _deleted-topic_."""
        topic = self._registry.topic(name)
        orphans = [(one, _copy(one.resource, topic=DELETED_TOPIC)) for one in topic.subscriptions.values()]
        with self._registry.store.transaction():
            self._registry.store.delete("topic", name)
            for subscription, resource in orphans:
                self._registry.store.put(subscription.row(resource))
        del self._registry.topics[name]
        for subscription, resource in orphans:
            subscription.topic, subscription.resource = None, resource

    def publish(self, name: str, encoded: Sequence[bytes], now: float | None = None) -> list[str]:
        """Publishes messages, all or none; they are durable against a kill of the process when this returns.

        Args:
            encoded: google.pubsub.v1.PubsubMessage each.

        Returns:
            Their ids, in order.

        Raises:
            PubsubError: NOT_FOUND, INVALID_ARGUMENT (sizes, empty messages, the topic's schema).
            OSError: the disk is full or broken; nothing was published.
        """
        topic = self._registry.topic(name)
        now = self._registry.clock.now() if now is None else now
        bodies = publishing.check_messages(encoded, self._schemas.stamp(topic.resource), topic.transform)
        kept = [body for body in bodies if body is not None]
        ids = iter(self._append(topic, kept, now) if kept else [])
        return [
            next(ids) if body is not None else publishing.dropped_message_id(topic.number, now, index)
            for index, body in enumerate(bodies)
        ]

    def _append(self, topic: Topic, bodies: Sequence[bytes], now: float) -> list[str]:
        first = topic.log.next_offset
        ids = [publishing.message_id(topic.number, offset) for offset in range(first, first + len(bodies))]
        time_us = topic.log.publish_time(int(now * 1_000_000))
        topic.log.append(publishing.complete(bodies, ids, time_us), time_us)
        for subscription in topic.subscriptions.values():
            if subscription.queue is not None:
                subscription.queue.wake()
        return ids

    def _forward_dead_letter(self, subscription: Subscription, body: bytes, attempts: int, reason: str) -> bool:
        target = self._registry.topics.get(subscription.resource.dead_letter_policy.dead_letter_topic)
        if target is None:
            return False
        message = v1.PubsubMessage.FromString(body)
        message.attributes["CloudPubSubDeadLetterSourceDeliveryCount"] = str(attempts)
        message.attributes["CloudPubSubDeadLetterSourceSubscription"] = subscription.resource.name.rpartition("/")[2]
        message.attributes["CloudPubSubDeadLetterSourceSubscriptionProject"] = project_of(subscription.resource.name)
        message.attributes["CloudPubSubDeadLetterSourceTopicPublishTime"] = message.publish_time.ToJsonString()
        if reason:
            message.attributes["CloudPubSubDeadLetterSourceDeliveryErrorMessage"] = reason
        message.ClearField("message_id")
        message.ClearField("publish_time")
        self._append(target, [message.SerializeToString()], self._registry.clock.now())
        return True

    def detach(self, name: str) -> None:
        """Ends a subscription's link to its topic and drops its backlog."""
        subscription = self._registry.subscription(name)
        if subscription.queue is None:
            raise failed_precondition(f"Subscription is already detached (resource={name.rpartition('/')[2]}).")
        detached = _copy(subscription.resource, detached=True)
        self._registry.store.put(subscription.row(detached))
        subscription.resource = detached
        queue, subscription.queue = subscription.queue, None
        if subscription.topic is not None:
            subscription.topic.subscriptions.pop(name)
            subscription.topic = None
        queue.acks.remove()
        queue.wake()


def _copy(resource: Any, **changes: Any) -> Any:
    copied = type(resource)()
    copied.CopyFrom(resource)
    for name, value in changes.items():
        setattr(copied, name, value)
    return copied
