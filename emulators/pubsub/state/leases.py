"""Messages that are with a consumer: who has them, until when, under which ack id."""

import heapq
import math
from collections.abc import Callable

_TICKS_PER_SECOND = 10
_HELD = -1


class Consumer:
    """One stream or one pull call, with its flow control.

    Args:
        max_messages, max_bytes: how much it takes before it must acknowledge something; 0 is no limit.
        wake: called when there may be something to lease.
    """

    __slots__ = ("max_bytes", "max_messages", "outstanding_bytes", "outstanding_messages", "wake")

    def __init__(self, max_messages: int = 0, max_bytes: int = 0, wake: Callable[[], None] = lambda: None) -> None:
        self.max_messages = max_messages if max_messages > 0 else 1 << 62
        self.max_bytes = max_bytes if max_bytes > 0 else 1 << 62
        self.outstanding_messages = 0
        self.outstanding_bytes = 0
        self.wake = wake

    def has_room(self) -> bool:
        return self.outstanding_messages < self.max_messages and self.outstanding_bytes < self.max_bytes


class Lease:
    """One delivery: `generation` tells it from other deliveries of the same message, `key` is its ordering key."""

    __slots__ = ("consumer", "generation", "key", "offset", "size", "tick")

    def __init__(self, offset: int, generation: int, consumer: Consumer, size: int, key: str, tick: int) -> None:
        self.offset = offset
        self.generation = generation
        self.consumer = consumer
        self.size = size
        self.key = key
        self.tick = tick

    @property
    def held(self) -> bool:
        """Whether the lease has no deadline: it is acknowledged, and waits for earlier messages of its key."""
        return self.tick == _HELD


class Leases:
    """All leases of a subscription, by offset, and by deadline in tenths of a second."""

    def __init__(self) -> None:
        self._by_offset: dict[int, Lease] = {}
        self._by_tick: dict[int, set[int]] = {_HELD: set()}
        self._ticks: list[int] = []

    def __len__(self) -> int:
        return len(self._by_offset)

    def get(self, offset: int) -> Lease | None:
        return self._by_offset.get(offset)

    def tick(self, deadline: float) -> int:
        """What stands for a deadline (seconds of the caller's clock) in leases that are granted now."""
        tick = math.ceil(deadline * _TICKS_PER_SECOND)
        if tick not in self._by_tick:
            self._by_tick[tick] = set()
            heapq.heappush(self._ticks, tick)
        return tick

    def grant(self, lease: Lease) -> None:
        """Starts a lease; its tick is a fresh one of tick()."""
        self._by_offset[lease.offset] = lease
        self._by_tick[lease.tick].add(lease.offset)
        lease.consumer.outstanding_messages += 1
        lease.consumer.outstanding_bytes += lease.size

    def extend(self, lease: Lease, deadline: float) -> None:
        """Moves a lease's deadline, later or earlier."""
        self._move(lease, self.tick(deadline))

    def hold(self, lease: Lease) -> None:
        """Takes the deadline off a lease."""
        self._move(lease, _HELD)

    def _move(self, lease: Lease, tick: int) -> None:
        self._by_tick[lease.tick].discard(lease.offset)
        lease.tick = tick
        self._by_tick[tick].add(lease.offset)

    def release(self, lease: Lease) -> None:
        """Ends a lease: acknowledged, refused or expired."""
        del self._by_offset[lease.offset]
        self._by_tick[lease.tick].discard(lease.offset)
        consumer = lease.consumer
        had_room = consumer.has_room()
        consumer.outstanding_messages -= 1
        consumer.outstanding_bytes -= lease.size
        if not had_room and consumer.has_room():
            consumer.wake()

    def clear(self) -> None:
        """Ends all leases."""
        for lease in list(self._by_offset.values()):
            self.release(lease)

    def next_deadline(self) -> float | None:
        """When the first lease ends; None without leases."""
        while self._ticks and not self._by_tick[self._ticks[0]]:
            del self._by_tick[heapq.heappop(self._ticks)]
        return self._ticks[0] / _TICKS_PER_SECOND if self._ticks else None

    def expired(self, now: float) -> list[Lease]:
        """The leases whose deadline has passed, in the order of their messages. They are not released."""
        offsets: list[int] = []
        for tick in self._ticks_until(now):
            offsets += self._by_tick[tick]
        return [self._by_offset[offset] for offset in sorted(offsets)]

    def _ticks_until(self, now: float) -> list[int]:
        deadline = self.next_deadline()
        if deadline is None or deadline > now:
            return []
        return [tick for tick in self._ticks if tick <= now * _TICKS_PER_SECOND]
