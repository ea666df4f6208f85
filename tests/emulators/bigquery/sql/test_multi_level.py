"""Aggregates that look at the rows of their group again: GROUP BY, and HAVING MAX, inside of a call."""

from typing import Any

import pytest

from emulators.bigquery.sql.model import SqlError

ROWS = "FROM UNNEST([STRUCT('a' AS g, 1 AS k, 2 AS x), ('a', 1, 5), ('a', 2, 7), ('b', 1, 1)])"

ANSWERED: list[tuple[str, list[tuple[Any, ...]]]] = [
    (f"SELECT g, AVG(SUM(x) GROUP BY k), COUNT(*) {ROWS} GROUP BY g ORDER BY g", [("a", 7.0, 3), ("b", 1.0, 1)]),
    # keys and what is made of them stand beside the inner aggregates
    (f"SELECT g, SUM(MAX(x) + k * 10 GROUP BY k) {ROWS} GROUP BY g ORDER BY g", [("a", 42), ("b", 11)]),
    (f"SELECT COUNT(DISTINCT MIN(x) GROUP BY k, x > 1), SUM(x) {ROWS}", [(3, 15)]),
    (f"SELECT g {ROWS} GROUP BY g HAVING SUM(COUNT(*) GROUP BY k) > 1 ORDER BY SUM(MAX(x) GROUP BY k)", [("a",)]),
    # rows that there are none of make no group
    (f"SELECT SUM(COUNT(*) GROUP BY k), COUNT(SUM(x) GROUP BY k) {ROWS} WHERE k > 9", [(None, 0)]),
    # keys of a join, in a subquery with an outer column, in a function of the user's, in a pipe
    ("SELECT AVG(ANY_VALUE(pay) GROUP BY id) FROM UNNEST([STRUCT(1 AS id, 150 AS pay), (2, 100), (3, 80)]) "
     "JOIN UNNEST([STRUCT(1 AS id), STRUCT(2), STRUCT(2), STRUCT(3)]) USING (id)", [(110.0,)]),
    (f"SELECT o, (SELECT AVG(SUM(x + o) GROUP BY k) {ROWS} WHERE g = 'a') FROM UNNEST([0, 1]) AS o ORDER BY o",
     [(0, 7.0), (1, 8.5)]),
    ("CREATE TEMP AGGREGATE FUNCTION f(v INT64, w INT64) AS (AVG(SUM(v) GROUP BY w)); "
     f"SELECT g, f(x, k) {ROWS} GROUP BY g ORDER BY g", [("a", 7.0), ("b", 1.0)]),
    (f"{ROWS} |> AGGREGATE MAX(SUM(x) GROUP BY k) AS m GROUP BY g |> ORDER BY g", [("a", 7), ("b", 1)]),
    # HAVING MAX of any aggregate, with any other clause of it
    (f"SELECT STRING_AGG(g, '-' HAVING MIN k ORDER BY x DESC LIMIT 2) {ROWS}", [("a-a",)]),
    (f"SELECT CORR(x, x HAVING MIN k), MAX_BY(g, x HAVING MAX k), APPROX_QUANTILES(x, 2 HAVING MIN k) {ROWS}",
     [(1.0, "a", [1, 2, 5])]),
]  # fmt: skip


@pytest.mark.parametrize(("query", "rows"), ANSWERED)
def test_answered(warehouse: Any, query: str, rows: list[tuple[Any, ...]]) -> None:
    assert warehouse.run(query) == rows


REFUSED = [
    (f"SELECT SUM(k GROUP BY k) {ROWS}", "needs an aggregate function among its arguments at [1:8]"),
    (f"SELECT SUM(MAX(x) + x GROUP BY k) {ROWS}", "column x which is neither grouped nor aggregated at [1:21]"),
    (f"SELECT SUM(AVG(MIN(x) GROUP BY k) GROUP BY g) {ROWS}", "more than two nested aggregate functions"),
    (f"SELECT STRING_AGG(MAX(g) GROUP BY k ORDER BY 1) {ROWS}", "with GROUP BY cannot be used with ORDER BY"),
    (f"SELECT SUM(MAX(x) GROUP BY k) OVER () {ROWS}", "with GROUP BY cannot be used with OVER"),
    (f"SELECT SUM(GROUPING(g) GROUP BY k) {ROWS} GROUP BY g", "GROUPING is not allowed in a multi-level aggregation"),
    (f"SELECT SUM(COUNT(*) GROUP BY COLLATE(g, 'und:ci')) {ROWS}", "Collation is not allowed in the GROUP BY"),
    (f"SELECT * {ROWS} PIVOT(SUM(MAX(x) GROUP BY k) FOR g IN ('a'))", "with GROUP BY cannot be used with PIVOT"),
    (f"SELECT UPPER(g GROUP BY k) {ROWS}", "Scalar function UPPER cannot have DISTINCT"),
    (f"SELECT 1 {ROWS} WHERE SUM(MAX(x) GROUP BY k) > 1", "Aggregate function SUM not allowed in"),
    (f"SELECT COUNT(* GROUP BY k) {ROWS}", 'Expected ")" but got'),
]


@pytest.mark.parametrize(("query", "message"), REFUSED)
def test_refused(warehouse: Any, query: str, message: str) -> None:
    with pytest.raises(SqlError) as raised:
        warehouse.run(query)
    assert message in raised.value.message
