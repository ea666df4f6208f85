"""A streaming job: bundle after bundle, each durable before it is processed and acknowledged after it is committed."""

import fcntl
import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

from emulators.dataflow.bundle import Bundle, Pulled, Spool
from emulators.dataflow.inbox import Inbox
from emulators.dataflow.source import hand_over
from emulators.dataflow.status import Status, now
from emulators.dataflow.window import Window

_LOG = logging.getLogger(__name__)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0  # seconds between two tries of a bundle


class Job:
    """What `run` needs: the subscriptions, a directory of its own, and the bounds of a bundle."""

    def __init__(
        self, name: str, host: str, subscriptions: Sequence[str], directory: Path, messages: int, seconds: float
    ) -> None:
        self._lock = lock(directory)
        self._spool, self._window = Spool(directory), Window(directory)
        self.status = Status(directory, name, list(subscriptions))
        self._inbox = Inbox(host, subscriptions, messages, seconds)
        self._stopped = threading.Event()
        self._bundle = self._spool.read() or Bundle()
        self._began = time.monotonic()

    def stop(self) -> None:
        """Ends the job after the bundle in hand."""
        self._stopped.set()
        self._inbox.stop()

    def run(self, run_bundles: Callable[[Callable[[], bool]], None]) -> None:
        """Runs until stopped. A bundle that fails is tried again, the same, for as long as it takes."""
        self._inbox.start()
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
        self._inbox.release()
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
        self.status.update(state="running", waiting=self._inbox.waiting)
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
        self._acknowledge(bundle)
        self._bundle = Bundle()
        hand_over({})
        self._count(bundle)

    def _acknowledge(self, bundle: Bundle) -> None:
        for subscription, pulled in bundle.messages.items():
            self._inbox.acknowledge(subscription, [received.ack_id for received in pulled.received_messages])
        for subscription, ack_ids in bundle.duplicates.items():
            self._inbox.acknowledge(subscription, ack_ids)

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
            waiting = self._inbox.wait()
            problems = self._inbox.problems
            state = self.status.fields["state"] if waiting else "blocked" if problems else "idle"
            self.status.update(waiting=waiting, problems=problems, state=state)
            bundle = self._without_duplicates() if waiting else Bundle()
            if bundle.size:
                return bundle
            self._acknowledge(bundle)
            self._count(bundle)
        return None

    def _without_duplicates(self) -> Bundle:
        messages: dict[str, Any] = {}
        duplicates: dict[str, list[str]] = {}
        for name, received in self._inbox.take().items():
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
