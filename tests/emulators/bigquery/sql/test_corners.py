"""Corners of GoogleSQL's documentation: what formats, types and modifiers do where they are seldom used."""

from datetime import UTC, datetime
from decimal import Decimal
from math import isnan
from typing import Any

import pytest

from emulators.bigquery.sql.model import SqlError

KEYED = "UNNEST([STRUCT(5 AS x, 1 AS y), (4, 9), (3, 9), (4, 9), (1, NULL)])"

VALUES: list[tuple[str, Any]] = [
    # FORMAT
    ('FORMAT("%\'x", 12345678)', "bc:614e"),
    ('FORMAT("%\'o", 55555)', "15,4403"),
    ("FORMAT('%.3f', NUMERIC '2.0005')", "2.001"),
    ("FORMAT('%10.2t|', 'abcdef')", "        ab|"),
    ("FORMAT_DATE('%J', DATE '2010-01-03')", "371"),
    # bits of BYTES
    ("b'\\xf0' & b'\\x3c'", b"\x30"),
    ("b'\\xf0' | b'\\x0f'", b"\xff"),
    ("b'\\xff' ^ b'\\x0f'", b"\xf0"),
    ("~b'\\x00\\xff'", b"\xff\x00"),
    ("b'\\xff\\x01' << 4", b"\xf0\x10"),
    ("b'\\x80\\x00' >> 1", b"\x40\x00"),
    ("b'\\xff' << 8", b"\x00"),
    ("(SELECT SUM(BIT_COUNT(x)) FROM UNNEST([b'', b'\\xff']) AS x)", 8),
    # aggregates of nothing
    ("(SELECT ARRAY_AGG(DISTINCT x) IS NULL FROM UNNEST([1]) AS x WHERE false)", True),
    ("(SELECT STRING_AGG(DISTINCT x) FROM UNNEST(['a']) AS x WHERE false)", None),
    # numbers
    ("MOD(-9223372036854775808, -1)", 0),
    ("MOD(NUMERIC '1.5', -1)", Decimal("0.5")),
    ("PARSE_NUMERIC('  -  12.34 ')", Decimal("-12.34")),
    ("PARSE_NUMERIC('.5 -')", Decimal("-0.5")),
    ("CAST(-12 AS STRING FORMAT 'C999')", " -USD12"),
    ("CAST(-12 AS STRING FORMAT 'L999')", " -$12"),
    ("CAST(43981 AS STRING FORMAT '0X0x')", " ABcd"),
    ("CAST(0.23 AS STRING FORMAT 'B99.999S')", "       "),
    ("CAST(1234 AS STRING FORMAT '9.99EEEE')", " 1.23E+03"),
    ("CAST(12.5 AS STRING FORMAT '999999.000FM')", "12.5"),
    ("CAST(2021 AS STRING FORMAT 'RN')", "          MMXXI"),
    ("CAST(23.5 AS STRING FORMAT 'S000V00')", "+02350"),
    ("ARRAY(SELECT ROUND(NUMERIC '1.256', n) FROM UNNEST([1, 2]) AS n)", [Decimal("1.3"), Decimal("1.26")]),
    ("ARRAY(SELECT TRUNC(NUMERIC '-1.256', n) FROM UNNEST([0, 2]) AS n)", [Decimal("-1"), Decimal("-1.25")]),
    ("SAFE.ROUND(CAST('1.25' AS NUMERIC), 1)", Decimal("1.3")),
    # strings
    ("ARRAY(SELECT ARRAY_TO_STRING(['a', NULL, 'b'], d, '*') FROM UNNEST(['-', '+']) AS d)", ["a-*-b", "a+*+b"]),
    ("ARRAY_TO_STRING(CAST([] AS ARRAY<STRING>), '-')", ""),
    ("SAFE.EDIT_DISTANCE(b'abc', b'x', max_distance => 2)", 2),
    ("'a' || NULL", None),
    ("INITCAP('tHisEisEaESentence', 'E')", "ThisEIsEAESentence"),
    ("NET.IP_TO_STRING(NET.IP_FROM_STRING('::ffff:192.0.2.128'))", "::ffff:192.0.2.128"),
    ("UPPER('straße ﬁn')", "STRASSE FIN"),
    ("LOWER('ΑΣ')", "ας"),
    ("NET.PUBLIC_SUFFIX('    www.Example.Co.UK    ')", "Co.UK"),
    ("NET.REG_DOMAIN('    www.Example.Co.UK    ')", "Example.Co.UK"),
    ("NET.REG_DOMAIN('//user:password@a.b:80/path?query')", None),
    ("NET.REG_DOMAIN('http://例子.卷筒纸.中国')", "卷筒纸.中国"),
    ("NET.REG_DOMAIN('https://a.b.github.io')", "github.io"),
    ("NET.PUBLIC_SUFFIX('x.y.ck')", "y.ck"),
    ("NET.PUBLIC_SUFFIX('www.ck')", "ck"),
    ("NET.PUBLIC_SUFFIX('')", None),
    ("SEARCH(STRUCT('a' AS x, 'foo bar' AS y, 1 AS z), 'foo')", True),
    ('SEARCH(JSON \'{"a": [{"b": "bar"}]}\', \'bar\')', True),
    ("SEARCH(JSON '{\"foo\": \"a\"}', 'foo')", False),
    ("SEARCH(JSON '{\"foo\": \"a\"}', 'foo', json_scope => 'JSON_KEYS')", True),
    ("(SELECT SEARCH(t, 'foo') FROM (SELECT 1 AS n, ['y', 'foo'] AS b) AS t)", True),
    # vectors
    ("ROUND(COSINE_DISTANCE([(1, 1.0), (2, 2.0)], [(2, 4.0), (1, 3.0)]), 6)", 0.01613),
    ("EUCLIDEAN_DISTANCE([('a', 3.0)], [('b', 4.0)])", 5.0),
    # ranges: an open start is the least, an open end the greatest
    ("RANGE<DATE> '[UNBOUNDED, 2024-02-01)' < RANGE<DATE> '[2024-01-02, 2024-02-01)'", True),
    ("RANGE<DATE> '[2024-01-02, UNBOUNDED)' > RANGE<DATE> '[2024-01-02, 2024-02-01)'", True),
    (
        "ARRAY(SELECT r FROM UNNEST([RANGE(DATE '2024-01-01', NULL), RANGE(NULL, DATE '2024-02-01')]) AS r ORDER BY r)"
        "[1] = RANGE(DATE '2024-01-01', NULL)",
        True,
    ),
    # geographies
    ("ST_GEOGFROMTEXT('POLYGON((0 0, 2 0, 2 2, 0 0))', oriented => TRUE)", "POLYGON((0 0, 2 0, 2 2, 0 0))"),
    ("ST_GEOGFROMTEXT('LINESTRING(1 1, 1 2)', planar => TRUE, make_valid => TRUE)", "LINESTRING(1 1, 1 2)"),
    ("ST_AZIMUTH(ST_GEOGPOINT(-30, 0), ST_GEOGPOINT(150, 0))", None),
    # dates and intervals
    ("TIMESTAMP(DATETIME '2024-11-03 01:30:00', 'America/New_York')", datetime(2024, 11, 3, 5, 30, tzinfo=UTC)),
    ("TIMESTAMP '2024-11-03 01:30:00 America/Los_Angeles'", datetime(2024, 11, 3, 8, 30, tzinfo=UTC)),
    ("TIMESTAMP '2024-03-10 02:30:00 America/Los_Angeles'", datetime(2024, 3, 10, 10, 30, tzinfo=UTC)),
    ("TIMESTAMP '2014-09-27 America/Los_Angeles'", datetime(2014, 9, 27, 7, tzinfo=UTC)),
    ("CAST(DATE '2024-03-05' AS STRING FORMAT 'Y,YYY')", "2,024"),
    ("CAST(CAST('01:05:07.16' AS TIME FORMAT 'HH24:MI:SS.FF1') AS STRING)", "01:05:07.200"),
    ("CAST((SELECT SUM(x) FROM UNNEST([INTERVAL 1 DAY, INTERVAL 36 HOUR]) AS x) AS STRING)", "0-0 1 36:0:0"),
    ("CAST((SELECT SUM(DISTINCT x) FROM UNNEST([INTERVAL 1 DAY, INTERVAL 1 DAY]) AS x) AS STRING)", "0-0 1 0:0:0"),
    ("CAST((SELECT AVG(x) FROM UNNEST([INTERVAL 1 DAY, INTERVAL 2 DAY]) AS x) AS STRING)", "0-0 1 12:0:0"),
    # JSON
    ("TO_JSON(5.0)", "5.0"),
    ("TO_JSON(9007199254740992.0)", "9.007199254740992e+15"),
    ("TO_JSON(STRUCT(1e15 AS a, [1e16, 1e21, 0.00001, 1.5] AS b))", '{"a":1e+15,"b":[1e+16,1e+21,1e-05,1.5]}'),
    ("TO_JSON_STRING([1e15, 1.5e17, 2.0])", "[1e+15,1.5e+17,2]"),
    ("JSON_ARRAY(1e17, '1e17 1000000000000000.0')", '[1e+17,"1e17 1000000000000000.0"]'),
    ("JSON_OBJECT('a', 1e15)", '{"a":1e+15}'),
    ("""JSON_QUERY(JSON '{"a": [1e15, 1e18]}', '$.a')""", "[1e+15,1e+18]"),
    ("TO_JSON_STRING(5.0)", "5"),
    ("TO_JSON(ST_GEOGPOINT(1, 2))", '{"coordinates":[1,2],"type":"Point"}'),
    ("PARSE_JSON(' [1 , 2 ] ')", "[1,2]"),
    ("JSON_VALUE('{\"hello\": \"world\"', '$.hello')", "world"),
    ("JSON_VALUE('{\"a\": 1.50}', '$.a')", "1.50"),
    ("JSON_QUERY('{\"a\": [ 1e2, \"b c\" ]} x', '$.a')", '[1e2,"b c"]'),
    ("JSON_VALUE('{\"a\": 1', '$.b')", None),
    ("JSON_VALUE('[0.50, [1.0, 2.0', '$[1][1]')", "2.0"),
    ("JSON_EXTRACT_SCALAR('{\"a\": {\"b\": 7}}', '$[a].b')", "7"),
    ("JSON_EXTRACT_ARRAY('[1, null]')", ["1", "null"]),
    ("JSON_QUERY_ARRAY(JSON '[1, null]')", ["1", "null"]),
    ("JSON_ARRAY_INSERT(JSON '[1, 2]', '$', 3)", "[1,2]"),
    ("JSON_SET(NULL, '$.a', 1)", None),
    (
        'JSON_STRIP_NULLS(JSON \'{"a":{"b":null},"d":[null],"e":[]}\', include_arrays => FALSE, remove_empty => TRUE)',
        '{"d":[null],"e":[]}',
    ),
    ("DOUBLE_ARRAY(JSON '[18446744073709551615]', wide_number_mode => 'round')", [18446744073709551616.0]),
    # arrays and aggregates
    ("[1, NULL] = [1, NULL]", None),
    ("[1, NULL] = [2, NULL]", False),
    ("[1, NULL] != [1, NULL, 3]", True),
    ("(SELECT ARRAY_AGG(DISTINCT x) FROM UNNEST([2, 1, -2, 3, -2, 1, 2]) AS x)", [2, 1, -2, 3]),
    ("(SELECT STRING_AGG(DISTINCT x, ' & ') FROM UNNEST(['b', NULL, 'a', 'b']) AS x)", "b & a"),
    ("(SELECT STRING_AGG(DISTINCT x LIMIT 1) FROM UNNEST(['b', 'a', 'b']) AS x)", "b"),
    ("(SELECT MIN_BY(x, y) FROM UNNEST([STRUCT('a' AS x, 2 AS y), (NULL, 1)]))", None),
    (f"(SELECT COUNT(DISTINCT x HAVING MAX y) FROM {KEYED})", 2),
    (f"(SELECT ARRAY_AGG(DISTINCT x HAVING MAX y) FROM {KEYED})", [4, 3]),
    (f"(SELECT SUM(DISTINCT x HAVING MIN y) FROM {KEYED})", 5),
    (f"(SELECT VAR_POP(x HAVING MAX y) * 9 FROM {KEYED})", pytest.approx(2)),
    (f"(SELECT COUNTIF(x > 3 HAVING MAX y) FROM {KEYED})", 2),
    (f"(SELECT COUNT(x HAVING MAX y) FROM {KEYED} WHERE x > 9)", 0),
    (f"(SELECT APPROX_COUNT_DISTINCT(x HAVING MAX y) FROM {KEYED})", 2),
    (f"(SELECT ARRAY_CONCAT_AGG([x, 0] HAVING MAX y) FROM {KEYED})", [4, 0, 3, 0, 4, 0]),
    ("(SELECT ARRAY_AGG(x HAVING MAX y) FROM UNNEST([STRUCT('a' AS x, 2 AS y), ('b', 1), ('c', 2)]))", ["a", "c"]),
    ("(SELECT STRING_AGG(x, '-' HAVING MIN y) FROM UNNEST([STRUCT('a' AS x, 1 AS y), ('b', 1), ('c', 2)]))", "a-b"),
    (
        "ARRAY(SELECT COUNT(*) OVER (ORDER BY x RANGE BETWEEN 1.5 PRECEDING AND CURRENT ROW) "
        "FROM UNNEST([1.0, 2.0, 4.0]) AS x ORDER BY x)",
        [1, 2, 1],
    ),
]


