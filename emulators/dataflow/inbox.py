"""The subscriptions of a job together: waits until a bundle is worth taking, and takes from each in its turn."""

import threading
import time
from collections.abc import Collection, Sequence
from typing import Any

import grpc

from emulators.dataflow.subscriber import Subscriber

_QUIET = 0.1  # seconds without a new message after which a bundle is not worth waiting for
_PATIENCE = 1.0  # seconds that `take` waits at most when nothing comes


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
    def oldest(self) -> float | None:
        """When the oldest message that waits was published, in seconds of Unix time; None where none waits."""
        found = [each.oldest for each in self._subscribers.values()]
        return min((moment for moment in found if moment is not None), default=None)

    @property
    def problems(self) -> dict[str, str]:
        """Why subscriptions cannot be pulled, by name."""
        return {name: each.problem for name, each in self._subscribers.items() if each.problem}

    def take(self, without: Collection[str]) -> tuple[str, list[Any]] | None:
        """A bundle's messages and their subscription; None after a second of none.

        Waits for a first message, then while more come, up to a full bundle. The subscriptions take turns, and those
        `without` are left alone.
        """
        with self._arrived:
            able = {name: each for name, each in self._subscribers.items() if name not in without}
            if not _waiting(able):
                self._arrived.wait(_PATIENCE)
            first, before = time.monotonic(), 0
            while before < _waiting(able) < self._messages and time.monotonic() - first < self._seconds:
                before = _waiting(able)
                self._arrived.wait_for(lambda: _waiting(able) >= self._messages or self._stopped.is_set(), _QUIET)
            name = next((name for name, each in able.items() if each.waiting), None)
            if name is None:
                return None
            self._subscribers[name] = self._subscribers.pop(name)  # behind the others
            return name, self._subscribers[name].take(self._messages)

    def acknowledge(self, subscription: str, ack_ids: list[str]) -> None:
        """Tells Pub/Sub that messages are done. A subscription that is read no more is left alone."""
        subscriber = self._subscribers.get(subscription)
        if subscriber is not None and ack_ids:
            subscriber.acknowledge(ack_ids)


def _waiting(subscribers: dict[str, Subscriber]) -> int:
    return sum(subscriber.waiting for subscriber in subscribers.values())
