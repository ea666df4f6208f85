"""A streaming job: bundle after bundle, each durable before it is processed and acknowledged after it is committed."""

import fcntl
import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

import grpc

from emulators.dataflow.bundle import Bundle, Pulled, Spool
from emulators.dataflow.source import hand_over
from emulators.dataflow.status import Status, now
from emulators.dataflow.subscriber import Subscriber
from emulators.dataflow.window import Window

_LOG = logging.getLogger(__name__)
_QUIET = 0.1  # seconds without a new message after which a bundle is not worth waiting for
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0  # seconds between two tries of a bundle


class Job:
    """What `run` needs: the subscriptions, a directory of its own, and the bounds of a bundle."""

    def __init__(
        self, name: str, host: str, subscriptions: Sequence[str], directory: Path, messages: int, seconds: float
    ) -> None:
        self._lock = lock(directory)
        self._spool, self._window = Spool(directory), Window(directory)
        self.status = Status(directory, name, list(subscriptions))
        self._messages, self._seconds = messages, seconds
        self._arrived = threading.Condition()
        self._stopped = threading.Event()
        channel = grpc.insecure_channel(host, options=[("grpc.max_receive_message_length", -1)])
        self._subscribers = {name: Subscriber(channel, name, self._arrived) for name in subscriptions}
        self._bundle = self._spool.read() or Bundle()
        self._began = time.monotonic()

    def stop(self) -> None:
        """Ends the job after the bundle in hand."""
        self._stopped.set()
        for subscriber in self._subscribers.values():
            subscriber.stop()

    def run(self, run_bundles: Callable[[Callable[[], bool]], None]) -> None:
        """Runs until stopped. A bundle that fails is tried again, the same, for as long as it takes."""
        for subscriber in self._subscribers.values():
            subscriber.start()
        pause = _FIRST_PAUSE
        while not self._stopped.is_set():
            done = self.status.fields["bundles"]
            try:
                self._prepare()
                run_bundles(self._next_bundle)
            except Exception as error:  # noqa: BLE001  whatever a pipeline raises: the bundle stays, and is tried again
                pause = _FIRST_PAUSE if self.status.fields["bundles"] > done else min(2 * pause, _LONGEST_PAUSE)
                self._report(error, pause)
                self._stopped.wait(pause)
        for subscriber in self._subscribers.values():
            subscriber.release()
        self.status.update(state="stopped")
        self.status.write()

    def _next_bundle(self) -> bool:
        """Commits the bundle that has gone through, and hands over the next; False when the job ends."""
        self._commit()
        bundle = self._collect()
        if bundle is None:
            return False
        self._bundle = bundle
        self._prepare()
        self.status.update(state="running")
        return True

    def _prepare(self) -> None:
        """Makes the bundle in hand durable, and lets the pipeline read it."""
        if self._bundle.size:
            self._spool.write(self._bundle)
        hand_over(dict(self._bundle.messages))
        self._began = time.monotonic()

    def _commit(self) -> None:
        bundle = self._bundle
        if bundle.size:
            self._window.add(
                _identity(subscription, received)
                for subscription, pulled in bundle.messages.items()
                for received in pulled.received_messages
            )
            self._spool.remove()
        for subscription, pulled in bundle.messages.items():
            self._acknowledge(subscription, [received.ack_id for received in pulled.received_messages])
        for subscription, ack_ids in bundle.duplicates.items():
            self._acknowledge(subscription, ack_ids)
        self._bundle = Bundle()
        self._count(bundle)

    def _acknowledge(self, subscription: str, ack_ids: list[str]) -> None:
        subscriber = self._subscribers.get(subscription)  # an unfinished bundle may know one that is read no more
        if subscriber is not None:
            subscriber.acknowledge(ack_ids)

    def _count(self, bundle: Bundle) -> None:
        fields = self.status.fields
        duplicates = sum(map(len, bundle.duplicates.values()))
        self.status.update(duplicates=fields["duplicates"] + duplicates)
        if bundle.size:
            seconds = round(time.monotonic() - self._began, 3)
            last = {"messages": bundle.size, "seconds": seconds, "finished_at": now()}
            self.status.update(
                processed=fields["processed"] + bundle.size, bundles=fields["bundles"] + 1, last_bundle=last
            )

    def _collect(self) -> Bundle | None:
        """Waits for messages that were not processed yet; None when the job ends."""
        while not self._stopped.is_set():
            if self._wait_for_messages():
                bundle = self._without_duplicates()
                if bundle.size:
                    return bundle
                for subscription, ack_ids in bundle.duplicates.items():
                    self._acknowledge(subscription, ack_ids)
                self._count(bundle)
        return None

    def _wait_for_messages(self) -> bool:
        """Waits for the first message, then while more come, up to a full bundle. Reports idleness each second."""
        with self._arrived:
            if not self._waiting():
                self._arrived.wait(1.0)
            first = time.monotonic()
            before = 0
            while before < self._waiting() < self._messages and time.monotonic() - first < self._seconds:
                before = self._waiting()
                self._arrived.wait_for(lambda: self._waiting() >= self._messages or self._stopped.is_set(), _QUIET)
            waiting = self._waiting()
        problems = {name: each.problem for name, each in self._subscribers.items() if each.problem}
        self.status.update(waiting=waiting, problems=problems, state=self.status.fields["state"] if waiting else "idle")
        return waiting > 0

    def _waiting(self) -> int:
        return sum(subscriber.waiting for subscriber in self._subscribers.values())

    def _without_duplicates(self) -> Bundle:
        messages: dict[str, Any] = {}
        duplicates: dict[str, list[str]] = {}
        room = self._messages
        with self._arrived:
            taken = {}
            for name, subscriber in self._subscribers.items():
                taken[name] = subscriber.take(room)
                room -= len(taken[name])
        for name, received in taken.items():
            new: dict[str, Any] = {}
            for message in received:
                identity = _identity(name, message)
                if identity in self._window or identity in new:
                    duplicates.setdefault(name, []).append(message.ack_id)
                else:
                    new[identity] = message
            if new:
                messages[name] = Pulled(received_messages=new.values())
        return Bundle(messages, duplicates)

    def _report(self, error: Exception, pause: float) -> None:
        reason = f"{type(error).__name__}: {error}"
        _LOG.error(
            "bundle of %d messages failed; again in %.1f s: %s", self._bundle.size, pause, reason, exc_info=error
        )
        last = {"at": now(), "reason": reason[:2000], "messages": self._bundle.size}
        self.status.update(state="retrying", errors=self.status.fields["errors"] + 1, last_error=last)
        self.status.write()


def lock(directory: Path) -> IO[str]:
    """Takes a state directory for this process. Raises SystemExit when another process has it."""
    directory.mkdir(parents=True, exist_ok=True)
    file = (directory / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SystemExit(
            f"{directory} belongs to a job that runs: stop it, or give --dataflow_state another one"
        ) from None
    return file


def _identity(subscription: str, received: Any) -> str:
    return f"{subscription}\t{received.message.message_id}"
