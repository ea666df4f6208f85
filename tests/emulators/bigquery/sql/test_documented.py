"""What BigQuery documents of its functions and operators, beyond the common cases: expressions and values."""

from datetime import date
from typing import Any

import pytest

from emulators.bigquery.sql.model import SqlError

VALUES: list[tuple[str, Any]] = [
    # FORMAT
    ("FORMAT('%T', 'a\"b')", "'a\"b'"),
    ("FORMAT('%T', JSON '{\"a\":1}')", "JSON '{\"a\":1}'"),
    ("FORMAT('%T', INTERVAL 1 DAY)", 'INTERVAL "0-0 1 0:0:0" YEAR TO SECOND'),
    ("FORMAT('%T', RANGE<DATE> '[2024-01-01, UNBOUNDED)')", 'RANGE<DATE> "[2024-01-01, UNBOUNDED)"'),
    ("FORMAT('%T', CAST('-inf' AS FLOAT64))", 'CAST("-inf" AS FLOAT64)'),
    ("FORMAT('%t', 5.0)", "5.0"),
    ("FORMAT('%t', ST_GEOGPOINT(1, 2))", "POINT(1 2)"),
    ("FORMAT('%F', CAST('inf' AS FLOAT64))", "INF"),
    ("FORMAT('%.3e', NUMERIC '12345.678')", "1.235e+04"),
    # strings
    ("'tree' /* and */ \"house\" r'\\n'", "treehouse\\n"),
    ("b'tree'\nb'house'", b"treehouse"),
    ("SUBSTR('tree', 2, 9223372036854775807)", "ree"),
    ("SUBSTR('tree', 9223372036854775807)", ""),
    ("SUBSTR('tree', -9223372036854775808, 2)", "tr"),
    ("SUBSTR(b'tree', -2, 9000000000)", b"ee"),
    (
        "[LEFT('tree', NULL), RIGHT('tree', NULL), SUBSTR('tree', NULL), SUBSTR('tree', 1, NULL), 'x']",
        [None] * 4 + ["x"],
    ),
    ("LEFT('tree', 9223372036854775807) || RIGHT('tree', 9000000000)", "treetree"),
    ("CONCAT('Summer', ' ', 1923)", "Summer 1923"),
    ("CONCAT('a', TRUE, DATE '2024-01-01')", "atrue2024-01-01"),
    ("CONCAT(b'a', NULL)", None),
    ("CHR(NULL)", None),
    ("EDIT_DISTANCE(b'abc', b'ab')", 1),
    ("CONTAINS_SUBSTR(JSON '{\"lunch\":\"soup\"}', 'lunch', json_scope => 'JSON_KEYS')", True),
    ("CONTAINS_SUBSTR(JSON '{\"lunch\":\"soup\"}', 'lunch', json_scope => 'JSON_VALUES')", False),
    ("CONTAINS_SUBSTR(JSON '{\"lunch\":\"soup\"}', 'OU', json_scope => 'JSON_KEYS_AND_VALUES')", True),
    ("REGEXP_REPLACE('abc', '(b)', '[\\\\1]')", "a[b]c"),
    ("'abc' LIKE ANY (SELECT 'a%')", True),
    ("BIT_COUNT(b'')", 0),
    ("ARRAY_TO_STRING([b'a', NULL, b'\\xff'], b'-')", b"a-\xff"),
    ("ARRAY_TO_STRING([b'a', NULL], b'-', b'x')", b"a-x"),
    # NULL
    (
        "[TYPEOF(ABS(NULL)), TYPEOF(LN(NULL)), TYPEOF(ROUND(NULL)), TYPEOF(LEAST(NULL, NULL)), "
        "TYPEOF(SAFE_NEGATE(NULL)), TYPEOF(JSON_QUERY(NULL, '$.a')), TYPEOF(CEILING(NULL)), "
        "TYPEOF(SAFE_DIVIDE(NULL, 2)), TYPEOF(UPPER(NULL))]",
        ["INT64", "FLOAT64", "FLOAT64", "INT64", "INT64", "STRING", "FLOAT64", "FLOAT64", "STRING"],
    ),
    (
        "(SELECT TO_JSON_STRING([TYPEOF(AVG(NULL)), TYPEOF(SUM(NULL)), TYPEOF(MAX(NULL))]) FROM UNNEST([1]))",
        '["FLOAT64","INT64","INT64"]',
    ),
    ("ARRAY_INCLUDES(CAST(NULL AS ARRAY<INT64>), 1)", None),
    ("EDIT_DISTANCE(NULL, 'tree', max_distance => 1)", None),
    ("EDIT_DISTANCE('tree', 'trees', max_distance => NULL)", None),
    ("EDIT_DISTANCE('tree', 'forest', max_distance => 2)", 2),
    # numbers
    (
        "[CBRT(27), CBRT(-27), CBRT(0), CBRT(1e-310) * 1e104, CBRT(1.5e308) / 1e102]",
        [3.0, -3.0, 0.0, pytest.approx(4.641588833612779), pytest.approx(5.313292845913055)],
    ),
    (
        "[TRUNC(123.456, -400), TRUNC(123.456, 400), TRUNC(-123.456, -2), TRUNC(123.456, 1)]",
        [0.0, 123.456, -100.0, 123.4],
    ),
    # arguments by name
    (
        "ARRAY_LENGTH(GENERATE_RANGE_ARRAY(RANGE<DATE> '[2024-01-01, 2024-01-04)', INTERVAL 2 DAY, "
        "include_last_partial_range => FALSE))",
        1,
    ),
    ("ST_DISTANCE(ST_GEOGPOINT(0, 0), ST_GEOGPOINT(0, 1), use_spheroid => FALSE)", 111195.10117748393),
    ("ST_DWITHIN(ST_GEOGPOINT(0, 0), ST_GEOGPOINT(0, 1), 111000, FALSE)", False),
    ("ST_ASTEXT(ST_CLOSESTPOINT(ST_GEOGFROMTEXT('LINESTRING(0 0, 2 0)'), ST_GEOGPOINT(1, 1), FALSE))", "POINT(1 0)"),
    (
        "ST_NPOINTS(ST_BUFFER(ST_GEOGPOINT(8, 50), 10, num_seg_quarter_circle => 2, endcap => 'round', "
        "use_spheroid => FALSE))",
        9,
    ),
    # JSON
    ("INT64(JSON '-9223372036854775808')", -9223372036854775808),
    ("INT64(JSON '2e3')", 2000),
    # subqueries, structs and arrays
    ("((SELECT 1) + 1) * 2", 4),
    ("2 IN ((SELECT 1), 2)", True),
    ("2 IN ((SELECT 2))", True),
    ("(1, 'a') = (1, NULL)", None),
    ("(1, 'a') != (2, 'a')", True),
    ("ARRAY(SELECT 3 UNION ALL SELECT 1 UNION ALL SELECT 2)", [3, 1, 2]),
    ("(SELECT SUM(x) FROM UNNEST([STRUCT(1.5 AS y, NULL AS x), (9.0, 3)]))", 3),
    ("(SELECT CORR(y, x) FROM UNNEST([STRUCT(1.0 AS y, 2.0 AS x)]))", None),
    (
        "(SELECT ARRAY_CONCAT_AGG(x ORDER BY ARRAY_LENGTH(x) LIMIT 1) FROM (SELECT [1, 2] AS x UNION ALL SELECT [3]))",
        [3],
    ),
    ("WITH(a AS RAND(), a - a)", 0.0),
    ("(SELECT AS STRUCT APPROX_QUANTILES(x, 2 RESPECT NULLS) AS q FROM UNNEST([NULL, 1, 5, 7]) AS x).q", [None, 1, 7]),
    (
        "(SELECT APPROX_TOP_COUNT(x, 2) FROM UNNEST([NULL, 'a', 'a', 'a', 'b', NULL]) AS x)[1]",
        {"value": None, "count": 2},
    ),
    (
        "(SELECT ANY_VALUE(p) FROM (SELECT PERCENTILE_CONT(x, 0.5 RESPECT NULLS) OVER () AS p "
        "FROM UNNEST([0, 3, NULL, 1, 2]) AS x))",
        1.0,
    ),
    (
        "(SELECT ANY_VALUE(p) FROM (SELECT PERCENTILE_DISC(x, 0.5 RESPECT NULLS) OVER () AS p "
        "FROM UNNEST(['c', NULL, 'b', 'a']) AS x))",
        "a",
    ),
    # intervals and ranges
    ("CAST(CAST('1-2' AS INTERVAL) AS STRING)", "1-2 0 0:0:0"),
    ("CAST(CAST('-1-2 -3 -4:5:6' AS INTERVAL) AS STRING)", "-1-2 -3 -4:5:6"),
    ("CAST(CAST('P1Y2M3DT4H5M6.5S' AS INTERVAL) AS STRING)", "1-2 3 4:5:6.500"),
    ("CAST(RANGE<DATE> '[2024-01-01, NULL)' AS STRING)", "[2024-01-01, UNBOUNDED)"),
    (
        "RANGE_INTERSECT(RANGE<DATE> '[2024-01-01, UNBOUNDED)', RANGE<DATE> '[2024-02-01, 2024-03-01)')",
        {"start": date(2024, 2, 1), "end": date(2024, 3, 1)},
    ),
    # geographies
    ("ST_GEOGFROM('010100000000000000000000400000000000001040')", "POINT(2 4)"),
    ('ST_GEOGFROM(\'{"type": "Point", "coordinates": [2, 0]}\')', "POINT(2 0)"),
    (
        "ST_DUMP(ST_GEOGFROMTEXT('GEOMETRYCOLLECTION(POINT(0 0), LINESTRING(1 2, 2 1))'), 1)",
        ["LINESTRING(1 2, 2 1)"],
    ),
    ("ST_DUMPPOINTS(ST_GEOGFROMTEXT('LINESTRING(1 2, 2 1)'))", ["POINT(1 2)", "POINT(2 1)"]),
    (
        "ARRAY(SELECT ST_CLUSTERDBSCAN(ST_GEOGPOINT(x, 0), 2e5, 2) OVER () FROM UNNEST([0, 1, 20, 21, 50]) AS x)",
        [0, 0, 1, 1, None],
    ),
    # JSON
    ("TO_JSON_STRING(INTERVAL -25 MONTH)", '"P-2Y-1M"'),
    ("TO_JSON_STRING(NUMERIC '123.56')", '"123.56"'),
    ("TO_JSON_STRING(STRUCT(NUMERIC '5' AS b, 9007199254740993 AS a))", '{"b":5,"a":"9007199254740993"}'),
    ("TO_JSON(STRUCT(2 AS b, 1 AS a))", '{"a":1,"b":2}'),
    ('PARSE_JSON(\'{"b":1,"a":2,"b":3}\')', '{"a":2,"b":1}'),
    ("PARSE_JSON('922337203685477580701', wide_number_mode => 'round')", "9.223372036854776e+20"),
    ("JSON_OBJECT('b', 1, 'a', 2, 'b', 3)", '{"a":2,"b":1}'),
    ("JSON_OBJECT(['b', 'a'], [1, 2])", '{"a":2,"b":1}'),
    ("JSON_ARRAY_APPEND(JSON '{\"a\":null}', '$.a', 10)", '{"a":[10]}'),
    ("JSON_FLATTEN(JSON '[[[1, 2], 3], {\"a\": 4}]')", ["1", "2", "3", '{"a":4}']),
    ('JSON_QUERY(JSON \'{"a":[{"b":1},{"b":2}]}\', \'lax $.a.b\')', "[1,2]"),
    ("JSON_QUERY(JSON '[[{\"a\":1}]]', 'lax recursive $.a')", "[1]"),
    ("JSON_QUERY(JSON '[[{\"a\":1}]]', 'lax $.a')", "[]"),
    ("LAX_STRING(JSON '{\"a\":1}')", None),
    ("LAX_INT64(JSON '1e100')", None),
    ("LAX_INT64_ARRAY(JSON '9.8')", None),
]


