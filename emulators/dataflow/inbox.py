"""The subscriptions of a job together: waits until a bundle is worth taking, and takes it fairly."""

import threading
import time
from collections.abc import Sequence
from typing import Any

import grpc

from emulators.dataflow.subscriber import Subscriber

_QUIET = 0.1  # seconds without a new message after which a bundle is not worth waiting for
_PATIENCE = 1.0  # seconds that `wait` takes at most when nothing comes


class Inbox:
    """Messages that wait, by subscription. A bundle has at most `messages`, and waits `seconds` for more at most."""

    def __init__(self, host: str, subscriptions: Sequence[str], messages: int, seconds: float) -> None:
        self._messages, self._seconds = messages, seconds
        self._arrived = threading.Condition()
        self._stopped = threading.Event()
        options = [("grpc.max_receive_message_length", -1), ("grpc.max_reconnect_backoff_ms", 2000)]
        channel = grpc.insecure_channel(host, options=options)
        self._subscribers = {name: Subscriber(channel, name, self._arrived) for name in subscriptions}

    def start(self) -> None:
        """Begins to pull."""
        for subscriber in self._subscribers.values():
            subscriber.start()

    def stop(self) -> None:
        """Pulls no more; whoever waits returns."""
        self._stopped.set()
        for subscriber in self._subscribers.values():
            subscriber.stop()

    def release(self) -> None:
        """Gives back what was not acknowledged."""
        for subscriber in self._subscribers.values():
            subscriber.release()

    @property
    def waiting(self) -> int:
        """How many messages wait."""
        return sum(subscriber.waiting for subscriber in self._subscribers.values())

    @property
    def problems(self) -> dict[str, str]:
        """Why subscriptions cannot be pulled, by name."""
        return {name: each.problem for name, each in self._subscribers.items() if each.problem}

    def wait(self) -> int:
        """Waits for a message, then while more come, up to a full bundle; how many wait (0 after a second of none)."""
        with self._arrived:
            if not self.waiting:
                self._arrived.wait(_PATIENCE)
            first, before = time.monotonic(), 0
            while before < self.waiting < self._messages and time.monotonic() - first < self._seconds:
                before = self.waiting
                self._arrived.wait_for(lambda: self.waiting >= self._messages or self._stopped.is_set(), _QUIET)
            return self.waiting

    def take(self) -> dict[str, list[Any]]:
        """A bundle's messages: each subscription its share, then what room there is, so that none waits for another."""
        with self._arrived:
            share = max(1, self._messages // len(self._subscribers))
            taken = {name: subscriber.take(share) for name, subscriber in self._subscribers.items()}
            for name, subscriber in self._subscribers.items():
                taken[name] += subscriber.take(max(0, self._messages - sum(map(len, taken.values()))))
        return taken

    def acknowledge(self, subscription: str, ack_ids: list[str]) -> None:
        """Tells Pub/Sub that messages are done. A subscription that is read no more is left alone."""
        subscriber = self._subscribers.get(subscription)
        if subscriber is not None and ack_ids:
            subscriber.acknowledge(ack_ids)
