"""Whether a value that a tool wrote is the one that Postgres holds: the same value, or Postgres' own text of it."""

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import pyarrow as pa

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def plain(column: pa.ChunkedArray) -> list[Any]:
    """A Parquet column as Python values; moments and days as numbers, because Python's end at the years 1 and 9999."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        factor = {"s": 10**6, "ms": 1000, "us": 1}.get(kind.unit)
        numbers = column.cast(pa.int64()).to_pylist()
        return [None if n is None else n * factor if factor else n / 1000 for n in numbers]
    if pa.types.is_date(kind):
        return list(column.cast(pa.date32()).cast(pa.int32()).to_pylist())
    if pa.types.is_time(kind):
        factor = {"s": 10**6, "ms": 1000, "us": 1}.get(kind.unit)
        numbers = column.cast(pa.int64() if kind.bit_width == 64 else pa.int32()).cast(pa.int64()).to_pylist()
        return [None if n is None else n * factor if factor else n / 1000 for n in numbers]
    return list(column.to_pylist())


def same(column: str, text: str, other: int | str | None, value: Any) -> bool:
    """Whether `value` is the value of the text.

    Args:
        column: of the table `awkward`.
        text: what Postgres prints with TimeZone UTC.
        other: microseconds since 1970 of a moment, days of a day, microseconds of a time of day, None where it is
            infinite; the JSON of an array.
    """
    if value is None:
        return False
    if isinstance(value, str) and value == text:
        return True
    if column in ("day", "clock", "local_time", "moment"):
        return _same_moment(column, other, value)
    if column in ("numbers", "words"):
        return _same_list(str(other), value)
    compare = {
        "price": _same_number, "exact": _same_number, "ratio": _same_double, "whole": _same_number,
        "details": _same_json, "document": _same_json, "blob": _same_bytes, "token": _same_uuid,
    }.get(column)  # fmt: skip
    if column == "flag":
        return value is (text == "t" or text == "true")
    return compare(text, value) if compare else bool(value == text)


def _same_number(text: str, value: Any) -> bool:
    try:
        wanted, found = Decimal(text), Decimal(repr(value) if isinstance(value, float) else str(value))
    except InvalidOperation:
        return False
    return wanted.is_nan() == found.is_nan() and (wanted.is_nan() or wanted == found)


def _same_double(text: str, value: Any) -> bool:
    if not isinstance(value, float | str):
        return False
    return repr(float(text)) == repr(float(value))


def _same_json(text: str, value: Any) -> bool:
    """The same document; a number with all its digits. A document with a key twice has to stay as it is."""

    def read(document: str) -> Any:
        return json.loads(document, parse_float=Decimal, parse_int=Decimal, object_pairs_hook=lambda pairs: pairs)

    try:
        return bool(read(text) == read(value if isinstance(value, str) else json.dumps(value)))
    except (ValueError, TypeError):
        return False


def _same_bytes(text: str, value: Any) -> bool:
    return isinstance(value, bytes) and "\\x" + value.hex() == text


def _same_uuid(text: str, value: Any) -> bool:
    if isinstance(value, bytes) and len(value) == 16:
        return str(UUID(bytes=value)) == text
    return str(value) == text


def _same_list(text: str, value: Any) -> bool:
    """text: to_json of the array."""
    wanted = json.loads(text)
    if isinstance(value, str):
        try:
            return bool(json.loads(value) == wanted)
        except ValueError:
            return False
    return bool(list(value) == wanted)


def _same_moment(column: str, number: int | str | None, value: Any) -> bool:
    if number is None:
        return isinstance(value, float) and value in (float("inf"), float("-inf"))
    if isinstance(value, int | float):
        return value == number
    try:
        return _number(column, str(value)) == number
    except ValueError:
        return False


def _number(column: str, text: str) -> int:
    if column == "day":
        return (date.fromisoformat(text) - date(1970, 1, 1)).days
    if column == "clock":
        read = time.fromisoformat(text)
        return ((read.hour * 60 + read.minute) * 60 + read.second) * 10**6 + read.microsecond
    moment = datetime.fromisoformat(text)
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH
    return (since.days * 86_400 + since.seconds) * 10**6 + since.microseconds
