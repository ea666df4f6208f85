"""Batches of messages and a contract's events, for tests."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pyarrow as pa

from beam_pipelines.events.message_batch import MESSAGE_SCHEMA, MessageBatch, Registered
from contracts.model import Column, Enforcement, Table

PUBLISHED = datetime(2026, 3, 1, 12, tzinfo=UTC)
INGESTED = datetime(2026, 3, 1, 13, tzinfo=UTC)


def column(name: str, bigquery_type: str, required: bool = False) -> Column:
    """A column of a contract."""
    return Column(name, "string", None, bigquery_type, required, False, None, None)


def event_table(columns: Sequence[Column], enforcement: Enforcement = "pipeline") -> Table:
    """An event of a contract."""
    return Table("shop", "clicks", None, "clicks", "stream", "append", None, enforcement, tuple(columns), ())


_NUMBERS = ("INT64", "FLOAT64", "NUMERIC", "BIGNUMERIC")
_TIMES = ("DATE", "TIME", "DATETIME", "TIMESTAMP")
EVERY_TYPE = (*_NUMBERS, *_TIMES, "BOOL", "STRING", "BYTES", "JSON", "ARRAY<INT64>", "ARRAY<STRING>")
ALL_TYPES = event_table(
    [
        column("key", "STRING", required=True),
        *(column(f"required_{kind.lower().strip('>').replace('<', '_')}", kind, True) for kind in EVERY_TYPE[:2]),
        *(column(kind.lower().strip(">").replace("<", "_"), kind) for kind in EVERY_TYPE),
    ]
)


def registered(messages: Sequence[bytes]) -> Registered:
    """A batch of messages m0, m1, ..."""
    columns = [
        pa.array([f"m{number}" for number in range(len(messages))]),
        pa.array([PUBLISHED] * len(messages), MESSAGE_SCHEMA.field("publish_time").type),
        pa.array(["{}"] * len(messages)),
        pa.array(messages, pa.binary()),
    ]
    batch = MessageBatch.of("shop", "clicks", pa.RecordBatch.from_arrays(columns, schema=MESSAGE_SCHEMA))
    return Registered(batch, INGESTED, "projects/p/datasets/bronze/tables/shop_clicks/streams/s")
