"""Values of messages as BigQuery's REST API takes them in a column of a type.

Whole numbers that stand for dates and times, and bytes that stand for decimals, are those of
https://cloud.google.com/pubsub/docs/bigquery#date_time_int.
"""

import base64
import datetime
import math
from decimal import Decimal
from typing import Any

from emulators.pubsub.export.table_fields import SchemaMismatch

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_SCALES = {"NUMERIC": 9, "BIGNUMERIC": 38}


def cell(value: Any, kind: str) -> Any:
    """A scalar for a column of this type.

    Raises:
        SchemaMismatch: no such column takes it, or the number stands for no date or time.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return _whole(value, kind)
    if isinstance(value, float):
        return _real(value, kind)
    if isinstance(value, bytes):
        return _bytes(value, kind)
    return value


def _whole(value: int, kind: str) -> Any:
    try:
        match kind:
            case "DATE":
                return (_EPOCH + datetime.timedelta(days=value)).date().isoformat()
            case "TIMESTAMP":
                return moment(value)
            case "DATETIME":
                return f"{_civil_date(value >> 37)}T{_civil_time(value & (1 << 37) - 1)}"
            case "TIME":
                return _civil_time(value)
            case _:
                return str(value)
    except (OverflowError, ValueError) as error:
        raise SchemaMismatch(f"{value} is not a value of {kind}") from error


def _real(value: float, kind: str) -> Any:
    if kind in _SCALES:
        if not math.isfinite(value):
            raise SchemaMismatch(f"{value} is not a value of {kind}")
        return format(Decimal(repr(value)), "f")
    if math.isnan(value):
        return "NaN"
    return value if math.isfinite(value) else "Infinity" if value > 0 else "-Infinity"


def _bytes(value: bytes, kind: str) -> str:
    if kind in _SCALES:
        return decimal(int.from_bytes(value, "little", signed=True), _SCALES[kind])
    return base64.b64encode(value).decode()


def decimal(unscaled: int, scale: int) -> str:
    """A decimal number as text."""
    return format(Decimal(unscaled).scaleb(-scale), "f") if unscaled.bit_length() < 80 else _long(unscaled, scale)


def _long(unscaled: int, scale: int) -> str:
    """The same beyond the digits that Decimal's context keeps."""
    digits = str(abs(unscaled)).rjust(scale + 1, "0")
    point = len(digits) - scale
    return ("-" if unscaled < 0 else "") + digits[:point] + (f".{digits[point:]}" if scale else "")


def moment(microseconds: int) -> str:
    """A TIMESTAMP of microseconds since 1970."""
    return (_EPOCH + datetime.timedelta(microseconds=microseconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def clock(microseconds: int) -> str:
    """A TIME of microseconds since midnight."""
    return (_EPOCH + datetime.timedelta(microseconds=microseconds)).strftime("%H:%M:%S.%f")


def _civil_date(packed: int) -> str:
    """Year, month (4 bits) and day (5 bits)."""
    return datetime.date(packed >> 9, packed >> 5 & 15, packed & 31).isoformat()


def _civil_time(packed: int) -> str:
    """Hour (5 bits), minute (6), second (6) and microsecond (20)."""
    found = datetime.time(packed >> 32, packed >> 26 & 63, packed >> 20 & 63, packed & (1 << 20) - 1)
    return found.isoformat("microseconds")
