"""Legacy SQL: what is the same in GoogleSQL is run, all else is refused."""

import re
from typing import Any

import pytest

from emulators.bigquery.sql.legacy import translate
from emulators.bigquery.sql.model import SqlError


def spaced(text: str) -> list[str]:
    return re.sub(r"([(),])", r" \1 ", text).split()


@pytest.mark.parametrize(
    ("legacy", "google"),
    [
        ("SELECT INTEGER('1') AS n", "SELECT SAFE_CAST(( '1' ) AS INT64) AS n"),
        ("SELECT a FROM [p:d.t] WHERE a IN (1, 2)", "SELECT a FROM `p.d.t` WHERE a IN ( 1 , 2 )"),
        ("SELECT COUNT(x) FROM (SELECT x, y FROM [d.t]) GROUP BY x, y",
         "SELECT COUNT ( x ) FROM ( SELECT x , y FROM `d.t` ) GROUP BY x , y"),
        ("SELECT s.x, r.s.y, s.y AS b, s.y + 1 FROM [d.t] r GROUP BY s.x",
         "SELECT s . x AS s_x , r . s . y AS r_s_y , s . y AS b , s . y + 1 FROM `d.t` r GROUP BY s . x"),
    ],
)  # fmt: skip
def test_the_same(legacy: str, google: str) -> None:
    assert spaced(translate(legacy)) == spaced(google)


@pytest.mark.parametrize(
    ("legacy", "value"),
    [
        ("YEAR(TIMESTAMP('2024-02-29 08:30:00'))", 2024),
        ("DATE(DATE_ADD(TIMESTAMP('2024-01-31'), 1, 'MONTH'))", "2024-02-29"),
        ("TIME(DATE_ADD(TIMESTAMP('2024-01-31'), -90, 'MINUTE'))", "22:30:00"),
        ("DATEDIFF(TIMESTAMP('2024-03-01'), TIMESTAMP('2024-02-28 23:00:00'))", 2),
        ("FORMAT_UTC_USEC(1709195400000001)", "2024-02-29 08:30:00.000001"),
        ("STRFTIME_UTC_USEC(UTC_USEC_TO_MONTH(1709195400000000), '%Y/%m/%d')", "2024/02/01"),
        ("TIMESTAMP_TO_MSEC(SEC_TO_TIMESTAMP(1709195400))", 1709195400000),
        ("REGEXP_MATCH('tree', r'^t.*e$')", True),
        ("NVL(NULL, LEFT(RIGHT('abcdef', 4), 2))", "cd"),
        ("ROUND(DEGREES(PI() / 2) + LOG2(8), 3)", 93.0),
        ("CAST('x' AS INTEGER)", None),
        ("PARSE_IP('10.0.0.1') & 255", 1),
    ],
)
def test_functions(warehouse: Any, legacy: str, value: Any) -> None:
    assert warehouse.run(translate(f"SELECT {legacy}")) == [(value,)]


def test_windows_and_aggregates(warehouse: Any) -> None:
    text = "SELECT x, RANK() OVER (PARTITION BY x ORDER BY y DESC) AS r FROM [d.t] ORDER BY y"
    warehouse.run("CREATE TABLE d.t AS SELECT 'a' AS x, 1 AS y UNION ALL SELECT 'a', 2 UNION ALL SELECT 'b', 3")
    assert warehouse.run(translate(text)) == [("a", 2), ("a", 1), ("b", 1)]
    text = "SELECT EXACT_COUNT_DISTINCT(x), GROUP_CONCAT_UNQUOTED(x, '+') FROM [d.t] WHERE y > 1"
    assert warehouse.run(translate(text))[0][0] == 2


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a FROM [d.t], [d.u]", "SELECT a FROM [d.t@0]", "SELECT NTH(1, a) FROM [d.t]", "DELETE FROM d.t",
        "SELECT a FROM [d.t] x JOIN [d.u] y ON x.a = y.a", "SELECT a % 2", "SELECT a FROM TABLE_QUERY(d, 'x')",
        "SELECT DATE_ADD(NOW(), 1, 'WEEK')", "SELECT YEAR()", "SELECT CAST(1 AS RECORD)", "SELECT HASH('a')",
    ],
)  # fmt: skip
def test_refused(text: str) -> None:
    with pytest.raises(SqlError, match="Legacy SQL"):
        translate(text)
