# ruff: noqa: E501
"""Mutated SQL gets an answer or an error in BigQuery's form: never an internal one, a hang or a dead server."""

import json
import random
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.emulators.bigquery.service.conftest import Service
from tests.emulators.bigquery.service.test_fuzz import BODIES, mutate, send

SEEDS = [
    "SELECT a, COUNT(*) AS n, SUM(b) OVER (PARTITION BY a ORDER BY b ROWS 2 PRECEDING) FROM fuzz_sql.t WHERE b > 1 GROUP BY a, b",
    "WITH w AS (SELECT * FROM fuzz_sql.t), v AS (SELECT a FROM w UNION ALL SELECT 1) SELECT v.a FROM v LEFT JOIN w USING (a)",
    "SELECT ARRAY_AGG(DISTINCT c IGNORE NULLS ORDER BY c LIMIT 2), STRUCT(1 AS x, [1, 2] AS y).y[SAFE_OFFSET(3)] FROM fuzz_sql.t",
    "MERGE fuzz_sql.t AS t USING (SELECT 1 AS a, 2 AS b) AS s ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = s.b "
    "WHEN NOT MATCHED THEN INSERT (a, b) VALUES (s.a, s.b)",
    "INSERT INTO fuzz_sql.t (a, b, c) VALUES (1, 2.5, 'x'), (NULL, DEFAULT, \"y\")",
    "UPDATE fuzz_sql.t SET b = b + 1, c = UPPER(c) WHERE a IN (SELECT a FROM fuzz_sql.t WHERE c LIKE '%x_')",
    "DECLARE x INT64 DEFAULT 1; WHILE x < 3 DO SET x = x + 1; IF x = 2 THEN CONTINUE; END IF; END WHILE; SELECT x",
    "BEGIN SELECT 1 / 0; EXCEPTION WHEN ERROR THEN SELECT @@error.message; END",
    "CREATE OR REPLACE TABLE fuzz_sql.u (a INT64 NOT NULL, d DATE, s STRUCT<x INT64, y ARRAY<STRING>>) PARTITION BY d CLUSTER BY a "
    "OPTIONS (description = 'x', labels = [('a', 'b')])",
    "CREATE TEMP FUNCTION f(x INT64) AS (x * 2); SELECT f(a) FROM fuzz_sql.t QUALIFY ROW_NUMBER() OVER (ORDER BY a) = 1",
    "SELECT * FROM (SELECT a, c, b FROM fuzz_sql.t) PIVOT (SUM(b) AS s FOR c IN ('x' AS one, 'y'))",
    "SELECT FORMAT('%d %s %t', 1, 'a', DATE '2024-01-31'), PARSE_DATE('%Y%m%d', '20240131'), SAFE_CAST('x' AS INT64), "
    "DATE_ADD(CURRENT_DATE(), INTERVAL 1 MONTH), TIMESTAMP_TRUNC(TIMESTAMP '2024-01-01 10:00:00+02', HOUR), JSON_VALUE('{\"a\": 1}', '$.a')",
    "SELECT * EXCEPT (a) REPLACE (b + 1 AS b) FROM fuzz_sql.t AS t, UNNEST([1, 2]) AS e WITH OFFSET AS o ORDER BY 1 DESC LIMIT 3 OFFSET 1",
    "SELECT ST_DISTANCE(ST_GEOGPOINT(1, 2), ST_GEOGFROMTEXT('POLYGON((0 0, 1 0, 1 1, 0 0))')), RANGE(DATE '2024-01-01', NULL), "
    "INTERVAL 1 DAY * 2, b'ab' || b'c', NUMERIC '1.5' / 3, GENERATE_ARRAY(1, 5, 2), REGEXP_EXTRACT('abc', r'b(.)')",
    "ALTER TABLE fuzz_sql.t ADD COLUMN IF NOT EXISTS z NUMERIC(10, 2), SET OPTIONS (description = NULL)",
    "EXECUTE IMMEDIATE 'SELECT ? + @y' USING 1, 2 AS y; BEGIN TRANSACTION; DELETE FROM fuzz_sql.t WHERE true; ROLLBACK TRANSACTION",
]  # fmt: skip
PIECES = re.compile(r"\w+|'[^']*'|\"[^\"]*\"|\s+|.", re.DOTALL)
JUNK = [
    "", "(", ")", ",", "'", '"', "`", "NULL", "SELECT", "FROM", "1e400", "-9223372036854775809", "''", "[]", "STRUCT()", "*", "@x", "?",
    "\x00", "é", "CAST(x AS", "OVER ()", "--", "/*", ";", "DISTINCT", "ARRAY<", "99999999999999999999", "NaN", ".", "..", "${", "b''",
]  # fmt: skip


