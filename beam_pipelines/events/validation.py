"""Decoded events -> rows of bronze by the contract, and the faults of those that break it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from beam_pipelines.columns.arrow_schema import TIMESTAMP, arrow_schema
from beam_pipelines.events.columns import read_column
from beam_pipelines.events.json_text import dump
from beam_pipelines.events.message_batch import Decoded, Fault
from contracts.avro import plain_row
from contracts.bronze import bronze_columns
from contracts.model import Table


@dataclass(frozen=True)
class Validated:
    """`rows` has bronze's schema, in the messages' order; each other decoded message has one fault."""

    rows: pa.RecordBatch
    faults: Sequence[Fault]


def validate(decoded: Decoded, table: Table) -> Validated:
    """Checks every field. Unknown fields and values that do not fit go to `_raw`."""
    topic_enforced = table.enforcement == "topic"
    records = [plain_row(table, record) for record in decoded.records] if topic_enforced else decoded.records
    faults: dict[int, tuple[str, str]] = {}
    raw = _unknown_fields(table, records)
    arrays: dict[str, pa.Array] = {}
    for column in table.columns:
        read = read_column(column, records, json_as_text=topic_enforced)
        arrays[column.name] = read.values
        faults = {**read.faults, **faults}
        for place, value in read.unfit.items():
            raw.setdefault(place, {})[column.name] = value
    good = np.ones(len(records), np.bool_)
    good[list(faults)] = False
    rows = _rows(decoded, table, arrays, raw, good)
    return Validated(rows, [Fault(decoded.indices[place], *faults[place]) for place in sorted(faults)])


def _unknown_fields(table: Table, records: Sequence[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    known = {column.name for column in table.columns}
    return {
        place: {name: value for name, value in record.items() if name not in known}
        for place, record in enumerate(records)
        if not record.keys() <= known
    }


def _rows(
    decoded: Decoded, table: Table, arrays: dict[str, pa.Array], raw: dict[int, dict[str, Any]], good: Any
) -> pa.RecordBatch:
    registered = decoded.registered
    messages = registered.batch.messages.take(pa.array(decoded.indices, pa.int32()))
    count = len(decoded.indices)
    arrays["_message_id"] = messages.column("message_id")
    arrays["_source_timestamp"] = messages.column("publish_time")
    arrays["_ingested_at"] = pa.repeat(pa.scalar(registered.ingested_at, TIMESTAMP), count)
    arrays["_batch_id"] = pa.repeat(registered.batch.batch_id, count)
    arrays["_raw"] = pa.array([dump(raw[i]) if i in raw else None for i in range(count)], pa.string())
    schema = arrow_schema(bronze_columns(table))
    keep = None if good.all() else pa.array(good)
    kept = [arrays[name] if keep is None else arrays[name].filter(keep) for name in schema.names]
    return pa.RecordBatch.from_arrays(kept, schema=schema)
