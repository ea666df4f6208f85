"""Source types into bronze types: the value exactly, or NULL and its raw text."""

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beam_pipelines.avro.container import UnreadableFile
from beam_pipelines.landing.envelope import Batch, Envelope
from beam_pipelines.landing.read_file import read_file
from contracts.model import Table
from tests.beam_pipelines.events import column
from tests.beam_pipelines.landing_files import (
    DATE,
    LOCAL_MICROS,
    MICROS,
    TIME,
    avro_file,
    decimal,
    records_of,
)

BATCH = Batch("0000000007", datetime(2026, 6, 1, tzinfo=UTC))


def table(bigquery_type: str) -> Table:
    columns = (column("id", "INT64"), column("value", bigquery_type))
    return Table("shop", "t", None, "t", "cdc", "latest", None, "pipeline", columns, ("id",))


def load(avro_type: Any, bigquery_type: str, values: list[Any]) -> list[dict[str, Any]]:
    """The bronze rows of records with these values."""
    payload = {"id": "long", "value": avro_type}
    rows = [{"id": number, "value": value} for number, value in enumerate(values)]
    batches = read_file(avro_file(payload, records_of("t", rows)), Envelope(table(bigquery_type), BATCH))
    for batch in (found := list(batches)):
        batch.validate(full=True)
    return [row for batch in found for row in batch.to_pylist()]


NUMERIC = ["null", decimal(38, 9), "string"]
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
EXACT: list[tuple[Any, str, Any, Any]] = [
    (["null", "long"], "INT64", -(2**63), -(2**63)),
    ("int", "INT64", 2**31 - 1, 2**31 - 1),
    ("long", "STRING", 12, "12"),
    ("long", "FLOAT64", 3, 3.0),
    ("long", "NUMERIC", 3, Decimal(3)),
    ("double", "FLOAT64", 0.1, 0.1),
    ("double", "FLOAT64", float("inf"), float("inf")),
    ("float", "FLOAT64", 0.5, 0.5),
    ("boolean", "BOOL", True, True),
    ("boolean", "STRING", False, "false"),
    ("string", "STRING", "\x00ü", "\x00ü"),
    ("string", "BIGNUMERIC", "0.1234567890123456789012345678", Decimal("0.1234567890123456789012345678")),
    ("string", "JSON", '{"a": 1e400}', None),
    ("string", "JSON", ' {"a":1.50}', ' {"a":1.50}'),
    ("bytes", "BYTES", b"\x00\xff", b"\x00\xff"),
    (NUMERIC, "NUMERIC", Decimal("-12345678901234567890123456789.123456789"), None),
    (["null", decimal(12, 2), "string"], "NUMERIC", Decimal("-9999999999.99"), Decimal("-9999999999.99")),
    (["null", decimal(12, 2), "string"], "STRING", Decimal("1.50"), "1.50"),
    (["null", decimal(5, 0), "string"], "INT64", Decimal("-12"), -12),
    (["null", decimal(60, 30), "string"], "BIGNUMERIC", Decimal(10) ** 29 + Decimal("0.5"), None),
    (DATE, "DATE", date(9999, 12, 31), date(9999, 12, 31)),
    (DATE, "STRING", date(2026, 2, 3), "2026-02-03"),
    (TIME, "TIME", time(23, 59, 59, 999_999), time(23, 59, 59, 999_999)),
    (MICROS, "TIMESTAMP", LONG_AGO, LONG_AGO),
    (LOCAL_MICROS, "DATETIME", datetime(2026, 1, 2, 3, 4, 5, 6), datetime(2026, 1, 2, 3, 4, 5, 6)),
    (["null", {"type": "array", "items": ["null", "long"]}, "string"], "ARRAY<INT64>", [1, 2], [1, 2]),
    (["null", {"type": "array", "items": ["null", "long"]}, "string"], "ARRAY<INT64>", [], []),
    (["null", {"type": "array", "items": ["null", DATE]}, "string"], "ARRAY<DATE>", [date(2026, 1, 1)], None),
]


@pytest.mark.parametrize(("avro_type", "bigquery_type", "value", "expected"), EXACT)
def test_exactly(avro_type: Any, bigquery_type: str, value: Any, expected: Any) -> None:
    (row,) = load(avro_type, bigquery_type, [value])
    if value == '{"a": 1e400}':
        assert row["value"] is None and json.loads(row["_raw"]) == {"value": value}
        return
    assert row["value"] == (value if expected is None else expected)
    assert row["_raw"] is None


