"""A streaming job: bundle after bundle, each durable before it is processed and acknowledged after it is committed."""

import fcntl
import hashlib
import logging
import os
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from emulators.dataflow.bundle import Bundle, Pulled, Spool
from emulators.dataflow.inbox import Inbox
from emulators.dataflow.source import hand_over
from emulators.dataflow.status import Status, now
from emulators.dataflow.subscriber import published
from emulators.dataflow.window import Window

_LOG = logging.getLogger(__name__)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0  # seconds between two tries of a bundle


@dataclass(frozen=True)
class Held:
    """A bundle that waits for another try: at the time `due` (monotonic), `pause` seconds after the last."""

    bundle: Bundle
    due: float = 0.0
    pause: float = 0.0


class Job:
    """What `run` needs: the subscriptions, a directory of its own, and the bounds of a bundle."""

    def __init__(
        self, name: str, host: str, subscriptions: Sequence[str], directory: Path, messages: int, seconds: float
    ) -> None:
        self._locks = [lock(directory), *(lock_subscription(host, name) for name in subscriptions)]
        self._spool, self._window = Spool(directory), Window(directory)
        self.status = Status(directory, name, list(subscriptions))
        self._inbox = Inbox(host, subscriptions, messages, seconds)
        self._stopped = threading.Event()
        self._held = {bundle.subscription: Held(bundle) for bundle in self._spool.read()}
        self._bundle: Bundle | None = None
        self._began = time.monotonic()

    def stop(self) -> None:
        """Ends the job after the bundle in hand."""
        self._stopped.set()
        self._inbox.stop()

    def run(self, run_bundles: Callable[[Callable[[], bool]], None]) -> None:
        """Runs until stopped. A bundle that fails is tried again, the same, while other subscriptions go on."""
        self._inbox.start()
        while not self._stopped.is_set():
            try:
                run_bundles(self._next_bundle)
            except Exception as error:  # noqa: BLE001  whatever a pipeline raises: the bundle stays, and is tried again
                self._report(error, self._hold())
        self._inbox.release()
        self.status.update(state="stopped")
        self.status.write()

    def _next_bundle(self) -> bool:
        """Commits the bundle that has gone through, and hands over the next; False when the job ends."""
        if self._bundle is not None:
            self._commit(self._bundle)
        self._bundle = self._choose()
        if self._bundle is None:
            return False
        self._spool.write(self._bundle)
        hand_over({self._bundle.subscription: self._bundle.pulled})
        self._began = time.monotonic()
        self.status.update(state="running", waiting=self._inbox.waiting, oldest=self._oldest())
        return True

    def _oldest(self) -> str | None:
        """When the oldest message that was pulled and is not done was published."""
        bundles = [self._bundle, *(held.bundle for held in self._held.values())]
        moments = [published(each) for bundle in bundles if bundle for each in bundle.pulled.received_messages]
        waiting = self._inbox.oldest
        oldest = min([*moments, *([waiting] if waiting is not None else [])], default=None)
        return None if oldest is None else datetime.fromtimestamp(oldest, UTC).isoformat(timespec="milliseconds")

    def _commit(self, bundle: Bundle) -> None:
        self._window.add(bundle.identities)
        self._spool.remove(bundle)
        self._held.pop(bundle.subscription, None)
        self._bundle = None
        hand_over({})
        self._inbox.acknowledge(bundle.subscription, bundle.ack_ids)
        self._count(bundle)

    def _hold(self) -> float:
        """Puts the bundle in hand aside; the seconds until its next try."""
        bundle, self._bundle = self._bundle, None
        hand_over({})
        if bundle is None:  # the worker itself failed
            self._stopped.wait(_FIRST_PAUSE)
            return 0.0
        before = self._held.get(bundle.subscription, Held(bundle)).pause
        pause = min(2 * before, _LONGEST_PAUSE) or _FIRST_PAUSE
        self._held[bundle.subscription] = Held(bundle, time.monotonic() + pause, pause)
        return pause

    def _choose(self) -> Bundle | None:
        """A bundle whose next try is due, or one of new messages; None when the job ends."""
        while not self._stopped.is_set():
            due = [held.bundle for held in self._held.values() if held.due <= time.monotonic()]
            if due:
                return due[0]
            taken = self._inbox.take(without=self._held)
            if taken is None:
                self._rest()
                continue
            bundle = self._without_duplicates(*taken)
            if bundle.size:
                return bundle
            self._inbox.acknowledge(bundle.subscription, bundle.ack_ids)
            self._count(bundle)
        return None

    def _rest(self) -> None:
        problems = self._inbox.problems
        state = "retrying" if self._held else "blocked" if problems else "idle"
        self.status.update(waiting=self._inbox.waiting, oldest=self._oldest(), problems=problems, state=state)

    def _without_duplicates(self, subscription: str, received: list[Any]) -> Bundle:
        new: dict[str, Any] = {}
        duplicates: list[str] = []
        for message in received:
            identity = f"{subscription}\t{message.message.message_id}"
            if identity in self._window or identity in new:
                duplicates.append(message.ack_id)
            else:
                new[identity] = message
        return Bundle(subscription, Pulled(received_messages=new.values()), tuple(duplicates))

    def _count(self, bundle: Bundle) -> None:
        fields = self.status.fields
        self.status.update(duplicates=fields["duplicates"] + len(bundle.duplicates))
        if bundle.size:
            seconds = round(time.monotonic() - self._began, 3)
            last = {"messages": bundle.size, "seconds": seconds, "finished_at": now()}
            self.status.update(
                processed=fields["processed"] + bundle.size, bundles=fields["bundles"] + 1, last_bundle=last
            )

    def _report(self, error: Exception, pause: float) -> None:
        reason = f"{type(error).__name__}: {error}"
        _LOG.error("a bundle failed; again in %.1f s: %s", pause, reason, exc_info=error)
        last = {"at": now(), "reason": reason[:2000]}
        self.status.update(state="retrying", errors=self.status.fields["errors"] + 1, last_error=last)
        self.status.write()


def lock(directory: Path) -> IO[str]:
    """Takes a state directory for this process. Raises SystemExit when another process has it."""
    directory.mkdir(parents=True, exist_ok=True)
    message = f"{directory} belongs to a job that runs: stop it, or give --dataflow_state another one"
    return _lock(directory / "lock", message)


def lock_subscription(host: str, subscription: str) -> IO[str]:
    """Takes a subscription for this process, on this machine. Raises SystemExit when another job reads it.

    Two jobs would share its messages; and one that has slept longer than its leases would process what the other one
    has processed, too: each knows its own messages alone.
    """
    folder = Path(tempfile.gettempdir()) / f"emulated-dataflow-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    name = hashlib.sha256(f"{host}\n{subscription}".encode()).hexdigest()[:24]
    return _lock(folder / name, f"{subscription} is read by another job on this machine: stop it, or wait for its end")


def _lock(path: Path, message: str) -> IO[str]:
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise SystemExit(message) from None
    return file
