"""SELECT WITH AGGREGATION_THRESHOLD: groups of few privacy units are left out."""

from typing import Any

import pytest

from emulators.bigquery.sql.model import SqlError

ROWS = "FROM UNNEST([STRUCT('a' AS who, 'x' AS test, 1 AS score), ('b', 'x', 2), ('a', 'y', 3), ('a', 'y', 4)]) AS t"
CLAUSE = "SELECT WITH AGGREGATION_THRESHOLD OPTIONS (threshold = {}, privacy_unit_column = t.who)"


def test_groups_have_enough_units(warehouse: Any) -> None:
    counted = f"test, COUNT(DISTINCT who), SUM(score) {ROWS} GROUP BY test"
    assert warehouse.run(f"{CLAUSE.format(2)} {counted}") == [("x", 2, 3)]
    assert warehouse.run(f"{CLAUSE.format(1)} {counted} HAVING SUM(score) > 3") == [("y", 1, 7)]
    assert warehouse.run(f"{CLAUSE.format(3)} COUNT(*) {ROWS}") == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (f"{CLAUSE.format(2)} MAX(score) {ROWS}", "Aggregate function MAX cannot be used with AGGREGATION_THRESHOLD"),
        (f"{CLAUSE.format(2)} SUM(SUM(score) GROUP BY test) {ROWS}", "A multi-level aggregation cannot be used"),
        (f"{CLAUSE.format(0)} COUNT(*) {ROWS}", "threshold must be a positive INT64 value"),
        (f"{CLAUSE.format(2)} score {ROWS}", "needs GROUP BY or an aggregate function"),
        (f"SELECT WITH AGGREGATION_THRESHOLD COUNT(*) {ROWS}", "needs the option threshold"),
        (f"SELECT WITH AGGREGATION_THRESHOLD OPTIONS (threshold = 2) COUNT(*) {ROWS}", "option privacy_unit_column"),
    ],
)
def test_refused(warehouse: Any, query: str, message: str) -> None:
    with pytest.raises(SqlError) as raised:
        warehouse.run(query)
    assert message in raised.value.message
