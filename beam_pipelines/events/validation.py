"""Decoded events -> rows of bronze by the contract, and the faults of those that break it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beam_pipelines.columns.arrow_schema import TIMESTAMP, arrow_schema
from beam_pipelines.dead_letters import MOST_PAYLOAD
from beam_pipelines.events.columns import read_column
from beam_pipelines.events.json_text import dump
from beam_pipelines.events.message_batch import Decoded, Fault
from contracts.avro import plain_row
from contracts.bronze import bronze_columns
from contracts.model import Table


@dataclass(frozen=True)
class Validated:
    """`rows` has bronze's schema, in the messages' order (`indices`); each other decoded message has one fault."""

    rows: pa.RecordBatch
    indices: Sequence[int]
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
    rows = _rows(decoded, table, arrays, raw)
    faults = {**_too_large(decoded, rows), **faults}
    indices = list(decoded.indices)
    if faults:
        good = np.ones(len(records), np.bool_)
        good[list(faults)] = False
        rows = rows.filter(pa.array(good))
        indices = [index for index, is_good in zip(indices, good.tolist(), strict=True) if is_good]
    return Validated(rows, indices, [Fault(decoded.indices[place], *faults[place]) for place in sorted(faults)])


def _unknown_fields(table: Table, records: Sequence[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    known = {column.name for column in table.columns}
    return {
        place: {name: value for name, value in record.items() if name not in known}
        for place, record in enumerate(records)
        if not record.keys() <= known
    }


def _rows(
    decoded: Decoded, table: Table, arrays: dict[str, pa.Array], raw: dict[int, dict[str, Any]]
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
    return pa.RecordBatch.from_arrays([arrays[name] for name in schema.names], schema=schema)


def _too_large(decoded: Decoded, rows: pa.RecordBatch) -> dict[int, tuple[str, str]]:
    """Rows that no request can hold: a list of numbers takes up to 16 times the bytes of its JSON."""
    lengths = pc.binary_length(decoded.registered.batch.messages.column("data")).to_pylist()
    large = [place for place, index in enumerate(decoded.indices) if lengths[index] > MOST_PAYLOAD // 16]
    sizes = ((place, rows.slice(place, 1).nbytes) for place in large)
    return {
        place: ("too_large", f"a row of {size} bytes, more than the {MOST_PAYLOAD} that it may have")
        for place, size in sizes
        if size > MOST_PAYLOAD
    }
