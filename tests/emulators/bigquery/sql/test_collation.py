"""Collation und:ci: texts that are compared whatever the case of their letters."""

from typing import Any

import pytest

from emulators.bigquery.sql.model import SqlError

VALUES: list[tuple[str, Any]] = [
    ("COLLATE('Apple', 'und:ci') = COLLATE('apple', 'und:ci')", True),
    ("COLLATE('Apple', 'und:ci') = 'apple'", True),
    ("'apple' != COLLATE('APPLE', 'und:ci')", False),
    ("COLLATE('Z', 'und:ci') > 'a'", True),
    ("COLLATE('a', 'und:ci') < 'Z'", True),
    ("COLLATE('Apple', '') = 'apple'", False),
    ("COLLATE('Apple', 'und:ci') IN ('x', 'APPLE')", True),
    ("COLLATE('Apple', 'und:ci') LIKE 'a%'", True),
    ("STARTS_WITH(COLLATE('Apple', 'und:ci'), 'ap')", True),
    ("CONCAT(COLLATE('A', 'und:ci'), 'b') = 'aB'", True),
    ("UPPER(COLLATE('a', 'und:ci')) = 'a'", True),
    ("COLLATE('b', 'und:ci') BETWEEN 'A' AND 'C'", True),
    ("CASE COLLATE('B', 'und:ci') WHEN 'b' THEN 1 ELSE 2 END", 1),
    ("COLLATE('A', 'und:ci')", "A"),
    ("IF(true, COLLATE('A', 'und:ci'), 'x') = 'a'", True),
    ("COLLATE('A', 'und:ci') || 'b' = 'AB'", True),
    ("LENGTH(COLLATE('abc', 'und:ci'))", 3),
    ("STRPOS(COLLATE('abc', 'und:ci'), 'B')", 2),
    ("CAST(COLLATE('1', 'und:ci') AS INT64)", 1),
    ("FORMAT('%s', COLLATE('1', 'und:ci'))", "1"),
    ("[COLLATE('a', 'und:ci')]", ["a"]),
]


@pytest.mark.parametrize(("expression", "expected"), VALUES, ids=[expression for expression, _ in VALUES])
def test_value(warehouse: Any, expression: str, expected: Any) -> None:
    assert warehouse.run(f"SELECT {expression}") == [(expected,)]


@pytest.fixture
def letters(warehouse: Any) -> Any:
    warehouse.run("CREATE TABLE d.letters (x STRING); INSERT INTO d.letters VALUES ('b'), ('A'), ('C')")
    return warehouse


def test_columns_of_queries_keep_a_collation(letters: Any) -> None:
    collated = "(SELECT COLLATE(x, 'und:ci') AS x FROM d.letters)"
    assert letters.run(f"SELECT x FROM {collated} ORDER BY x") == [("A",), ("b",), ("C",)]
    assert letters.run(f"SELECT x FROM {collated} WHERE x = 'B'") == [("b",)]
    assert letters.run(f"SELECT x, RANK() OVER (ORDER BY x) FROM {collated} ORDER BY 2")[0] == ("A", 1)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT COLLATE(x, 'binary') FROM d.letters", "Collation 'binary' in collate function is not supported."),
        ("SELECT COLLATE(x, 'und:ci') AS c FROM d.letters GROUP BY c", "Collation in GROUP BY"),
        ("SELECT DISTINCT COLLATE(x, 'und:ci') FROM d.letters", "Collation in DISTINCT"),
        ("SELECT MIN(COLLATE(x, 'und:ci')) FROM d.letters", "Collation in MIN"),
        ("SELECT REPLACE(COLLATE(x, 'und:ci'), 'a', '') FROM d.letters", "Collation in REPLACE"),
        ("CREATE TABLE d.c AS SELECT COLLATE(x, 'und:ci') AS x FROM d.letters", "Collation of columns"),
    ],
)
def test_what_would_have_to_follow_a_collation_is_refused(letters: Any, query: str, message: str) -> None:
    with pytest.raises(SqlError, match=message):
        letters.run(query)
