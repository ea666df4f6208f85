"""Pub/Sub messages -> batches of them: the last step that sees single messages."""

from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
import orjson
import pyarrow as pa
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import MIN_TIMESTAMP
from apache_beam.utils.windowed_value import WindowedValue

from beam_pipelines.events.message_batch import MESSAGE_SCHEMA, MessageBatch

_MOST_MESSAGES = 20_000
_MOST_BYTES = 32 << 20


class BatchMessages(beam.PTransform):
    """Messages of one event -> MessageBatch, as many as a bundle brings, up to 20,000 messages or 32 MB."""

    def __init__(self, source: str, event: str) -> None:
        super().__init__()
        self._source, self._event = source, event

    def expand(self, messages: beam.PCollection) -> beam.PCollection:
        return messages | "Batch" >> beam.ParDo(_Batch(self._source, self._event)).with_output_types(MessageBatch)


class _Batch(beam.DoFn):
    def __init__(self, source: str, event: str) -> None:
        self._source, self._event = source, event

    def start_bundle(self) -> None:
        self._messages: list[PubsubMessage] = []
        self._bytes = 0

    def process(self, message: PubsubMessage) -> Iterable[MessageBatch]:
        self._messages.append(message)
        self._bytes += len(message.data)
        if len(self._messages) >= _MOST_MESSAGES or self._bytes >= _MOST_BYTES:
            return (self._flush(),)
        return ()

    def finish_bundle(self) -> Iterator[Any]:
        if self._messages:
            yield WindowedValue(self._flush(), MIN_TIMESTAMP, (GlobalWindow(),))

    def _flush(self) -> MessageBatch:
        batch = MessageBatch.of(self._source, self._event, to_record_batch(self._messages))
        self._messages, self._bytes = [], 0
        return batch


def to_record_batch(messages: list[PubsubMessage]) -> pa.RecordBatch:
    """Messages as columns; a message without attributes has {}."""
    columns = [
        [message.message_id for message in messages],
        [message.publish_time for message in messages],
        [orjson.dumps(message.attributes).decode() if message.attributes else "{}" for message in messages],
        [message.data for message in messages],
    ]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, MESSAGE_SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=MESSAGE_SCHEMA)
