"""Pipe syntax: a query step by step, and the rows that BigQuery documents for it."""

from typing import Any

import pytest

from emulators.bigquery.sql.model import SqlError

PRODUCE = """WITH produce AS (
  SELECT 'apples' AS item, 2 AS sales, 'fruit' AS category UNION ALL SELECT 'carrots', 8, 'vegetable'
  UNION ALL SELECT 'apples', 7, 'fruit' UNION ALL SELECT 'bananas', 5, 'fruit') """
CASES: list[tuple[str, list[tuple[Any, ...]]]] = [
    ("FROM produce |> WHERE sales > 6 |> SELECT item", [("carrots",), ("apples",)]),
    ("FROM produce |> AGGREGATE COUNT(*) AS n, SUM(sales) AS total", [(4, 22)]),
    (
        "FROM produce |> AGGREGATE SUM(sales) AS total GROUP BY item |> ORDER BY total DESC, item |> LIMIT 2",
        [("apples", 9), ("carrots", 8)],
    ),
    (
        "FROM produce |> AGGREGATE SUM(sales) AS total GROUP AND ORDER BY category, item DESC",
        [("fruit", "bananas", 5), ("fruit", "apples", 9), ("vegetable", "carrots", 8)],
    ),
    (
        "FROM produce |> AGGREGATE SUM(sales) AS total ASC GROUP BY item, category DESC",
        [("carrots", "vegetable", 8), ("bananas", "fruit", 5), ("apples", "fruit", 9)],
    ),
    ("FROM produce |> AGGREGATE GROUP BY category |> ORDER BY category", [("fruit",), ("vegetable",)]),
    (
        "FROM produce AS p |> EXTEND sales * 2 AS twice |> WHERE p.sales = 5 |> SELECT item, twice",
        [("bananas", 10)],
    ),
    (
        "FROM produce |> WHERE ROW_NUMBER() OVER (PARTITION BY category ORDER BY sales DESC) = 1 "
        "|> SELECT item |> ORDER BY item",
        [("apples",), ("carrots",)],
    ),
    ("FROM produce |> EXTEND SUM(sales) OVER w AS s WINDOW w AS () |> SELECT DISTINCT s", [(22,)]),
    ("FROM (SELECT 2 AS x, 3 AS y) AS t |> SET x = x * x, y = 8 |> SELECT t.x AS original, x, y", [(2, 4, 8)]),
    ("FROM (SELECT 1 AS x, 2 AS y) AS t |> DROP x |> SELECT t.x AS original, *", [(1, 2)]),
    ("SELECT 1 AS x, 2 AS y |> AS t |> RENAME y AS z |> SELECT *, t.y AS before", [(1, 2, 2)]),
    ("SELECT 1 AS x UNION ALL SELECT 1 |> DISTINCT", [(1,)]),
    (
        "FROM produce |> AS p |> JOIN (SELECT 'bananas' AS item, 'yellow' AS colour) AS c USING (item) "
        "|> SELECT p.sales, c.colour, item",
        [(5, "yellow", "bananas")],
    ),
    ("FROM produce |> LEFT JOIN (SELECT 5 AS s) AS o ON sales = o.s |> AGGREGATE COUNT(o.s) AS n", [(1,)]),
    ("SELECT 1 AS n |> UNION ALL (SELECT 2), (SELECT 3) |> ORDER BY n DESC", [(3,), (2,), (1,)]),
    ("SELECT 1 AS a, 2 AS b |> UNION ALL BY NAME (SELECT 4 AS b, 3 AS a)", [(1, 2), (3, 4)]),
    ("SELECT 1 AS n |> UNION ALL (SELECT 2) |> EXCEPT DISTINCT (SELECT 1)", [(2,)]),
    ("SELECT 1 AS n |> WITH more AS (SELECT 2 AS n) |> UNION ALL (FROM more) |> ORDER BY n", [(1,), (2,)]),
    (
        "FROM produce |> SELECT sales, category |> PIVOT (SUM(sales) FOR category IN ('fruit', 'vegetable'))",
        [(14, 8)],
    ),
    ("SELECT 1 AS k, 2 AS a, 3 AS b |> UNPIVOT (v FOR name IN (a, b)) |> ORDER BY v", [(1, 2, "a"), (1, 3, "b")]),
    ("SELECT (FROM produce |> AGGREGATE MAX(sales)) AS most", [(8,)]),
    ("FROM produce |> LIMIT 1 OFFSET 3 |> SELECT item", [("bananas",)]),
]


@pytest.mark.parametrize(("text", "rows"), CASES)
def test_a_pipeline_gives_the_documented_rows(warehouse: Any, text: str, rows: list[tuple[Any, ...]]) -> None:
    recursive = text if text.startswith("SELECT 1 AS n |> WITH") else PRODUCE + text
    assert warehouse.run(recursive) == rows


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FROM produce |> DROP nothing", "Column nothing in pipe DROP list does not exist"),
        ("FROM produce |> SET nothing = 1", "Column nothing in pipe SET list does not exist"),
        ("FROM produce |> DROP item |> SELECT item", "Unrecognized name: item"),
        ("FROM produce |> FORK (|> SELECT 1)", "Syntax error: Unexpected identifier"),
        ("FROM produce |> SELECT item |> WHERE sales > 1", "Unrecognized name: sales"),
    ],
)
def test_a_pipe_operator_sees_only_what_comes_in(warehouse: Any, text: str, message: str) -> None:
    with pytest.raises(SqlError, match=message):
        warehouse.run(PRODUCE + text)
