"""Ordering keys: one consumer at a time has a key's messages, in order, and a failure takes back all after it.

Acknowledgements of a key count in order too: one that overtakes an earlier message is held until that is
acknowledged, and is void if the earlier message must be delivered again (the service redelivers all that follow).
"""

from collections import deque
from collections.abc import Iterator

from emulators.pubsub.state.leases import Consumer


class _Key:
    __slots__ = ("done", "in_flight", "not_before", "owner", "waiting")

    def __init__(self) -> None:
        self.in_flight: deque[int] = deque()
        self.waiting: deque[int] = deque()
        self.done: set[int] = set()
        self.owner: Consumer | None = None
        self.not_before = 0.0


class OrderingKeys:
    """The keys that have messages in flight or waiting; offsets only."""

    def __init__(self) -> None:
        self._keys: dict[str, _Key] = {}
        self._runnable: dict[str, None] = {}

    def admit(self, name: str, offset: int, consumer: Consumer) -> bool:
        """Whether a message that was just read may go to the consumer now; otherwise it waits for its turn here."""
        key = self._keys.setdefault(name, _Key())
        if key.waiting or (key.in_flight and key.owner is not consumer):
            key.waiting.append(offset)
            return False
        key.owner = consumer
        key.in_flight.append(offset)
        return True

    def due(self, now: float) -> Iterator[str]:
        """Keys with waiting messages and none in flight."""
        return (name for name in list(self._runnable) if self._keys[name].not_before <= now)

    def waiting(self, name: str) -> list[int]:
        """The messages that wait, in order."""
        return list(self._keys[name].waiting)

    def start(self, name: str, offset: int, consumer: Consumer) -> None:
        """The first waiting message goes to the consumer."""
        key = self._keys[name]
        key.waiting.popleft()
        key.owner = consumer
        key.in_flight.append(offset)
        self._runnable.pop(name, None)

    def skip(self, name: str) -> None:
        """The first waiting message is not to be delivered at all (it is too old)."""
        key = self._keys[name]
        key.waiting.popleft()
        self._settle(name, key)

    def done(self, name: str, offset: int) -> list[int]:
        """A message in flight is acknowledged; returns those whose acknowledgement counts now."""
        key = self._keys[name]
        key.done.add(offset)
        counting = []
        while key.in_flight and key.in_flight[0] in key.done:
            counting.append(key.in_flight.popleft())
            key.done.discard(counting[-1])
        self._settle(name, key)
        return counting

    def failed(self, name: str, offset: int, not_before: float) -> list[int]:
        """A message must be delivered again, not before a time; returns it and all after it: they are taken back."""
        key = self._keys[name]
        back = list(key.in_flight)[key.in_flight.index(offset) :]
        for taken in reversed(back):
            key.in_flight.pop()
            key.done.discard(taken)
            key.waiting.appendleft(taken)
        key.not_before = not_before
        self._settle(name, key)
        return back

    def _settle(self, name: str, key: _Key) -> None:
        if key.in_flight:
            return
        if key.waiting:
            self._runnable[name] = None
        else:
            self._runnable.pop(name, None)
            del self._keys[name]

    def next_due(self) -> float | None:
        """When the first key becomes due; None when none waits for the clock."""
        return min((self._keys[name].not_before for name in self._runnable), default=None)
