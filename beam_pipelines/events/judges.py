"""One JSON value -> a column's value, or what is wrong with it: the slow way, for values that are not easy.

`wrong` is another kind of thing (a dead letter); `unfit` is the right kind, but more than the type can hold (NULL and
raw text where the column may be NULL, else a dead letter).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from beam_pipelines.columns.text import parse_text
from beam_pipelines.events.easy_values import read_easily
from beam_pipelines.events.json_text import dump

_SHOWN = 60  # characters of a value in a detail
_NEARLY_A_TIME = re.compile(r"[-+]?\d{4,}-\d\d-\d\d([Tt ]\d\d:\d\d.*)?|\d\d:\d\d:\d\d\.\d+")


@dataclass(frozen=True)
class Judgement:
    """`problem` is None and `value` the value, or `value` is None and `detail` says what was expected."""

    value: Any
    problem: Literal["wrong_type", "invalid_timestamp", "unrepresentable"] | None = None
    detail: str = ""


def judge(value: Any, bigquery_type: str, json_as_text: bool) -> Judgement:
    """Judges a value that is not null."""
    if bigquery_type.startswith("ARRAY<"):
        return _judge_array(value, bigquery_type.removeprefix("ARRAY<").removesuffix(">"), json_as_text)
    if bigquery_type == "JSON":
        return _judge_json(value, json_as_text)
    return _JUDGES[bigquery_type](value, bigquery_type)


def _wrong(value: Any, expected: str) -> Judgement:
    return Judgement(None, "wrong_type", f"expected {expected}, found {show(value)}")


def _unfit(value: Any, bigquery_type: str) -> Judgement:
    return Judgement(None, "unrepresentable", f"{show(value)} does not fit {bigquery_type}")


def show(value: Any) -> str:
    """A value in a detail, cut."""
    text = dump(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _judge_whole(value: Any, kind: str) -> Judgement:
    if not _is_number(value) or not _is_whole(value):
        return _wrong(value, "a whole number")
    return Judgement(int(value)) if -(2**63) <= value < 2**63 else _unfit(value, kind)


def _is_whole(value: float | Decimal) -> bool:
    return value == value.to_integral_value() if isinstance(value, Decimal) else float(value).is_integer()


def _judge_double(value: Any, kind: str) -> Judgement:
    if not _is_number(value):
        return _wrong(value, "a number")
    number = parse_text(pa.array([str(value)]), kind)[0].as_py()
    return _unfit(value, kind) if number is None else Judgement(number)


def _judge_decimal(value: Any, kind: str) -> Judgement:
    text = value if isinstance(value, str) else str(value) if _is_number(value) else ""
    if not re.fullmatch(r"[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?", text):
        return _wrong(value, "a number")
    number = parse_text(pa.array([text]), kind)[0].as_py()
    return _unfit(value, kind) if number is None else Judgement(number)


def _judge_string(value: Any, kind: str) -> Judgement:
    return Judgement(value) if isinstance(value, str) else _wrong(value, "a string")


def _judge_boolean(value: Any, kind: str) -> Judgement:
    return Judgement(value) if isinstance(value, bool) else _wrong(value, "true or false")


def _judge_bytes(value: Any, kind: str) -> Judgement:
    data = parse_text(pa.array([value]), kind)[0].as_py() if isinstance(value, str) else None
    return _wrong(value, "bytes in base64") if data is None else Judgement(data)


def _judge_time(value: Any, kind: str) -> Judgement:
    if not isinstance(value, str):
        return _wrong(value, f"a {kind} as a string")
    parsed = parse_text(pa.array([value]), kind)
    if parsed.null_count == 0:
        return Judgement(parsed[0].as_py())
    if _NEARLY_A_TIME.fullmatch(value) and _is_beyond(value):
        return _unfit(value, kind)
    example = {"DATE": "2026-01-31", "TIME": "12:30:00", "DATETIME": "2026-01-31T12:30:00"}
    expected = example.get(kind, "2026-01-31T12:30:00Z")
    return Judgement(None, "invalid_timestamp", f"expected a {kind} such as {expected}, found {show(value)}")


def _is_beyond(value: str) -> bool:
    """A year outside 0001 to 9999, or more than microseconds."""
    return bool(re.match(r"[-+]|\d{5}|0000", value) or re.search(r"\.\d{7,}", value))


def _judge_json(value: Any, json_as_text: bool) -> Judgement:
    if not json_as_text:
        return Judgement(dump(value))
    if isinstance(value, str) and parse_text(pa.array([value]), "JSON").null_count == 0:
        return Judgement(value)
    return _wrong(value, "JSON text in a string")


def _judge_array(value: Any, item_type: str, json_as_text: bool) -> Judgement:
    if not isinstance(value, list):
        return _wrong(value, "a list")
    values = read_easily(item_type, value, json_as_text)
    if values.null_count == 0:
        return Judgement(values.to_pylist())
    items: list[Any] = values.to_pylist()
    for index in np.flatnonzero(values.is_null().to_numpy(zero_copy_only=False)).tolist():
        if value[index] is None:
            return Judgement(None, "unrepresentable", "a list with null in it, which BigQuery's arrays cannot hold")
        item = judge(value[index], item_type, json_as_text)
        if item.problem:
            return Judgement(None, item.problem, f"item {index}: {item.detail}")
        items[index] = item.value
    return Judgement(items)


_JUDGES: dict[str, Callable[[Any, str], Judgement]] = {
    "INT64": _judge_whole,
    "FLOAT64": _judge_double,
    "NUMERIC": _judge_decimal,
    "BIGNUMERIC": _judge_decimal,
    "STRING": _judge_string,
    "BOOL": _judge_boolean,
    "BYTES": _judge_bytes,
    **dict.fromkeys(("DATE", "TIME", "DATETIME", "TIMESTAMP"), _judge_time),
}