RAW: list[tuple[Any, str, Any, str]] = [
    ("long", "BOOL", 1, "1"),
    ("long", "DATE", 20_000, "20000"),
    ("string", "INT64", "0x10", "0x10"),
    ("string", "INT64", "9223372036854775808", "9223372036854775808"),
    ("string", "TIMESTAMP", "2026-01-01 00:00:00", "2026-01-01 00:00:00"),
    ("string", "JSON", "{", "{"),
    ("double", "INT64", 1.5, "1.5"),
    (NUMERIC, "NUMERIC", "NaN", "NaN"),
    (["null", decimal(38, 10), "string"], "NUMERIC", Decimal("0.0000000001"), "1E-10"),
    (["null", decimal(76, 0), "string"], "BIGNUMERIC", Decimal(10) ** 39, "1" + "0" * 39),
    (["null", MICROS, "string"], "TIMESTAMP", "infinity", "infinity"),
    (["null", MICROS, "string"], "TIMESTAMP", "20000-01-01 00:00:00+00", "20000-01-01 00:00:00+00"),
    (["null", MICROS, "string"], "DATETIME", datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01 00:00:00.000000Z"),
    (["null", TIME, "string"], "TIME", "24:00:00", "24:00:00"),
    (["null", {"type": "array", "items": ["null", "long"]}, "string"], "ARRAY<INT64>", "{{1},{2}}", "{{1},{2}}"),
    (["null", {"type": "array", "items": ["null", "long"]}, "string"], "ARRAY<INT64>", [1, None], "[1, null]"),
    (["null", {"type": "array", "items": ["null", "string"]}, "string"], "ARRAY<INT64>", ["1", "x"], '["1", "x"]'),
]


@pytest.mark.parametrize(("avro_type", "bigquery_type", "value", "raw"), RAW)
def test_what_does_not_fit_is_null_and_raw(avro_type: Any, bigquery_type: str, value: Any, raw: str) -> None:
    before, row, after = load(
        ["null", avro_type] if isinstance(avro_type, str) else avro_type, bigquery_type, [None, value, None]
    )
    assert row["value"] in (None, [])
    assert json.loads(row["_raw"]) == {"value": raw}
    assert before["_raw"] is None and after["_raw"] is None and before["value"] in (None, [])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.none() | st.decimals(-(10**29), 10**29, places=9, allow_nan=False), min_size=1, max_size=30))
def test_decimals_of_any_length(values: list[Decimal | None]) -> None:
    fitting = [value if value is None or abs(value) < 10**29 else None for value in values]
    assert [row["value"] for row in load(["null", decimal(38, 9)], "NUMERIC", fitting)] == fitting


def test_a_large_file_that_is_damaged_at_its_end_gives_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of a damaged file may be written, also where objects are full before its end is read."""
    from beam_pipelines.landing import parquet
    from beam_pipelines.landing import read_file as module

    monkeypatch.setattr(module, "_RECORDS_AT_ONCE", 10)
    monkeypatch.setattr(parquet, "_ROWS_IN_AN_OBJECT", 40)
    rows = [{"id": number, "value": number} for number in range(300)]
    data = avro_file({"id": "long", "value": "long"}, records_of("t", rows))
    envelope = Envelope(table("INT64"), BATCH)
    few = avro_file({"id": "long", "value": "long"}, records_of("t", rows[:30]))
    written: dict[str, bytes] = {}

    def write(_: str, name: str, content: bytes, __: str) -> bool:
        written[name] = content
        return True

    with parquet.PartWriter(envelope, 0, write) as writer:
        writer.add_whole(read_file(few, envelope))
        with pytest.raises(UnreadableFile, match="cut off"):
            writer.add_whole(read_file(data[:-5], envelope))
        assert not written
        writer.add_whole(read_file(data, envelope))
    assert writer.written.rows == 330
    tables = [pq.read_table(pa.BufferReader(content)) for content in written.values()]
    assert len(tables) > 2
    found = [value for each in tables for value in each.column("id").to_pylist()]
    assert sorted(found) == sorted([*range(30), *range(300)])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_file_damaged_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    payload = {"id": "long", "value": ["null", decimal(12, 2), "string"]}
    rows = [{"id": number, "value": Decimal(number)} for number in range(20)]
    content = bytearray(avro_file(payload, records_of("t", rows), data.draw(st.sampled_from(["null", "deflate"]))))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        batches = list(read_file(bytes(content), Envelope(table("NUMERIC"), BATCH)))
    except UnreadableFile as problem:
        assert str(problem)
    else:
        assert sum(batch.num_rows for batch in batches) <= 20


def test_no_rows() -> None:
    data = avro_file({"id": "long", "value": "long"}, [])
    assert list(read_file(data, Envelope(table("INT64"), BATCH))) == []


def test_the_schema_is_the_contracts() -> None:
    assert Envelope(table("NUMERIC"), BATCH).schema.field("value").type == pa.decimal128(38, 9)
