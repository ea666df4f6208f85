"""BigQuery's own table functions: GAP_FILL and VECTOR_SEARCH (RANGE_SESSIONIZE is in test_functions.py)."""

from datetime import date, datetime
from typing import Any

import pytest

from emulators.bigquery.sql.model import SqlError

_SERIES = """WITH t AS (
  SELECT DATETIME '2023-11-01 09:34:01' AS time, 74 AS signal, 'off' AS state UNION ALL
  SELECT DATETIME '2023-11-01 09:36:00', 77, 'on' UNION ALL
  SELECT DATETIME '2023-11-01 09:38:01', 80, 'on')
SELECT * FROM GAP_FILL(TABLE t, ts_column => 'time', bucket_width => INTERVAL 1 MINUTE{}) ORDER BY time"""


@pytest.mark.parametrize(
    ("more", "values"),
    [
        ("", [(None, None), (77, "on"), (None, None), (None, None)]),
        (", value_columns => [('signal', 'null')]", [(None,), (77,), (None,), (None,)]),
        (", value_columns => [('signal', 'locf')]", [(74,), (77,), (77,), (77,)]),
        (", value_columns => [('signal', 'linear')]", [(75,), (77,), (78,), (80,)]),
        (", value_columns => [('state', 'locf'), ('signal', 'linear')]",
         [("off", 75), ("on", 77), ("on", 78), ("on", 80)]),
    ],
)  # fmt: skip
def test_gaps_are_filled(warehouse: Any, more: str, values: list[tuple[Any, ...]]) -> None:
    times = [datetime(2023, 11, 1, 9, minute) for minute in (35, 36, 37, 38)]
    assert warehouse.run(_SERIES.format(more)) == [(time, *row) for time, row in zip(times, values, strict=True)]


def test_gaps_are_filled_from_an_origin_partition_by_partition(warehouse: Any) -> None:
    rows = warehouse.run("""
        WITH t AS (
          SELECT 1 AS k, DATE '2024-01-01' AS d, 1.0 AS v UNION ALL SELECT 1, DATE '2024-01-05', NULL UNION ALL
          SELECT 2, DATE '2024-01-02', 5.0 UNION ALL SELECT 2, DATE '2024-01-04', 9.0)
        SELECT * FROM GAP_FILL((SELECT * FROM t), 'd', INTERVAL 2 DAY, partitioning_columns => ['k'],
          value_columns => [('v', 'locf')], origin => DATE '2024-01-01') ORDER BY k, d""")
    assert rows == [(date(2024, 1, 1), 1, 1.0), (date(2024, 1, 3), 1, 1.0), (date(2024, 1, 5), 1, 1.0),
                    (date(2024, 1, 3), 2, 5.0)]  # fmt: skip


_BASE = "(SELECT 1 AS id, [1.0, 2.0] AS e UNION ALL SELECT 2, [3.0, 4.0])"


@pytest.mark.parametrize(
    ("more", "rows"),
    [
        ("top_k => 1", [(7, 1, 0.0)]),
        ("distance_type => 'COSINE'", [(7, 1, 0.0), (7, 2, 0.01613)]),
        ("distance_type => 'DOT_PRODUCT'", [(7, 2, -11.0), (7, 1, -5.0)]),
    ],
)
def test_the_nearest_vectors_are_found(warehouse: Any, more: str, rows: list[tuple[Any, ...]]) -> None:
    query = "(SELECT 7 AS id, [1.0, 2.0] AS e)"
    found = f"VECTOR_SEARCH({_BASE}, 'e', {query}, {more})"
    assert warehouse.run(f"SELECT query.id AS q, base.id AS b, ROUND(distance, 6) FROM {found} ORDER BY 3") == rows


