"""A topic, a subscription, a snapshot: the resource together with what it works with."""

from typing import Any

from emulators.pubsub.state.ack_log import AckLog
from emulators.pubsub.state.settings import seconds
from emulators.pubsub.state.store import Row
from emulators.pubsub.state.subscription_queue import SubscriptionQueue
from emulators.pubsub.state.topic_log import TopicLog
from emulators.pubsub.state.transforms import compile_transforms

DELETED_TOPIC = "_deleted-topic_"


class Topic:
    """A topic and its log. `resource` is its google.pubsub.v1.Topic."""

    def __init__(self, number: int, resource: Any, log: TopicLog) -> None:
        self.number = number
        self.change(resource)
        self.log = log
        self.subscriptions: dict[str, Subscription] = {}

    def change(self, resource: Any) -> None:
        """Makes this the topic's resource."""
        self.resource = resource
        self.transform = compile_transforms(resource.message_transforms)

    @property
    def retention(self) -> float:
        """Seconds for which every message is kept; 0: as long as a subscription needs it."""
        return seconds(self.resource.message_retention_duration)

    def row(self, resource: Any = None) -> Row:
        """What is kept of it; of a changed resource before it is the topic's."""
        resource = resource or self.resource
        return Row("topic", resource.name, self.number, self.number, resource.SerializeToString())


class Subscription:
    """A subscription: `queue` is None when it is detached, `topic` is None when that was deleted or detached.

    `active` is when somebody last had to do with it, as far as this process knows.
    """

    def __init__(self, number: int, resource: Any, log_number: int, topic: Topic | None, now: float) -> None:
        self.active = now
        self.number = number
        self.resource = resource
        self.log_number = log_number
        self.topic = topic
        self.queue: SubscriptionQueue | None = None

    def row(self, resource: Any = None) -> Row:
        """What is kept of it; of a changed resource before it is the subscription's."""
        resource = resource or self.resource
        return Row("subscription", resource.name, self.number, self.log_number, resource.SerializeToString())


class Snapshot:
    """A snapshot: what its subscription had acknowledged."""

    def __init__(self, number: int, resource: Any, log_number: int, acks: AckLog) -> None:
        self.number = number
        self.resource = resource
        self.log_number = log_number
        self.acks = acks

    def row(self) -> Row:
        return Row("snapshot", self.resource.name, self.number, self.log_number, self.resource.SerializeToString())
