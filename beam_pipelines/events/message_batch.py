"""A batch of Pub/Sub messages of one event: the element that flows through events_to_bronze."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from beam_pipelines.columns.arrow_schema import TIMESTAMP
from beam_pipelines.keys import derive_key

MESSAGE_SCHEMA = pa.schema(
    [
        pa.field("message_id", pa.string(), nullable=False),
        pa.field("publish_time", TIMESTAMP, nullable=False),
        pa.field("attributes", pa.string(), nullable=False),  # JSON object
        pa.field("data", pa.binary(), nullable=False),
    ]
)


@dataclass(frozen=True)
class MessageBatch:
    """`messages` has MESSAGE_SCHEMA. The batch id is a hash of the message ids, in their order."""

    source: str
    event: str
    batch_id: str
    messages: pa.RecordBatch

    @classmethod
    def of(cls, source: str, event: str, messages: pa.RecordBatch) -> "MessageBatch":
        """The batch of these messages."""
        return cls(source, event, derive_key(messages.column("message_id").to_pylist()), messages)


@dataclass(frozen=True)
class Registered:
    """A batch with its place in bronze: the time that all its rows carry, and the write stream that takes them."""

    batch: MessageBatch
    ingested_at: datetime
    stream: str


@dataclass(frozen=True)
class Fault:
    """Why the message at `index` of its batch cannot be used."""

    index: int
    reason: str
    detail: str


@dataclass(frozen=True)
class Decoded:
    """The JSON objects of a batch; `records[i]` came from the message at `indices[i]`."""

    registered: Registered
    records: Sequence[dict[str, object]]
    indices: Sequence[int]


@dataclass(frozen=True)
class Faults:
    """The messages of a batch that a transform (`stage`) could not use."""

    registered: Registered
    stage: str
    faults: Sequence[Fault]


@dataclass(frozen=True)
class Rows:
    """Rows of bronze, ready to append.

    The row at place i came from the message at `indices[i]`; none when the messages are dead letters already.
    """

    registered: Registered
    rows: pa.RecordBatch
    indices: Sequence[int] = ()
