"""Rows as Avro, with the logical types that BigQuery uses."""

import io
import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, time
from typing import Any

import fastavro
import pyarrow as pa

from emulators.bigquery.sql.functions.intervals import interval_text
from emulators.bigquery.sql.model import Field

_TYPES: dict[str, Any] = {
    "INT64": "long",
    "FLOAT64": "double",
    "BOOL": "boolean",
    "STRING": "string",
    "BYTES": "bytes",
    "NUMERIC": {"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 9},
    "BIGNUMERIC": {"type": "bytes", "logicalType": "decimal", "precision": 77, "scale": 38},
    "DATE": {"type": "int", "logicalType": "date"},
    "TIME": {"type": "long", "logicalType": "time-micros"},
    "DATETIME": {"type": "string", "logicalType": "datetime"},
    "TIMESTAMP": {"type": "long", "logicalType": "timestamp-micros"},
    "JSON": {"type": "string", "sqlType": "JSON"},
    "GEOGRAPHY": {"type": "string", "sqlType": "GEOGRAPHY"},
    "INTERVAL": {"type": "string", "sqlType": "INTERVAL"},
}


def _record(name: str, fields: Sequence[Field]) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": [{"name": f.name, "type": _type(f, name)} for f in fields]}


def _type(field: Field, parent: str) -> Any:
    kind: Any
    if field.type == "RANGE":
        kind = {**_record(f"{parent}_{field.name}", _limits(field)), "sqlType": "RANGE"}
    else:
        kind = _record(f"{parent}_{field.name}", field.fields) if field.type == "STRUCT" else _TYPES[field.type]
    if field.mode == "REPEATED":
        return {"type": "array", "items": kind}
    return kind if field.mode == "REQUIRED" else ["null", kind]


def _limits(field: Field) -> tuple[Field, ...]:
    """A RANGE is a record of its two ends."""
    return tuple(Field(side, field.fields[0].type) for side in ("start", "end"))


def avro_schema(fields: Sequence[Field]) -> str:
    """The schema of a row, as JSON."""
    return json.dumps(_record("__root__", fields))


def encode_rows(rows: pa.Table, fields: Sequence[Field]) -> bytes:
    """Binary rows, one after the other."""
    schema = fastavro.parse_schema(_record("__root__", fields))
    sink = io.BytesIO()
    for row in rows.to_pylist():
        fastavro.schemaless_writer(sink, schema, {f.name: _plain(row[f.name], f) for f in fields})
    return sink.getvalue()


CIVIL_TYPES = ("DATE", "TIME", "DATETIME")


def avro_file(rows: pa.Table, fields: Sequence[Field], codec: str = "null", texts: Collection[str] = ()) -> bytes:
    """An Avro container file with the rows; codec is null, deflate or snappy. texts: types that are plain texts."""
    sink = io.BytesIO()
    fields = [_textual(field, texts) for field in fields] if texts else fields
    records = ({f.name: _plain(v, f) for f, v in zip(fields, row.values(), strict=True)} for row in rows.to_pylist())
    fastavro.writer(sink, fastavro.parse_schema(_record("Root", fields)), records, codec)
    return sink.getvalue()


def _textual(field: Field, texts: Collection[str]) -> Field:
    """The field with a text for each value of these types."""
    kind = "STRING" if field.type in texts else field.type
    return replace(field, type=kind, fields=tuple(_textual(child, texts) for child in field.fields))


def _plain(value: Any, field: Field) -> Any:
    """DATETIME is text in Avro, and so is any time in a STRING; a missing array is an empty one."""
    if field.mode == "REPEATED":
        element = Field(field.name, field.type, "NULLABLE", field.fields)
        return [_plain(item, element) for item in value or ()]
    if field.type in ("STRUCT", "RANGE") and value is not None:
        parts = field.fields if field.type == "STRUCT" else _limits(field)
        return {part.name: _plain(value[part.name], part) for part in parts}
    if field.type == "INTERVAL" and value is not None:
        return interval_text(value.months, value.days, value.nanoseconds // 1000)
    return value.isoformat() if isinstance(value, date | time) and field.type in ("DATETIME", "STRING") else value
