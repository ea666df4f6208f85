"""MATCH_RECOGNIZE: which rows make a match, and what is measured of them."""

import re
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.bigquery.sql.functions import row_patterns as patterns
from emulators.bigquery.sql.model import SqlError

_SALES = """(
  SELECT 'Ann' AS who, DATE '2024-01-03' AS day, 'tv' AS what, 500 AS paid UNION ALL
  SELECT 'Ann', DATE '2024-01-04', 'app', 30 UNION ALL
  SELECT 'Ann', DATE '2024-03-15', 'app', 40 UNION ALL
  SELECT 'Ann', DATE '2024-06-28', 'tv', 400 UNION ALL
  SELECT 'Ann', DATE '2024-06-29', 'hat', 100 UNION ALL
  SELECT 'Ann', DATE '2024-06-30', 'app', 30 UNION ALL
  SELECT 'Bob', DATE '2024-02-01', 'book', 20 UNION ALL
  SELECT 'Bob', DATE '2024-02-10', 'hat', 90 UNION ALL
  SELECT 'Bob', DATE '2024-03-15', 'tv', 300)"""
_NUMBERS = "(SELECT x FROM UNNEST([{}]) AS x WITH OFFSET AS place)"


def numbers(warehouse: Any, listed: str, clause: str) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = warehouse.run(
        f"SELECT * FROM (SELECT x, place FROM UNNEST([{listed}]) AS x WITH OFFSET AS place) "
        f"MATCH_RECOGNIZE (ORDER BY place MEASURES MATCH_NUMBER() AS m, {clause}) ORDER BY m"
    )
    return [row[1:] for row in rows]


def test_a_row_for_each_match_of_each_partition(warehouse: Any) -> None:
    rows = warehouse.run(f"""
        SELECT * FROM {_SALES} AS s MATCH_RECOGNIZE (
          PARTITION BY who ORDER BY day
          MEASURES SUM(paid) AS total, SUM(app.paid) AS apps, who AS buyer, MATCH_NUMBER() AS number,
            DATE_DIFF(FIRST(app.day), LAST(tv.day), DAY) AS gap, COUNT(*) AS n, STRING_AGG(s.what) AS what
          PATTERN (tv+ other*? app+)
          DEFINE tv AS what = 'tv', app AS what = 'app', other AS TRUE) AS m ORDER BY m.number""")
    assert rows == [("Ann", 570, 70, "Ann", 1, 1, 3, "tv,app,app"), ("Ann", 530, 30, "Ann", 2, 2, 3, "tv,hat,app")]


def test_the_rows_of_a_match_tell_their_place_and_symbol(warehouse: Any) -> None:
    clause = """ARRAY_AGG(STRUCT(MATCH_ROW_NUMBER() AS r, CLASSIFIER() AS s, x)) AS taken
        AFTER MATCH SKIP TO NEXT ROW PATTERN (low+ high) DEFINE low AS x < 5, high AS x >= 5"""
    found = [[tuple(row.values()) for row in rows] for (rows,) in numbers(warehouse, "1, 2, 9, 3, 8", clause)]
    assert found == [
        [(1, "low", 1), (2, "low", 2), (3, "high", 9)],
        [(1, "low", 2), (2, "high", 9)],
        [(1, "low", 3), (2, "high", 8)],
    ]


def test_a_function_of_the_users_measures_what_it_is_given(warehouse: Any) -> None:
    functions = (
        "CREATE TEMP FUNCTION twice(v INT64) AS (v * 2); CREATE TEMP AGGREGATE FUNCTION f(v INT64) AS (SUM(v)); "
    )
    query = "SELECT * FROM UNNEST([5, 7, 1]) AS x WITH OFFSET AS place MATCH_RECOGNIZE (ORDER BY place MEASURES "
    pattern = " AS y PATTERN (up+) DEFINE up AS x > 4)"
    assert warehouse.run(f"{functions}{query}twice(SUM(up.x)) + twice(LAST(up.x)){pattern}") == [(38,)]
    with pytest.raises(SqlError, match="An aggregate function of the user's in MEASURES is not supported"):
        warehouse.run(f"{functions}{query}f(up.x){pattern}")


