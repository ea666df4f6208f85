"""StreamingPull: responses as messages become due, acknowledgements as they come in."""

import asyncio
import functools
from collections.abc import AsyncIterator, Sequence
from typing import Any

from google.protobuf.message import DecodeError

from emulators.pubsub.messages import v1
from emulators.pubsub.state.broker import Broker
from emulators.pubsub.state.errors import check_range, invalid
from emulators.pubsub.state.leases import Consumer
from emulators.pubsub.state.subscriptions import check_deadline
from emulators.pubsub.wire.delivery import RESPONSE_BYTES, Waiter, check_open, encode

_RESPONSE_MESSAGES = 500


class StreamingPull:
    """One stream: a task reads acknowledgements, the stream's own coroutine yields responses."""

    def __init__(self, broker: Broker, requests: AsyncIterator[bytes]) -> None:
        self._broker = broker
        self._requests = requests
        self._waiter = Waiter()
        self._failure: BaseException | None = None
        self._ended = False
        self._confirmations: list[Any] = []

    async def responses(self) -> AsyncIterator[bytes]:
        """Encoded StreamingPullResponses, until the client ends the stream.

        Raises:
            PubsubError: the stream is aborted with it.
        """
        first = _decode(await anext(self._requests, b""))
        self._name = first.subscription
        self._queue = self._broker.subscriptions.queue(self._name)
        check_range("stream_ack_deadline_seconds", first.stream_ack_deadline_seconds, 10, 600)
        self._ack_deadline = first.stream_ack_deadline_seconds
        consumer = Consumer(first.max_outstanding_messages, first.max_outstanding_bytes, self._waiter.wake)
        self._queue.consumers[consumer] = None
        reader = asyncio.create_task(self._read(first))
        try:
            async for response in self._deliver(consumer):
                yield response
        finally:
            self._queue.consumers.pop(consumer, None)
            reader.cancel()

    async def _deliver(self, consumer: Consumer) -> AsyncIterator[bytes]:
        told = b""
        while True:
            if self._failure is not None:
                raise self._failure
            check_open(self._broker, self._name, self._queue)
            settings = self._queue.settings
            properties = _properties(settings.exactly_once, settings.ordered)
            while self._confirmations:
                yield self._confirmations.pop(0).SerializeToString() + properties
            if told != properties:
                told = properties
                yield properties
            if self._ended:
                return
            now = self._broker.now()
            found = self._queue.lease(consumer, _RESPONSE_MESSAGES, RESPONSE_BYTES, self._ack_deadline, now)
            if found:
                yield encode(found) + properties
            else:
                event = self._queue.next_event(consumer)
                await self._waiter.wait(None if event is None else event - now)

    async def _read(self, first: Any) -> None:
        try:
            self._apply(first)
            async for encoded in self._requests:
                request = _decode(encoded)
                _check_later_request(request)
                if request.stream_ack_deadline_seconds:
                    check_range("stream_ack_deadline_seconds", request.stream_ack_deadline_seconds, 10, 600)
                    self._ack_deadline = request.stream_ack_deadline_seconds
                self._apply(request)
            self._ended = True
        except Exception as failure:  # noqa: BLE001 - handed to the stream's own coroutine, which raises it
            self._failure = failure
        finally:
            self._waiter.wake()

    def _apply(self, request: Any) -> None:
        check_open(self._broker, self._name, self._queue)
        now = self._broker.now()
        if request.ack_ids:
            expired = self._queue.acknowledge(request.ack_ids, now)
            if self._queue.settings.exactly_once:
                response = v1.StreamingPullResponse()
                _confirm(response.acknowledge_confirmation, request.ack_ids, expired)
                self._confirmations.append(response)
        if len(request.modify_deadline_ack_ids) != len(request.modify_deadline_seconds):
            raise invalid("The sizes of modify_deadline_ack_ids and modify_deadline_seconds must be the same.")
        if request.modify_deadline_ack_ids:
            for seconds in request.modify_deadline_seconds:
                check_deadline(seconds)
            expired = self._queue.modify(request.modify_deadline_ack_ids, request.modify_deadline_seconds, now)
            if self._queue.settings.exactly_once:
                response = v1.StreamingPullResponse()
                _confirm(response.modify_ack_deadline_confirmation, request.modify_deadline_ack_ids, expired)
                self._confirmations.append(response)
        if self._confirmations:
            self._waiter.wake()


def _confirm(confirmation: Any, ack_ids: Sequence[str], expired: Sequence[str]) -> None:
    refused = set(expired)
    confirmation.ack_ids.extend(ack_id for ack_id in ack_ids if ack_id not in refused)
    confirmation.invalid_ack_ids.extend(expired)


@functools.cache
def _properties(exactly_once: bool, ordered: bool) -> bytes:
    """The part of a response that every one must have: clients take its absence for False."""
    response = v1.StreamingPullResponse()
    response.subscription_properties.exactly_once_delivery_enabled = exactly_once
    response.subscription_properties.message_ordering_enabled = ordered
    return bytes(response.SerializeToString())


def _decode(encoded: bytes) -> Any:
    try:
        return v1.StreamingPullRequest.FromString(encoded)
    except DecodeError as error:
        raise invalid(f"Invalid StreamingPullRequest: {error}.") from error


def _check_later_request(request: Any) -> None:
    for field in ("subscription", "max_outstanding_messages", "max_outstanding_bytes", "protocol_version"):
        if getattr(request, field):
            raise invalid(f"The field {field} can only be set in the first StreamingPullRequest of a stream.")
