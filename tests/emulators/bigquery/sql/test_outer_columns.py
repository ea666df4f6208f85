"""Correlated subqueries: what DuckDB makes a lambda of reads the columns of the queries around it."""

from typing import Any

import pytest

from emulators.bigquery.sql.model import SqlError

ORDERS = "WITH orders AS (SELECT ['tea', 'ink'] AS items, '; ' AS mark, 2 AS number)"
CALLS = (
    "ARRAY_TO_STRING(['a', 'b'], mark)",
    "ARRAY_TO_STRING([word, 'b'], mark, word)",
    "ARRAY_TO_STRING(items, (SELECT mark))",
    "ARRAY_TO_STRING((SELECT ARRAY_AGG(i ORDER BY i) FROM UNNEST(items) AS i), mark)",
    "ARRAY_TRANSFORM(['a', word], e -> e || mark)",
    "ARRAY_TRANSFORM(items, e -> e || word || mark)",
    "ARRAY_TRANSFORM(items, e -> ARRAY_TO_STRING([e, word], mark))",
    """ARRAY_TRANSFORM(items, e -> CONCAT(e, word, 't1."word" t2."word" t3."word" t4."word"'))""",
    "ARRAY_FILTER(items, (e, i) -> i < number AND e != word)",
    "GENERATE_ARRAY(1.5, number + 1, 0.5)",
    "GENERATE_RANGE_ARRAY(RANGE(DATE '2024-03-01', DATE '2024-03-06'), INTERVAL number DAY)",
    "CONTAINS_SUBSTR(items, word)",
    "CONTAINS_SUBSTR([word, 'x'], mark)",
    "word LIKE ANY UNNEST(items)",
    "mark LIKE ALL UNNEST([word, '%'])",
    "ARRAY_REVERSE(items)",
    "NULLIF(mark, word)",
    "SPLIT(word, mark)",
    "WITH(least AS (SELECT MIN(i) FROM UNNEST(items) AS i), CONCAT(least, mark, word))",
)
PLACES = (
    "SELECT (SELECT AS STRUCT {} AS r FROM words).r FROM orders",
    "SELECT ARRAY(SELECT AS STRUCT {} AS r FROM words)[OFFSET(0)].r FROM orders",
    "SELECT (SELECT (SELECT AS STRUCT {} AS r).r FROM words) FROM orders",
    "SELECT o.r FROM orders, UNNEST(ARRAY(SELECT AS STRUCT {} AS r FROM words)) AS o",
)


@pytest.mark.parametrize("call", CALLS)
def test_a_call_is_the_same_in_a_join_and_in_a_correlated_subquery(warehouse: Any, call: str) -> None:
    tables = f"{ORDERS}, words AS (SELECT 'ink' AS word) "
    (expected,) = warehouse.run(f"{tables} SELECT TO_JSON_STRING({call}) FROM orders CROSS JOIN words")
    for place in PLACES:
        query = (
            place.format(call).replace("SELECT ", "SELECT TO_JSON_STRING(", 1).replace(" FROM orders", ") FROM orders")
        )
        assert warehouse.run(tables + query) == [expected], place


def test_an_aggregate_of_elements_is_joined_by_a_column_of_the_outer_query(warehouse: Any) -> None:
    query = "SELECT (SELECT ARRAY_TO_STRING(ARRAY_AGG(UPPER(i)), mark) FROM UNNEST(items) AS i) FROM orders"
    assert warehouse.run(f"{ORDERS} {query}") == [("TEA; INK",)]


def test_the_branch_that_a_function_leaves_is_not_computed(warehouse: Any) -> None:
    share = "ROUND(IF(part > 0 AND whole > 0, ABS(part - whole) / ((part + whole) / 2), NULL), 4)"
    made = f"CREATE TEMP FUNCTION share(part FLOAT64, whole FLOAT64) AS ({share});"
    assert warehouse.run(f"{made} SELECT share(0, 0), share(1, 3)") == [(None, 1.0)]
    number = "GREATEST(0, LEAST(n, CAST(FLOOR(n * (x - low) / (high - low)) AS INT64)))"
    step = f"IF(low = high OR n <= 0, ERROR('no steps'), {number})"
    made = f"CREATE TEMP FUNCTION step(x FLOAT64, low FLOAT64, high FLOAT64, n INT64) AS ({step});"
    assert warehouse.run(f"{made} SELECT step(4, 0, 10, 5)") == [(2,)]
    with pytest.raises(SqlError, match="no steps"):
        warehouse.run(f"{made} SELECT step(4, 1, 1, 5)")


def test_a_subquery_in_a_lambda_is_refused(warehouse: Any) -> None:
    with pytest.raises(SqlError, match="A subquery in a lambda expression is not supported by this emulator at"):
        warehouse.run("SELECT ARRAY_TRANSFORM([1], e -> (SELECT MAX(i) FROM UNNEST([e, 5]) AS i))")
