"""JSON values as column values, with BigQuery's conversions and its refusals."""

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from emulators.bigquery.sql.functions import decimals
from emulators.bigquery.sql.functions.intervals import interval_parse
from emulators.bigquery.sql.geography.functions import st_geogfrom
from emulators.bigquery.sql.model import Field

_MOMENT = re.compile(
    r"(\d{4}-\d{1,2}-\d{1,2})(?:[ Tt](\d{1,2}:\d{1,2}:\d{1,2})(?:\.(\d{1,9}))?)?\s*(Z|z|UTC|[+-]\d{1,2}(?::?\d{2})?)?"
)
# What a TIMESTAMP may have beside: slashes in its day, a time without seconds.
_SLASHES = re.compile(r"^(\d{4})/(\d{1,2})/(\d{1,2})(?!\d)")
_NO_SECONDS = re.compile(r"^([\d-]+[ Tt]\d{1,2}:\d{1,2})(?![\d:.])(.*)$")

_WORDS = {"INT64": "integer", "BOOL": "boolean", "FLOAT64": "floating point"}


class BadValue(Exception):
    """A value that a column cannot take; path is the field's, from the top."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path, self.message = path, message


class Unreadable(BadValue):
    """A value that is none of the column's type."""


def convert_row(
    fields: Sequence[Field], row: Mapping[str, Any], ignore_unknown: bool, path: str = ""
) -> dict[str, Any]:
    """A JSON object as column values by the fields' own names; BadValue for what does not fit."""
    given = {key.lower(): value for key, value in row.items()}
    found = {}
    for field in fields:
        value = given.pop(field.name.lower(), None)
        found[field.name] = convert(field, value, ignore_unknown, f"{path}{field.name}")
    if given and not ignore_unknown:
        unknown = next(iter(given))
        raise BadValue(f"{path}{unknown}", f"no such field: {path}{unknown}.")
    return found


def convert(field: Field, value: Any, ignore_unknown: bool, path: str) -> Any:
    """One value, or a list for a REPEATED field."""
    if field.mode == "REPEATED":
        if value is None:
            return []
        if not isinstance(value, list):
            raise BadValue(
                path, f"Array specified for non-repeated field or value for repeated field {path} is not an array."
            )
        element = replace(field, mode="REQUIRED")
        return [convert(element, item, ignore_unknown, f"{path}[{i}]") for i, item in enumerate(value)]
    if value is None:
        if field.mode == "REQUIRED":
            raise BadValue(path, f"Missing required field: {path}.")
        return None
    if isinstance(value, list) and field.type != "JSON":
        raise BadValue(path, f"Array specified for non-repeated field: {path}.")
    if field.type == "STRUCT":
        if not isinstance(value, Mapping):
            raise BadValue(path, f"This field: {path} is not a record.")
        return convert_row(field.fields, value, ignore_unknown, f"{path}.")
    if field.type not in _CONVERSIONS and field.type != "RANGE":
        raise BadValue(path, f"Field {path} has type {field.type}, which cannot be written from JSON here.")
    if field.type == "RANGE":
        return _range(field.fields[0], value, path)
    if isinstance(value, Mapping) and field.type not in ("JSON", "GEOGRAPHY"):
        raise BadValue(path, f"This field: {path} is not a record.")
    try:
        found = _CONVERSIONS[field.type](value)
    except (ValueError, InvalidOperation, OverflowError, binascii.Error):
        kind = _WORDS.get(field.type, field.type.lower())
        raise Unreadable(path, f"Cannot convert value to {kind} (bad value): {_shown(value)}") from None
    if field.max_length is not None and len(found) > field.max_length:
        raise BadValue(
            path, f"Field {path}: value of length {len(found)} exceeds the maximum length {field.max_length}."
        )
    return found if field.precision is None else _within(found, field, path)


def _range(limit: Field, value: Any, path: str) -> dict[str, Any]:
    """{"start": ..., "end": ...}, or the text [start, end); a side that is absent, null or UNBOUNDED has no limit."""
    text = re.fullmatch(r"\[(.*?), (.*?)\)", value) if isinstance(value, str) else None
    sides = dict(zip(("start", "end"), text.groups(), strict=True)) if text else value
    if not isinstance(sides, Mapping):
        raise BadValue(path, f"Cannot convert value to range (bad value): {_shown(value)}")
    given = {side: None if sides.get(side) in ("UNBOUNDED", "NULL", None) else sides[side] for side in ("start", "end")}
    found = {side: convert(replace(limit, name=side), item, False, f"{path}.{side}") for side, item in given.items()}
    if None not in found.values() and found["start"] >= found["end"]:
        raise BadValue(path, f"Range start must be less than range end: {_shown(value)}")
    return found


def _within(value: Decimal, field: Field, path: str) -> Decimal:
    """Rounded to the field's scale as its rounding mode says; BadValue when too many digits are before the point."""
    scale = field.scale or 0
    mode = ROUND_HALF_EVEN if field.rounding_mode == "ROUND_HALF_EVEN" else ROUND_HALF_UP
    rounded = value.quantize(Decimal(1).scaleb(-scale), mode, Context(prec=100))
    if abs(rounded) >= Decimal(10) ** ((field.precision or 0) - scale):
        raise BadValue(
            path, f"Field {path}: value {value} is out of range of {field.type}({field.precision}, {scale})."
        )
    return rounded


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 100 else text[:100] + "..."