def test_the_longest_match_and_the_preferred_one(warehouse: Any) -> None:
    clause = """ARRAY_AGG(high.x) AS high, ARRAY_AGG(low.x) AS low AFTER MATCH SKIP TO NEXT ROW
        PATTERN (low | high+) DEFINE low AS x <= 2, high AS x >= 2 {}"""
    assert numbers(warehouse, "1, 2, 3", clause.format("")) == [(None, [1]), (None, [2]), ([3], None)]
    longest = clause.format("OPTIONS (use_longest_match = TRUE)")
    assert numbers(warehouse, "1, 2, 3", longest) == [(None, [1]), ([2, 3], None), ([3], None)]


def test_conditions_look_at_neighbours(warehouse: Any) -> None:
    clause = """ARRAY_AGG(x) AS xs AFTER MATCH SKIP TO NEXT ROW PATTERN (up peak down)
        DEFINE up AS x < NEXT(x), peak AS PREV(x) < x AND x > NEXT(x), down AS PREV(x) > x AND PREV(x, 2) < 9"""
    assert numbers(warehouse, "1, 5, 2, 9, 3, 4, 1", clause) == [([1, 5, 2],), ([2, 9, 3],), ([3, 4, 1],)]


def test_a_match_may_have_no_rows(warehouse: Any) -> None:
    clause = "COUNT(*) AS n, COUNT(big.x) AS bigs, FIRST(x) AS x, ARRAY_AGG(x) AS xs PATTERN (big*) DEFINE big AS x > 5"
    assert numbers(warehouse, "1, 7, 8", clause) == [(0, 0, None, None), (2, 2, 7, [7, 8])]
    assert numbers(warehouse, "", "COUNT(*) AS n PATTERN (() | a) DEFINE a AS TRUE") == []


def test_an_expression_of_the_partition_has_no_name(warehouse: Any) -> None:
    warehouse.run(f"""SELECT * FROM {_SALES} MATCH_RECOGNIZE (
        PARTITION BY LOWER(who), what ORDER BY day MEASURES MAX(paid) AS most PATTERN (a) DEFINE a AS TRUE)""")
    assert [field.name for field in warehouse.schema] == ["f0_", "what", "most"]


def test_it_is_a_pipe_operator_too(warehouse: Any) -> None:
    assert warehouse.run("""FROM UNNEST([1, 2, 3]) AS x |> MATCH_RECOGNIZE (ORDER BY x MEASURES ARRAY_AGG(x) AS xs
        PATTERN (^ a{2}) DEFINE a AS x < 3) |> EXTEND ARRAY_LENGTH(xs) AS n""") == [([1, 2], 2)]


@pytest.mark.parametrize(
    ("clause", "message"),
    [
        ("MEASURES SUM(x) PATTERN (a) DEFINE a AS TRUE", "Expected keyword PATTERN|alias"),
        ("MEASURES x AS y PATTERN (a) DEFINE a AS TRUE", "neither grouped nor aggregated"),
        ("MEASURES SUM(a.x + b.x) AS y PATTERN (a b) DEFINE a AS TRUE, b AS TRUE", "one symbol alone"),
        ("MEASURES SUM(a.x + x) AS y PATTERN (a) DEFINE a AS TRUE", "one symbol alone"),
        ("MEASURES SUM(x) AS y PATTERN (a b) DEFINE a AS TRUE", "Symbol b of PATTERN is not defined"),
        ("MEASURES SUM(x) AS y PATTERN (a) DEFINE a AS TRUE, b AS TRUE", "Symbol b of DEFINE is not used"),
        ("MEASURES SUM(x) AS y PATTERN (a{3,2}) DEFINE a AS TRUE", "upper bound"),
        ("MEASURES SUM(x) AS y PATTERN (a{10001}) DEFINE a AS TRUE", "between 0 and 10000"),
        ("MEASURES SUM(x) AS y PATTERN (a) DEFINE a AS x", "must be of type BOOL, but is INT64"),
        ("MEASURES SUM(x) AS y PATTERN (a) DEFINE a AS LAG(x) OVER (ORDER BY x) = 1", "no analytic functions"),
        ("MEASURES SUM(x) AS y PATTERN (a|) DEFINE a AS TRUE OPTIONS (other = TRUE)", "USE_LONGEST_MATCH"),
    ],
)
def test_what_is_wrong_is_told(warehouse: Any, clause: str, message: str) -> None:
    with pytest.raises(SqlError, match=message):
        warehouse.run(f"SELECT * FROM UNNEST([1]) AS x MATCH_RECOGNIZE (ORDER BY x {clause})")


