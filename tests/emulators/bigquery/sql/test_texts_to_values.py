"""Texts to values: SAFE_CAST is CAST, or NULL where that fails; the fast way to read a date is the slow one."""

from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.bigquery.sql.analysis.cast_templates import CASTS, SAFE_CASTS
from emulators.bigquery.sql.functions import parsing

DIGITS = st.text("0123456789", max_size=22)
TEXTS = st.one_of(
    st.text("0123456789+-.eExXaAfF \t", max_size=12),
    st.builds("{}{}.{}{}".format, st.sampled_from(["", "-", "+", " "]), DIGITS, DIGITS,
              st.sampled_from(["", "e5", "E-3", " "])),
    st.sampled_from(["true", "FALSE", "inf", "-Infinity", "nan", "0x1F", "-0XfF", "0x8000000000000000", "", " 7 "]),
    st.builds("{:04d}-{:d}-{:02d}{}{}".format, st.integers(0, 10000), st.integers(0, 13), st.integers(0, 32),
              st.sampled_from(["", " 12:30:59", "T1:2:3.123456", " 24:00:00", " 12:30:59.1234567"]),
              st.sampled_from(["", "Z", "+01", "-5:30", " Europe/Paris", " Nowhere/Land", " UTC"])),
    st.builds("{:d}:{:02d}:{:02d}{}".format, st.integers(0, 25), st.integers(0, 60), st.integers(0, 60),
              st.sampled_from(["", ".5", ".1234567"])),
)  # fmt: skip


@pytest.mark.parametrize("pair", sorted(SAFE_CASTS), ids=lambda pair: pair[1])
@settings(deadline=None, max_examples=25)
@given(texts=st.lists(TEXTS, min_size=30, max_size=60))
def test_a_safe_cast_is_the_cast_or_null(instance: duckdb.DuckDBPyConnection, pair: Any, texts: list[str]) -> None:
    cast, safe = CASTS[pair].format("v"), SAFE_CASTS[pair].format("v")
    query = f"SELECT v, CAST(TRY({cast}) AS VARCHAR), CAST(TRY({safe}) AS VARCHAR) FROM (SELECT unnest(?) AS v)"
    for text, ours, theirs in instance.execute(query, [texts]).fetchall():
        assert ours == theirs, text


@pytest.mark.parametrize(
    "pattern", ["%Y-%m-%d", "%Y%m%d", "%F %T", "%d/%m/%Y", "%H:%M", "%Y", "%m-%d %H", "%Y-%m-%dT%H:%M:%SZ"]
)
@given(data=st.data())
def test_the_fast_way_to_read_a_moment_is_the_slow_one(pattern: str, data: st.DataObject) -> None:
    number = st.one_of(st.integers(0, 99).map("{:02d}".format), st.integers(0, 10000).map(str))
    text = "".join(data.draw(number) if element[0] == "%" else element for element in parsing._elements(pattern))
    fast = parsing._at_once(pattern, text)
    if fast is not None:
        assert fast == parsing._moment(parsing._read(pattern, text))
