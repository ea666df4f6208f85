"""Delivery to other services: one task for each subscription whose messages BigQuery or Cloud Storage gets.

A message is acknowledged when it has been written. While the target cannot take messages at all, the subscription is in
an error state and nothing is delivered, not even to the dead-letter topic.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from emulators.pubsub.state.broker import Broker
from emulators.pubsub.state.errors import DamagedState, PubsubError, invalid, unsupported
from emulators.pubsub.state.export_checks import delivery_kinds
from emulators.pubsub.state.leases import Consumer
from emulators.pubsub.state.subscription_queue import SubscriptionQueue
from emulators.pubsub.wire.bigquery_export import BigQueryTarget
from emulators.pubsub.wire.delivery import RESPONSE_BYTES, Waiter
from emulators.pubsub.wire.export_target import Target, Written
from emulators.pubsub.wire.http_call import address
from emulators.pubsub.wire.storage_export import StorageTarget

_LOG = logging.getLogger("emulators.pubsub")
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 60.0
_LOOK_SECONDS = 5.0  # how long what is known of the target stays good
_LEASE_SECONDS = 1200.0  # longer than a file may stay open
_TARGETS: dict[str, tuple[Callable[[Broker, Any, str], Target], str]] = {
    "bigquery_config": (BigQueryTarget, "BIGQUERY_EMULATOR_HOST"),
    "cloud_storage_config": (StorageTarget, "STORAGE_EMULATOR_HOST"),
}


def target(broker: Broker, subscription: Any, kind: str) -> Target:
    """The target of a google.pubsub.v1.Subscription. Raises PubsubError: UNIMPLEMENTED without its address."""
    make, variable = _TARGETS[kind]
    found = address(variable)
    if not found:
        raise unsupported(f"Delivery by {kind} without {variable} in the environment")
    return make(broker, subscription, found)


async def check_target(broker: Broker, subscription: Any) -> None:
    """Raises PubsubError as the service refuses a subscription whose target cannot be written to."""
    for kind in delivery_kinds(subscription):
        if kind == "push_config":
            continue
        try:
            state, problem = await target(broker, subscription, kind).look()
        except OSError as error:
            raise PubsubError("UNAVAILABLE", f"The target of {kind} does not answer: {error}.") from error
        if state == "NOT_FOUND":
            raise PubsubError("NOT_FOUND", problem)
        if state == "PERMISSION_DENIED":
            raise PubsubError("PERMISSION_DENIED", problem)
        if state != "ACTIVE":
            raise invalid(problem)


class Exporters:
    """The tasks of a broker's exports."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def look(self) -> None:
        """Starts what is missing; a task whose subscription is gone, or is another, ends by itself."""
        for name, kind in self._broker.subscriptions.exported():
            task = self._tasks.get(name)
            if task is None or task.done():
                self._tasks[name] = asyncio.create_task(_Exporter(self._broker, name, kind).run())

    def stop(self) -> None:
        for task in self._tasks.values():
            task.cancel()


class _Exporter:
    def __init__(self, broker: Broker, name: str, kind: str) -> None:
        self._broker = broker
        self._name = name
        self._kind = kind
        self._config = self._present()
        self._waiter = Waiter()
        self._failures = 0
        self._state = ""
        self._told = ""
        self._looked = 0.0

    def _present(self) -> bytes:
        """The settings of the delivery, its state apart: when they change, another task takes over."""
        resource = self._broker.subscriptions.get(self._name)
        config = type(getattr(resource, self._kind))()
        config.CopyFrom(getattr(resource, self._kind))
        config.ClearField("state")
        return bytes(config.SerializeToString(deterministic=True))

    async def run(self) -> None:
        queue = self._broker.subscriptions.queue(self._name)
        consumer = Consumer(wake=self._waiter.wake)
        queue.consumers[consumer] = None
        held: list[str] = []
        try:
            self._target = target(self._broker, self._broker.subscriptions.get(self._name), self._kind)
            while self._is_wanted(queue):
                await self._step(queue, consumer, held)
        except (DamagedState, PubsubError) as error:
            _LOG.error("export of %s: %s", self._name, error)
            await asyncio.sleep(1)
        finally:
            queue.consumers.pop(consumer, None)
            if self._broker.subscriptions.is_open(self._name, queue):
                queue.give_back(held, self._broker.now())

    def _is_wanted(self, queue: SubscriptionQueue) -> bool:
        found = self._broker.subscriptions
        return (
            found.is_open(self._name, queue)
            and (self._name, self._kind) in found.exported()
            and self._present() == self._config
        )

    async def _step(self, queue: SubscriptionQueue, consumer: Consumer, held: list[str]) -> None:
        """Writes what there is, or waits for it. `held`: what is leased and neither written nor refused."""
        try:
            if self._broker.now() - self._looked > _LOOK_SECONDS and not await self._look(queue):
                await self._back_off(queue, held)
                return
            found = queue.lease(consumer, 500, 10 * RESPONSE_BYTES, _LEASE_SECONDS, self._broker.now())
            held += [one.ack_id for one in found]
            written = await self._target.write(found)
        except OSError as error:
            _LOG.warning("export of %s: %s", self._name, error)
            await self._back_off(queue, held)
            return
        if not self._is_wanted(queue):
            return
        if written is None:
            self._looked = 0.0
            await self._back_off(queue, held)
            return
        await self._settle(queue, written, held)
        if not found:
            await self._sleep(queue, consumer)

    async def _look(self, queue: SubscriptionQueue) -> bool:
        """Whether the target takes messages; its state is the subscription's from now on."""
        state, problem = await self._target.look()
        if state != self._state and problem:
            _LOG.warning("export of %s: %s", self._name, problem)
        self._state = state
        if self._is_wanted(queue):
            self._broker.subscriptions.set_export_state(self._name, self._kind, state)
        if state == "ACTIVE":
            self._looked = self._broker.now()
        return state == "ACTIVE"

    async def _settle(self, queue: SubscriptionQueue, written: Written, held: list[str]) -> None:
        now = self._broker.now()
        if written.acknowledged:
            queue.acknowledge(written.acknowledged, now)
            self._failures = 0
        done = {*written.acknowledged, *(ack_id for ack_id, _ in written.refused)}
        held[:] = [ack_id for ack_id in held if ack_id not in done]
        for ack_id, reason in written.refused:
            if reason != self._told:
                _LOG.warning("export of %s: %s", self._name, reason)
            self._told = reason
            queue.refuse(ack_id, reason, now)
        if written.refused and not queue.settings.dead_letter_topic:
            await self._wait()

    async def _back_off(self, queue: SubscriptionQueue, held: list[str]) -> None:
        """Gives back what was not written, and waits, longer each time."""
        self._target.forget()
        if self._broker.subscriptions.is_open(self._name, queue):
            queue.give_back(held, self._broker.now())
        held.clear()
        await self._wait()

    async def _wait(self) -> None:
        self._failures += 1
        await asyncio.sleep(min(_FIRST_WAIT * 2.0 ** min(self._failures - 1, 10), _LONGEST_WAIT))

    async def _sleep(self, queue: SubscriptionQueue, consumer: Consumer) -> None:
        """Until there is a message, a file is to be closed or the target to be looked at."""
        event = queue.next_event(consumer)
        waits = [_LOOK_SECONDS, self._target.due()]
        waits.append(None if event is None else max(0.0, event - self._broker.now()))
        await self._waiter.wait(min(seconds for seconds in waits if seconds is not None))