def _integer(value: Any) -> int:
    if isinstance(value, bool):
        raise ValueError
    if isinstance(value, float) and not value.is_integer():
        raise ValueError
    if isinstance(value, str):
        value = value.strip()
    number = int(value)
    if not -(2**63) <= number < 2**63:
        raise ValueError
    return number


def _floating(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError
    return float(value)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).lower()
    if text in ("true", "t", "1", "yes", "y"):
        return True
    if text in ("false", "f", "0", "no", "n"):
        return False
    raise ValueError


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


def _decimal(form: decimals.Form) -> Callable[[Any], Decimal]:
    def convert_decimal(value: Any) -> Decimal:
        if isinstance(value, bool):
            raise ValueError
        number = Decimal(str(value).strip())
        exponent = number.as_tuple().exponent
        if not isinstance(exponent, int) or exponent < -form.scale or not form.holds(number):
            raise ValueError  # not finite, finer than the type's scale, or out of its range
        return number

    return convert_decimal


def _binary(value: Any) -> bytes:
    if not isinstance(value, str):
        raise ValueError
    return base64.b64decode(value.replace("-", "+").replace("_", "/") + "=" * (-len(value) % 4), validate=True)


def _date(value: Any) -> date:
    found = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", value if isinstance(value, str) else "")
    if found is None:
        raise ValueError
    return date(*map(int, found.groups()))


def _time(value: Any) -> time:
    if not isinstance(value, str):
        raise ValueError
    found = re.fullmatch(r"(\d{1,2}:\d{1,2}:\d{1,2})(?:\.(\d{1,9}))?", value)
    if found is None:
        raise ValueError
    return _clock(found.group(1), found.group(2))


def _clock(text: str | None, fraction: str | None) -> time:
    hours, minutes, seconds = map(int, (text or "0:0:0").split(":"))
    return time(hours, minutes, seconds, int((fraction or "0").ljust(6, "0")[:6]))


def _datetime(value: Any) -> datetime:
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is None or found.group(4):
        raise ValueError
    return datetime.combine(_date(found.group(1)), _clock(found.group(2), found.group(3)))


def _timestamp(value: Any) -> datetime:
    """Text with or without an offset (UTC without), or seconds since the epoch."""
    if isinstance(value, bool):
        raise ValueError
    if isinstance(value, int | float) or re.fullmatch(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?", str(value).strip()):
        seconds = Decimal(str(value).strip())
        if not seconds.is_finite() or math.isinf(float(seconds)):
            raise ValueError
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int((seconds * 1_000_000).to_integral_value()))
    text = value.strip() if isinstance(value, str) else ""
    found = _MOMENT.fullmatch(text) or _MOMENT.fullmatch(plain_timestamp(text))
    if found is None:
        raise ValueError
    moment = datetime.combine(_date(found.group(1)), _clock(found.group(2), found.group(3)), UTC)
    return moment - _offset(found.group(4))


def plain_timestamp(text: str) -> str:
    """A TIMESTAMP's text with dashes in its day and seconds in its time, if it had slashes or none."""
    return _NO_SECONDS.sub(r"\1:00\2", _SLASHES.sub(r"\1-\2-\3", text.strip()))


def _offset(text: str | None) -> timedelta:
    if text is None or text.upper() in ("Z", "UTC"):
        return timedelta()
    sign = -1 if text[0] == "-" else 1
    digits = text[1:].replace(":", "").rjust(2, "0")
    hours, minutes = int(digits[:2] if len(digits) != 3 else digits[:1]), int(digits[2:] or 0)
    return sign * timedelta(hours=hours, minutes=minutes)


def _json(value: Any) -> str:
    if isinstance(value, str):
        json.loads(value)
        return value
    return json.dumps(value)


def _geography(value: Any) -> str:
    """WKT, WKB in hexadecimal, or GeoJSON as text or as an object."""
    text = json.dumps(value) if isinstance(value, Mapping) else value
    if not isinstance(text, str):
        raise ValueError
    return st_geogfrom(text)


def _interval(value: Any) -> tuple[int, int, int]:
    """Months, days and nanoseconds of BigQuery's canonical text."""
    months, _, days, _, micros, _ = interval_parse(value if isinstance(value, str) else "").split()
    return int(months), int(days), int(micros) * 1000


_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "INT64": _integer,
    "FLOAT64": _floating,
    "NUMERIC": _decimal(decimals.NUMERIC),
    "BIGNUMERIC": _decimal(decimals.BIGNUMERIC),
    "BOOL": _boolean,
    "STRING": _text,
    "BYTES": _binary,
    "DATE": _date,
    "TIME": _time,
    "DATETIME": _datetime,
    "TIMESTAMP": _timestamp,
    "JSON": _json,
    "GEOGRAPHY": _geography,
    "INTERVAL": _interval,
}
