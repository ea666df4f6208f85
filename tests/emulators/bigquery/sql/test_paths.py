"""Paths: what follows a dot may be any word, and may begin with a digit."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("s.1", 5),
        ("t.s.2nd", 6),
        ("t . s . 2nd", 6),
        ("(s).1", 5),
        ("[s][0].1", 5),
        ("s.5e3", 8),
        ("s.all.1", 7),
        ("j.a.0", "9"),
        (".5", 0.5),
        ("-.5e1", -5.0),
        ("IF(s.1 > .5, .25, 1.)", 0.25),
    ],
)
def test_parts_begin_with_digits(warehouse: Any, expression: str, expected: object) -> None:
    struct = "STRUCT(5 AS `1`, 6 AS `2nd`, STRUCT(7 AS `1`) AS `all`, 8 AS `5e3`)"
    rows = f"""(SELECT {struct} AS s, JSON '{{"a": {{"0": 9}}}}' AS j) AS t"""
    assert warehouse.run(f"SELECT {expression} FROM {rows}") == [(expected,)]


def test_tables_begin_with_digits(warehouse: Any) -> None:
    warehouse.run("CREATE TABLE d.20240131 AS SELECT 1 AS n")
    warehouse.run("CREATE TABLE p.d.2024_orders AS SELECT n + 1 AS n FROM p.d.20240131")
    assert warehouse.run("SELECT x.n FROM d.2024_orders AS x") == [(2,)]
