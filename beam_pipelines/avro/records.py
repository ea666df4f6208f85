"""Avro records -> Arrow columns, one record after the other: the slow way, which reads every schema."""

import io
import json
from typing import Any

import fastavro
import pyarrow as pa
from fastavro.schema import SchemaParseException, UnknownType

from beam_pipelines.avro.container import UnreadableFile, write_long
from beam_pipelines.avro.source_column import Path, SourceColumn
from beam_pipelines.avro.types import AvroType, read_type, without_logical_types

_ARROW_TYPES = {"long": pa.int64(), "double": pa.float64(), "boolean": pa.bool_(), "bytes": pa.binary()}
_PYTHON_TYPES = {"long": (int,), "double": (float, int), "boolean": (bool,), "bytes": (bytes,)}


def decode(data: bytes, records: int, schema: Any) -> dict[Path, SourceColumn]:
    """The fields of each record, by path; an envelope array's items as (name, index). The schema is a checked one.

    Raises:
        UnreadableFile: the bytes are not such records.
    """
    rows = _read(data, records, schema)
    columns: dict[Path, SourceColumn] = {}
    for field in schema["fields"]:
        _add(columns, (field["name"],), field["type"], [row[field["name"]] for row in rows])
    return columns


def _read(data: bytes, records: int, schema: Any) -> list[dict[str, Any]]:
    """All records in one call: as the items of one Avro array."""
    array = {"type": "array", "items": without_logical_types(schema)}
    try:
        plain = fastavro.parse_schema(array)
    except (SchemaParseException, UnknownType) as error:
        raise UnreadableFile(f"the header's avro.schema is not one: {error}") from error
    head = write_long(records) if records else b""
    stream = io.BytesIO(head + data + b"\0")
    try:
        read: Any = fastavro.schemaless_reader(stream, plain)
    except (EOFError, ValueError, IndexError, TypeError, OverflowError, MemoryError, UnicodeDecodeError) as error:
        what = f"{type(error).__name__}: {error}"
        raise UnreadableFile(f"damaged record near byte {stream.tell() - len(head)} of the data ({what})") from error
    rest = len(head) + len(data) + 1 - stream.tell()
    rows: list[dict[str, Any]] = read
    if rest or len(rows) != records:
        raise UnreadableFile(f"{rest} bytes are left after the last of {records} records")
    return rows


def _add(columns: dict[Path, SourceColumn], path: Path, schema: Any, values: list[Any]) -> None:
    if isinstance(schema, dict) and schema.get("type") == "record":
        for field in schema["fields"]:
            _add(columns, (*path, field["name"]), field["type"], [value[field["name"]] for value in values])
    elif isinstance(schema, dict) and schema.get("type") == "array" and len(path) == 1:
        for index in range(max((len(value) for value in values), default=0)):
            items = [value[index] if index < len(value) else None for value in values]
            columns[(*path, index)] = to_column(read_type(schema["items"]), items)
    else:
        columns[path] = to_column(read_type(schema), values)


def to_column(kind: AvroType, values: list[Any]) -> SourceColumn:
    """Python values -> a column: those of the main kind, and text where the value came as text."""
    if kind.kind == "other":
        return SourceColumn(kind, pa.array([_as_text(value) for value in values], pa.string()))
    if kind.kind == "string":
        return SourceColumn(kind, pa.array(values, pa.string()))
    if kind.kind == "array":
        return _array_column(kind, values)
    wanted = _PYTHON_TYPES[kind.kind]
    main = [value if isinstance(value, wanted) else None for value in values]
    text = [value if isinstance(value, str) else None for value in values]
    return SourceColumn(kind, pa.array(main, _ARROW_TYPES[kind.kind]), _text_array(text))


def _array_column(kind: AvroType, values: list[Any]) -> SourceColumn:
    """Lists whose items are all of the item's kind; the others as JSON text."""
    item = kind.item.kind if kind.item else "other"
    wanted = _PYTHON_TYPES.get(item, (str,))
    fits = [isinstance(value, list) and all(isinstance(item, wanted) for item in value) for value in values]
    main = [value if fit else None for value, fit in zip(values, fits, strict=True)]
    text = [None if fit else _as_text(value) for value, fit in zip(values, fits, strict=True)]
    return SourceColumn(kind, pa.array(main, pa.list_(_ARROW_TYPES.get(item, pa.string()))), _text_array(text))


def _text_array(text: list[str | None]) -> pa.Array | None:
    return None if all(value is None for value in text) else pa.array(text, pa.string())


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, default=lambda data: data.hex(), ensure_ascii=False)
