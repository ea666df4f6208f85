"""An event's Avro schema for Pub/Sub (JSON encoding), and the way back from Avro's JSON to ordinary JSON.

Avro's JSON encoding is stricter than JSON: every field must be there, and a value of an optional field names its type:
`"ip_address": {"string": "192.0.2.1"}` or `"ip_address": null`. Pub/Sub checks exactly this form on topics with
`enforcement: topic`; topics with `enforcement: pipeline` take ordinary JSON, and the pipeline checks it.
What JSON has no word for travels as text: timestamps (RFC 3339), dates, times, bytes (base64), and objects (their JSON
text).
"""

import json
from typing import Any

from contracts.model import Column, Table

_AVRO_TYPES = {"INT64": "long", "FLOAT64": "double", "NUMERIC": "double", "BIGNUMERIC": "double", "BOOL": "boolean"}
_DEFAULTS: dict[str, Any] = {"long": 0, "double": 0, "boolean": False, "string": ""}


def avro_schema(table: Table) -> str:
    """The Avro schema of an event as JSON text. Required fields are plain types, optional ones `["null", type]`.

    Every field has a default: Pub/Sub takes a new revision only if the fields that come or go have one.
    """
    fields = [
        {"name": column.name, "type": _field_type(column), "default": _default(column)} for column in table.columns
    ]
    record = {"type": "record", "name": table.name, "namespace": table.source, "fields": fields}
    return json.dumps(record, indent=2)


def plain_row(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """A row in Avro's JSON form -> the ordinary one: `{"string": "x"}` of an optional column becomes `"x"`.

    A row that already is ordinary comes back as it was. An object column of a topic-enforced event is text in both.
    """
    branches = {column.name: branch_name(column) for column in table.columns if not column.required}
    return {name: _unwrap(value, branches.get(name)) for name, value in row.items()}


def branch_name(column: Column) -> str:
    """The word that Avro's JSON encoding puts before a value of an optional column."""
    kind = _value_type(column.bigquery_type)
    return kind if isinstance(kind, str) else "array"


def _unwrap(value: Any, branch: str | None) -> Any:
    if branch is not None and isinstance(value, dict) and list(value) == [branch]:
        return value[branch]
    return value


def _field_type(column: Column) -> Any:
    kind = _value_type(column.bigquery_type)
    return kind if column.required else ["null", kind]


def _default(column: Column) -> Any:
    kind = _value_type(column.bigquery_type)
    if not column.required:
        return None
    return _DEFAULTS[kind] if isinstance(kind, str) else []


def _value_type(bigquery_type: str) -> Any:
    if bigquery_type.startswith("ARRAY<"):
        return {"type": "array", "items": _value_type(bigquery_type.removeprefix("ARRAY<").removesuffix(">"))}
    return _AVRO_TYPES.get(bigquery_type, "string")
