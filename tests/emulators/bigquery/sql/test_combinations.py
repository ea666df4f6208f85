"""Answers of queries that put together what is seldom seen together."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from emulators.bigquery.sql.model import Field, QueryParameter

X = "FROM UNNEST([1, 2]) AS x"
ROWS = "FROM (SELECT 1 AS a, 2 AS b)"
RECURSIVE = "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL {}) SELECT * FROM t"

ANSWERED = [
    ("SELECT a + 1 AS c, UPPER(t.s) AS u, COUNT(*) FROM (SELECT 1 AS a, 'x' AS s) AS t GROUP BY t.a, UPPER(s) "
     "HAVING c > 1 ORDER BY u, MAX(a), a + 2", [(2, "X", 1)]),
    ("SELECT t.s.x, s.y, COUNT(*) FROM (SELECT STRUCT(1 AS x, 2 AS y) AS s) AS t GROUP BY s.x, s", [(1, 2, 1)]),
    ("SELECT e.x, COUNT(*) FROM UNNEST([STRUCT(1 AS x)]) AS e GROUP BY e", [(1, 1)]),
    ("SELECT DATE_TRUNC(d, MONTH) AS m FROM (SELECT DATE '2024-02-03' AS d, 1 AS month) GROUP BY m",
     [(date(2024, 2, 1),)]),
    (f"SELECT (SELECT MAX(y) FROM UNNEST([x, 5]) AS y) AS m, ARRAY_AGG(x)[OFFSET(0)] {X} GROUP BY x ORDER BY 2",
     [(5, 1), (5, 2)]),
    (f"SELECT IF(x > 1, 'b', 'a') || '!' AS w, GROUPING(IF(x > 1, 'b', 'a')) {X} GROUP BY ROLLUP(IF(x > 1, 'b', 'a')) "
     "ORDER BY w", [(None, 1), ("a!", 0), ("b!", 0)]),
    ("SELECT id, v, COUNT(*) FROM (SELECT 1 AS id) AS a JOIN (SELECT 1 AS id, 2 AS v) AS b USING (id) GROUP BY id, b.v",
     [(1, 2, 1)]),
    (f"SELECT ARRAY_AGG(x)[SAFE_OFFSET(x)] {X} GROUP BY x HAVING x > 1 AND COUNT(*) > 0", [(None,)]),
    (f"SELECT DISTINCT a + b AS c, a {ROWS} ORDER BY c + a, a + b", [(3, 1)]),
    (f"SELECT MAX(x) AS m {X} HAVING m > 1", [(2,)]),
    ("SELECT ['a'] AS x UNION ALL SELECT []", [(["a"],), ([],)]),
    ("SELECT [] AS x UNION ALL SELECT [1.5]", [([],), ([1.5],)]),
    (f"SELECT x, [] AS y {X} WHERE x = 1 UNION ALL SELECT 2, ['b'] ORDER BY x", [(1, []), (2, ["b"])]),
    (RECURSIVE.format("SELECT n + m FROM (SELECT n FROM t) CROSS JOIN (SELECT 2 AS m) WHERE n < 2"), [(1,), (3,)]),
    ("SELECT x, y FROM UNNEST([1, 2]) AS x FULL JOIN UNNEST([2, 3]) AS y ON x = y ORDER BY x, y",
     [(None, 3), (1, None), (2, 2)]),
    (f"SELECT x, y {X} RIGHT JOIN UNNEST([2, 3]) AS y WITH OFFSET AS o ON x = y ORDER BY o", [(2, 2), (None, 3)]),
    ("CREATE TABLE d.t (a STRUCT<x DATE, y ARRAY<FLOAT64>> DEFAULT (CURRENT_DATE, [-1, 2.5])); SELECT 1", [(1,)]),
    ("BEGIN TRANSACTION; CREATE TEMP TABLE u AS SELECT 1 AS a; COMMIT TRANSACTION; SELECT a FROM u", [(1,)]),
    ("SELECT +5, - -5, DATE '0001-1-1' < DATE '1000-01-01', CAST('2010-10-10' AS DATETIME) IS NULL",
     [(5, 5, True, False)]),
    ("WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT v.n + t.n FROM t JOIN v ON t.n < v.n), v AS (SELECT 2 AS n) "
     "SELECT * FROM t ORDER BY n", [(1,), (3,)]),
    ("SELECT STRING(TIMESTAMP_TRUNC(TIMESTAMP '2024-11-03 06:30:00+00', HOUR, 'America/New_York')), "
     "STRING(TIMESTAMP_TRUNC(TIMESTAMP '2024-01-01 00:40:00+00', HOUR, 'Asia/Kathmandu'))",
     [("2024-11-03 06:00:00+00", "2024-01-01 00:15:00+00")]),
    ("SELECT CAST(1.1 AS BIGNUMERIC) = BIGNUMERIC '1.1', CAST(-123456789.123456789 AS NUMERIC), "
     "SAFE_CAST(1e40 AS NUMERIC)",
     [(True, Decimal("-123456789.123456789"), None)]),
    ("SELECT x IN (x), x NOT IN (1.5, x), 1.5 IN (1.5, x) FROM (SELECT CAST('nan' AS FLOAT64) AS x)",
     [(False, True, True)]),
    ("SELECT LOWER(x) AS y, 1 AS one, COUNT(*) AS n, (SELECT MAX(z) FROM UNNEST([x]) AS z) AS m "
     "FROM UNNEST(['a', 'a', 'b']) AS x GROUP BY ALL ORDER BY y", [("a", 1, 2, "a"), ("b", 1, 1, "b")]),
    ("SELECT x, TO_JSON_STRING(TO_JSON(x)) AS j, TO_JSON(y) IS NULL AS n, RAND() < 0 AS r, SUM(z) AS s "
     "FROM UNNEST([STRUCT(1 AS x, 2 AS y, 3 AS z), (1, 2, 4)]) GROUP BY ALL", [(1, "1", False, False, 7)]),
    ("SELECT t.id, u, o FROM UNNEST([STRUCT(1 AS id, [1, 2, 3] AS xs), (2, [1]), (3, [])]) AS t "
     "LEFT JOIN UNNEST(t.xs) AS u WITH OFFSET AS o ON u > 2 AND t.id = 1 ORDER BY id", [(1, 3, 2), (2, None, None),
     (3, None, None)]),
    ("SELECT t.id, u FROM UNNEST([STRUCT(1 AS id, [1, 2] AS xs), (2, [3])]) AS t "
     "LEFT JOIN UNNEST(ARRAY(SELECT x * 2 FROM UNNEST(t.xs) AS x)) AS u ON u > 2 AND EXISTS (SELECT 1 FROM UNNEST([1]) "
     "AS z WHERE z = t.id) ORDER BY id", [(1, 4), (2, None)]),
    ("CREATE TEMP FUNCTION f(x INT64) AS (x * 2); SELECT f(x) AS y, RAND() < 0 AS r, COUNT(*) AS n "
     "FROM UNNEST([1, 1, 2]) AS x GROUP BY ALL ORDER BY y", [(2, False, 2), (4, False, 1)]),
    ("CREATE TEMP FUNCTION f() AS (1); CREATE OR REPLACE TEMP FUNCTION f() AS (2); "
     "CREATE TEMP FUNCTION IF NOT EXISTS f() AS (3); SELECT f()", [(2,)]),
    ("SELECT COUNT(*) AS n, 'x' AS s FROM UNNEST(CAST([] AS ARRAY<INT64>)) AS x GROUP BY ALL", [(0, "x")]),
    ("CREATE TEMP FUNCTION f(x INT64) AS (x * 2); CREATE TEMP AGGREGATE FUNCTION g(x INT64) AS (SUM(x)); "
     f"SELECT f(x) AS y, g(x) {X} GROUP BY ALL ORDER BY y", [(2, 1), (4, 2)]),
    ("SELECT ANY_VALUE(LOWER(x)), COLLATE(x, 'und:ci') AS c FROM UNNEST(['a', 'A', 'b']) AS x GROUP BY ALL ORDER BY c",
     [("a", "a"), ("b", "b")]),
    ("SELECT DATETIME_BUCKET(DATETIME '2024-05-05', INTERVAL 1 MONTH, DATETIME '2024-01-15'), "
     "DATE_BUCKET(DATE '2023-12-20', INTERVAL 2 MONTH, DATE '2024-01-15'), "
     "DATE_BUCKET(DATE '2024-01-14', INTERVAL 7 DAY, DATE '2024-01-03')",
     [(datetime(2024, 4, 15), date(2023, 11, 15), date(2024, 1, 10))]),
    (r"SELECT REGEXP_REPLACE('a.b', r'\.', r'\\'), REGEXP_REPLACE('ab', 'b', r'\\1')", [("a\\b", "a\\1")]),
    ("SELECT EDIT_DISTANCE('日本語', '日語'), EDIT_DISTANCE('é', 'e'), EDIT_DISTANCE(b'\\xff\\xfe', b'\\xfe'), "
     "EDIT_DISTANCE('kitten', 'sitting'), EDIT_DISTANCE('', 'éé'), EDIT_DISTANCE('日本', '', max_distance => 1)",
     [(1, 1, 1, 3, 2, 1)]),
    ("SELECT id, CAST(session_range AS STRING) FROM RANGE_SESSIONIZE((SELECT * FROM UNNEST([STRUCT(1 AS id, 'a' AS k, "
     "RANGE<DATE> '[2024-01-01, 2024-01-03)' AS r), (2, 'a', NULL), (3, 'a', RANGE(DATE '2024-02-01', NULL))])), "
     "'r', ['k']) ORDER BY id", [(1, "[2024-01-01, 2024-01-03)"), (2, None), (3, "[2024-02-01, UNBOUNDED)")]),
    ("SELECT CAST('20240305' AS DATE FORMAT 'YYYYMMDD'), CAST('20240305140506' AS DATETIME FORMAT 'YYYYMMDDHH24MISS')",
     [(date(2024, 3, 5), datetime(2024, 3, 5, 14, 5, 6))]),
    ("SELECT NULLIF(STRUCT(1), STRUCT(1)) IS NULL, NULLIF([1], [2])", [(True, [1])]),
]  # fmt: skip


@pytest.mark.parametrize(("query", "rows"), ANSWERED)
def test_answered(warehouse: Any, query: str, rows: Any) -> None:
    assert warehouse.run(query) == rows


def test_float_parameters_stay_floats(warehouse: Any) -> None:
    given = [QueryParameter("f", Field("f", "FLOAT64"), "1.5")]
    assert warehouse.run("SELECT @f + NUMERIC '1', @f IN (NUMERIC '1.5')", given) == [(2.5, True)]
    assert warehouse.schema[0].type == "FLOAT64"


def test_many_queries_of_with_recursive_that_read_one_another_twice(warehouse: Any) -> None:
    later = [f"w{i} AS (SELECT a.x FROM w{i - 1} AS a JOIN w{i - 2} AS b ON a.x = b.x)" for i in range(2, 30)]
    queries = ["w0 AS (SELECT 1 AS x)", "w1 AS (SELECT 1 AS x)", *later]  # their paths are more than a million
    assert warehouse.run(f"WITH RECURSIVE {', '.join(reversed(queries))} SELECT x FROM w29") == [(1,)]