def test_a_constant_is_no_partition(warehouse: Any) -> None:
    with pytest.raises(SqlError, match="no constants"):
        warehouse.run("""SELECT * FROM UNNEST([1]) AS x MATCH_RECOGNIZE (
            PARTITION BY 1 ORDER BY x MEASURES SUM(x) AS y PATTERN (a) DEFINE a AS TRUE)""")


_LETTERS = "abc"


def _takes_rows(tree: tuple[str, patterns.Program]) -> bool:
    """What repeats nothing is left in other ways by Python's regular expressions."""
    return re.fullmatch(tree[0], "") is None


_TREES = st.recursive(
    st.sampled_from(_LETTERS).map(lambda letter: (letter, patterns.symbol(_LETTERS.index(letter)))),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(
            lambda parts: ("".join(text for text, _ in parts), patterns.sequence([made for _, made in parts]))
        ),
        st.lists(inner, min_size=2, max_size=3).map(
            lambda parts: (f"(?:{'|'.join(text for text, _ in parts)})", patterns.choice([made for _, made in parts]))
        ),
        st.tuples(inner.filter(_takes_rows), st.integers(0, 2), st.none() | st.integers(0, 2), st.booleans()).map(
            lambda given: (
                f"(?:{given[0][0]}){{{given[1]},{'' if given[2] is None else given[1] + given[2]}}}{'?' * given[3]}",
                patterns.repeat(
                    given[0][1], given[1], None if given[2] is None else given[1] + given[2], given[3]
                ),
            )
        ),
    ),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(_TREES, st.text(_LETTERS, max_size=8))
def test_matches_are_those_of_regular_expressions(tree: tuple[str, patterns.Program], text: str) -> None:
    """Where each row is one symbol, a pattern is a regular expression over their letters."""
    expression, made = tree
    rows = [1 << _LETTERS.index(letter) for letter in text]
    found = patterns.match_rows(rows, patterns.written(made, True, False))
    starts = [re.compile(expression).match(text, start) for start in range(len(text))]
    expected = [match.group() for match in starts if match is not None]
    lists: dict[int, list[str]] = {}
    for row in found:
        assert row["m"] is not None
        lists.setdefault(row["m"], []).append("" if row["s"] is None else _LETTERS[row["s"] - 1])
    assert ["".join(letters) for letters in lists.values()] == expected


@pytest.mark.parametrize("rows", list(product([0, 1, 2, 3], repeat=3)))
def test_anchors_hold_at_the_ends_of_a_partition(rows: tuple[int, ...]) -> None:
    whole = patterns.sequence(
        [patterns.anchor("^"), patterns.repeat(patterns.symbol(1), 1, None, False), patterns.anchor("$")]
    )
    found = patterns.match_rows(list(rows), patterns.written(whole, False, False))
    assert len(found) == (3 if all(row & 2 for row in rows) else 0)


def test_a_match_that_never_comes_is_looked_for_once() -> None:
    many = patterns.sequence([patterns.repeat(patterns.symbol(0), 1, None, False), patterns.symbol(1)])
    assert patterns.match_rows([1] * 20_000, patterns.written(many, False, False)) == []
