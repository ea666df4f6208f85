"""Rows in BigQuery's REST form: {"f": [{"v": ...}]}, every scalar a string."""

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.errors import invalid

Encoder = Callable[[Any], Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ESCAPED = r'[\x00-\x1f"\\]'  # what JSON text must escape
_MICROSECOND = timedelta(microseconds=1)


def timestamp_format(options: Mapping[str, str]) -> str:
    """formatOptions of a request: FLOAT64 (seconds), INT64 (microseconds) or ISO8601_STRING; 400 for another one."""
    form = options.get("formatOptions.timestampOutputFormat") or "TIMESTAMP_OUTPUT_FORMAT_UNSPECIFIED"
    micros = str(options.get("formatOptions.useInt64Timestamp", "")).lower() == "true"
    if form == "TIMESTAMP_OUTPUT_FORMAT_UNSPECIFIED":
        return "INT64" if micros else "FLOAT64"
    if form not in _TIMESTAMPS or (micros and form != "INT64"):
        raise invalid(f"Invalid value for formatOptions.timestampOutputFormat: {form}")
    return form


def rest_rows(table: pa.Table, fields: Sequence[Field], timestamps: str) -> orjson.Fragment:
    """A page of rows as JSON text; timestamps: see timestamp_format."""
    if not fields:
        return orjson.Fragment(b"[" + b",".join([b'{"f":[]}'] * table.num_rows) + b"]")
    columns = [json_column(table.column(i), field, timestamps) for i, field in enumerate(fields)]
    row = '{"f":[' + ",".join(['{"v":%s}'] * len(columns)) + "]}"
    return orjson.Fragment("[" + ",".join([row % values for values in zip(*columns, strict=True)]) + "]")


def json_column(column: pa.ChunkedArray, field: Field, timestamps: str) -> list[str]:
    """Each value of a column as JSON text: plain types by Arrow, which is many times faster, the others one by one."""
    texts = None if field.mode == "REPEATED" else _plain_texts(column, field, timestamps)
    if texts is not None:
        quoted = pc.binary_join_element_wise('"', texts, '"', "")
        found: list[str] = pc.fill_null(quoted, "null").to_pylist()
        return found
    encode = encoder(field, timestamps)
    return [orjson.dumps(encode(value)).decode() for value in column.to_pylist()]


def _plain_texts(column: pa.ChunkedArray, field: Field, timestamps: str) -> pa.ChunkedArray | None:
    """The texts of a column that need no escaping, or None when Arrow would write them otherwise than BigQuery."""
    kind = field.type
    if kind in ("INT64", "DATE"):
        return pc.cast(column, pa.string())
    if kind in ("STRING", "JSON", "GEOGRAPHY"):
        return None if _any(pc.match_substring_regex(column, _ESCAPED)) else pc.cast(column, pa.string())
    if kind == "BOOL":
        return pc.if_else(column, "true", "false")
    if kind == "FLOAT64":
        return _plain_floats(column)
    if kind == "TIMESTAMP" and timestamps == "INT64":
        return pc.cast(pc.cast(pc.cast(column, pa.timestamp("us", "UTC")), pa.int64()), pa.string())
    if kind in ("NUMERIC", "BIGNUMERIC"):
        texts = pc.cast(column, pa.string())
        if _any(pc.match_substring(texts, "E")):
            return None
        return pc.utf8_rtrim(pc.utf8_rtrim(texts, "0"), ".")
    return None


def _plain_floats(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """2.0, 0.25: None where one needs an exponent, or is not finite."""
    size = pc.abs(column)
    plain = pc.or_(pc.equal(size, 0), pc.and_(pc.greater_equal(size, 1e-3), pc.less(size, 1e7)))
    if not pc.all(plain, min_count=0).as_py():
        return None
    texts = pc.cast(column, pa.string())
    whole = pc.invert(pc.match_substring(texts, "."))
    return pc.if_else(whole, pc.binary_join_element_wise(texts, ".0", ""), texts) if _any(whole) else texts


def _any(flags: pa.ChunkedArray) -> bool:
    return bool(pc.any(flags).as_py())


def encoder(field: Field, timestamps: str) -> Encoder:
    """How one value of a column becomes JSON."""
    if field.mode == "REPEATED":
        element = encoder(Field(field.name, field.type, "NULLABLE", field.fields), timestamps)
        return lambda values: [{"v": element(value)} for value in values or ()]
    if field.type == "STRUCT":
        parts = [encoder(child, timestamps) for child in field.fields]
        return lambda value: (
            None
            if value is None
            else {"f": [{"v": part(inner)} for part, inner in zip(parts, value.values(), strict=True)]}
        )
    if field.type == "RANGE":
        limit = encoder(field.fields[0], timestamps)
        return lambda value: (
            None if value is None else (f"[{_limit(limit, value['start'])}, {_limit(limit, value['end'])})")
        )
    scalar = _TIMESTAMPS[timestamps] if field.type == "TIMESTAMP" else _SCALARS[field.type]
    return lambda value: None if value is None else scalar(value)


def _limit(encode: Encoder, value: Any) -> str:
    return "UNBOUNDED" if value is None else str(encode(value))


def _float(value: float) -> str:
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return "NaN" if math.isnan(value) else _digits(value)


def _digits(value: float) -> str:
    """A number as the service writes it: 2.0, 1.0E20, 1.7040672E9."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    digits, _, exponent = format(Decimal(repr(value)).normalize(), "e").partition("e")
    return f"{digits if '.' in digits else digits + '.0'}E{int(exponent)}"


def _decimal(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _timestamp_micros(value: datetime) -> str:
    return str((value - _EPOCH) // _MICROSECOND)


def _timestamp_seconds(value: datetime) -> str:
    micros = (value - _EPOCH) // _MICROSECOND
    return _digits(micros / 1_000_000)


def _timestamp_text(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


_TIMESTAMPS: dict[str, Encoder] = {
    "FLOAT64": _timestamp_seconds, "INT64": _timestamp_micros, "ISO8601_STRING": _timestamp_text,
}  # fmt: skip


def _clock(value: time) -> str:
    return value.isoformat()


def _interval(value: Any) -> str:
    """Months, days, nanoseconds -> Y-M D H:M:S[.F]."""
    months, days, nanoseconds = int(value.months), int(value.days), int(value.nanoseconds)
    sign, months = ("-" if months < 0 else ""), abs(months)
    clock_sign, micros = ("-" if nanoseconds < 0 else ""), abs(nanoseconds) // 1000
    seconds, fraction = divmod(micros, 1_000_000)
    tail = "" if not fraction else f".{fraction // 1000:03d}" if fraction % 1000 == 0 else f".{fraction:06d}"
    return (
        f"{sign}{months // 12}-{months % 12} {days} "
        f"{clock_sign}{seconds // 3600}:{seconds % 3600 // 60}:{seconds % 60}{tail}"
    )


_SCALARS: dict[str, Encoder] = {
    "INT64": str,
    "FLOAT64": _float,
    "NUMERIC": _decimal,
    "BIGNUMERIC": _decimal,
    "BOOL": lambda value: "true" if value else "false",
    "STRING": str,
    "JSON": str,
    "GEOGRAPHY": str,
    "BYTES": lambda value: base64.b64encode(value).decode(),
    "DATE": date.isoformat,
    "TIME": _clock,
    "DATETIME": datetime.isoformat,
    "INTERVAL": _interval,
}
