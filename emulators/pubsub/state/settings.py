"""A subscription's settings as the delivery engine uses them, with the service's defaults filled in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emulators.pubsub.state.filters import compile_filter
from emulators.pubsub.state.transforms import compile_for_delivery

DEFAULT_RETENTION_SECONDS = 7 * 86400
DEFAULT_MAX_DELIVERY_ATTEMPTS = 5


@dataclass(frozen=True)
class Settings:
    """Seconds are floats; max_delivery_attempts is 0 without a dead-letter policy."""

    ack_deadline: int
    retention: float
    retain_acked: bool
    topic_retention: float
    ordered: bool
    exactly_once: bool
    matches: Callable[[Mapping[str, str]], bool] | None
    transform: Callable[[bytes], bytes | None] | None
    dead_letter_topic: str
    max_delivery_attempts: int
    minimum_backoff: float
    maximum_backoff: float

    @property
    def counts_failures(self) -> bool:
        return bool(self.max_delivery_attempts or self.maximum_backoff)

    def backoff(self, failures: int) -> float:
        """Seconds to wait after this many failed deliveries."""
        if not self.maximum_backoff:
            return 0.0
        return float(min(self.maximum_backoff, self.minimum_backoff * 2.0 ** min(failures - 1, 60)))


def seconds(duration: Any) -> float:
    """A google.protobuf.Duration in seconds."""
    return float(duration.seconds + duration.nanos / 1e9)


def read_settings(subscription: Any, topic_retention: float) -> Settings:
    """From a google.pubsub.v1.Subscription that was checked before, and its topic's retention in seconds (0: none)."""
    dead_letter = subscription.dead_letter_policy
    retry = subscription.retry_policy if subscription.HasField("retry_policy") else None
    return Settings(
        ack_deadline=subscription.ack_deadline_seconds,
        retention=seconds(subscription.message_retention_duration),
        retain_acked=subscription.retain_acked_messages,
        topic_retention=topic_retention,
        ordered=subscription.enable_message_ordering,
        exactly_once=subscription.enable_exactly_once_delivery,
        matches=compile_filter(subscription.filter) if subscription.filter else None,
        transform=compile_for_delivery(subscription.message_transforms),
        dead_letter_topic=dead_letter.dead_letter_topic,
        max_delivery_attempts=dead_letter.max_delivery_attempts if dead_letter.dead_letter_topic else 0,
        minimum_backoff=seconds(retry.minimum_backoff) if retry else 0.0,
        maximum_backoff=seconds(retry.maximum_backoff) if retry else 0.0,
    )
