"""Table functions that take tables: TABLE<...>, ANY TABLE; and the columns that RETURNS TABLE promises."""

from typing import Any

import pytest

from emulators.bigquery.sql.model import SqlError
from emulators.bigquery.sql.syntax.scripting import parse_query

SOLD = "(SELECT 'fig' AS item, 2 AS sales, 9 AS price UNION ALL SELECT 'nut', 5, 1 UNION ALL SELECT 'fig', 3, 9)"
TOTAL = """CREATE TEMP TABLE FUNCTION total(orders TABLE<sales INT64, item STRING>, wanted STRING) AS
  (SELECT item, SUM(sales) AS sold FROM orders WHERE item = wanted GROUP BY item);"""


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        (f"{TOTAL} WITH sold AS {SOLD} SELECT * FROM total(TABLE sold, 'fig')", [("fig", 5)]),
        (f"{TOTAL} SELECT * FROM total({SOLD}, 'nut')", [("nut", 5)]),
        (f"{TOTAL} SELECT b.sold FROM total({SOLD}, 'nut') AS a, total({SOLD}, 'fig') AS b", [(5,)]),
        (f"CREATE TEMP TABLE FUNCTION cheap(t ANY TABLE, most INT64) AS SELECT * FROM t WHERE price < most; "
         f"SELECT * FROM cheap({SOLD}, 5)", [("nut", 5, 1)]),
        ("CREATE TEMP TABLE FUNCTION f(x INT64) RETURNS TABLE<X FLOAT64> AS SELECT x; SELECT X FROM f(3)", [(3.0,)]),
    ],
)  # fmt: skip
def test_tables_are_given_and_returned(warehouse: Any, query: str, rows: list[tuple[Any, ...]]) -> None:
    assert warehouse.run(query) == rows


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            f"{TOTAL} SELECT * FROM total((SELECT 1 AS sales), 'fig')",
            'Required column "item" not found in table passed',
        ),
        (
            f"{TOTAL} SELECT * FROM total((SELECT 'x' AS sales, '' AS item), 'fig')",
            "type STRING, but INT64 is required",
        ),
        (f"{TOTAL} SELECT * FROM total(1, 'fig')", "must be a table, as TABLE t or a query"),
        (f"{TOTAL} SELECT * FROM total({SOLD})", "Number of arguments does not match for table-valued function total"),
        ("CREATE TEMP TABLE FUNCTION f(t TABLE<a INT64>) AS SELECT b FROM t", "Unrecognized name: b"),
        ("CREATE TEMP TABLE FUNCTION f() RETURNS TABLE<a INT64> AS SELECT 'x' AS a", "RETURNS TABLE is INT64, but"),
        ("CREATE TEMP TABLE FUNCTION f() RETURNS TABLE<a INT64, b INT64> AS SELECT 1 AS a", "RETURNS TABLE has 2"),
        (
            "CREATE TEMP TABLE FUNCTION f() RETURNS TABLE<a INT64> AS SELECT 1 AS b",
            "a of RETURNS TABLE is b in the query",
        ),
        ("CREATE TEMP TABLE FUNCTION f(x INT64) AS SELECT x + 1", "column 1 has no name"),
        ("CREATE TEMP FUNCTION f(x INT64, X INT64) AS (x)", "Duplicate argument name x"),
    ],
)
def test_what_does_not_fit_is_refused(warehouse: Any, query: str, message: str) -> None:
    with pytest.raises(SqlError) as refused:
        warehouse.run(query)
    assert message in refused.value.message


def test_a_call_leaves_the_parsed_trees_alone(warehouse: Any) -> None:
    """They are shared by all threads."""
    before = repr(parse_query("SELECT * FROM given"))
    warehouse.run(f"{TOTAL} SELECT * FROM total((SELECT 1 AS sales, 'a' AS item), 'a')")
    assert repr(parse_query("SELECT * FROM given")) == before
