"""What one call to lease messages takes: its limits, and what was skipped on the way."""

from collections.abc import Callable
from typing import NamedTuple

from emulators.pubsub.messages import shadow
from emulators.pubsub.state.filters import Predicate
from emulators.pubsub.state.leases import Consumer
from emulators.pubsub.state.transforms import TransformError


class Delivery(NamedTuple):
    """One message on its way: attempt is 0 unless a dead-letter policy counts."""

    ack_id: str
    body: bytes
    attempt: int


Spoil = Callable[[int, bytes, str, Consumer, str], None]
Grant = Callable[[int, bytes, str, Consumer, int], Delivery]


class Batch:
    """One call of lease(): what it took, what it skipped for good, and how much it may still take.

    Args:
        horizon_us: messages published before are too old (microseconds since the epoch).
        matches: the subscription's filter.
        transform: the subscription's transforms.
        grant: starts a lease: (offset, body, ordering key, consumer, tick of its deadline).
        spoil: the same for a message that cannot be transformed: it fails a little later, for the reason in place of
            the tick.

    Attributes:
        messages: how many messages more it takes at most.
        has_room: whether it takes another; a message may exceed the bytes, but none follows it.
    """

    def __init__(
        self,
        consumer: Consumer,
        limit: int,
        max_bytes: int,
        horizon_us: int,
        matches: Predicate | None,
        transform: Callable[[bytes], bytes | None] | None,
        grant: Grant,
        spoil: Spoil,
    ) -> None:
        self.consumer = consumer
        self.messages = min(limit, consumer.max_messages - consumer.outstanding_messages)
        self._bytes = min(max_bytes, consumer.max_bytes - consumer.outstanding_bytes)
        self.has_room = self.messages > 0 and self._bytes > 0
        self.tick = 0
        self.deliveries: list[Delivery] = []
        self.skipped: list[int] = []
        self._horizon_us = horizon_us
        self._matches = matches
        self._transform = transform
        self._grant = grant
        self._spoil = spoil
        self._transformed: dict[int, bytes | TransformError] = {}

    def skips(self, offset: int, time_us: int, body: bytes) -> bool:
        """Whether a message is not to be delivered at all: too old, or the filter does not match."""
        if time_us < self._horizon_us or (
            self._matches is not None and not self._matches(shadow.Routing.FromString(body).attributes)
        ):
            self.skipped.append(offset)
            return True
        return self._transform is not None and self._drops(offset, body, self._transform)

    def _drops(self, offset: int, body: bytes, transform: Callable[[bytes], bytes | None]) -> bool:
        """Whether the transforms drop a message; what they make of it is kept for add()."""
        try:
            made = transform(body)
        except TransformError as error:
            self._transformed[offset] = error
            return False
        if made is None:
            self.skipped.append(offset)
            return True
        self._transformed[offset] = made
        return False

    def add(self, offset: int, body: bytes, key: str) -> bool:
        """Leases a message; says whether there is room for another."""
        made = self._transformed.pop(offset, body)
        if isinstance(made, TransformError):
            self._spoil(offset, body, key, self.consumer, str(made))
        else:
            self.deliveries.append(self._grant(offset, made, key, self.consumer, self.tick))
        self.messages -= 1
        self._bytes -= len(body)
        self.has_room = self.messages > 0 and self._bytes > 0
        return self.has_room
