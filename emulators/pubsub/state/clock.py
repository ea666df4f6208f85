"""The time that deliveries live by: the wall clock, except that it never goes back and never stands still."""

import time


class Clock:
    """Seconds since the epoch.

    When the machine's clock is set back, this one goes on from where it was, so that deadlines still pass; when it
    jumps ahead (a laptop that slept), this one follows.
    """

    def __init__(self) -> None:
        self._now = time.time()
        self._mark = time.monotonic()

    def now(self) -> float:
        mark = time.monotonic()
        self._now = max(time.time(), self._now + mark - self._mark)
        self._mark = mark
        return self._now
