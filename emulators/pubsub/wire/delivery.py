"""Pull: leases from a subscription's queue, as an encoded response; and what StreamingPull shares with it."""

import asyncio
from collections.abc import Sequence
from typing import Any

from emulators.pubsub.messages import shadow
from emulators.pubsub.state.batch import Delivery
from emulators.pubsub.state.broker import Broker
from emulators.pubsub.state.errors import check_range, failed_precondition, not_found
from emulators.pubsub.state.leases import Consumer
from emulators.pubsub.state.subscription_queue import SubscriptionQueue

_MAX_PULL = 1000
_PULL_SECONDS = 90.0
RESPONSE_BYTES = 1 << 20


class Waiter:
    """Sleeps until a consumer may find something: it was woken, or a deadline or back-off has passed."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.wake = self._event.set

    async def wait(self, seconds: float | None) -> None:
        """Returns when woken, or after so many seconds; others get their turn in any case."""
        await asyncio.sleep(0)
        timer = None
        if seconds is not None:
            timer = asyncio.get_running_loop().call_later(max(0.0, seconds), self._event.set)
        try:
            await self._event.wait()
        finally:
            if timer is not None:
                timer.cancel()
            self._event.clear()


def encode(deliveries: Sequence[Delivery]) -> bytes:
    """A PullResponse, or a StreamingPullResponse, whose messages pass through as they are stored."""
    response = shadow.PullResponse()
    add = response.received_messages.add
    for ack_id, body, attempt in deliveries:
        add(ack_id=ack_id, message=body, delivery_attempt=attempt)
    return bytes(response.SerializeToString())


async def pull(broker: Broker, request: Any, seconds_left: float | None) -> bytes:
    """Answers a PullRequest: waits for a first message, for 90 s or until shortly before the caller gives up.

    Raises:
        PubsubError: NOT_FOUND, INVALID_ARGUMENT (max_messages), FAILED_PRECONDITION (detached).
    """
    check_range("max_messages", request.max_messages, 1, 1 << 31)
    queue = broker.subscriptions.queue(request.subscription)
    limit = min(request.max_messages, _MAX_PULL)
    patience = _PULL_SECONDS if seconds_left is None else min(_PULL_SECONDS, seconds_left * 0.9)
    until = broker.now() + (0 if request.return_immediately else patience)
    waiter = Waiter()
    consumer = Consumer(wake=waiter.wake)
    queue.consumers[consumer] = None
    try:
        while True:
            check_open(broker, request.subscription, queue)
            now = broker.now()
            found = queue.lease(consumer, limit, 10 * RESPONSE_BYTES, queue.settings.ack_deadline, now)
            if found or now >= until:
                return encode(found)
            event = queue.next_event(consumer)
            await waiter.wait((until if event is None else min(event, until)) - now)
    finally:
        queue.consumers.pop(consumer, None)


def check_open(broker: Broker, name: str, queue: SubscriptionQueue) -> None:
    """Raises PubsubError: the subscription was deleted (NOT_FOUND), or detached or not pulled (FAILED_PRECONDITION)."""
    if not broker.subscriptions.is_open(name, queue):
        broker.subscriptions.queue(name)
        raise not_found(name)
    if not broker.subscriptions.is_pulled(name):
        raise failed_precondition("This method is not supported for this subscription type.")
