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
        ("SELECT ARRAY_AGG(DISTINCT COLLATE(x, 'und:ci')) FROM d.letters", "Collation in ARRAY_AGG"),
        ("SELECT COLLATE(x, 'und:ci') FROM d.letters EXCEPT DISTINCT SELECT 'b'", "Collation in EXCEPT DISTINCT"),
        ("SELECT REPLACE(COLLATE(x, 'und:ci'), 'a', '') FROM d.letters", "Collation in REPLACE"),
    ],
)
def test_what_would_have_to_follow_a_collation_is_refused(letters: Any, query: str, message: str) -> None:
    with pytest.raises(SqlError, match=message):
        letters.run(query)


@pytest.fixture
def names(warehouse: Any) -> Any:
    """A table with a column that has a collation, and one without."""
    warehouse.run(
        "CREATE TABLE d.names (c STRING COLLATE 'und:ci', p STRING COLLATE ''); "
        "INSERT INTO d.names VALUES ('a', 'x'), ('A', 'X'), ('B', 'y')"
    )
    return warehouse


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT LOWER(c), COUNT(*) FROM d.names GROUP BY c ORDER BY c", [("a", 2), ("b", 1)]),
        ("SELECT COUNT(*) FROM (SELECT DISTINCT c FROM d.names)", [(2,)]),
        ("SELECT COUNT(DISTINCT c), COUNT(c), APPROX_COUNT_DISTINCT(c) FROM d.names", [(2, 3, 2)]),
        ("SELECT LOWER(MIN(c)), MAX(c) FROM d.names", [("a", "B")]),
        ("SELECT p FROM d.names WHERE c = 'a' ORDER BY p", [("X",), ("x",)]),
        ("SELECT p FROM d.names WHERE p = 'x'", [("x",)]),
        ("SELECT p FROM d.names WHERE c IN (SELECT 'b')", [("y",)]),
        ("SELECT p FROM d.names WHERE c IN UNNEST(['b', 'z'])", [("y",)]),
        ("SELECT p FROM d.names WHERE c LIKE ANY UNNEST(['b%', 'z'])", [("y",)]),
        ("SELECT COUNT(*) FROM d.names AS l JOIN d.names AS r ON l.c = r.c", [(5,)]),
        ("SELECT COUNT(*) FROM d.names AS l JOIN d.names AS r USING (c)", [(5,)]),
        ("SELECT COUNT(*) FROM (SELECT c FROM d.names UNION DISTINCT SELECT 'b')", [(2,)]),
        ("SELECT c FROM (SELECT c FROM d.names ORDER BY p LIMIT 3) WHERE c = 'b'", [("B",)]),
        ("SELECT UPPER(c) AS u, COUNT(*) AS n FROM d.names GROUP BY u ORDER BY u", [("A", 2), ("B", 1)]),
        ("SELECT p, COUNT(*) OVER (PARTITION BY c) AS n FROM d.names ORDER BY p", [("X", 2), ("x", 2), ("y", 1)]),
        ("FROM d.names |> AGGREGATE COUNT(*) AS n GROUP BY c |> DROP c |> ORDER BY n", [(1,), (2,)]),
        ("SELECT COUNT(*) FROM d.names WHERE COLLATE(c, '') = 'a'", [(1,)]),
    ],
)
def test_a_column_with_a_collation(names: Any, query: str, rows: list[tuple[Any, ...]]) -> None:
    assert names.run(query) == rows


def test_a_query_hands_its_collation_to_the_table_that_it_makes(names: Any) -> None:
    names.run("CREATE TABLE d.made AS SELECT c, [c] AS l, p FROM d.names")
    schema = [(f.name, f.collation) for f in names.infos[next(n for n in names.infos if n.table == "made")].fields]
    assert schema == [("c", "und:ci"), ("l", "und:ci"), ("p", None)]
    assert names.run("SELECT COUNT(*) FROM d.made WHERE c = 'b'") == [(1,)]


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("CREATE TABLE d.t (a STRING COLLATE 'de')", "Collation 'de' of a column of type STRING is not supported"),
        ("CREATE TABLE d.t (a INT64 COLLATE 'und:ci')", "Collation 'und:ci' of a column of type INT64"),
        ("CREATE TABLE d.t (a INT64) DEFAULT COLLATE 'de'", "Collation 'de' is not supported"),
    ],
)
def test_other_collations_are_refused(warehouse: Any, statement: str, message: str) -> None:
    with pytest.raises(SqlError, match=message):
        warehouse.run(statement)
