"""Whatever a column holds, fastavro reads back what was put in: our encoder against an independent reader."""

import io
import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators import avro_codecs
from emulators.datastream import copy_text, kinds
from emulators.datastream.arrays import parse
from emulators.datastream.avro import ContainerFile, encode_longs, join
from emulators.datastream.encode import encode_column
from emulators.datastream.kinds import Kind, avro_names, decimal_kind
from emulators.datastream.lsn import format_lsn, parse_lsn
from emulators.datastream.truncation import to_text
from emulators.varints import avro_long

avro_codecs.install()

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
LONG_TEXT = st.one_of(TEXT, st.just("x" * 9000))
INTEGER = st.integers(-(2**63), 2**63 - 1)
MOMENT = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999))


def moment_text(value: datetime) -> str:
    """As Postgres prints it: no trailing zeros in the fraction."""
    text = value.strftime("%H:%M:%S.%f").rstrip("0").rstrip(".")
    return f"{value.year:04d}-{value.month:02d}-{value.day:02d} {text}"


def double_text(value: float) -> str:
    """As Postgres prints it."""
    return to_text(value) if math.isinf(value) else repr(value)


def scaled(scale: int, number: int) -> Decimal:
    """A decimal of exactly this scale."""
    return Decimal((int(number < 0), tuple(map(int, str(abs(number)))), -scale))


ODD_DATES = ["infinity", "-infinity", "0044-03-15 BC", "12345-01-01"]
# kind, strategy of (Postgres' text, what is read back)
CASES: dict[str, tuple[Kind, st.SearchStrategy[tuple[str, Any]]]] = {
    "text": (Kind(kinds.TEXT), LONG_TEXT.map(lambda value: (value, value))),
    "long": (Kind(kinds.LONG), INTEGER.map(lambda value: (str(value), value))),
    "double": (
        Kind(kinds.DOUBLE),
        st.floats(allow_nan=False).map(lambda v: (to_text(v) if math.isinf(v) else repr(v), v)),
    ),
    "boolean": (Kind(kinds.BOOLEAN), st.booleans().map(lambda value: ("t" if value else "f", value))),
    "bytes": (Kind(kinds.BYTES), st.binary(max_size=30).map(lambda value: (f"\\x{value.hex()}", value))),
    "date": (Kind(kinds.DATE), st.dates().map(lambda value: (value.isoformat(), value))),
    "odd date": (
        Kind(kinds.DATE),
        st.sampled_from(["infinity", "-infinity", "0044-03-15 BC", "12345-01-01"]).map(lambda v: (v, v)),
    ),
    "datetime": (Kind(kinds.DATETIME), MOMENT.map(lambda value: (moment_text(value), value))),
    "timestamp": (Kind(kinds.TIMESTAMP), MOMENT.map(lambda v: (moment_text(v) + "+00", v.replace(tzinfo=UTC)))),
    "time": (Kind(kinds.TIME), st.times().map(lambda v: (v.strftime("%H:%M:%S.%f").rstrip("0").rstrip("."), v))),
    **{
        f"decimal({precision},{scale})": (
            Kind(kinds.DECIMAL, precision, scale),
            st.integers(-(10**precision) + 1, 10**precision - 1)
            .map(partial(scaled, scale))
            .map(lambda value: (format(value, "f"), value)),
        )
        for precision, scale in ((1, 0), (18, 18), (19, 4), (38, 9), (76, 38))
    },
}


def read_back(kind: Kind, texts: Sequence[str | None], folder: Path) -> list[Any]:
    schema = {"type": "record", "name": "r", "fields": [{"name": "c", "type": kind.union()}]}
    file = ContainerFile(folder / "column.avro", schema)
    file.append(join([encode_column(pa.array(texts, pa.string()), kind)]))
    file.close()
    data = io.BytesIO((folder / "column.avro").read_bytes())
    return [record["c"] for record in fastavro.reader(data) if isinstance(record, dict)]


