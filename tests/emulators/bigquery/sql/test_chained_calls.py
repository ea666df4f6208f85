"""Chained function calls: (value).FUNCTION(more)."""

from typing import Any

import pytest

from emulators.bigquery.sql.model import SqlError


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("('tree house').REPLACE('tree', 'light').UPPER()", "LIGHT HOUSE"),
        ("'tree'.LEFT(2)", "tr"),
        ("UPPER('a').CONCAT('b', 'c').LENGTH()", 3),
        ("[1, 2].ARRAY_CONCAT([3])", [1, 2, 3]),
        ("('tree').(SAFE.LEFT)(-1)", None),
        ("('http://a.example/b').(NET.HOST)()", "a.example"),
        ("(SELECT 'tree').LENGTH()", 4),
        ("(SELECT (n).SUM() FROM UNNEST([1, 2]) AS n)", 3),
        ("(SELECT (n).COUNT(DISTINCT) FROM UNNEST([1, 2, 2]) AS n)", 2),
        ("(SELECT (n).ARRAY_AGG(ORDER BY n DESC LIMIT 2) FROM UNNEST([1, 3, 2]) AS n)", [3, 2]),
        ("(SELECT (s.name).UPPER() || (s).name FROM (SELECT STRUCT('a' AS name) AS s))", "Aa"),
    ],
)
def test_value(warehouse: Any, expression: str, expected: Any) -> None:
    assert warehouse.run(f"SELECT {expression}") == [(expected,)]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("n.UPPER()", "Function not found: n.UPPER"),  # a name needs parentheses
        ("(n).GROUPING()", "Chained function calls do not support GROUPING at [1:12]"),
        ("(n).CAST(AS INT64)", "Syntax error: Unexpected keyword AS at [1:17]"),
        ("(n).NO_SUCH(1)", "Function not found: NO_SUCH at [1:12]"),
    ],
)
def test_error(warehouse: Any, expression: str, message: str) -> None:
    with pytest.raises(SqlError) as caught:
        warehouse.run(f"SELECT {expression} FROM (SELECT '1' AS n)")
    assert caught.value.message.startswith(message)