def mutated(text: str, chance: random.Random) -> str:
    """The text with some of its words removed, repeated, swapped, or replaced by others and by junk."""
    pieces = PIECES.findall(text)
    others = PIECES.findall(chance.choice(SEEDS))
    for _ in range(chance.choice([1, 1, 2, 3, 6])):
        at = chance.randrange(len(pieces))
        kind = chance.randrange(5)
        if kind == 0:
            del pieces[at]
        elif kind == 1:
            pieces.insert(at, chance.choice(JUNK))
        elif kind == 2:
            pieces[at] = chance.choice(others)
        elif kind == 3:
            pieces.insert(at, pieces[chance.randrange(len(pieces))])
        else:
            other = chance.randrange(len(pieces))
            pieces[at], pieces[other] = pieces[other], pieces[at]
        if not pieces:
            return ""
    return "".join(pieces)


def check(service: Service, sql: str) -> None:
    body = json.dumps({"query": sql, "useLegacySql": False, "timeoutMs": 5_000, "maxResults": 5}).encode()
    status, answer = send(service, "POST", "/queries", body)
    found = json.loads(answer)
    detail = f"{sql!r} -> {status} {answer[:500]!r}"
    assert status < 500 or status == 501, detail
    if status >= 400:
        error = found["error"]
        assert error["errors"][0]["reason"] not in ("internalError", "") and error["message"], detail
        assert "INTERNAL" not in error["message"] and "Traceback" not in error["message"], detail
    elif not found["jobComplete"]:  # a loop without an end, say: it can be cancelled
        path = f"/jobs/{found['jobReference']['jobId']}"
        assert send(service, "POST", f"{path}/cancel", b"")[0] == 200, detail
        deadline = time.monotonic() + 30
        while json.loads(send(service, "GET", path, b"")[1])["status"]["state"] != "DONE":
            assert time.monotonic() < deadline, detail
            time.sleep(0.1)


@pytest.fixture(scope="module", autouse=True)
def table(service: Service) -> None:
    service.client().query_and_wait(
        "CREATE SCHEMA IF NOT EXISTS fuzz_sql; CREATE OR REPLACE TABLE fuzz_sql.t (a INT64, b FLOAT64, c STRING); "
        "INSERT INTO fuzz_sql.t VALUES (1, 1.5, 'x'), (2, NULL, 'y'), (NULL, 3, NULL)"
    )


def fuzz(service: Service, seed: int, times: int) -> None:
    chance = random.Random(seed)
    texts = [mutated(chance.choice(SEEDS), chance) for _ in range(times)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda sql: check(service, sql), texts))


def test_mutated_sql(service: Service) -> None:
    fuzz(service, 1, 150)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10, 18))
def test_mutated_sql_at_length(service: Service, seed: int) -> None:
    fuzz(service, seed, 700)


@pytest.mark.long
@pytest.mark.parametrize("case", range(len(BODIES)))
def test_mutated_bodies_at_length(service: Service, case: int) -> None:
    method, path, body = BODIES[case]
    chance = random.Random(1000 + case)
    for _ in range(330):
        status, answer = send(service, method, path, json.dumps(mutate(body, chance)).encode())
        assert status < 500 or status in (501, 503), f"{method} {path} {status} {answer[:500]!r}"
