"""Calls within calls: DuckDB copies a macro's arguments, and what would be copied too often is computed once."""

import hashlib
from typing import Any

import pytest

from emulators.bigquery.sql.functions.expansion import expanded

# A fingerprint, as dbt packages and our own comparison with the source make it.
TEXT = "CONCAT(" + ", '|', ".join(f"COALESCE(CAST(x + {n} AS STRING), '~')" for n in range(8)) + ")"
PRINT = f"MOD(CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5({TEXT})), 1, 8)) AS INT64), 1024)"
NUMBERS = "UNNEST([1, 2, 3]) x"
QUERIES = (
    f"SELECT {PRINT}, COUNT(*) FROM {NUMBERS} GROUP BY {PRINT} ORDER BY {PRINT}",
    f"SELECT {PRINT}, COUNT(*) FROM {NUMBERS} GROUP BY 1 HAVING {PRINT} >= 0 ORDER BY 1",
    f"SELECT {PRINT}, COUNT(*) OVER (PARTITION BY {PRINT}) FROM {NUMBERS} ORDER BY 1",
    f"SELECT {PRINT} AS p, 1 FROM {NUMBERS} WHERE {PRINT} < 1024 QUALIFY RANK() OVER (ORDER BY {PRINT}) > 0 ORDER BY 1",
    f"SELECT (SELECT MAX({PRINT}) FROM UNNEST([x]) x), 1 FROM {NUMBERS} ORDER BY 1",
    f"SELECT MAX({PRINT}), SUM(COUNT(*)) OVER (PARTITION BY MAX({PRINT})) FROM {NUMBERS} GROUP BY x ORDER BY 1",
    f"SELECT SAFE_CAST(CAST({PRINT} AS STRING) AS INT64), 1 FROM {NUMBERS} ORDER BY 1",
)


def expected() -> list[tuple[int, int]]:
    """By Python's own md5."""
    texts = ("|".join(str(x + n) for n in range(8)) for x in (1, 2, 3))
    return sorted((int(hashlib.md5(text.encode()).hexdigest()[:8], 16) % 1024, 1) for text in texts)


@pytest.mark.parametrize("query", QUERIES)
def test_it_may_stand_anywhere(warehouse: Any, query: str) -> None:
    assert warehouse.run(query) == expected()


@pytest.mark.parametrize("query", QUERIES)
def test_calls_within_calls_do_not_multiply(warehouse: Any, query: str) -> None:
    warehouse.run(query)
    assert expanded(warehouse.statements[-1].duckdb) < 20_000 * query.count(PRINT)


def test_a_macro_counts_as_often_as_it_reads_its_argument() -> None:
    assert expanded("a + b") == 3
    assert expanded("bq.mod(a, (b))") - expanded("bq.mod(a, b)") == 0
    assert expanded("bq.mod(a + 1, b)") - expanded("bq.mod(a, b)") == 2 * 2  # it reads a twice
    assert expanded("bq.mod(bq.mod(a + 1, c), b)") - expanded("bq.mod(bq.mod(a, c), b)") == 2 * 2 * 2
    assert expanded("bq.concat([a, 'b)', \"c,\"])") == expanded("bq.concat([a, b, c])")


def test_functions_of_users_within_one_another_do_not_multiply(warehouse: Any) -> None:
    made = "CREATE TEMP FUNCTION mix(h INT64, c INT64) AS ((h & 1023) * 31 + MOD(h, 7) + IF(h > c, h, c));"
    nested = "c"
    for n in range(9):
        nested = f"mix({nested}, {n})"
    assert warehouse.run(f"{made} SELECT {nested} FROM UNNEST([5]) AS c") == [(mixed(5),)]
    assert len(warehouse.statements[-1].duckdb) < 40_000


def mixed(value: int) -> int:
    """The same in Python."""
    for n in range(9):
        value = (value & 1023) * 31 + value % 7 + max(value, n)
    return value


def test_a_function_with_a_subquery_computes_a_long_argument_once(warehouse: Any) -> None:
    body = "ARRAY(SELECT e / (SELECT SUM(f) FROM UNNEST(l) AS f) FROM UNNEST(l) AS e)"
    made = f"CREATE TEMP FUNCTION shares(l ARRAY<INT64>) AS ({body});"
    long = "ARRAY(SELECT e * 2 FROM UNNEST(GENERATE_ARRAY(1, n)) AS e WHERE MOD(e, 2) = 1 AND e < 100 AND e > -100)"
    assert warehouse.run(f"{made} SELECT shares({long}) FROM UNNEST([3, 1]) AS n") == [([0.25, 0.75],), ([1.0],)]
    assert warehouse.run(f"{made} SELECT shares([SUM(n), COUNT(*)]) FROM UNNEST([3, 3]) AS n") == [([0.75, 0.25],)]
    told = "SELECT shout(CONCAT('count(*): ', CAST(COUNT(*) AS STRING))) FROM UNNEST([3, 3]) AS n"
    made = "CREATE TEMP FUNCTION shout(x STRING) AS ((SELECT CONCAT(x, '!')));"
    assert warehouse.run(f"{made} {told}") == [("count(*): 2!",)]


def test_short_casts_within_a_concatenation_do_not_multiply(warehouse: Any) -> None:
    moment = "CAST(REGEXP_REPLACE(CAST(m AS STRING), r'Z$', '') AS TIMESTAMP)"
    text = f"CONCAT(CAST({moment} AS STRING), '|', CAST({moment} AS STRING))"
    assert warehouse.run(f"SELECT {text} FROM UNNEST([TIMESTAMP '2024-05-01 10:00:00']) AS m") == [
        ("2024-05-01 10:00:00+00|2024-05-01 10:00:00+00",)
    ]
    assert expanded(warehouse.statements[-1].duckdb) < 20_000
