"""A clock that stands still until a test turns it."""

import time

import pytest


class Clock:
    """The time of this process, in nanoseconds: `now`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = time.time_ns()
        monkeypatch.setattr(time, "time_ns", lambda: self.now)

    def forward(self, seconds: float) -> None:
        self.now += int(seconds * 1_000_000_000)
