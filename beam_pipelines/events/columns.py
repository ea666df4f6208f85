"""One column of many JSON objects -> an Arrow array, and what is wrong with single values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beam_pipelines.events.easy_values import read_easily
from beam_pipelines.events.judges import judge
from contracts.model import Column


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
    values = read_easily(column.bigquery_type, given, json_as_text)
    read = ColumnValues(values)
    doubtful = np.flatnonzero(values.is_null().to_numpy(zero_copy_only=False))
    _judge_rest(column, [place for place in doubtful.tolist() if given[place] is not None], given, read, json_as_text)
    if column.required:
        _require(column, records, given, read)
    return read


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
