"""KLL_QUANTILES: exact while there are few values, within the promised error when there are many, merging as one."""

import pytest

from emulators.bigquery.sql.model import SqlError
from tests.emulators.bigquery.sql.conftest import Warehouse

FEW = "UNNEST([5, 1, NULL, 3, 2, 4]) AS n"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (f"SELECT KLL_QUANTILES.EXTRACT_INT64(KLL_QUANTILES.INIT_INT64(n), 2) FROM {FEW}", [1, 3, 5]),
        (f"SELECT KLL_QUANTILES.EXTRACT_POINT_INT64(KLL_QUANTILES.INIT_INT64(n, 10), 0.8) FROM {FEW}", 4),
        (f"SELECT KLL_QUANTILES.EXTRACT_POINT_FLOAT64(KLL_QUANTILES.INIT_FLOAT64(n / 2), 0) FROM {FEW}", 0.5),
        (f"SELECT KLL_QUANTILES.MERGE_FLOAT64(s, 1) FROM (SELECT KLL_QUANTILES.INIT_FLOAT64(n) s FROM {FEW})", [1, 5]),
        (
            f"SELECT KLL_QUANTILES.EXTRACT_INT64(KLL_QUANTILES.MERGE_PARTIAL(s), 4) FROM "
            f"(SELECT KLL_QUANTILES.INIT_INT64(n) s FROM {FEW} GROUP BY n)",
            [1, 2, 3, 4, 5],
        ),
        (
            f"SELECT KLL_QUANTILES.EXTRACT_INT64(KLL_QUANTILES.INIT_INT64(n, 10, weight => 9 - 2 * IFNULL(n, 9)), 4) "
            f"FROM {FEW} WHERE IFNULL(n, 0) < 5",
            [1, 1, 2, 2, 4],
        ),
        (
            "SELECT KLL_QUANTILES.EXTRACT_POINT_FLOAT64(KLL_QUANTILES.INIT_FLOAT64(n, 10, weight => n), 0.5) "
            "FROM UNNEST([1, 2, 9]) AS n",
            9.0,
        ),
        ("SELECT KLL_QUANTILES.INIT_INT64(n) FROM UNNEST(CAST([] AS ARRAY<INT64>)) AS n", None),
        ("SELECT KLL_QUANTILES.MERGE_POINT_INT64(s, 0.5) FROM UNNEST([b'']) AS s WHERE FALSE", None),
    ],
)
def test_quantiles(warehouse: Warehouse, sql: str, expected: object) -> None:
    assert warehouse.run(sql) == [(expected,)]


def test_many_values_are_within_the_error_that_the_precision_allows(warehouse: Warehouse) -> None:
    ((quantiles, size),) = warehouse.run(
        "SELECT KLL_QUANTILES.EXTRACT_INT64(s, 10), BYTE_LENGTH(s) FROM "
        "(SELECT KLL_QUANTILES.MERGE_PARTIAL(s) AS s FROM "
        "(SELECT KLL_QUANTILES.INIT_INT64(n, 100) AS s FROM UNNEST(GENERATE_ARRAY(0, 30000)) AS n GROUP BY MOD(n, 7)))"
    )
    assert (quantiles[0], quantiles[-1]) == (0, 30_000) and size < 20_000
    assert all(abs(quantile - i * 3000) <= 300 for i, quantile in enumerate(quantiles))


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT KLL_QUANTILES.EXTRACT_INT64(b'\\x08\\x70', 2)", "reads its own sketches alone"),
        (
            "SELECT KLL_QUANTILES.EXTRACT_INT64(KLL_QUANTILES.INIT_FLOAT64(1.5), 2) FROM (SELECT 1)",
            "initialized with FLOAT64",
        ),
        ("SELECT KLL_QUANTILES.INIT_INT64(1, 0) FROM (SELECT 1)", "precision must be between 1 and 100000"),
        (
            "SELECT KLL_QUANTILES.INIT_INT64(1, 9, weight => 0) FROM (SELECT 1)",
            "weight must be between 1 and 2147483647",
        ),
        ("SELECT KLL_QUANTILES.INIT_INT64(1, height => 1) FROM (SELECT 1)", "Named argument `height` not found"),
        ("SELECT KLL_QUANTILES.EXTRACT_INT64(KLL_QUANTILES.INIT_INT64(1), 0) FROM (SELECT 1)", "number of quantiles"),
        (
            "SELECT KLL_QUANTILES.EXTRACT_POINT_INT64(KLL_QUANTILES.INIT_INT64(1), 1.5) FROM (SELECT 1)",
            "between 0 and 1",
        ),
        (
            "SELECT KLL_QUANTILES.MERGE_PARTIAL(s) FROM "
            "(SELECT KLL_QUANTILES.INIT_INT64(1) s FROM (SELECT 1) UNION ALL "
            "SELECT KLL_QUANTILES.INIT_FLOAT64(1) FROM (SELECT 1))",
            "different types",
        ),
    ],
)
def test_refusals(warehouse: Warehouse, sql: str, message: str) -> None:
    with pytest.raises(SqlError) as raised:
        warehouse.run(sql)
    assert message in raised.value.message
