"""Rows of a BigQuery table, made of messages in a topic's schema or in JSON."""

import json
from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from emulators.pubsub.export.cells import cell, clock, decimal, moment
from emulators.pubsub.export.table_fields import CHANGE_COLUMNS, Fields, SchemaMismatch, TableField
from emulators.pubsub.state.avro_schema import AvroType

Row = dict[str, Any]
_WHOLE = ("INTEGER", "DATE", "DATETIME", "TIME", "TIMESTAMP")


def avro_row(schema: AvroType, value: Mapping[str, Any], fields: Fields) -> Row:
    """A record's row; what the table has no column for is left out."""
    row = {}
    for name, kind in schema.fields:
        field = fields.get(name.lower())
        if field is not None:
            row[field.name] = _avro_cell(kind, value[name], field)
    return row


def _avro_cell(schema: AvroType, value: Any, field: TableField) -> Any:
    if schema.kind == "union":
        (schema,) = (branch for branch in schema.branches if branch.kind != "null")
    if value is None:
        return [] if field.mode == "REPEATED" else None
    match schema.kind:
        case "array":
            assert schema.items is not None
            return [_avro_cell(schema.items, one, field) for one in value]
        case "map":
            assert schema.items is not None
            pair = AvroType("record", fields=[("key", AvroType("string")), ("value", schema.items)])
            return [avro_row(pair, {"key": key, "value": one}, field.fields) for key, one in value.items()]
        case "record":
            return avro_row(schema, value, field.fields)
        case "enum":
            return schema.symbols.index(value if value in schema.symbols else next(iter(schema.defaults)))
        case _:
            return _logical(schema, value) if schema.logical else cell(value, field.type)


def _logical(schema: AvroType, value: Any) -> Any:
    try:
        match schema.logical:
            case "timestamp-micros":
                return moment(value)
            case "timestamp-millis":
                return moment(value * 1000)
            case "time-micros":
                return clock(value)
            case "time-millis":
                return clock(value * 1000)
            case "date":
                return cell(value, "DATE")
            case "decimal":
                return decimal(int.from_bytes(value, "big", signed=True), schema.scale)
            case _:
                months, days, millis = (int.from_bytes(value[at : at + 4], "little") for at in (0, 4, 8))
                seconds, millis = divmod(millis, 1000)
                return f"{months // 12}-{months % 12} {days} {_hours(seconds)}.{millis:03d}"
    except OverflowError as error:
        raise SchemaMismatch(f"{value} is not a {schema.logical}") from error


def _hours(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60}:{seconds % 60}"


def proto_row(message: Any, fields: Fields) -> Row:
    """A message's row. A field that is not in the message is NULL, also one of proto3 that has its default."""
    row = {}
    for described, value in message.ListFields():
        field = fields.get(described.name.lower())
        if field is not None:
            row[field.name] = _proto_cell(described, value, field)
    return row


def _proto_cell(described: Any, value: Any, field: TableField) -> Any:
    kind = described.message_type
    if kind is not None and kind.GetOptions().map_entry:
        pair = kind.fields_by_name
        return [
            {
                field.fields["key"].name: cell(key, field.fields["key"].type),
                field.fields["value"].name: _single(pair["value"], value[key], field.fields["value"]),
            }
            for key in value
        ]
    if described.is_repeated:
        return [_single(described, one, field) for one in value]
    return _single(described, value, field)


def _single(described: Any, value: Any, field: TableField) -> Any:
    if described.message_type is not None:
        return proto_row(value, field.fields)
    if described.type == FieldDescriptor.TYPE_BOOL:
        return bool(value)
    return cell(value, field.type)


def json_row(data: bytes, fields: Fields, drops: bool) -> Row:
    """The row of a JSON message by the table's own schema.

    Raises:
        SchemaMismatch: it is no JSON object, or has a field that the table lacks and that is not dropped.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SchemaMismatch(f"The message is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise SchemaMismatch("The message is not a JSON object")
    return _json_row(document, fields, drops, "")


def _json_row(document: Mapping[str, Any], fields: Fields, drops: bool, path: str) -> Row:
    row = {}
    for name, value in document.items():
        field = fields.get(name.lower())
        if name.upper() in CHANGE_COLUMNS:
            raise SchemaMismatch(f"Change data capture ({name}) is not supported by the Pub/Sub emulator")
        if field is not None:
            row[field.name] = _json_cell(value, field, drops, f"{path}{name}")
        elif not drops:
            raise SchemaMismatch(f"Field {path}{name} of the message is not found in the BigQuery table")
    return row


def _json_cell(value: Any, field: TableField, drops: bool, path: str) -> Any:
    if isinstance(value, list):
        if field.mode != "REPEATED":
            raise SchemaMismatch(f"Field {path} is an array, and its column is not REPEATED")
        return [_json_cell(one, _one_of(field), drops, path) for one in value]
    if isinstance(value, dict):
        if field.type != "RECORD":
            raise SchemaMismatch(f"Field {path} is an object, and its column is of type {field.type}")
        return _json_row(value, field.fields, drops, f"{path}.")
    if isinstance(value, bool) != (field.type == "BOOLEAN") and not isinstance(value, str | None):
        raise SchemaMismatch(f"Field {path}: {json.dumps(value)} is not a value of {field.type}")
    if isinstance(value, int | float) and field.type in ("STRING", "BYTES", "JSON", "GEOGRAPHY"):
        raise SchemaMismatch(f"Field {path} is a number, and its column is of type {field.type}")
    if isinstance(value, float) and value.is_integer() and field.type in _WHOLE:
        value = int(value)
    elif isinstance(value, float) and field.type in _WHOLE:
        raise SchemaMismatch(f"Field {path}: {value} is not a value of {field.type}")
    return value if field.type == "FLOAT64" else cell(value, field.type)


def _one_of(field: TableField) -> TableField:
    return TableField(field.name, field.type, "NULLABLE", field.fields)
