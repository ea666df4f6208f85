"""Rows of Avro files, record by record, converted to the columns' types; what does not fit names file and record."""

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import fastavro

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.errors import ServiceError, invalid
from emulators.bigquery.state.files.avro_schema import UNREADABLE, as_read
from emulators.bigquery.state.files.tolerance import Tolerance
from emulators.bigquery.state.values import BadValue
from emulators.varints import avro_long

Rows = Iterator[dict[str, Any]]


def avro_rows(
    path: Path, uri: str, fields: Sequence[Field], configuration: Mapping[str, Any], tolerance: Tolerance
) -> Rows:
    """Records of an Avro container file."""
    with path.open("rb") as source:
        try:
            for number, record in enumerate(_records(source, fields), 1):
                if not isinstance(record, Mapping):
                    raise invalid(
                        f"Error while reading data, error message: the Avro schema is no record. File: {uri}", uri
                    )
                given = {key.lower(): value for key, value in record.items()}
                try:
                    yield {
                        field.name: _avro_value(field, given.get(field.name.lower()), field.name) for field in fields
                    }
                except BadValue as error:
                    raise invalid(
                        f"Error while reading data, error message: {error.message} File: {uri}, record {number}", uri
                    ) from error
        except UNREADABLE as error:
            raise ServiceError(
                400,
                "invalid",
                f"Error while reading data, error message: The Apache Avro library failed to "
                f"parse the file: {error or type(error).__name__}. File: {uri}",
                uri,
            ) from error


def _records(source: IO[bytes], fields: Sequence[Field]) -> Iterator[Any]:
    """The records of each block: as the items of an array, which is how Avro writes one."""
    reader = fastavro.block_reader(source)
    items = fastavro.parse_schema({"type": "array", "items": as_read(reader.writer_schema, fields)})
    for block in reader:
        content = io.BytesIO(avro_long(block.num_records) + block.bytes_.getvalue() + b"\0")
        yield from fastavro.schemaless_reader(content, items)


def _avro_value(field: Field, value: Any, path: str) -> Any:
    """What fastavro read, checked against the column's type; logical types have their Python types already."""
    if field.mode == "REPEATED":
        if value is None:
            return []
        if isinstance(value, Mapping) and [child.name for child in field.fields] == ["key", "value"]:
            value = [{"key": key, "value": item} for key, item in value.items()]
        if not isinstance(value, list):
            raise BadValue(path, f"Field {path} is REPEATED, but the file has no array.")
        return [_avro_value(Field(field.name, field.type, "REQUIRED", field.fields), item, path) for item in value]
    if value is None:
        if field.mode == "REQUIRED":
            raise BadValue(path, f"Missing required field: {path}.")
        return None
    if field.type == "STRUCT":
        if not isinstance(value, Mapping):
            raise BadValue(path, f"Field {path} is a RECORD, but the file has {type(value).__name__}.")
        given = {key.lower(): inner for key, inner in value.items()}
        return {
            child.name: _avro_value(child, given.get(child.name.lower()), f"{path}.{child.name}")
            for child in field.fields
        }
    if field.type == "STRING" and isinstance(value, Decimal):
        return format(value.normalize(), "f")  # decimalTargetTypes may say so
    if field.type == "STRING" and isinstance(value, UUID):
        return str(value)
    if isinstance(value, bool) != (field.type == "BOOL") or not isinstance(value, _AVRO.get(field.type, ())):
        raise BadValue(path, f"Field {path} has type {field.type}, but the file has {type(value).__name__}.")
    return float(value) if field.type == "FLOAT64" and isinstance(value, int) else value


_AVRO: dict[str, tuple[type, ...]] = {
    "INT64": (int,), "FLOAT64": (float, int), "BOOL": (bool,), "STRING": (str,), "JSON": (str,), "BYTES": (bytes,),
    "NUMERIC": (Decimal,), "BIGNUMERIC": (Decimal,), "DATE": (date,), "TIME": (time,), "DATETIME": (datetime,),
    "TIMESTAMP": (datetime,), "GEOGRAPHY": (str,),
}  # fmt: skip
