"""ReadFromPubSub as this runner reads: the messages of the bundle in hand, out of memory."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.timestamp import Timestamp

ROOT = "bundle's messages"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_in_hand: dict[str, Any] = {}  # subscription -> the pulled messages of the bundle


def hand_over(messages: dict[str, Any]) -> None:
    """From now on the pipeline reads these messages."""
    _in_hand.clear()
    _in_hand.update(messages)


class ReadBundle(beam.PTransform):
    """Stands for ReadFromPubSub: PubsubMessage or bytes, each at its time."""

    def __init__(self, subscription: str, with_attributes: bool, timestamp_attribute: str | None) -> None:
        super().__init__()
        self._subscription, self._with_attributes = subscription, with_attributes
        self._timestamp_attribute = timestamp_attribute

    def expand(self, pvalue: Any) -> beam.PCollection:
        read = beam.ParDo(_Read(self._subscription, self._with_attributes, self._timestamp_attribute))
        kind = PubsubMessage if self._with_attributes else bytes
        return pvalue.pipeline | ROOT >> beam.Impulse() | "Read" >> read.with_output_types(kind)


class _Read(beam.DoFn):
    def __init__(self, subscription: str, with_attributes: bool, timestamp_attribute: str | None) -> None:
        self._subscription, self._with_attributes = subscription, with_attributes
        self._timestamp_attribute = timestamp_attribute

    def process(self, _impulse: bytes) -> Iterator[TimestampedValue]:
        pulled = _in_hand.get(self._subscription)
        last, published, timestamp = -1, _EPOCH, Timestamp(0)
        for received in pulled.received_messages if pulled is not None else ():
            message = received.message
            micros = message.publish_time.seconds * 1_000_000 + message.publish_time.nanos // 1000
            if micros != last:  # messages of one request share their time
                last, published, timestamp = micros, _EPOCH + timedelta(microseconds=micros), Timestamp(micros=micros)
            element = self._element(message, published) if self._with_attributes else message.data
            yield TimestampedValue(element, self._event_time(message) or timestamp)

    def _element(self, message: Any, published: datetime) -> PubsubMessage:
        attributes = dict(message.attributes)
        return PubsubMessage(message.data, attributes, message.message_id, published, message.ordering_key)

    def _event_time(self, message: Any) -> Timestamp | None:
        text = message.attributes.get(self._timestamp_attribute, "") if self._timestamp_attribute else ""
        if not text:
            return None
        return Timestamp(micros=int(text) * 1000) if text.isdigit() else Timestamp.from_rfc3339(text)
