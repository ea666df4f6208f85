"""Queries over tables: names, joins, grouping, windows, stars, set operations, pruning."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from emulators.bigquery.sql.model import Field, SqlError, TableName

ORDERS = """
CREATE TABLE d.orders (id INT64 NOT NULL, customer STRING, amount NUMERIC, day DATE, tags ARRAY<STRING>, s STRUCT<x INT64, y STRING>);
INSERT INTO d.orders VALUES
  (1, 'ann', 10, '2024-01-01', ['a', 'b'], (1, 'one')), (2, 'bob', 20.5, '2024-01-02', [], (2, 'two')),
  (3, 'ann', NULL, '2024-01-03', ['c'], (3, 'three')), (4, NULL, 5, NULL, NULL, NULL);
CREATE TABLE d.customers (customer STRING, region STRING);
INSERT INTO d.customers VALUES ('ann', 'north'), ('carl', 'south');
"""  # noqa: E501

QUERIES: list[tuple[str, list[tuple[Any, ...]]]] = [
    ("SELECT id FROM d.orders WHERE amount > 5 ORDER BY id", [(1,), (2,)]),
    ("SELECT ID, Orders.Customer FROM d.orders Orders WHERE orders.id = 1", [(1, "ann")]),
    ("SELECT customer FROM d.orders ORDER BY customer, id", [(None,), ("ann",), ("ann",), ("bob",)]),
    ("SELECT customer FROM d.orders ORDER BY customer DESC, id", [("bob",), ("ann",), ("ann",), (None,)]),
    ("SELECT customer, COUNT(*) AS n FROM d.orders GROUP BY 1 HAVING n > 1", [("ann", 2)]),
    ("SELECT UPPER(customer) AS c, SUM(id) FROM d.orders GROUP BY c ORDER BY c", [(None, 4), ("ANN", 4), ("BOB", 2)]),
    ("SELECT * EXCEPT (amount, day, tags, s) REPLACE (id * 10 AS id) FROM d.orders WHERE id = 2", [(20, "bob")]),
    ("SELECT o.s.* FROM d.orders o WHERE id = 1", [(1, "one")]),
    ("SELECT id, tags FROM d.orders o, UNNEST(o.tags) AS tags ORDER BY tags", [(1, "a"), (1, "b"), (3, "c")]),
    ("SELECT s.y FROM d.orders ORDER BY id LIMIT 2 OFFSET 1", [("two",), ("three",)]),
    (
        "SELECT o.id, region FROM d.orders o LEFT JOIN d.customers USING (customer) ORDER BY 1",
        [(1, "north"), (2, None), (3, "north"), (4, None)],
    ),
    (
        "SELECT customer, region, id FROM d.orders FULL JOIN d.customers USING (customer) WHERE id IS NULL",
        [("carl", "south", None)],
    ),
    ("SELECT * FROM (SELECT 1 AS a, 2 AS b) JOIN (SELECT 1 AS a, 3 AS c) USING (a)", [(1, 2, 3)]),
    (
        "SELECT id, t, o FROM d.orders, UNNEST(tags) AS t WITH OFFSET AS o ORDER BY id, o",
        [(1, "a", 0), (1, "b", 1), (3, "c", 0)],
    ),
    (
        "SELECT id, t FROM d.orders LEFT JOIN UNNEST(tags) AS t ORDER BY id, t",
        [(1, "a"), (1, "b"), (2, None), (3, "c"), (4, None)],
    ),
    ("SELECT id FROM d.orders o, o.tags AS t WHERE t = 'c'", [(3,)]),
    ("SELECT id FROM d.orders WHERE 'b' IN UNNEST(tags)", [(1,)]),
    (
        "SELECT id FROM d.orders o WHERE EXISTS (SELECT 1 FROM d.customers c WHERE c.customer = o.customer) ORDER BY id",  # noqa: E501
        [(1,), (3,)],
    ),
    (
        "SELECT id, (SELECT COUNT(*) FROM d.orders i WHERE i.id < o.id) FROM d.orders o ORDER BY 2",
        [(1, 0), (2, 1), (3, 2), (4, 3)],
    ),
    (
        "SELECT customer FROM d.customers WHERE customer NOT IN (SELECT customer FROM d.orders WHERE customer IS NOT NULL)",  # noqa: E501
        [("carl",)],
    ),
    (
        "SELECT id, ROW_NUMBER() OVER (PARTITION BY customer ORDER BY id DESC) AS r FROM d.orders QUALIFY r = 1 ORDER BY id",  # noqa: E501
        [(2, 1), (3, 1), (4, 1)],
    ),
    (
        "SELECT SUM(id) OVER w FROM d.orders WINDOW w AS (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) ORDER BY 1",  # noqa: E501
        [(1,), (3,), (5,), (7,)],
    ),
    (
        "SELECT LAG(id) OVER (ORDER BY id), FIRST_VALUE(customer IGNORE NULLS) OVER (ORDER BY id DESC) FROM d.orders ORDER BY id",  # noqa: E501
        [(None, "ann"), (1, "ann"), (2, "ann"), (3, None)],
    ),
    ("SELECT 1 AS a UNION ALL SELECT 2 UNION ALL SELECT NULL ORDER BY a", [(None,), (1,), (2,)]),
    ("SELECT 1 AS a UNION DISTINCT SELECT 1.0", [(1.0,)]),
    ("(SELECT 1 AS a EXCEPT DISTINCT SELECT 2) INTERSECT DISTINCT SELECT 1", [(1,)]),
    ("WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 4) SELECT SUM(i) FROM n", [(10,)]),
    ("WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i+1 FROM n WHERE i < 501) SELECT COUNT(*) FROM n", [(501,)]),
    (
        "WITH RECURSIVE e AS (SELECT * FROM UNNEST([STRUCT(1 AS a, 2 AS b), (2, 3), (3, 1), (3, NULL)])), "
        "w AS (SELECT 1 AS i, CAST(NULL AS STRING) AS via UNION DISTINCT "
        "SELECT b, IF(w.i = 3, 'three', NULL) FROM w JOIN e ON e.a = w.i) SELECT i, via FROM w ORDER BY i, via",
        [(None, "three"), (1, None), (1, "three"), (2, None), (3, None)],
    ),
    (
        "WITH RECURSIVE t AS (SELECT [1] AS path, STRUCT(1 AS n) AS s UNION ALL "
        "SELECT ARRAY_CONCAT(path, [s.n + 1]), STRUCT(s.n + 1) FROM t WHERE s.n < 3) SELECT * FROM t ORDER BY s.n",
        [([1], {"n": 1}), ([1, 2], {"n": 2}), ([1, 2, 3], {"n": 3})],
    ),
    (
        "WITH RECURSIVE up AS (SELECT 3 AS k UNION ALL SELECT p FROM up JOIN UNNEST([STRUCT(3 AS id, 2 AS p), (2, 1)]) "
        "ON id = up.k) SELECT x.k, y.k AS other FROM up x JOIN up y ON x.k = y.k + 1 ORDER BY 1",
        [(2, 1), (3, 2)],
    ),
    ("WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS x FROM a) SELECT a.x, b.x AS y FROM a, b", [(1, 2)]),
    ("SELECT AS STRUCT 1 AS a, 'b' AS b", [(1, "b")]),
    ("SELECT ARRAY_AGG(customer IGNORE NULLS ORDER BY id DESC LIMIT 2) FROM d.orders", [(["ann", "bob"],)]),
    ("SELECT STRING_AGG(DISTINCT customer, '|' ORDER BY customer) FROM d.orders", [("ann|bob",)]),
    (
        "SELECT COUNTIF(amount > 6), AVG(amount), MAX_BY(id, amount), LOGICAL_OR(id > 3) FROM d.orders",
        [(2, Decimal("11.833333333"), 2, True)],
    ),
    (
        "SELECT customer, GROUPING(customer), COUNT(*) FROM d.orders WHERE id < 3 GROUP BY ROLLUP(customer) ORDER BY 2, 1",  # noqa: E501
        [("ann", 0, 1), ("bob", 0, 1), (None, 1, 2)],
    ),
    (
        "SELECT * FROM (SELECT customer, id FROM d.orders) PIVOT (SUM(id) AS n FOR customer IN ('ann', 'bob' AS b))",
        [(4, 2)],
    ),
    (
        "SELECT * FROM (SELECT 1 AS id, 2 AS q1, CAST(NULL AS INT64) AS q2) UNPIVOT (v FOR q IN (q1, q2 AS 'second'))",
        [(1, 2, "q1")],
    ),
    ("SELECT o FROM d.customers o WHERE region = 'north'", [({"customer": "ann", "region": "north"},)]),
    (
        "SELECT TO_JSON_STRING(o) FROM d.customers AS o WHERE region = 'north'",
        [('{"customer":"ann","region":"north"}',)],
    ),
    ("SELECT e.a, e FROM UNNEST([STRUCT(1 AS a), STRUCT(2)]) AS e ORDER BY a", [(1, {"a": 1}), (2, {"a": 2})]),
    ("SELECT table_name FROM d.INFORMATION_SCHEMA.TABLES ORDER BY 1", [("customers",), ("orders",)]),
    ("SELECT APPROX_COUNT_DISTINCT(customer), APPROX_QUANTILES(id, 2) FROM d.orders", [(2, [1, 2, 4])]),
    ("SELECT COUNTIF(model IS NULL), COUNTIF(table IN ('x')) FROM (SELECT 1 AS model, 'x' AS table)", [(0, 1)]),
    ("SELECT 'last', -- a comment\n # another\n /* and\n one */ 1", [("last", 1)]),
]


@pytest.fixture
def orders(warehouse: Any) -> Any:
    warehouse.run(ORDERS)
    return warehouse


@pytest.mark.parametrize(("query", "expected"), QUERIES)
def test_rows(orders: Any, query: str, expected: list[tuple[Any, ...]]) -> None:
    found = orders.run(query)
    assert found == expected


def test_schema_names_and_types(orders: Any) -> None:
    orders.run("SELECT 1, id AS x, amount, tags, s, 2 FROM d.orders")
    assert [(f.name, f.type, f.mode) for f in orders.schema] == [
        ("f0_", "INT64", "NULLABLE"), ("x", "INT64", "NULLABLE"), ("amount", "NUMERIC", "NULLABLE"),
        ("tags", "STRING", "REPEATED"), ("s", "STRUCT", "NULLABLE"), ("f1_", "INT64", "NULLABLE"),
    ]  # fmt: skip
    assert [f.name for f in orders.schema[4].fields] == ["x", "y"]


ERRORS = [
    ("SELECT nope FROM d.orders", "Unrecognized name: nope at [1:8]"),
    ("SELECT custmer FROM d.orders", "Unrecognized name: custmer; Did you mean customer? at [1:8]"),
    ("SELECT customer FROM d.orders, d.customers", "Column name customer is ambiguous at [1:8]"),
    ("SELECT o.nope FROM d.orders o", "Name nope not found inside o at [1:8]"),
    ("SELECT * FROM d.missing", "Not found: Table p:d.missing was not found in location EU"),
    ("SELECT * FROM D.orders", "Not found: Dataset p:D was not found in location US"),
    ("SELECT * FROM d.Orders", "Not found: Table p:d.Orders was not found in location EU"),
    (
        "SELECT id, COUNT(*) FROM d.orders GROUP BY customer",
        "SELECT list expression references column id which is neither grouped nor aggregated",
    ),
    ("SELECT id FROM d.orders WHERE COUNT(*) > 1", "Aggregate function COUNT not allowed"),
    ("SELECT id FROM d.orders WHERE id", "WHERE clause should return type BOOL, but returns INT64 at [1:31]"),
    ("SELECT 1 AS a, 2 AS a", "Duplicate column names in the result are not supported. Found duplicate(s): a"),
    ("SELECT 1 UNION ALL SELECT 'a'", "Column 1 in UNION ALL has incompatible types: INT64, STRING"),
    ("SELECT 1 UNION ALL SELECT 1, 2", "Queries in UNION ALL have mismatched column count"),
    (
        "SELECT 1 UNION SELECT 2",
        "Syntax error: Expected keyword ALL or keyword DISTINCT but got keyword SELECT at [1:16]",
    ),
    ("SELEC 1", 'Syntax error: Unexpected identifier "SELEC" at [1:1]'),
    ("SELECT FROM d.orders", "Syntax error: SELECT list must not be empty at [1:8]"),
    ("SELECT (1", 'Syntax error: Expected ")" but got end of script at [1:10]'),
    ("SELECT 'a", "Syntax error: Unclosed string literal at [1:8]"),
    ("SELECT 1 FROM d.orders ORDER BY tags", "ORDER BY does not support expressions of type ARRAY<STRING> at [1:33]"),
    ("SELECT * EXCEPT (nope) FROM d.orders", "Column nope in SELECT * EXCEPT list does not exist at [1:8]"),
    (
        "SELECT id FROM d.orders o JOIN d.customers c ON o.id = c.customer",
        "No matching signature for operator = for argument types: INT64, STRING",
    ),
    (
        "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n",
        "A recursive CTE has reached the maximum number of iterations: 500.",
    ),
    (
        "WITH RECURSIVE n AS (SELECT 1 AS i UNION DISTINCT SELECT i + 1 FROM n) SELECT COUNT(*) FROM n",
        "A recursive CTE has reached the maximum number of iterations: 500.",
    ),
    ("SELECT GENERATE_ARRAY(1, 1000000000000)", "Resources exceeded during query execution"),
    (
        "SELECT GENERATE_TIMESTAMP_ARRAY('0001-01-01', '9999-12-31', INTERVAL 1 MICROSECOND)",
        "Resources exceeded during query execution",
    ),
    ("SELECT LENGTH(REPEAT('a', 1000000000000))", "Output of REPEAT exceeds max allowed output size of 1MB"),
    ("SELECT x.1 FROM d.orders x", "Name 1 not found inside x"),
    ("SELECT id::STRING FROM d.orders", "Syntax error"),
    ("SELECT * FROM d.orders WHERE customer ILIKE 'a'", "Syntax error"),
]


@pytest.mark.parametrize(("query", "message"), ERRORS)
def test_error(orders: Any, query: str, message: str) -> None:
    with pytest.raises(SqlError) as raised:
        orders.run(query)
    assert raised.value.message.startswith(message)
    assert raised.value.status == (404 if message.startswith("Not found") else 400)


PARTITIONED = TableName("p", "d", "events")

PRUNED = [
    ("SELECT id FROM d.events WHERE day = '2024-01-01' AND id > 3", {"\"day\" = CAST('2024-01-01' AS DATE)"}),
    (
        "SELECT id FROM d.events e WHERE e.day BETWEEN '2024-01-01' AND DATE '2024-01-02'",
        {"\"day\" >= CAST('2024-01-01' AS DATE)", "\"day\" <= CAST('2024-01-02' AS DATE)"},
    ),
    ("SELECT id FROM d.events_view WHERE day >= '2024-01-02'", {"\"day\" >= CAST('2024-01-02' AS DATE)"}),
    (
        "WITH e AS (SELECT * FROM d.events) SELECT COUNT(*) FROM e WHERE day < '2024-01-02'",
        {"\"day\" < CAST('2024-01-02' AS DATE)"},
    ),
    (
        "SELECT a.id FROM d.events a JOIN d.other b ON a.id = b.id AND a.day IN ('2024-01-01')",
        {"\"day\" IN (CAST('2024-01-01' AS DATE))"},
    ),
    ("SELECT id FROM d.events WHERE day = '2024-01-01' OR id = 1", set()),
    ("SELECT id FROM (SELECT * FROM d.events LIMIT 2) WHERE day = '2024-01-01'", set()),
    ("WITH e AS (SELECT * FROM d.events) SELECT 1 FROM e WHERE day < '2024-01-02' UNION ALL SELECT 1 FROM e", set()),
    ("SELECT id FROM d.events WHERE day IS NULL", set()),
]


@pytest.fixture
def events(warehouse: Any) -> Any:
    fields = (Field("id", "INT64"), Field("day", "DATE"))
    warehouse.create(PARTITIONED, fields, partition_columns=("day",))
    warehouse.create(TableName("p", "d", "other"), fields)
    warehouse.run("CREATE VIEW d.events_view AS SELECT id, day FROM p.d.events")
    warehouse.run("INSERT INTO d.events VALUES (1, '2024-01-01'), (2, '2024-01-02'), (3, '2024-01-02')")
    return warehouse


@pytest.mark.parametrize(("query", "expected"), PRUNED)
def test_predicates_reach_the_scan(events: Any, query: str, expected: set[str]) -> None:
    events.predicates.clear()
    events.run(query)
    given = "".join(p for found in events.predicates for p in found)
    assert all(part in given for part in expected)
    assert bool(given) == bool(expected)


def test_pruned_view_has_the_right_rows(events: Any) -> None:
    assert events.run("SELECT id FROM d.events_view WHERE day = '2024-01-02' ORDER BY id") == [(2,), (3,)]


def test_required_partition_filter(warehouse: Any) -> None:
    warehouse.create(
        PARTITIONED,
        (Field("id", "INT64"), Field("day", "DATE")),
        partition_columns=("day",),
        require_partition_filter=True,
    )
    with pytest.raises(SqlError, match="without a filter over column\\(s\\) 'day'"):
        warehouse.run("SELECT id FROM d.events")
    assert warehouse.run("SELECT id FROM d.events WHERE day > '2024-01-01'") == []


def test_wildcard_tables(warehouse: Any) -> None:
    for day, rows in (("20240101", "(1)"), ("20240102", "(2), (3)")):
        warehouse.run(f"CREATE TABLE d.log_{day} (id INT64); INSERT INTO d.log_{day} VALUES {rows}")
    query = "SELECT _TABLE_SUFFIX AS s, COUNT(*) FROM `p.d.log_*` WHERE _TABLE_SUFFIX > '20240101' GROUP BY s"
    assert warehouse.run(query) == [("20240102", 2)]


def test_a_view_is_expanded_where_it_stands(orders: Any) -> None:
    orders.run("CREATE VIEW d.v AS SELECT day, SUM(amount) AS total FROM p.d.orders GROUP BY day")
    assert orders.run("SELECT day FROM d.v AS w WHERE w.total = 10") == [(date(2024, 1, 1),)]
    orders.run("CREATE OR REPLACE VIEW d.v2 AS SELECT v.day FROM p.d.v v")
    assert orders.run("SELECT COUNT(*) FROM d.v2") == [(4,)]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT a.id, COUNT(*) FROM one AS a JOIN one AS b ON a.id = b.id GROUP BY id ORDER BY id",
        "SELECT s.id, COUNT(*) FROM (SELECT STRUCT(7 AS id) AS s) GROUP BY id HAVING id > 0 ORDER BY id",
        "SELECT s[0].id, COUNT(*) FROM (SELECT [STRUCT(7 AS id)] AS s) GROUP BY id",
        "SELECT s.id, 1 FROM (SELECT STRUCT(7 AS id) AS s) WHERE true QUALIFY ROW_NUMBER() OVER (ORDER BY id) = 1",
    ],
)
def test_groups_may_be_named_by_what_a_path_ends_with(warehouse: Any, query: str) -> None:
    assert warehouse.run(f"WITH one AS (SELECT 7 AS id) {query}") == [(7, 1)]


def test_the_name_of_a_key_is_ambiguous_where_two_columns_bring_it_along(warehouse: Any) -> None:
    with pytest.raises(SqlError, match="Column name id is ambiguous"):
        warehouse.run("WITH t AS (SELECT 1 AS id) SELECT a.id, b.id FROM t AS a JOIN t AS b ON true GROUP BY id")


def test_arrays_are_joined_one_after_the_other(warehouse: Any) -> None:
    races = "WITH races AS (SELECT [STRUCT('a' AS name, [1, 2] AS laps), ('b', [])] AS runners)"
    query = "SELECT name, lap FROM races AS r {0} JOIN UNNEST(r.runners) {0} JOIN UNNEST(laps) AS lap ORDER BY 1, 2"
    assert warehouse.run(f"{races} {query.format('INNER')}") == [("a", 1), ("a", 2)]
    assert warehouse.run(f"{races} {query.format('LEFT')}") == [("a", 1), ("a", 2), ("b", None)]