@pytest.mark.parametrize(("expression", "expected"), VALUES, ids=[expression for expression, _ in VALUES])
def test_value(warehouse: Any, expression: str, expected: Any) -> None:
    assert warehouse.run(f"SELECT {expression} AS v") == [(expected,)]


@pytest.mark.parametrize(
    "expression",
    [
        "SIGN(CAST('nan' AS FLOAT64))",
        "LEAST(1.0, CAST('nan' AS FLOAT64))",
        "(SELECT MIN(x) FROM UNNEST([1.0, CAST('nan' AS FLOAT64)]) AS x)",
        "(SELECT VAR_POP(x) FROM UNNEST([10, 14, CAST('inf' AS FLOAT64)]) AS x)",
        "(SELECT CORR(x, y) FROM UNNEST([STRUCT(1.0 AS x, 2.0 AS y), (3.0, CAST('inf' AS FLOAT64))]))",
    ],
)
def test_what_is_no_number(warehouse: Any, expression: str) -> None:
    [(value,)] = warehouse.run(f"SELECT {expression}")
    assert isnan(value)


_FLOATS = "UNNEST([1.0, CAST('nan' AS FLOAT64), CAST('-inf' AS FLOAT64), 2.0]) AS x"


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("x FROM {} ORDER BY x", ["nan", "-inf", "1.0", "2.0"]),
        ("x AS y FROM {} ORDER BY y DESC", ["2.0", "1.0", "-inf", "nan"]),
        ("x FROM {} ORDER BY 1 LIMIT 2", ["nan", "-inf"]),
        ("e FROM UNNEST((SELECT ARRAY_AGG(x ORDER BY x) FROM {})) AS e WITH OFFSET ORDER BY offset",
         ["nan", "-inf", "1.0", "2.0"]),
        ("x FROM {} WHERE true QUALIFY ROW_NUMBER() OVER (ORDER BY x) = 1", ["nan"]),
    ],
)  # fmt: skip
def test_the_least_number_is_nan(warehouse: Any, order: str, expected: list[str]) -> None:
    assert [str(value) for (value,) in warehouse.run(f"SELECT {order.format(_FLOATS)}")] == expected


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("FORMAT('%s', JSON '1')", "specifier %s"),
        ("b'a' & b'ab'", "equal length"),
        ("b'a' << -1", "Bitwise shift by negative offset."),
        ("1e308 * 10", "double overflow"),
        ("TIME '12:00:00' - TIME '13:00:00'", "No matching signature for operator -"),
        ("TIMESTAMP '2024-01-31' + INTERVAL 1 MONTH", "non-zero MONTH or YEAR part"),
        ("TIMESTAMP '2024-01-31 24:00:00'", "Invalid timestamp"),
        ("EXTRACT(QUARTER FROM INTERVAL 1 MONTH)", "does not support the QUARTER date part"),
        ("RANGE_BUCKET(1, [3, 2])", "ascending order"),
        ("FLOAT64(JSON '18446744073709551615', wide_number_mode => 'exact')", "without loss of precision"),
        ("COSINE_DISTANCE([0.0], [1.0])", "zero vector"),
        ("EUCLIDEAN_DISTANCE([0.0, 2], [1.0])", "Array length mismatch: 2 and 1"),
        ("COSINE_DISTANCE([3.0, 2], [1.0])", "Array length mismatch: 2 and 1"),
        ("EUCLIDEAN_DISTANCE([1.0, NULL], [1.0, 2.0])", "NULL array element"),
        ("ST_GEOGFROMTEXT('POLYGON((0 0, 2 2, 2 0, 0 2, 0 0))')", "Edge 0 crosses edge 2"),
        ("ST_GEOGFROMTEXT('POLYGON((0 0, 2 2, 2 0, 0 0))', oriented => TRUE)", "larger than a hemisphere"),
        ("ST_GEOGFROMTEXT('POLYGON((179 0, -179 2, -179 0, 179 0))', oriented => TRUE)", "larger than a hemisphere"),
        ("ST_GEOGFROMTEXT('LINESTRING(1 1, 3 2)', planar => TRUE)", "Planar edges"),
        ("x FROM UNNEST([1]) AS x GROUP BY x + 1", "references column x which is neither grouped"),
        ("[[1]]", "nested arrays are not supported"),
        ("1 EXCEPT ALL SELECT 2", "EXCEPT ALL is not supported"),
        ("SUM(x ORDER BY x) FROM UNNEST([1]) AS x", "does not support ORDER BY in arguments"),
        ("MAX(x) FROM (SELECT [1] AS x)", "MAX is not defined for arguments of type ARRAY<INT64>"),
        ("COUNT(DISTINCT x) OVER (ORDER BY x) FROM UNNEST([1]) AS x", "ORDER BY is not allowed if DISTINCT"),
        ("SUM(x) OVER (ORDER BY x ROWS BETWEEN -1 PRECEDING AND CURRENT ROW) FROM UNNEST([1]) AS x", "non-negative"),
        ("SUM(1) OVER (ORDER BY x RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) FROM UNNEST(['a']) AS x", "be numeric"),
        ("LEAD(x, -1) OVER (ORDER BY x) FROM UNNEST([1]) AS x", "must be at least 0"),
        ("NTH_VALUE(x, 0) OVER (ORDER BY x) FROM UNNEST([1]) AS x", "must be at least 1"),
    ],
)
def test_error(warehouse: Any, expression: str, message: str) -> None:
    with pytest.raises(SqlError, match=message):
        warehouse.run(f"SELECT {expression}")
