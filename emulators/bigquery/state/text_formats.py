"""Rows of JSON lines and Avro files, converted to the columns' types; what does not fit names file and line."""

import gzip
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import fastavro
import orjson

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.errors import ServiceError, invalid
from emulators.bigquery.state.tolerance import Tolerance
from emulators.bigquery.state.values import BadValue, convert_row

Rows = Iterator[dict[str, Any]]


def open_source(path: Path) -> IO[bytes]:
    """A file for reading, unpacked when it is gzip."""
    with path.open("rb") as probe:
        compressed = probe.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if compressed else path.open("rb")  # type: ignore[return-value]


def json_rows(
    path: Path, uri: str, fields: Sequence[Field], configuration: Mapping[str, Any], tolerance: Tolerance
) -> Rows:
    """One JSON object a line."""
    ignore, position = bool(configuration.get("ignoreUnknownValues")), 0
    with open_source(path) as source:
        for number, line in enumerate(source, 1):
            position += len(line)
            if not line.strip():
                continue
            try:
                row = orjson.loads(line)
                if not isinstance(row, dict):
                    raise BadValue("", "JSON table encountered a line that is not an object.")
                yield convert_row(fields, row, ignore)
            except (orjson.JSONDecodeError, BadValue) as error:
                begin, what = position - len(line), str(error)
                what = f"JSON parsing error in row starting at position {begin}: {what[:1].upper()}{what[1:]}"
                tolerance.bad(uri, number, f"{what} line_number: {number}")


def avro_rows(
    path: Path, uri: str, fields: Sequence[Field], configuration: Mapping[str, Any], tolerance: Tolerance
) -> Rows:
    """Records of an Avro container file."""
    with path.open("rb") as source:
        try:
            for number, record in enumerate(fastavro.reader(source), 1):
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
        except (ValueError, EOFError, IndexError, TypeError, OverflowError) as error:
            raise ServiceError(
                400,
                "invalid",
                f"Error while reading data, error message: The Apache Avro library failed to "
                f"parse the file: {error}. File: {uri}",
                uri,
            ) from error


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
