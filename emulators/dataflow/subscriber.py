"""Pulls messages of one subscription ahead of need, keeps their leases, and acknowledges what is done."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.pubsub_v1.types import AcknowledgeRequest, ModifyAckDeadlineRequest, PullRequest

from emulators.dataflow.bundle import Pulled

_LOG = logging.getLogger(__name__)
_AT_ONCE = 1_000  # messages a pull, ack ids a request
_MOST_WAITING = 10_000  # messages
_MOST_BYTES = 16 << 20
_LEASE, _RENEW_AFTER = 20, 5.0  # seconds
_PULL_TIMEOUT, _CALL_TIMEOUT = 60.0, 20.0
_LONGEST_PAUSE = 5.0


class Subscriber:
    """One subscription. `arrived` is notified when messages wait, and guards them."""

    def __init__(self, channel: grpc.Channel, subscription: str, arrived: threading.Condition) -> None:
        self.subscription, self.problem = subscription, ""
        self._arrived = arrived
        self._waiting: list[Any] = []
        self._bytes = 0
        self._leases: dict[str, float] = {}  # ack id -> when its lease was last renewed
        self._stopped = threading.Event()
        self._call: Any = None
        self._acknowledger = ThreadPoolExecutor(1)
        self._pull = _method(channel, "Pull", PullRequest, Pulled)
        self._acknowledge = _method(channel, "Acknowledge", AcknowledgeRequest, Empty)
        self._modify = _method(channel, "ModifyAckDeadline", ModifyAckDeadlineRequest, Empty)

    def start(self) -> None:
        """Begins to pull."""
        for loop in (self._pull_loop, self._lease_loop):
            threading.Thread(target=loop, name=f"{loop.__name__} {self.subscription}", daemon=True).start()

    def stop(self) -> None:
        """Pulls no more, and renews no leases."""
        self._stopped.set()
        if self._call is not None:
            self._call.cancel()
        with self._arrived:
            self._arrived.notify_all()

    def release(self) -> None:
        """Gives back what is in hand and not acknowledged, so that it need not wait for its leases to end."""
        self._acknowledger.shutdown()
        self._extend(list(self._leases), 0)
        self._leases.clear()

    @property
    def waiting(self) -> int:
        """How many messages wait to be taken."""
        return len(self._waiting)

    @property
    def oldest(self) -> float | None:
        """When the oldest message that waits was published, in seconds of Unix time; None where none waits."""
        return min(map(published, self._waiting), default=None)

    def take(self, most: int) -> list[Any]:
        """Up to so many messages, the oldest first. The caller holds `arrived`."""
        taken, self._waiting = self._waiting[:most], self._waiting[most:]
        self._bytes = sum(len(received.message.data) for received in self._waiting)
        self._arrived.notify_all()
        return taken

    def acknowledge(self, ack_ids: Sequence[str]) -> None:
        """Tells Pub/Sub that messages are done, while the next bundle begins. A failure is logged: they come again."""
        self._acknowledger.submit(self._send, list(ack_ids))

    def _send(self, ack_ids: list[str]) -> None:
        for start in range(0, len(ack_ids), _AT_ONCE):
            some = ack_ids[start : start + _AT_ONCE]
            try:
                self._acknowledge({"subscription": self.subscription, "ack_ids": some}, _CALL_TIMEOUT)
            except grpc.RpcError as error:
                _LOG.warning("%s: not acknowledged, so they come again: %s", self.subscription, _reason(error))
        with self._arrived:
            for ack_id in ack_ids:
                self._leases.pop(ack_id, None)

    def _pull_loop(self) -> None:
        pause = 0.1
        while not self._stopped.is_set():
            self._wait_for_room()
            try:
                # After a failure, an answer at once says that all is well again, even if no message comes.
                at_once = {"max_messages": _AT_ONCE, "return_immediately": bool(self.problem)}
                request = {"subscription": self.subscription, **at_once}
                self._call = self._pull.future(request, _PULL_TIMEOUT)
                received = list(self._call.result().received_messages)
            except (grpc.RpcError, grpc.FutureCancelledError) as error:
                pause = self._after_failure(error, pause)
                continue
            self.problem, pause = "", 0.1
            if received:
                self._keep(received)

    def _wait_for_room(self) -> None:
        with self._arrived:
            while not self._stopped.is_set() and (self.waiting >= _MOST_WAITING or self._bytes >= _MOST_BYTES):
                self._arrived.wait(1.0)

    def _keep(self, received: list[Any]) -> None:
        now = time.monotonic()
        with self._arrived:
            self._waiting += received
            self._bytes += sum(len(message.message.data) for message in received)
            self._leases.update((message.ack_id, now) for message in received)
            self._arrived.notify_all()

    def _after_failure(self, error: Exception, pause: float) -> float:
        """Waits, and says how long to wait the next time."""
        if self._stopped.is_set() or getattr(error, "code", lambda: None)() == grpc.StatusCode.DEADLINE_EXCEEDED:
            return pause
        problem = _reason(error)
        if problem != self.problem:
            _LOG.warning("%s: cannot pull: %s", self.subscription, problem)
        self.problem = problem
        self._stopped.wait(pause)
        return min(2 * pause, _LONGEST_PAUSE)

    def _lease_loop(self) -> None:
        while not self._stopped.wait(1.0):
            now = time.monotonic()
            with self._arrived:
                old = [ack_id for ack_id, renewed in self._leases.items() if now - renewed > _RENEW_AFTER]
                self._leases.update(dict.fromkeys(old, now))
            self._extend(old, _LEASE)

    def _extend(self, ack_ids: list[str], seconds: int) -> None:
        for start in range(0, len(ack_ids), _AT_ONCE):
            some = ack_ids[start : start + _AT_ONCE]
            request = {"subscription": self.subscription, "ack_ids": some, "ack_deadline_seconds": seconds}
            try:
                self._modify(request, _CALL_TIMEOUT)
            except grpc.RpcError as error:
                _LOG.warning("%s: leases not changed: %s", self.subscription, _reason(error))


def published(received: Any) -> float:
    """When Pub/Sub took a message, in seconds of Unix time."""
    moment = received.message.publish_time
    return float(moment.seconds + moment.nanos / 1e9)


class _Method:
    """One method of google.pubsub.v1.Subscriber, with plain protobuf messages."""

    def __init__(self, call: Any, request: Any) -> None:
        self._call, self._request = call, request

    def __call__(self, fields: dict[str, Any], timeout: float) -> Any:
        return self._call(self._request(**fields), timeout=timeout)

    def future(self, fields: dict[str, Any], timeout: float) -> Any:
        return self._call.future(self._request(**fields), timeout=timeout)


def _method(channel: grpc.Channel, name: str, request: Any, response: Callable[..., Any]) -> _Method:
    plain = type(request.pb(request()))
    call = channel.unary_unary(
        f"/google.pubsub.v1.Subscriber/{name}",
        request_serializer=plain.SerializeToString,
        response_deserializer=response.FromString,  # type: ignore[attr-defined]
    )
    return _Method(call, plain)


def _reason(error: Exception) -> str:
    return f"{error.code().name}: {error.details()}" if isinstance(error, grpc.Call) else type(error).__name__