@pytest.mark.parametrize(
    ("more", "rows"),
    [
        ("query_value => [3, 5.0], top_k => 1", [(2, 1.0)]),
        ("query_value => (SELECT [1.0, 2.0]), top_k => -1", [(1, 0.0), (2, 2.828427)]),
        ("distance_type => 'DOT_PRODUCT', query_value => [1.0, 2.0]", [(2, -11.0), (1, -5.0)]),
    ],
)
def test_one_vector_is_searched_without_a_table(warehouse: Any, more: str, rows: list[tuple[Any, ...]]) -> None:
    found = warehouse.run(f"SELECT * REPLACE (ROUND(distance, 6) AS distance) FROM VECTOR_SEARCH({_BASE}, 'e', {more})")
    assert sorted(((base["id"], distance) for base, distance in found), key=lambda row: row[1]) == rows


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (f"VECTOR_SEARCH({_BASE}, 'e')", "a query table or a query_value"),
        (f"VECTOR_SEARCH({_BASE}, 'e', (SELECT [1.0] AS f), query_value => [1.0])", "a query table or a query_value"),
        (f"VECTOR_SEARCH({_BASE}, 'e', query_value => 'x')", "query_value of VECTOR_SEARCH must be ARRAY<FLOAT64>"),
        (f"VECTOR_SEARCH({_BASE}, 'e', query_value => [1.0], query_column_to_search => 'e')", "query_value has none"),
        (f"VECTOR_SEARCH({_BASE}, 'e', query_value => [1.0], lexical_search_columns => ['x'])", "not supported"),
        (f"VECTOR_SEARCH({_BASE}, 'e', query_value => [1.0], top_k => 0)", "other than 0"),
        (f"VECTOR_SEARCH({_BASE}, 'e', query_value => [1.0], options => 'x')", "must be a JSON object"),
        (f"VECTOR_SEARCH({_BASE}, 'e', query_value => [1.0], options => '{{\"use\": 1}}')", "SEARCH: use"),
        (f"VECTOR_SEARCH({_BASE}, 'e', query_value => [1.0], options => '{{\"use_brute_force\": 1}}')", "boolean"),
        (f"VECTOR_SEARCH({_BASE}, 'e', query_value => [1.0], options => "
         "'{\"fraction_lists_to_search\": 1}')", "between 0 and 1"),
        (f"VECTOR_SEARCH({_BASE}, 'e', query_value => [1.0], options => "
         "'{\"fraction_lists_to_search\": 0.1, \"use_brute_force\": true}')", "when use_brute_force is true"),
        ("GAP_FILL((SELECT 1 AS d), 'd', INTERVAL 1 DAY)", "must be a DATE, DATETIME or TIMESTAMP"),
        ("GAP_FILL((SELECT DATE '2024-01-01' AS d), 'e', INTERVAL 1 DAY)", "Column e not found"),
        ("GAP_FILL((SELECT DATE '2024-01-01' AS d, 'x' AS v), 'd', INTERVAL 1 DAY, "
         "value_columns => [('v', 'linear')])", "needs a number"),
        (f"VECTOR_SEARCH({_BASE}, 'id', (SELECT [1.0] AS f))", "must be ARRAY<FLOAT64>"),
        (f"VECTOR_SEARCH({_BASE}, 'e', (SELECT [1.0] AS f), distance_type => 'FAR')", "Invalid distance_type"),
    ],
)  # fmt: skip
def test_table_functions_refuse(warehouse: Any, call: str, message: str) -> None:
    with pytest.raises(SqlError, match=message):
        warehouse.run(f"SELECT * FROM {call}")


def test_a_pipe_calls_a_table_function_with_the_table_so_far(warehouse: Any) -> None:
    rows = warehouse.run("""
        SELECT DATE '2024-01-01' AS d, 1 AS v UNION ALL SELECT DATE '2024-01-03', 3
        |> CALL GAP_FILL('d', INTERVAL 1 DAY, value_columns => [('v', 'linear')]) AS g
        |> WHERE g.v > 1 |> WINDOW SUM(v) OVER () AS s |> ORDER BY d""")
    assert rows == [(date(2024, 1, 2), 2, 5), (date(2024, 1, 3), 3, 5)]
    with pytest.raises(SqlError, match="does not take a table"):
        warehouse.run("FROM UNNEST([1]) AS x |> CALL f()")


def test_an_error_names_the_statement_that_failed(warehouse: Any) -> None:
    script = "BEGIN SELECT 1; SELECT 1 / 0; EXCEPTION WHEN ERROR THEN SELECT @@error.statement_text; END"
    assert warehouse.run(script) == [("SELECT 1 / 0",)]
