"""Files that are read quickly give those rows that the careful reader gives, or are left to it."""

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.arrow import arrow_schema
from emulators.bigquery.state.errors import ServiceError
from emulators.bigquery.state.files.arrow_csv import csv_tables
from emulators.bigquery.state.files.arrow_json import json_tables
from emulators.bigquery.state.files.arrow_texts import Unusual
from emulators.bigquery.state.files.avro_records import avro_rows
from emulators.bigquery.state.files.avro_tables import avro_tables
from emulators.bigquery.state.files.csv_format import csv_rows
from emulators.bigquery.state.files.detection import detect_fields
from emulators.bigquery.state.files.text_formats import json_rows
from emulators.bigquery.state.files.tolerance import Tolerance

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

AVRO: list[tuple[Any, list[Any]]] = [
    ("int", [0, -1, 2**31 - 1]), ("long", [0, -64, 64, 2**63 - 1, -(2**63)]), ("float", [0.5]),
    ("double", [-1e300, 0.1]),
    ("boolean", [True, False]), ("string", ["", "é", "x" * 200]), ("bytes", [b"", b"\0\xff"]),
    ({"type": "int", "logicalType": "date"}, [date(1, 1, 1), date(9999, 12, 31)]),
    ({"type": "long", "logicalType": "time-micros"}, [time(0), time(23, 59, 59, 999_999)]),
    ({"type": "int", "logicalType": "time-millis"}, [time(0, 0, 1, 5000)]),
    ({"type": "long", "logicalType": "timestamp-millis"}, [datetime(1969, 1, 1, tzinfo=UTC)]),
    ({"type": "long", "logicalType": "timestamp-micros"}, [datetime(y, 1, 1, tzinfo=UTC) for y in (1, 9999)]),
    ({"type": "long", "logicalType": "local-timestamp-micros"}, [datetime(2024, 1, 1, 1)]),
    ({"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 9}, [Decimal("-1.5"), Decimal(10) ** 28]),
    ({"type": "bytes", "logicalType": "decimal", "precision": 5, "scale": 2}, [Decimal("-1.28"), Decimal("655.36")]),
    ({"type": "fixed", "size": 3, "name": "three"}, [b"abc"]),
    ({"type": "map", "values": "long"}, [{}, {"k": 1}]),
]  # fmt: skip


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


@st.composite
def avro_types(draw: st.DrawFn, name: str, depth: int = 2) -> tuple[Any, st.SearchStrategy[Any]]:
    """A type, and its values."""
    shape = draw(st.sampled_from(["scalar", "scalar", "nullable", "array", "record"])) if depth else "scalar"
    if shape == "scalar":
        kind, values = draw(st.sampled_from(AVRO))
        return kind if kind != AVRO[-2][0] else {**kind, "name": f"fixed_{name}"}, st.sampled_from(values)
    inner, values = draw(avro_types(f"{name}_", depth - 1))
    if shape == "nullable" and not isinstance(inner, list):
        return draw(st.permutations(["null", inner])), st.one_of(st.none(), values)
    if shape == "array" and not (
        isinstance(inner, list) or (isinstance(inner, dict) and inner["type"] in ("array", "map"))
    ):
        return {"type": "array", "items": inner}, st.lists(values, max_size=3)
    fields = [{"name": "x", "type": inner}, {"name": "Y", "type": ["null", "long"]}]
    return {"type": "record", "name": name, "fields": fields}, st.fixed_dictionaries({"x": values, "Y": st.just(7)})


@st.composite
def avro_files(draw: st.DrawFn) -> tuple[bytes, list[int]]:
    """An Avro file of many blocks, sometimes with a wrong byte; and which of its columns to read."""
    kinds = [draw(avro_types(f"r{i}")) for i in range(draw(st.integers(1, 4)))]
    schema = {"type": "record", "name": "r", "fields": [{"name": f"c{i}", "type": t} for i, (t, _) in enumerate(kinds)]}
    row = st.fixed_dictionaries({f"c{i}": values for i, (_, values) in enumerate(kinds)})
    few = draw(st.lists(row, min_size=1, max_size=4))
    sink = io.BytesIO()
    fastavro.writer(sink, schema, few * 20, sync_interval=draw(st.sampled_from([1, 30])))
    content, every = bytearray(sink.getvalue()), list(range(len(kinds)))
    if draw(st.booleans()):
        return bytes(content), draw(st.lists(st.sampled_from(every), min_size=1, unique=True))
    header = content.index(content[-16:]) + 16
    content[draw(st.integers(header, len(content) - 1))] ^= draw(st.integers(1, 255))
    return bytes(content), every


def check(
    path: Path, text: str | bytes, fields: list[Field], options: Mapping[str, Any], quick: Quick, careful: Any
) -> bool:
    """Whether the quick reader took the file; it then gives what the careful one gives."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
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


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(avro_files())
def test_avro(tmp_path: Path, file: tuple[bytes, list[int]]) -> None:
    path, (content, columns) = tmp_path / "f", file
    path.write_bytes(content)
    fields = detect_fields({"sourceFormat": "AVRO", "useAvroLogicalTypes": True}, [("gs://b/f", path)])
    check(path, content, [fields[i] for i in columns], {}, avro_tables, avro_rows)


@pytest.mark.parametrize("damage", [b"\x02" + b"\xfe" * 8 + b"\x7f", b"\xfe" * 8 + b"\x7f\x02", b"\x02\xff\x01"])
def test_avro_with_an_impossible_length_is_refused(tmp_path: Path, damage: bytes) -> None:
    """A block that says to be larger than any memory, or to have more records."""
    sink = io.BytesIO()
    fastavro.writer(sink, {"type": "record", "name": "r", "fields": [{"name": "a", "type": "long"}]}, [])
    path = tmp_path / "f"
    path.write_bytes(sink.getvalue() + damage)
    fields = detect_fields({"sourceFormat": "AVRO"}, [("gs://b/f", path)])
    with pytest.raises(Unusual):
        list(avro_tables(path, fields, {}))
    with pytest.raises(ServiceError, match=r"The Apache Avro library failed to parse the file: .+ File: gs://b/f"):
        list(avro_rows(path, "gs://b/f", fields, {}, Tolerance({})))


@pytest.mark.parametrize("number", range(len(AVRO) - 2))
def test_usual_avro_files_are_read_by_lanes(tmp_path: Path, number: int) -> None:
    kind, values = AVRO[number]
    parts = [("a", kind), ("n", ["null", kind]), ("l", {"type": "array", "items": kind})]
    schema = {"type": "record", "name": "r", "fields": [{"name": name, "type": part} for name, part in parts]}
    rows = [{"a": value, "n": None if i else value, "l": values * i} for i, value in enumerate(values)]
    sink, path = io.BytesIO(), tmp_path / "f"
    fastavro.writer(sink, schema, rows * 20, sync_interval=1)
    path.write_bytes(sink.getvalue())
    fields = list(detect_fields({"sourceFormat": "AVRO", "useAvroLogicalTypes": True}, [("gs://b/f", path)]))
    assert check(path, sink.getvalue(), fields, {}, avro_tables, avro_rows)


@pytest.mark.parametrize("kind", sorted(TEXTS))
def test_usual_files_are_read_by_arrow(tmp_path: Path, kind: str) -> None:
    value, fields = TEXTS[kind][0], [Field("a", kind), Field("b", "STRING")]
    own = {"INT64": 1, "FLOAT64": 1.5, "BOOL": True}.get(kind, value)
    assert check(tmp_path / "c", f"{value},x y\n{value},z\n", fields, {}, csv_tables, csv_rows)
    lines = json.dumps({"a": own, "b": "x"}) + "\n" + json.dumps({"a": None})
    assert check(tmp_path / "j", lines, fields, {}, json_tables, json_rows)
