"""HLL_COUNT: bytes as the service writes them, counts within the sketch's error, merging as one."""

import pytest

from emulators.bigquery.sql.functions.fingerprint2011 import fingerprint
from emulators.bigquery.sql.functions.sketches import Sketch, decode
from emulators.bigquery.sql.model import SqlError
from tests.emulators.bigquery.sql.conftest import Warehouse

FEW = "SELECT n FROM UNNEST([1, 2, 3, NULL, 3]) AS n"


def test_bytes_are_the_services(warehouse: Warehouse) -> None:
    ((sketch,),) = warehouse.run("SELECT HLL_COUNT.INIT(n) FROM UNNEST([1, 2, 3]) AS n")
    assert sketch.hex() == "08701003180220088207121003180f2014320aacfc20eaa60debfea101"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (f"SELECT HLL_COUNT.EXTRACT(HLL_COUNT.INIT(n)) FROM ({FEW})", 3),
        ("SELECT HLL_COUNT.EXTRACT(HLL_COUNT.INIT(s)) FROM UNNEST(['a', 'b', 'a']) AS s", 2),
        ("SELECT HLL_COUNT.INIT(n) FROM UNNEST(CAST([] AS ARRAY<INT64>)) AS n", None),
        ("SELECT HLL_COUNT.EXTRACT(NULL)", 0),
        ("SELECT HLL_COUNT.MERGE(s) FROM (SELECT HLL_COUNT.INIT(n) s FROM UNNEST([1, 2, 3, 4]) n GROUP BY n)", 4),
        ("SELECT HLL_COUNT.MERGE(CAST(NULL AS BYTES)) FROM (SELECT 1)", 0),
        (
            "SELECT HLL_COUNT.EXTRACT(HLL_COUNT.MERGE_PARTIAL(s)) FROM (SELECT MOD(n, 3), HLL_COUNT.INIT(n, 12) s "
            "FROM UNNEST([1, 2, 3, 4, 5]) n GROUP BY 1)",
            5,
        ),
    ],
)
def test_counts(warehouse: Warehouse, sql: str, expected: int | None) -> None:
    assert warehouse.run(sql) == [(expected,)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT HLL_COUNT.INIT(n, 9) FROM UNNEST([1]) n",
        "SELECT HLL_COUNT.EXTRACT(b'nonsense')",
        "SELECT HLL_COUNT.MERGE(s) FROM (SELECT HLL_COUNT.INIT(1, 12) s FROM (SELECT 1) "
        "UNION ALL SELECT HLL_COUNT.INIT(1, 13) FROM (SELECT 1))",
        "SELECT HLL_COUNT.INIT(1.5) FROM (SELECT 1)",
    ],
)
def test_refusals(warehouse: Warehouse, sql: str) -> None:
    with pytest.raises(SqlError):
        warehouse.run(sql)


@pytest.mark.parametrize("different", [200, 2_000, 20_000])
def test_estimates_stay_within_the_error(different: int) -> None:
    """Precision 11, so that the larger ones are dense: the standard error is 2.3 %; parts merged are the whole."""
    whole, parts = Sketch(11, 8), [Sketch(11, 8) for _ in range(4)]
    for n in range(different):
        number = fingerprint(n.to_bytes(8, "little"))
        whole.add(number)
        parts[n % 4].add(number)
    whole.settle()
    first = parts[0]
    first.settle()
    for other in parts[1:]:
        other.settle()
        first.merge(other)
    assert abs(whole.estimate() - different) < 0.1 * different
    assert first.encode() == decode(whole.encode()).encode()
    assert (whole.dense is None) == (different == 200)
