"""CSV and JSON lines that Arrow reads are those rows that the careful reader gives, or it leaves them to it."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.arrow import arrow_schema
from emulators.bigquery.state.arrow_csv import csv_tables
from emulators.bigquery.state.arrow_json import json_tables
from emulators.bigquery.state.arrow_texts import Unusual
from emulators.bigquery.state.csv_format import csv_rows
from emulators.bigquery.state.errors import ServiceError
from emulators.bigquery.state.text_formats import Tolerance, json_rows

Quick = Callable[[Path, Sequence[Field], Mapping[str, Any]], Iterator[pa.Table]]
TEXTS = {
    "STRING": ["a", 'é"x', "x,y", "", " s ", "NULL", "two\nlines", "a\rb"],
    "INT64": ["1", "-5", "007", "999999999999999999", "", "+3", "1_0", " 1", "0x1F", "9999999999999999999"],
    "FLOAT64": ["1.5", "-2", "1e5", "0.1", "123456789.123456789", "", "inf", "nan", ".5", "1_0"],
    "BOOL": ["true", "FALSE", "", "1", "yes"],
    "NUMERIC": ["1.5", "-99999999999999999999999999999.999999999", "", "1e3", "0.1234567891"],
    "BIGNUMERIC": ["1.000000000000000001", "", "123456789012345678901"],
    "DATE": ["2024-02-29", "0001-01-01", "9999-12-31", "", "2023-02-29", "0000-01-01", "2024-1-1"],
    "TIME": ["01:02:03", "23:59:59.123456", "", "25:00:00", "1:2:3", "23:59:60"],
    "DATETIME": ["2024-01-01 01:02:03", "2024-01-01T01:02:03.5", "", "2024-01-01"],
    "TIMESTAMP": ["2024-01-01 01:02:03 UTC", "0001-01-01T00:00:00Z", "9999-12-31 23:59:59.999999", "",
                  "2024-01-01 00:00:00+02", "2024-06-31 00:00:00", "1700000000"],
}  # fmt: skip
FIELDS = st.builds(
    Field, st.sampled_from("abc"), st.sampled_from(list(TEXTS)), st.sampled_from(["NULLABLE", "REQUIRED"])
)
JSON_VALUES = st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.just({"x": "y"}))
JSON_FIELDS = st.one_of(
    FIELDS,
    st.builds(Field, st.just("r"), st.sampled_from(["INT64", "STRING", "FLOAT64"]), st.just("REPEATED")),
    st.builds(Field, st.just("s"), st.just("STRUCT"), st.just("NULLABLE"), st.just((Field("x", "STRING"),))),
)


def cells(field: Field) -> st.SearchStrategy[str]:
    """Mostly what most files hold, so that Arrow has something to read."""
    usual = st.just(TEXTS[field.type][0])
    return st.one_of(usual, usual, usual, st.sampled_from(TEXTS[field.type]))


def json_values(field: Field) -> st.SearchStrategy[Any]:
    if field.mode == "REPEATED":
        return st.one_of(st.lists(JSON_VALUES, max_size=2), st.just([1, 2]), st.just(["a"]), st.none())
    if field.type == "STRUCT":
        return st.sampled_from([{"x": "y"}, {}, None, {"x": 1}, {"z": 1}])
    numbers: dict[str, list[Any]] = {"INT64": [1, -7], "FLOAT64": [1, 2.5], "BOOL": [True]}
    own = numbers.get(field.type, TEXTS[field.type][:2])
    return st.one_of(st.sampled_from(own), st.sampled_from(own), cells(field), JSON_VALUES)


@st.composite
def csv_files(draw: st.DrawFn) -> tuple[str, list[Field], dict[str, Any]]:
    fields = draw(st.lists(FIELDS, min_size=1, max_size=4, unique_by=lambda field: field.name))
    rows = draw(st.lists(st.tuples(*map(cells, fields)), min_size=1, max_size=5))
    end, quoted = draw(st.sampled_from(["\n", "\n", "\r\n"])), draw(st.booleans())
    lines = [",".join(_cell(value, quoted) for value in row) for row in rows]
    lines += draw(st.sampled_from([[], [], [], [""], ["1"], ['"'], ["x" + "," * len(fields)]]))
    options: dict[str, Any] = draw(
        st.sampled_from([{}, {}, {"skipLeadingRows": 1}, {"nullMarker": "NULL"}, {"quote": ""}])
    )
    return end.join(lines) + draw(st.sampled_from(["", end])), fields, options


def _cell(value: str, quoted: bool) -> str:
    return '"' + value.replace('"', '""') + '"' if quoted or set(value) & set(',"\n') else value


@st.composite
def json_files(draw: st.DrawFn) -> tuple[str, list[Field], dict[str, Any]]:
    fields = draw(st.lists(JSON_FIELDS, min_size=1, max_size=4, unique_by=lambda field: field.name))
    rows = draw(st.lists(st.fixed_dictionaries({f.name: json_values(f) for f in fields}), min_size=1, max_size=4))
    lines = [json.dumps(row) for row in rows]
    lines += draw(st.sampled_from([[], [], ["", "  "], ["{} {}"], ["{", "}"], ["[]"], ["nonsense"]]))
    return "\n".join(lines) + draw(st.sampled_from(["", "\n"])), fields, {}


def check(path: Path, text: str, fields: list[Field], options: Mapping[str, Any], quick: Quick, careful: Any) -> bool:
    """Whether the quick reader took the file; it then gives what the careful one gives."""
    path.write_bytes(text.encode())
    schema = pa.schema([field.with_nullable(True) for field in arrow_schema(fields)])
    try:
        found = [table.cast(schema) for table in quick(path, fields, options)]
    except Unusual:
        return False
    try:
        rows = list(careful(path, "gs://b/f", fields, options, Tolerance(options)))
    except ServiceError as error:
        raise AssertionError(f"Arrow reads what is wrong: {error.message}") from error
    assert pa.concat_tables([schema.empty_table(), *found]).to_pylist() == rows
    return True


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(csv_files())
def test_csv(tmp_path: Path, file: tuple[str, list[Field], dict[str, Any]]) -> None:
    check(tmp_path / "f", *file, csv_tables, csv_rows)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(json_files())
def test_json_lines(tmp_path: Path, file: tuple[str, list[Field], dict[str, Any]]) -> None:
    check(tmp_path / "f", *file, json_tables, json_rows)


@pytest.mark.parametrize("kind", sorted(TEXTS))
def test_usual_files_are_read_by_arrow(tmp_path: Path, kind: str) -> None:
    value, fields = TEXTS[kind][0], [Field("a", kind), Field("b", "STRING")]
    own = {"INT64": 1, "FLOAT64": 1.5, "BOOL": True}.get(kind, value)
    assert check(tmp_path / "c", f"{value},x y\n{value},z\n", fields, {}, csv_tables, csv_rows)
    lines = json.dumps({"a": own, "b": "x"}) + "\n" + json.dumps({"a": None})
    assert check(tmp_path / "j", lines, fields, {}, json_tables, json_rows)
