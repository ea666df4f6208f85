"""FULL JOIN of two tables: the conditions that BigQuery turns into a key, and those that it refuses."""

from typing import Any

import pytest

from emulators.bigquery.sql.model import SqlError

TABLES = """
    CREATE TABLE d.orders AS SELECT * FROM UNNEST([STRUCT(1 AS id, 1 AS twin), (2, 2), (NULL, NULL)]);
    CREATE TABLE d.bills AS SELECT bill FROM UNNEST([1, 3, NULL]) AS bill;
"""
COUNT = "SELECT COUNT(*) FROM d.orders AS o FULL JOIN d.bills AS b ON {}"
KEYS = (
    ("o.id = b.bill", 5),
    ("bill = id", 5),
    ("COALESCE(o.id, o.twin) = b.bill", 5),
    ("o.id + o.twin = b.bill * 2 AND o.id < b.bill + 1", 5),
    ("o.id = b.bill OR (id IS NULL AND b.bill IS NULL)", 4),
    ("(b.bill IS NULL AND o.id IS NULL) OR b.bill = o.id", 4),
    ("TO_JSON_STRING(o.id) = TO_JSON_STRING(b.bill)", 4),
    ("TRUE", 9),
    ("1 = 1", 9),
)
NO_KEYS = (
    "o.id < b.bill",
    "o.id IS NOT DISTINCT FROM b.bill",
    "o.id = b.bill OR o.twin = b.bill",
    "o.id + b.bill = 2",
    "COALESCE(o.id, o.twin) = b.bill OR (COALESCE(o.id, o.twin) IS NULL AND b.bill IS NULL)",
    "o.id = b.bill OR (o.twin IS NULL AND b.bill IS NULL)",
    "o.id = b.bill OR (o.id IS NULL AND b.bill IS NOT NULL)",
    "NOT o.id = b.bill",
    "o.id = 1 AND b.bill > 1",
)


@pytest.mark.parametrize(("condition", "rows"), KEYS)
def test_a_condition_with_a_key_joins(warehouse: Any, condition: str, rows: int) -> None:
    assert warehouse.run(TABLES + COUNT.format(condition)) == [(rows,)]


@pytest.mark.parametrize("condition", NO_KEYS)
def test_a_condition_without_a_key_is_refused(warehouse: Any, condition: str) -> None:
    with pytest.raises(SqlError, match=r"^FULL OUTER JOIN cannot be used without a condition that is an equality"):
        warehouse.run(TABLES + COUNT.format(condition))


def test_what_a_with_query_reads_of_a_table_needs_a_key(warehouse: Any) -> None:
    queries = "WITH few AS (SELECT id AS n FROM d.orders), fewer AS (SELECT * FROM few) "
    with pytest.raises(SqlError, match="FULL OUTER JOIN"):
        warehouse.run(TABLES + queries + "SELECT n FROM fewer FULL JOIN d.bills ON n > bill")


def test_rows_that_come_from_no_table_need_none(warehouse: Any) -> None:
    rows = "WITH few AS (SELECT 1 AS n) SELECT n, bill FROM few FULL JOIN d.bills ON n < bill ORDER BY bill"
    assert warehouse.run(TABLES + rows) == [(None, None), (None, 1), (1, 3)]
