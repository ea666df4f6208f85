"""A source's column -> a bronze column, exactly; and the raw text of each value that its type cannot hold."""

import base64
import json
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beam_pipelines.avro.source_column import SourceColumn
from beam_pipelines.columns.arrow_schema import TIMESTAMP, arrow_type
from beam_pipelines.columns.decimals import decimal_texts, short_decimals
from beam_pipelines.columns.text import cast_or_null, parse_text, within_bigquery

_DAY = 86_400_000_000  # microseconds
_MOST_DAYS = 4_000_000  # beyond the year 9999, within 32 bits


class Converted(NamedTuple):
    """`raw` is the text of what `values` cannot hold, null elsewhere; None when everything fits."""

    values: pa.Array
    raw: pa.Array | None


def convert(column: SourceColumn, bigquery_type: str) -> Converted:
    """A scalar column or, for ARRAY<...>, lists. Any source type goes into any target, if only by its text."""
    if bigquery_type.startswith("ARRAY<"):
        return _convert_lists(column, bigquery_type.removeprefix("ARRAY<").removesuffix(">"))
    exact = _EXACT.get((column.type.kind, column.type.logical, bigquery_type))
    values = exact(column) if exact else parse_text(as_text(column), bigquery_type)
    if column.text is not None:
        values = pc.coalesce(values, parse_text(column.text, bigquery_type))
    return Converted(values, _raw(column, values))


def as_text(column: SourceColumn) -> pa.Array:
    """The main values as text: numbers and times as PostgreSQL writes them, bytes in base64, lists as JSON."""
    values, kind, logical = column.values, column.type.kind, column.type.logical
    if kind in ("string", "other"):
        return values
    if kind == "array":
        lists = values.to_pylist()
        return pa.array(
            [None if v is None else json.dumps(v, default=_base64, ensure_ascii=False) for v in lists], pa.string()
        )
    if kind == "bytes" and logical == "decimal":
        return decimal_texts(values, column.type.scale)
    if kind == "bytes":
        return pa.array([None if v is None else _base64(v) for v in values.to_pylist()], pa.string())
    if kind == "long" and logical in _TIMES:
        return pc.coalesce(_TIMES[logical](column).cast(pa.string()), values.cast(pa.string()))
    return values.cast(pa.string())


def _raw(column: SourceColumn, values: pa.Array) -> pa.Array | None:
    """The text of values that are there and have become null."""
    given = column.values.is_valid()
    if column.text is not None:
        given = pc.or_(given, column.text.is_valid())
    lost = pc.and_(given, values.is_null())
    if not pc.any(lost).as_py():
        return None
    text = as_text(column) if column.text is None else pc.coalesce(as_text(column), column.text)
    return pc.if_else(lost, text, pa.scalar(None, pa.string()))


def _convert_lists(column: SourceColumn, item_type: str) -> Converted:
    """Lists; an empty one where there is none, because bronze's REPEATED columns hold no NULL."""
    rows, kind = len(column.values), arrow_type(item_type)
    if column.type.kind != "array" or column.type.item is None:
        empty = pa.ListArray.from_arrays(pa.array([0] * (rows + 1), pa.int32()), pa.nulls(0, kind))
        return Converted(empty, _raw(column, pa.nulls(rows)))
    items = column.values.flatten()
    owner = pc.list_parent_indices(column.values).to_numpy()
    converted = convert(SourceColumn(column.type.item, items), item_type).values
    misfits = np.unique(owner[converted.is_null().to_numpy(zero_copy_only=False)])
    keep = np.ones(rows, np.bool_)
    keep[misfits] = False
    sizes = np.where(keep, pc.fill_null(pc.list_value_length(column.values), 0).to_numpy(), 0)
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    fitting = converted.filter(pa.array(keep[owner]))
    lists = pa.ListArray.from_arrays(pa.array(offsets), fitting)
    found = pc.and_(pa.array(keep), column.values.is_valid())
    return Converted(lists, _raw(column, pc.if_else(found, 1, pa.scalar(None, pa.int64()))))


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _as_it_is(column: SourceColumn) -> pa.Array:
    return column.values


def _timestamp(kind: pa.DataType, factor: int) -> Callable[[SourceColumn], pa.Array]:
    def values(column: SourceColumn) -> pa.Array:
        try:
            micros = pc.multiply_checked(column.values, factor) if factor > 1 else column.values
        except pa.ArrowInvalid:  # far beyond any year
            micros = pc.if_else(pc.less(pc.abs(column.values), 2**53), pc.multiply(column.values, factor), None)
        return within_bigquery(micros.view(kind))

    return values


def _date(column: SourceColumn) -> pa.Array:
    near = pc.if_else(pc.less(pc.abs(column.values), _MOST_DAYS), column.values, pa.scalar(None, pa.int64()))
    return within_bigquery(near.cast(pa.int32()).view(pa.date32()))


def _time(factor: int) -> Callable[[SourceColumn], pa.Array]:
    def values(column: SourceColumn) -> pa.Array:
        within = pc.and_(pc.greater_equal(column.values, 0), pc.less(column.values, _DAY // factor))
        day = pc.if_else(within, column.values, pa.scalar(None, pa.int64()))
        return pc.multiply(day, factor).view(pa.time64("us"))

    return values


def _decimal(bigquery_type: str) -> Callable[[SourceColumn], pa.Array]:
    def values(column: SourceColumn) -> pa.Array:
        short = short_decimals(column.values, column.type.scale)
        if short is None:
            return parse_text(decimal_texts(column.values, column.type.scale), bigquery_type)
        return cast_or_null(short, arrow_type(bigquery_type))

    return values


_TIMES: dict[str, Callable[[SourceColumn], pa.Array]] = {
    "timestamp-micros": _timestamp(TIMESTAMP, 1),
    "timestamp-millis": _timestamp(TIMESTAMP, 1000),
    "local-timestamp-micros": _timestamp(pa.timestamp("us"), 1),
    "local-timestamp-millis": _timestamp(pa.timestamp("us"), 1000),
    "date": _date,
    "time-micros": _time(1),
    "time-millis": _time(1000),
}
_EXACT: dict[tuple[str, str | None, str], Callable[[SourceColumn], pa.Array]] = {
    ("long", None, "INT64"): _as_it_is,
    ("double", None, "FLOAT64"): _as_it_is,
    ("boolean", None, "BOOL"): _as_it_is,
    ("bytes", None, "BYTES"): _as_it_is,
    ("bytes", "decimal", "NUMERIC"): _decimal("NUMERIC"),
    ("bytes", "decimal", "BIGNUMERIC"): _decimal("BIGNUMERIC"),
    ("long", "timestamp-micros", "TIMESTAMP"): _TIMES["timestamp-micros"],
    ("long", "timestamp-millis", "TIMESTAMP"): _TIMES["timestamp-millis"],
    ("long", "local-timestamp-micros", "DATETIME"): _TIMES["local-timestamp-micros"],
    ("long", "local-timestamp-millis", "DATETIME"): _TIMES["local-timestamp-millis"],
    ("long", "date", "DATE"): _date,
    ("long", "time-micros", "TIME"): _time(1),
    ("long", "time-millis", "TIME"): _time(1000),
}
