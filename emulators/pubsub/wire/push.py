"""Push: messages of a subscription as POSTs to its endpoint, acknowledged by the status of the answer.

Source: cloud.google.com/pubsub/docs/push. A delivery that fails makes the whole subscription wait, longer each time.
"""

import asyncio
import logging
from collections.abc import Sequence

from emulators.pubsub.state.batch import Delivery
from emulators.pubsub.state.broker import Broker
from emulators.pubsub.state.errors import DamagedState, PubsubError
from emulators.pubsub.state.leases import Consumer
from emulators.pubsub.state.subscription_queue import SubscriptionQueue
from emulators.pubsub.wire.delivery import RESPONSE_BYTES, Waiter
from emulators.pubsub.wire.id_tokens import IdTokens
from emulators.pubsub.wire.push_request import post, push_request

_LOG = logging.getLogger("emulators.pubsub")
_ACCEPTED = (102, 200, 201, 202, 204)
_AT_ONCE = 16
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 60.0


class Pushers:
    """One task for each subscription that has an endpoint."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._tokens = IdTokens()

    def look(self) -> None:
        """Start what is missing; a task whose subscription is gone, or pulled now, ends by itself."""
        for name in self._broker.subscriptions.pushed():
            task = self._tasks.get(name)
            if task is None or task.done():
                self._tasks[name] = asyncio.create_task(_Pusher(self._broker, name, self._tokens).run())

    def stop(self) -> None:
        for task in self._tasks.values():
            task.cancel()


class _Pusher:
    def __init__(self, broker: Broker, name: str, tokens: IdTokens) -> None:
        self._broker = broker
        self._name = name
        self._tokens = tokens
        self._waiter = Waiter()
        self._failures = 0
        self._not_before = 0.0
        self._sending: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        queue = self._broker.subscriptions.queue(self._name)
        consumer = Consumer(_AT_ONCE, wake=self._waiter.wake)
        queue.consumers[consumer] = None
        try:
            while self._is_wanted(queue):
                await self._deliver(queue, consumer)
        except (DamagedState, OSError, PubsubError) as error:
            _LOG.error("push of %s: %s", self._name, error)
        finally:
            queue.consumers.pop(consumer, None)
            for task in self._sending:
                task.cancel()

    def _is_wanted(self, queue: SubscriptionQueue) -> bool:
        found = self._broker.subscriptions
        return found.is_open(self._name, queue) and bool(found.push_endpoint(self._name))

    async def _deliver(self, queue: SubscriptionQueue, consumer: Consumer) -> None:
        """What can be sent now, or the wait for it."""
        now = self._broker.now()
        if now < self._not_before:
            await self._waiter.wait(self._not_before - now)
            return
        found = queue.lease(consumer, _AT_ONCE, 10 * RESPONSE_BYTES, queue.settings.ack_deadline, now)
        if not found:
            event = queue.next_event(consumer)
            await self._waiter.wait(None if event is None else event - now)
        elif queue.settings.ordered:
            await self._send(queue, found)
        else:
            for delivery in found:
                task = asyncio.create_task(self._send(queue, [delivery]))
                self._sending.add(task)
                task.add_done_callback(self._sending.discard)

    async def _send(self, queue: SubscriptionQueue, deliveries: Sequence[Delivery]) -> None:
        """One after the other; when one is refused, those that follow it wait for it."""
        for index, (ack_id, body, attempt) in enumerate(deliveries):
            accepted = await self._is_accepted(body, attempt, queue.settings.ack_deadline)
            if not self._broker.subscriptions.is_open(self._name, queue):
                return
            now = self._broker.now()
            if accepted:
                self._failures = 0
                queue.acknowledge([ack_id], now)
            else:
                self._failures += 1
                self._not_before = now + min(_FIRST_WAIT * 2.0 ** min(self._failures - 1, 10), _LONGEST_WAIT)
                refused = [one.ack_id for one in deliveries[index:]]
                queue.modify(refused, [0] * len(refused), now)
                break
        self._waiter.wake()

    async def _is_accepted(self, body: bytes, attempt: int, seconds: float) -> bool:
        try:
            subscription = self._broker.subscriptions.get(self._name)
        except PubsubError:
            return False  # it was deleted meanwhile
        endpoint = subscription.push_config.push_endpoint
        try:
            async with asyncio.timeout(seconds):
                headers, content = push_request(subscription, body, attempt)
                if subscription.push_config.HasField("oidc_token"):
                    headers["Authorization"] = f"Bearer {await self._tokens.token(subscription.push_config)}"
                return await post(endpoint, headers, content) in _ACCEPTED
        except (OSError, ValueError, IndexError) as error:
            _LOG.warning("push to %s failed: %r", endpoint, error)
            return False
