"""The schemas of Avro files: as columns, and as their values are read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import fastavro
from fastavro.schema import SchemaParseException

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.errors import invalid

# What fastavro raises for a damaged file; MemoryError, for a length in it that no memory holds.
UNREADABLE = (ValueError, EOFError, IndexError, TypeError, OverflowError, MemoryError, SchemaParseException)


def avro_fields(configuration: Mapping[str, Any], path: Path, uri: str) -> tuple[Field, ...]:
    """A file's columns; dates and times are the integers that hold them, unless useAvroLogicalTypes asks for more."""
    options = {**configuration, **(configuration.get("avroOptions") or {})}
    logical = bool(options.get("useAvroLogicalTypes"))
    with path.open("rb") as source:
        try:
            schema = fastavro.reader(source).writer_schema
        except UNREADABLE as error:
            raise invalid(f"Error while reading data, error message: not an Avro file. File: {uri}", uri) from error
    if not isinstance(schema, Mapping) or schema.get("type") != "record":
        raise invalid(f"Error while reading data, error message: the Avro schema is no record. File: {uri}", uri)
    return tuple(_field(part["name"], part["type"], uri, logical) for part in schema["fields"])


def as_read(kind: Any, fields: Sequence[Field]) -> Any:
    """A record's schema by which its values are read: an INT64 takes the integers of dates and times as they are."""
    return _as_read(kind, Field("", "STRUCT", "REQUIRED", tuple(fields)))


def _as_read(kind: Any, field: Field | None) -> Any:
    if isinstance(kind, list):
        return [_as_read(branch, field) for branch in kind]
    if not isinstance(kind, Mapping) or field is None:
        return kind
    if kind["type"] == "array":
        return {**kind, "items": _as_read(kind["items"], field)}
    parts = {part.name.lower(): part for part in field.fields}
    if kind["type"] == "map":
        return {**kind, "values": _as_read(kind["values"], parts.get("value"))}
    if kind["type"] == "record":
        own = [{**part, "type": _as_read(part["type"], parts.get(part["name"].lower()))} for part in kind["fields"]]
        return {**kind, "fields": own}
    return {key: value for key, value in kind.items() if key != "logicalType" or field.type != "INT64"}


def map_field(name: str, key: Field, value: Field) -> Field:
    """A map of a file as BigQuery has it: repeated keys and values."""
    return Field(name, "STRUCT", "REPEATED", (replace(key, name="key"), replace(value, name="value")))


def _field(name: str, kind: Any, uri: str, logical: bool) -> Field:
    if isinstance(kind, list):
        branches = [branch for branch in kind if branch != "null"]
        if len(branches) != 1:
            raise invalid(
                f"Error while reading data, error message: column {name!r} is a union of several types. File: {uri}",
                uri,
            )
        found = _field(name, branches[0], uri, logical)
        return replace(found, mode="NULLABLE") if "null" in kind and found.mode == "REQUIRED" else found
    if isinstance(kind, str):
        kind = {"type": kind}
    base, meant = kind["type"], kind.get("logicalType")
    if base == "array":
        return replace(_field(name, kind["items"], uri, logical), mode="REPEATED")
    if base == "map":
        return map_field(name, Field("key", "STRING", "REQUIRED"), _field("value", kind["values"], uri, logical))
    if base == "record":
        parts = tuple(_field(part["name"], part["type"], uri, logical) for part in kind["fields"])
        return Field(name, "STRUCT", "REQUIRED", parts)
    if meant == "decimal":
        precision, scale = kind.get("precision", 38), kind.get("scale", 0)
        return Field(name, "NUMERIC" if scale <= 9 and precision - scale <= 29 else "BIGNUMERIC", "REQUIRED")
    found_type = (logical and _LOGICAL.get(str(meant))) or _BASE.get(str(base))
    if found_type is None:
        raise invalid(
            f"Error while reading data, error message: column {name!r} has unsupported type {base}. File: {uri}",
            uri,
        )
    return Field(name, found_type, "REQUIRED")


_BASE = {
    "int": "INT64",
    "long": "INT64",
    "float": "FLOAT64",
    "double": "FLOAT64",
    "boolean": "BOOL",
    "string": "STRING",
    "enum": "STRING",
    "bytes": "BYTES",
    "fixed": "BYTES",
}
_LOGICAL = {
    "date": "DATE",
    "time-micros": "TIME",
    "time-millis": "TIME",
    "timestamp-micros": "TIMESTAMP",
    "timestamp-millis": "TIMESTAMP",
    "local-timestamp-micros": "DATETIME",
    "local-timestamp-millis": "DATETIME",
}