@pytest.mark.parametrize(("expression", "expected"), VALUES, ids=[expression for expression, _ in VALUES])
def test_value(warehouse: Any, expression: str, expected: Any) -> None:
    assert warehouse.run(f"SELECT {expression}") == [(expected,)]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("'it''s'", r"concatenated string literals must be separated by whitespace or comments at \[1:12\]"),
        ("'tree' b'house'", r"string and bytes literals cannot be concatenated. at \[1:15\]"),
        ("FLOAT64(JSON '[1]', wide_number_mode => 'exact')", "The provided JSON input is not a number"),
        ("INT64(JSON '2.5')", "The provided JSON number: 2.5 cannot be converted to an integer"),
        ("INT64(JSON '9223372036854775808')", "9223372036854775808 cannot be converted to an integer"),
        ("INT64(JSON '1e-13')", "1e-13 cannot be converted to an integer"),
        ("INT64(JSON '\"2\"')", "The provided JSON input is not an integer"),
        ("DATE_ADD(DATE '2024-01-01', INTERVAL 1 DAY, sign => -1)", "Named argument `sign` not found in signature"),
        ("JSON_ARRAY(1, flat => TRUE)", "Named argument `flat` not found in signature for call to function JSON_ARRAY"),
        (
            "GENERATE_RANGE_ARRAY(RANGE<DATE> '[2024-01-01, 2024-01-04)', INTERVAL 2 DAY, last => FALSE)",
            "No matching signature for function GENERATE_RANGE_ARRAY",
        ),
        ("ST_AREA(ST_GEOGPOINT(1, 2), use_spheroid => TRUE)", "ST_AREA: use_spheroid = TRUE is not supported"),
        ("ST_BUFFER(ST_GEOGPOINT(1, 2), 5, side => 'LEFT')", "ST_BUFFER with side other than 'BOTH' is not supported"),
        ("ST_DISTANCE(ST_GEOGPOINT(1, 2), ST_GEOGPOINT(1, 2), 'x')", "No matching signature for function ST_DISTANCE"),
        ("FORMAT('%s', 5)", "FORMAT specifier %s"),
        ("TRANSLATE('abc', 'aa', 'xy')", "Duplicate character"),
        ("REGEXP_CONTAINS('abc', '(')", r"Cannot parse regular expression: missing \): \("),
        ("REGEXP_REPLACE('abc', '(b)', '\\\\2')", "Invalid REGEXP_REPLACE pattern: .* requests 2 matches"),
        ("CONTAINS_SUBSTR('abc', NULL)", "must not be NULL"),
        ("'abc' LIKE 'a\\\\'", "LIKE pattern ends with a backslash"),
        ("JSON '1' = JSON '1'", "Equality is not defined for arguments of type JSON"),
        ("ST_GEOGPOINT(0, 0) > ST_GEOGPOINT(1, 0)", "Greater than is not defined for arguments of type GEOGRAPHY"),
        ("COT(0)", "Floating point error in function: COT"),
        ("CONCAT('a', b'x')", "No matching signature for function CONCAT"),
        ("(SELECT ARRAY_AGG(x) FROM (SELECT [1] AS x))", "must not be an array type"),
        (
            "RANGE_INTERSECT(RANGE<DATE> '[2024-01-01, 2024-01-02)', RANGE<DATE> '[2024-02-01, UNBOUNDED)')",
            "do not overlap",
        ),
        ("GENERATE_RANGE_ARRAY(RANGE<DATE> '[2024-01-01, UNBOUNDED)', INTERVAL 1 DAY)", "unbounded"),
    ],
)
def test_error(warehouse: Any, expression: str, message: str) -> None:
    with pytest.raises(SqlError, match=message):
        warehouse.run(f"SELECT {expression}")


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT 1 AS a, 10 AS b, 100 AS c INNER UNION ALL BY NAME SELECT 20 AS b, 2 AS a, 3 AS d", [(1, 10), (2, 20)]),
        ("SELECT 1 AS a, 10 AS b FULL OUTER UNION ALL BY NAME SELECT 20 AS b, 3 AS d", [(1, 10, None), (None, 20, 3)]),
        ("SELECT 1 AS a, 10 AS b LEFT UNION ALL BY NAME SELECT 20 AS b, 3 AS d", [(1, 10), (None, 20)]),
        ("SELECT 1 AS a, 10 AS b UNION ALL CORRESPONDING SELECT 20 AS b, 3 AS d", [(10,), (20,)]),
        ("SELECT 1 AS a, 2 AS b UNION ALL STRICT CORRESPONDING SELECT 4 AS b, 3 AS a", [(1, 2), (3, 4)]),
        ("SELECT 1 AS a, 2 AS b FULL UNION ALL BY NAME ON (b, a) SELECT 4 AS b", [(2, 1), (4, None)]),
        ("SELECT COUNT(*), SUM(x) FROM UNNEST([4, 5]) AS x GROUP BY ()", [(2, 9)]),
        ("SELECT COUNT(*) FROM UNNEST([4, 5]) AS x WHERE x > 5 GROUP BY ()", [(0,)]),
        ("SELECT 'all' AS label, MAX(x) AS m FROM UNNEST([4, 5]) AS x GROUP BY () HAVING m > 4", [("all", 5)]),
        (
            "SELECT a, SUM(c) FROM (SELECT 1 AS a, 2 AS b, 3 AS c) GROUP BY ROLLUP((a, b)) ORDER BY a",
            [(None, 3), (1, 3)],
        ),
    ],
)
def test_rows(warehouse: Any, query: str, rows: list[tuple[Any, ...]]) -> None:
    assert warehouse.run(query) == rows


def test_columns_that_do_not_match_by_name_are_refused(warehouse: Any) -> None:
    with pytest.raises(SqlError, match="columns b are not in all queries"):
        warehouse.run("SELECT 1 AS a UNION ALL BY NAME SELECT 2 AS a, 3 AS b")


@pytest.mark.parametrize(
    "statement",
    ["CREATE MODEL d.m AS SELECT 1"],
)
def test_definitions_that_are_not_kept_are_refused(warehouse: Any, statement: str) -> None:
    with pytest.raises(SqlError, match="are not supported by this emulator"):
        warehouse.run(statement)
