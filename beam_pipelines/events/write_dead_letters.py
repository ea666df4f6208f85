"""Faults -> ops.dead_letters, exactly once, and the event's dead-letter topic, at least once."""

from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import orjson
from google.api_core import exceptions
from google.api_core.retry import Retry, if_exception_type
from google.pubsub_v1 import PublisherClient

from beam_pipelines import clients
from beam_pipelines.dead_letters import MOST_PAYLOAD, DeadLetter
from beam_pipelines.events.archive_messages import archive_name
from beam_pipelines.events.message_batch import Fault, Faults
from beam_pipelines.store_dead_letters import store
from contracts import names

_MOST_PUBLISHED = 9 << 20  # bytes; Pub/Sub takes 10 MB with the attributes
_MOST_AT_ONCE = 1000  # messages a request
_MOST_ATTRIBUTES = 90  # Pub/Sub takes 100
_RESERVED = "goog"  # Pub/Sub adds such attributes itself, and refuses them from a publisher
_TRANSIENT = (
    exceptions.ServiceUnavailable, exceptions.InternalServerError, exceptions.Aborted, exceptions.DeadlineExceeded,
    exceptions.TooManyRequests, exceptions.Unknown, exceptions.Cancelled,
)  # fmt: skip
_RETRY = Retry(predicate=if_exception_type(*_TRANSIENT), initial=0.1, maximum=5.0, timeout=60.0)


class WriteDeadLetters(beam.PTransform):
    """Faults -> how many letters were written."""

    def expand(self, faults: beam.PCollection) -> beam.PCollection:
        return faults | "Bury" >> beam.Map(write).with_output_types(int)


def write(faults: Faults) -> int:
    """Stores a batch's dead letters, then publishes them."""
    letters = [_letter(faults, fault) for fault in faults.faults]
    batch = faults.registered.batch
    name = f"_manifests/{batch.source}/{batch.event}/{batch.batch_id}.{faults.stage}.json"
    store(letters, batch.batch_id, name)
    _publish(letters, names.dead_letter_topic(batch.source, batch.event))
    return len(letters)


def _letter(faults: Faults, fault: Fault) -> DeadLetter:
    batch = faults.registered.batch
    message = {name: batch.messages.column(name)[fault.index].as_py() for name in batch.messages.schema.names}
    detail = fault.detail
    if len(message["data"]) > MOST_PAYLOAD:
        detail += f"; the whole message is in gs://{names.bucket('bronze')}/{archive_name(faults.registered)}"
    topic = f"projects/{names.project()}/topics/{names.topic(batch.source, batch.event)}"
    return DeadLetter(
        source=batch.source,
        object=batch.event,
        reason=fault.reason,
        detail=detail,
        payload=message["data"],
        attributes=message["attributes"],
        origin=f"{topic}/messages/{message['message_id']}",
        published_at=message["publish_time"],
    )


def _publish(letters: list[DeadLetter], topic: str) -> None:
    publisher = clients.publisher()
    path = publisher.topic_path(names.project(), topic)
    for some in _requests([{"data": _data(letter), "attributes": _attributes(letter)} for letter in letters]):
        # The method under the client's own, whose keyword arguments are attributes: not all names are free there.
        PublisherClient.publish(publisher, topic=path, messages=some, retry=_RETRY)


def _requests(messages: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    some: list[dict[str, Any]] = []
    size = 0
    for message in messages:
        length = len(message["data"]) + sum(len(key) + len(value) for key, value in message["attributes"].items()) * 4
        if some and (size + length > _MOST_PUBLISHED or len(some) == _MOST_AT_ONCE):
            yield some
            some, size = [], 0
        some.append(message)
        size += length
    if some:
        yield some


def _data(letter: DeadLetter) -> bytes:
    return letter.payload if len(letter.payload) <= _MOST_PUBLISHED else b""


def _attributes(letter: DeadLetter) -> dict[str, str]:
    """The message's own attributes, and ours."""
    own = {name: value for name, value in orjson.loads(letter.attributes).items() if not name.startswith(_RESERVED)}
    ours = {
        "sluice_dead_letter_id": letter.dead_letter_id,
        "sluice_reason": letter.reason,
        "sluice_detail": letter.detail[:250],  # 1024 bytes at most, whatever the characters
        "sluice_origin": letter.origin,
    }
    return {**(own if len(own) <= _MOST_ATTRIBUTES else {}), **ours}