@pytest.mark.parametrize("name", CASES)
def test_a_column_is_read_back(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    kind, values = CASES[name]
    folder = tmp_path_factory.mktemp("avro")

    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.one_of(st.none(), values), max_size=20))
    def check(pairs: list[tuple[str, Any] | None]) -> None:
        texts = [None if pair is None else pair[0] for pair in pairs]
        assert read_back(kind, texts, folder) == [None if pair is None else pair[1] for pair in pairs]

    check()


@settings(max_examples=50, deadline=None)
@given(values=st.lists(st.one_of(st.none(), TEXT), max_size=6))
def test_an_array_is_read_back(values: list[str | None], tmp_path_factory: pytest.TempPathFactory) -> None:
    text = to_text(values) if values else "{}"
    assert parse(text) == values
    kind = Kind(kinds.ARRAY, item=Kind(kinds.TEXT))
    assert read_back(kind, [text, None], tmp_path_factory.mktemp("avro")) == [values, None]


@given(st.lists(INTEGER, max_size=50), st.sampled_from([None, 0, 1, 2]))
def test_longs_are_encoded_one_by_one_or_at_once(values: list[int], branch: int | None) -> None:
    head = b"" if branch is None else avro_long(branch)
    array = pa.array(values, pa.int64()).to_numpy(zero_copy_only=False)
    assert encode_longs(array, branch).to_pylist() == [head + avro_long(value) for value in values]


@given(st.lists(st.tuples(*[st.one_of(st.none(), TEXT)] * 3), min_size=1, max_size=20))
def test_copy_text_is_read_back(rows: list[tuple[str | None, ...]]) -> None:
    escapes = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b", "\f": "\\f", "\v": "\\v"}

    def written(value: str | None) -> str:
        return "\\N" if value is None else "".join(escapes.get(each, each) for each in value)

    chunk = "".join("\t".join(map(written, row)) + "\n" for row in rows).encode()
    columns = copy_text.parse(chunk, 3)
    assert list(zip(*(column.to_pylist() for column in columns), strict=True)) == rows


@given(st.binary(max_size=2000), st.integers(1, 40))
def test_chunks_are_whole_lines(data: bytes, size: int) -> None:
    text = data.replace(b"\0", b"\n") + b"\n"
    found = list(copy_text.chunks(text[at : at + size] for at in range(0, len(text), size)))
    assert b"".join(found) == text
    assert all(chunk.endswith(b"\n") for chunk in found)


def test_a_copy_that_breaks_off_is_noticed() -> None:
    with pytest.raises(EOFError, match="in the middle of a row"):
        list(copy_text.chunks([b"1\ta\n2\t"]))


@given(st.integers(0, 2**64 - 1))
def test_positions_are_read_as_they_are_written(lsn: int) -> None:
    assert parse_lsn(format_lsn(lsn)) == lsn


@pytest.mark.parametrize(
    ("modifier", "kind"),
    [
        (-1, Kind(kinds.TEXT)),
        (4 + (12 << 16 | 2), Kind(kinds.DECIMAL, 12, 2)),
        (4 + (5 << 16 | (-2 & 0x7FF)), Kind(kinds.DECIMAL, 7, 0)),
        (4 + (2 << 16 | 4), Kind(kinds.DECIMAL, 4, 4)),
        (4 + (77 << 16), Kind(kinds.TEXT)),
    ],
)
def test_precision_and_scale(modifier: int, kind: Kind) -> None:
    assert decimal_kind(modifier) == kind


@given(st.lists(TEXT.filter(bool), unique=True, max_size=8))
def test_avro_names_are_valid_and_different(names: list[str]) -> None:
    found = avro_names(names)
    assert len(set(found)) == len(names)
    assert all(name.isascii() and name.isidentifier() for name in found)


def test_time_of_day_bounds() -> None:
    assert to_text(time(1, 2, 3)) == "01:02:03"
    assert to_text(date(2026, 1, 1)) == "2026-01-01"
    assert to_text(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=1)) == "2026-01-01 01:00:00+00"
