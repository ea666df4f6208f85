"""Arrays and texts made of rows without ORDER BY: the rows come as the sources have them, as in BigQuery."""

from typing import Any

import pytest

LETTERS = "WITH t AS (SELECT 1 AS id, 'c,a,b' AS s, ['x', 'w'] AS l UNION ALL SELECT 2, 'e,d', [])"
QUERIES: list[tuple[str, list[tuple[Any, ...]]]] = [
    ("SELECT STRING_AGG(e, '') FROM t, UNNEST(SPLIT(s)) AS e", [("cabed",)]),
    ("SELECT STRING_AGG(e || f, ' ') FROM t, UNNEST(SPLIT(s)) AS e, UNNEST(['1', '2']) AS f",
     [("c1 c2 a1 a2 b1 b2 e1 e2 d1 d2",)]),
    ("SELECT id, STRING_AGG(e, '') FROM t JOIN UNNEST(SPLIT(s)) AS e GROUP BY id ORDER BY id", [(1, "cab"), (2, "ed")]),
    ("SELECT id, STRING_AGG(e, '') FROM t LEFT JOIN UNNEST(SPLIT(s)) AS e ON TRUE GROUP BY id ORDER BY id",
     [(1, "cab"), (2, "ed")]),
    ("SELECT id, STRING_AGG(e, '') FROM t LEFT JOIN t.l AS e GROUP BY id ORDER BY id", [(1, "xw"), (2, None)]),
    ("SELECT id, e, o FROM t LEFT JOIN UNNEST(l) AS e WITH OFFSET o ORDER BY id, o",
     [(1, "x", 0), (1, "w", 1), (2, None, None)]),
    ("SELECT id, e, o FROM t LEFT JOIN UNNEST(ARRAY_REVERSE(l)) AS e WITH OFFSET o ORDER BY id, o",
     [(1, "w", 0), (1, "x", 1), (2, None, None)]),
    ("SELECT id, e FROM t LEFT JOIN UNNEST(SPLIT(s)) AS e ON e = 'd' ORDER BY id", [(1, None), (2, "d")]),
    ("SELECT id, e FROM t FULL JOIN UNNEST(['c,a,b', 'z']) AS e ON e = s ORDER BY e",
     [(2, None), (1, "c,a,b"), (None, "z")]),
    ("SELECT ARRAY(SELECT AS STRUCT a, b FROM UNNEST([2, 1]) AS a CROSS JOIN UNNEST(['y', 'x']) AS b)",
     [([{"a": 2, "b": "y"}, {"a": 2, "b": "x"}, {"a": 1, "b": "y"}, {"a": 1, "b": "x"}],)]),
    ("SELECT ARRAY(SELECT DISTINCT e FROM UNNEST([3, 1, 2, 3, 1]) AS e)", [([3, 1, 2],)]),
    ("SELECT id, ARRAY(SELECT DISTINCT LENGTH(e) FROM UNNEST(['bb', 'a', s, 'cc']) AS e) FROM t ORDER BY id",
     [(1, [2, 1, 5]), (2, [2, 1, 3])]),
    ("SELECT ARRAY(SELECT DISTINCT e FROM UNNEST([3, 1, 3]) AS e ORDER BY e)", [([1, 3],)]),
]  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), QUERIES)
def test_rows_come_as_the_sources_have_them(warehouse: Any, query: str, expected: list[tuple[Any, ...]]) -> None:
    assert warehouse.run(f"{LETTERS} {query}") == expected
