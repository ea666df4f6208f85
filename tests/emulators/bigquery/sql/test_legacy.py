"""Legacy SQL: what is the same in GoogleSQL is run, all else is refused."""

import re

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
    ],
)  # fmt: skip
def test_the_same(legacy: str, google: str) -> None:
    assert spaced(translate(legacy)) == spaced(google)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a FROM [d.t], [d.u]", "SELECT a FROM [d.t@0]", "SELECT NTH(1, a) FROM [d.t]", "DELETE FROM d.t",
        "SELECT a FROM [d.t] x JOIN [d.u] y ON x.a = y.a", "SELECT a % 2", "SELECT a FROM TABLE_QUERY(d, 'x')",
    ],
)  # fmt: skip
def test_refused(text: str) -> None:
    with pytest.raises(SqlError, match="Legacy SQL"):
        translate(text)
