"""What a person sees while it works: a line a stage, with its seconds; details on a terminal overwrite one another."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

WIDTH = 100


class Progress:
    """Stages and their seconds. Safe to call from several threads."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._terminal = sys.stderr.isatty()
        self._lock = threading.Lock()
        self._begun = time.monotonic()
        self._last = ""

    @contextmanager
    def stage(self, name: str, what: str) -> Iterator[None]:
        """Announces a stage, and says how long it took when it has ended well."""
        self._line(f"● {name}: {what}")
        begun = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - begun
        self._line(f"  {name} took {self.seconds[name]:.1f} s")

    def detail(self, line: str) -> None:
        """Something on the way; what was just said is not said again."""
        with self._lock:
            if line == self._last:
                return
            self._last = line
            if self._terminal:
                sys.stderr.write(f"\r\033[K  {line[:WIDTH]}")
            else:
                sys.stderr.write(f"  {line}\n")
            sys.stderr.flush()

    @property
    def total(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._begun

    def _line(self, line: str) -> None:
        with self._lock:
            clear = "\r\033[K" if self._terminal else ""
            sys.stderr.write(f"{clear}{line}\n")
            sys.stderr.flush()
