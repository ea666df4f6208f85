"""Somebody who looks after the services while the command waits for something else: one that dies ends the waiting."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self

from emulators.supervisor.errors import ServiceFailed
from emulators.supervisor.platform import Platform

SECONDS = 0.5


class Watch:
    """Raises ServiceFailed in the main thread once a service that it was told of has died, whatever that waits for.

    Without it, a command would wait for minutes for what can no longer come.
    """

    def __init__(self, platform: Platform) -> None:
        self._failure: ServiceFailed | None = None
        self._platform = platform
        self._names: tuple[str, ...] = ()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)

    def __enter__(self) -> Self:
        signal.signal(signal.SIGUSR1, self._raise)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def add(self, *names: str) -> None:
        """Look after these too, from now on: they run."""
        self._names += names

    @contextmanager
    def without(self, name: str) -> Iterator[None]:
        """Look away from one of them while somebody starts it again."""
        with self._lock:
            self._names = tuple(each for each in self._names if each != name)
        yield
        self.add(name)

    def _look(self) -> None:
        while not self._over.wait(SECONDS):
            with self._lock:
                self._failure = next(iter(self._platform.died(*self._names)), None)
            if self._failure is not None:
                # To this thread and no other, so that what it waits for in the system is interrupted as well.
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
                return

    def _raise(self, number: int, frame: FrameType | None) -> None:
        if self._failure is not None:
            raise self._failure
