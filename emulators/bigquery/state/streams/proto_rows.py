"""Protobuf rows of an append as an Arrow table: the writer's descriptor says how to read them."""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pyarrow as pa
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

from emulators.bigquery.sql.functions.decimals import BIGNUMERIC, NUMERIC, WIDE, Form
from emulators.bigquery.sql.model import Field
from emulators.bigquery.state import bignumerics
from emulators.bigquery.state.arrow import arrow_type
from emulators.bigquery.state.streams.streams import StreamError
from emulators.bigquery.state.values import BadValue, convert

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=256)
def message_class(descriptor: bytes) -> Any:
    """The class of a self-contained DescriptorProto; StreamError when it is none."""
    try:
        message = descriptor_pb2.DescriptorProto.FromString(descriptor)
        file = descriptor_pb2.FileDescriptorProto(name="writer.proto", syntax="proto2", message_type=[message])
        pool = descriptor_pool.DescriptorPool()
        pool.Add(file)
        return message_factory.GetMessageClass(pool.FindMessageTypeByName(message.name))
    except (DecodeError, TypeError, KeyError) as error:
        raise StreamError("INVALID_ARGUMENT", f"Invalid proto schema: {error}") from error


def from_proto(
    descriptor: bytes, rows: Sequence[bytes], columns_of: Sequence[Field], optional: frozenset[str] = frozenset()
) -> tuple[pa.Table, list[str]]:
    """Serialized rows -> (rows in the columns' types, their names); StreamError names each row that does not fit.

    optional: columns (lower case) that may be missing though they are REQUIRED; they are NULL then.
    """
    kind = message_class(descriptor)
    by_name = {f.name.lower(): replace(f, mode="NULLABLE") if f.name.lower() in optional else f for f in columns_of}
    fields = []
    for part in kind.DESCRIPTOR.fields:
        field = by_name.pop(part.name.lower(), None)
        if field is None:
            raise StreamError(
                "INVALID_ARGUMENT",
                f"Input schema has more fields than BigQuery schema, extra fields: '{part.name}'",
                "SCHEMA_MISMATCH_EXTRA_FIELDS",
            )
        fields.append((part.name, field))
    for field in by_name.values():
        if field.mode == "REQUIRED":
            raise StreamError("INVALID_ARGUMENT", f"The required field {field.name} is missing in the proto schema.")
    columns: list[list[Any]] = [[] for _ in fields]
    errors: list[tuple[int, str]] = []
    for index, data in enumerate(rows):
        try:
            message = kind.FromString(data)
            values = [_value(message, name, field, field.name) for name, field in fields]
        except (BadValue, DecodeError) as error:
            errors.append((index, str(error)))
            continue
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    if errors:
        raise StreamError(
            "INVALID_ARGUMENT",
            "Errors found while processing rows. Please refer to the row_errors field for details.",
            rows=errors,
        )
    arrays = [bignumerics.arrays(column, arrow_type(field)) for column, (_, field) in zip(columns, fields, strict=True)]
    return pa.table(arrays, names=[f"c{i}" for i in range(len(arrays))]), [field.name for _, field in fields]


def _value(message: Any, name: str, field: Field, path: str) -> Any:
    descriptor = message.DESCRIPTOR.fields_by_name[name]
    value = getattr(message, name)
    if field.mode == "REPEATED":
        if not descriptor.is_repeated:
            raise BadValue(path, f"Field {path} is REPEATED, but the proto field is not.")
        return [_scalar(item, field, path) for item in value]
    if descriptor.is_repeated:
        raise BadValue(path, f"Field {path} is not REPEATED, but the proto field is.")
    if descriptor.has_presence and not message.HasField(name):
        if field.mode == "REQUIRED":
            raise BadValue(path, f"Missing required field: {path}.")
        return None
    return _scalar(value, field, path)


def _scalar(value: Any, field: Field, path: str) -> Any:
    if field.type == "STRUCT":
        parts: Mapping[str, Any] = {part.name.lower(): part.name for part in value.DESCRIPTOR.fields}
        return {
            child.name: _value(value, parts[child.name.lower()], child, f"{path}.{child.name}")
            if child.name.lower() in parts else _absent(child, f"{path}.{child.name}")
            for child in field.fields
        }  # fmt: skip
    if field.type == "RANGE" and isinstance(value, Message):
        limit = field.fields[0]
        return {side: _value(value, side, replace(limit, name=side), f"{path}.{side}") for side in ("start", "end")}
    try:
        read = _READERS.get((field.type, type(value)))
        if read is not None:
            return read(value)
        if isinstance(value, bytes) or not isinstance(value, _ACCEPTED[field.type]):
            raise BadValue(
                path, f"Field {path} has type {field.type}, which cannot be read from a proto {type(value).__name__}."
            )
        return convert(Field(field.name, field.type, "REQUIRED", max_length=field.max_length), value, False, path)
    except (ValueError, OverflowError, struct.error, KeyError) as error:
        raise BadValue(path, f"Field {path}: {error}") from error


def _absent(field: Field, path: str) -> Any:
    if field.mode == "REQUIRED":
        raise BadValue(path, f"Missing required field: {path}.")
    return [] if field.mode == "REPEATED" else None


def _packed_time(value: int) -> time:
    """BigQuery's CivilTimeEncoder: hour, minute, second, microsecond in 5 + 6 + 6 + 20 bits."""
    return time(value >> 32 & 0x1F, value >> 26 & 0x3F, value >> 20 & 0x3F, value & 0xFFFFF)


def _packed_datetime(value: int) -> datetime:
    """The same with year, month and day (14 + 4 + 5 bits) in front."""
    return datetime.combine(
        date(value >> 46 & 0x3FFF, value >> 42 & 0xF, value >> 37 & 0x1F), _packed_time(value & (1 << 37) - 1)
    )


def _decimal(form: Form) -> Callable[[bytes], Decimal]:
    """BigDecimalByteStringEncoder: the unscaled value, little-endian two's complement."""

    def read(value: bytes) -> Decimal:
        unscaled = int.from_bytes(value, "little", signed=True)
        if not form.least <= unscaled <= form.greatest:
            raise ValueError(f"{form.name} out of range")
        return Decimal(unscaled).scaleb(-form.scale, WIDE)

    return read


_READERS: dict[tuple[str, type], Callable[[Any], Any]] = {
    ("BYTES", bytes): bytes,
    ("BYTES", str): str.encode,
    ("DATE", int): lambda days: date(1970, 1, 1) + timedelta(days=days),
    ("TIMESTAMP", int): lambda micros: _EPOCH + timedelta(microseconds=micros),
    ("TIME", int): _packed_time,
    ("DATETIME", int): _packed_datetime,
    ("NUMERIC", bytes): _decimal(NUMERIC),
    ("BIGNUMERIC", bytes): _decimal(BIGNUMERIC),
    ("STRING", str): str,
    ("INT64", int): int,
    ("FLOAT64", float): float,
    ("BOOL", bool): bool,
}
_ACCEPTED: dict[str, tuple[type, ...]] = {
    "INT64": (int, bool),
    "FLOAT64": (float, int),
    "NUMERIC": (str, int, float),
    "BIGNUMERIC": (str, int, float),
    "BOOL": (bool, int),
    "STRING": (str,),
    "JSON": (str,),
    "DATE": (str,),
    "TIME": (str,),
    "DATETIME": (str,),
    "TIMESTAMP": (str,),
    "BYTES": (),
    "INTERVAL": (str,),
    "GEOGRAPHY": (str,),
    "RANGE": (),
}
