"""One column of many JSON objects -> an Arrow array, and what is wrong with single values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beam_pipelines.columns.arrow_schema import arrow_type
from beam_pipelines.columns.text import parse_text
from beam_pipelines.events.json_text import dump
from beam_pipelines.events.judges import judge
from contracts.model import Column

_DIRECT: dict[str, type] = {"INT64": int, "FLOAT64": float, "STRING": str, "BOOL": bool}
_NUMBERS = (int, float, Decimal)


@dataclass
class ColumnValues:
    """`values` has one value a record; `faults` (reason, detail) and `unfit` the raw value, by the record's place."""

    values: pa.Array
    faults: dict[int, tuple[str, str]] = field(default_factory=dict)
    unfit: dict[int, Any] = field(default_factory=dict)


def read_column(column: Column, records: Sequence[dict[str, Any]], json_as_text: bool) -> ColumnValues:
    """The column's values. A missing or null value of a required column is a fault."""
    name = column.name
    given = [record.get(name) for record in records]
    values = _read_easily(column.bigquery_type, given, json_as_text)
    read = ColumnValues(values)
    doubtful = np.flatnonzero(values.is_null().to_numpy(zero_copy_only=False))
    _judge_rest(column, [place for place in doubtful.tolist() if given[place] is not None], given, read, json_as_text)
    if column.required:
        _require(column, records, given, read)
    return read


def _read_easily(kind: str, given: list[Any], json_as_text: bool) -> pa.Array:
    """The values that are easy, all at once; null where a value is null, wrong, or not easy."""
    target = arrow_type(kind)
    if kind.startswith("ARRAY<"):
        return pa.nulls(len(given), target)
    if kind == "JSON" and not json_as_text:
        return pa.array([None if value is None else dump(value) for value in given], target)
    if kind not in _DIRECT or (kind == "FLOAT64" and not set(map(type, given)) <= {float, type(None)}):
        return parse_text(pa.array(_texts(kind, given), pa.string()), kind)
    wanted = _DIRECT[kind]
    if not set(map(type, given)) <= {wanted, type(None)}:
        given = [value if type(value) is wanted else None for value in given]
    try:
        return pa.array(given, target)
    except OverflowError:  # whole numbers beyond 64 bits with a sign
        return pa.array([None if value is None or value >= 2**63 else value for value in given], target)


def _texts(kind: str, given: list[Any]) -> list[str | None]:
    if kind in ("NUMERIC", "BIGNUMERIC", "FLOAT64"):
        return [str(value) if type(value) in _NUMBERS else None for value in given]
    return [value if type(value) is str else None for value in given]


def _judge_rest(column: Column, places: list[int], given: list[Any], read: ColumnValues, json_as_text: bool) -> None:
    """Judges the values at some places one by one, and puts them among the others."""
    found: list[Any] = []
    for place in places:
        judgement = judge(given[place], column.bigquery_type, json_as_text)
        found.append(judgement.value)
        if judgement.problem == "unrepresentable" and not column.required:
            read.unfit[place] = given[place]
        elif judgement.problem:
            read.faults[place] = (judgement.problem, f"field {column.name!r}: {judgement.detail}")
    if column.bigquery_type.startswith("ARRAY<"):
        lists = dict(zip(places, found, strict=True))
        read.values = pa.array([lists.get(place) or [] for place in range(len(given))], read.values.type)
    elif any(value is not None for value in found):
        mask = np.zeros(len(given), np.bool_)
        mask[places] = True
        read.values = pc.replace_with_mask(read.values, mask, pa.array(found, read.values.type))


def _require(column: Column, records: Sequence[dict[str, Any]], given: list[Any], read: ColumnValues) -> None:
    if None not in given:
        return
    for place, value in enumerate(given):
        if value is None:
            what = "is null" if column.name in records[place] else "is missing"
            read.faults[place] = ("missing_required", f"field {column.name!r} {what}, and the contract requires it")
