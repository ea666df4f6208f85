"""Messages that wait to be delivered again, each not before its time."""

import heapq


class Retries:
    """A queue by time, then by offset. It may hold a message that was acknowledged meanwhile; its reader checks."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int]] = []

    def push(self, offset: int, not_before: float) -> None:
        heapq.heappush(self._heap, (not_before, offset))

    def pop_due(self, now: float) -> int | None:
        """The next message whose time has come; None if there is none."""
        if self._heap and self._heap[0][0] <= now:
            return heapq.heappop(self._heap)[1]
        return None

    def next_due(self) -> float | None:
        """When the first message is due; None when none waits."""
        return self._heap[0][0] if self._heap else None
