"""Families of functions: casts by format, buckets of time, addresses, searches, lines and cells on the sphere."""

from datetime import UTC, date, datetime, time
from decimal import Decimal as D
from typing import Any

import pytest

from emulators.bigquery.sql.model import SqlError

LINE = "ST_GEOGFROMTEXT('LINESTRING(0 0, 10 0)')"
SQUARE = "ST_GEOGFROMTEXT('POLYGON((0 0, 2 0, 2 2, 0 2, 0 0))')"
MOMENT = "TIMESTAMP '2008-12-25 05:30:06.789'"

VALUES: list[tuple[str, Any]] = [
    ("CAST(DATE '2024-02-09' AS STRING FORMAT 'DAY, DD Month YYYY')", "FRIDAY, 09 February 2024"),
    (f"CAST({MOMENT} AS STRING FORMAT 'HH12:MI:SS.FF3 pm')", "05:30:06.789 am"),
    (f"CAST({MOMENT} AS STRING FORMAT 'HH24:MI TZH:TZM' AT TIME ZONE 'Asia/Kolkata')", "11:00 +05:30"),
    ("CAST('18 dec 2020' AS DATE FORMAT 'DD MON YYYY')", date(2020, 12, 18)),
    ("CAST('01:05 PM' AS TIME FORMAT 'HH12:MI AM')", time(13, 5)),
    (
        "CAST('2020-06-03 00:00:53 +02:00' AS TIMESTAMP FORMAT 'YYYY-MM-DD HH24:MI:SS TZH:TZM')",
        datetime(2020, 6, 2, 22, 0, 53, tzinfo=UTC),
    ),
    ("SAFE_CAST('x' AS DATE FORMAT 'YYYY')", None),
    ("CAST(b'\\x00\\xff' AS STRING FORMAT 'HEX')", "00ff"),
    ("CAST('AP8=' AS BYTES FORMAT 'BASE64')", b"\x00\xff"),
    ("CAST('11111111' AS BYTES FORMAT 'BASE2')", b"\xff"),
    ("CAST(12345.678 AS STRING FORMAT '999,999.99')", "  12,345.68"),
    ("CAST(-12 AS STRING FORMAT '0999MI')", "0012-"),
    ("CAST(1234 AS STRING FORMAT '999')", " ###"),
    ("CAST(255 AS STRING FORMAT 'XX')", " FF"),
    ("DATE_BUCKET(DATE '1957-05-01', INTERVAL 2 DAY)", date(1957, 4, 30)),
    ("DATE_BUCKET(DATE '2000-01-15', INTERVAL 7 DAY, DATE '2000-12-24')", date(2000, 1, 9)),
    ("DATETIME_BUCKET(DATETIME '1949-12-30 13:00:00', INTERVAL 12 HOUR)", datetime(1949, 12, 30, 12)),
    ("TIMESTAMP_BUCKET(TIMESTAMP '2024-05-20 13:00:00', INTERVAL 12 HOUR)", datetime(2024, 5, 20, 12, tzinfo=UTC)),
    ("NET.HOST('//user@[::1]:80/x')", "[::1]"),
    ("NET.HOST('  HTTP://a.example:8080/b?c')", "a.example"),
    ("NET.HOST('mailto:?to=x')", "mailto"),
    ("NET.IP_FROM_STRING('1:2:3::4')", bytes.fromhex("00010002000300000000000000000004")),
    ("NET.SAFE_IP_FROM_STRING('1.2.3')", None),
    ("NET.IP_TO_STRING(NET.IP_TRUNC(NET.IP_FROM_STRING('10.11.12.13'), 16))", "10.11.0.0"),
    ("NET.IPV4_TO_INT64(NET.IPV4_FROM_INT64(-1))", 4294967295),
    ("SEARCH('https://a.b/Foo-bar', 'foo BAR')", True),
    ("SEARCH(['x y', 'y z'], '`x z`')", False),
    ("TEXT_ANALYZE('I like-pie')", ["i", "like", "pie"]),
    ("SQRT(NUMERIC '2')", D("1.414213562")),
    ("LN(NUMERIC '10')", D("2.302585093")),
    ("ROUND(NUMERIC '2.5', 0, 'ROUND_HALF_EVEN')", D(2)),
    ("SPLIT(b'a,b', b',')", [b"a", b"b"]),
    ("(SELECT ANY_VALUE(x HAVING MAX y) FROM UNNEST([STRUCT('a' AS x, 3 AS y), ('b', 2), ('c', NULL)]))", "a"),
    ("(SELECT SUM(x HAVING MIN y) FROM UNNEST([STRUCT(1 AS x, 2 AS y), (3, 2), (9, 5)]))", 4),
    (
        "(SELECT APPROX_TOP_SUM(x, w, 2) FROM UNNEST([STRUCT('a' AS x, 3 AS w), ('b', 2), ('a', 1), ('c', 1)]))",
        [{"value": "a", "sum": 4}, {"value": "b", "sum": 2}],
    ),
    ("ST_ANGLE(ST_GEOGPOINT(1, 0), ST_GEOGPOINT(0, 0), ST_GEOGPOINT(0, 1))", 4.71238898038469),
    ("ST_AZIMUTH(ST_GEOGPOINT(0, 0), ST_GEOGPOINT(0, 0))", None),
    (f"ST_ASTEXT(ST_LINEINTERPOLATEPOINT({LINE}, 0.5))", "POINT(5 0)"),
    (f"ST_LINELOCATEPOINT({LINE}, ST_GEOGPOINT(2, 1))", 0.2),
    (f"ST_ASTEXT(ST_LINESUBSTRING({LINE}, 0.2, 0.4))", "LINESTRING(2 0, 4 0)"),
    (f"ST_ASTEXT(ST_BOUNDARY({LINE}))", "MULTIPOINT(0 0, 10 0)"),
    (f"ST_BOUNDINGBOX({LINE})", {"xmin": 0.0, "ymin": 0.0, "xmax": 10.0, "ymax": 0.0}),
    (
        "ST_BOUNDINGBOX(ST_GEOGFROMTEXT('MULTIPOINT(179 1, -179 2)'))",
        {"xmin": 179.0, "ymin": 1.0, "xmax": 181.0, "ymax": 2.0},
    ),
    ("ST_X(ST_CENTROID(ST_GEOGFROMTEXT('POLYGON((-1 -1, 1 -1, 1 1, -1 1, -1 -1))')))", 0.0),
    (f"ST_ASTEXT(ST_CENTROID({LINE}))", "POINT(5 0)"),
    (
        "ST_ASTEXT(ST_CONVEXHULL(ST_GEOGFROMTEXT('MULTIPOINT(0 0, 1 0, 1 1, 0 1, 0.5 0.5)')))",
        "POLYGON((0 0, 1 0, 1 1, 0 1, 0 0))",
    ),
    (f"ST_ASTEXT(ST_GEOGFROMWKB(ST_ASBINARY({SQUARE})))", "POLYGON((0 0, 2 0, 2 2, 0 2, 0 0))"),
    ("ST_GEOHASH(ST_GEOGPOINT(-122.35, 47.62), 10)", "c22yzugqw7"),
    ("S2_CELLIDFROMPOINT(ST_GEOGPOINT(11.770681595, 49.703498679))", 0x47A1CBD595522B39),
    ("S2_CELLIDFROMPOINT(ST_GEOGPOINT(0, 0), level => 0)", 0x1000000000000000),
    (f"ST_HAUSDORFFDISTANCE({LINE}, ST_GEOGPOINT(0, 0), directed => FALSE)", 1111951.0117748394),
]


@pytest.mark.parametrize(("expression", "expected"), VALUES, ids=[expression for expression, _ in VALUES])
def test_value(warehouse: Any, expression: str, expected: Any) -> None:
    ((found,),) = warehouse.run(f"SELECT {expression} AS v")
    assert found == (pytest.approx(expected, abs=1e-12) if isinstance(expected, float) else expected)


@pytest.mark.parametrize(
    "expression",
    [
        "CAST(DATE '2024-01-01' AS STRING FORMAT 'QQ')",
        "CAST(1 AS BOOL FORMAT 'x')",
        "DATE_BUCKET(DATE '2024-01-01', INTERVAL 0 DAY)",
        "DATE_BUCKET(DATE '2024-01-01', INTERVAL '1-1 1' YEAR TO DAY)",
        "DATE_ADD(DATE '9999-12-31', INTERVAL 1 DAY)",
        "DATE_SUB(DATE '0001-01-01', INTERVAL 1 MONTH)",
        "DATE '9999-12-31' + 1",
        "TIMESTAMP '9999-12-31 23:00:00' + INTERVAL 1 HOUR",
        "TIMESTAMP_ADD(TIMESTAMP '9999-12-31', INTERVAL 1 DAY)",
        "NET.IP_TO_STRING(b'123')",
        "NET.IP_NET_MASK(5, 1)",
        "ST_GEOGFROMWKB(b'abc')",
        "ST_LINELOCATEPOINT(ST_GEOGPOINT(0, 0), ST_GEOGPOINT(0, 0))",
        "SQRT(NUMERIC '-1')",
        "S2_CELLIDFROMPOINT(ST_GEOGPOINT(0, 0), levels => 0)",
    ],
)
def test_refused(warehouse: Any, expression: str) -> None:
    with pytest.raises(SqlError):
        warehouse.run(f"SELECT {expression} AS v")


MORE: list[tuple[str, Any]] = [
    ("REGEXP_EXTRACT(b'abc', b'b.')", b"bc"),
    ("REGEXP_INSTR('ab@cd-ef@g', '@[^-]*', 1, 2)", 9),
    ("REGEXP_INSTR('a@cd-ef', '@(c)d', 1, 1, 1)", 4),
    ("REGEXP_INSTR('', 'a', 9223372036854775807)", 0),
    ("DATE_BUCKET(DATE '2024-05-20', INTERVAL 1 YEAR)", date(2024, 1, 1)),
    ("CONTAINS_SUBSTR(STRUCT('a' AS x, ['Blue'] AS y), 'BLUE')", True),
    ('CONTAINS_SUBSTR(JSON \'{"a": {"b": "xyz"}}\', \'Y\')', True),
    ("CONTAINS_SUBSTR(['abc', NULL], 'z')", None),
    ("FORMAT('%T', [STRUCT(DATE '2020-01-01' AS d, [1.0] AS f)])", '[(DATE "2020-01-01", [1.0])]'),
    ("FORMAT('%t', STRUCT(1, NULL))", "(1, NULL)"),
    ("FORMAT('%T', b'a\"\\x00')", "b'a\"\\x00'"),
    (
        "TO_JSON_STRING(TO_JSON(STRUCT(9007199254740993 AS a, 1 AS b), stringify_wide_numbers => TRUE))",
        '{"a":"9007199254740993","b":1}',
    ),
    (
        'TO_JSON_STRING(JSON_STRIP_NULLS(JSON \'{"a":null,"b":[null]}\', include_arrays => FALSE))',
        '{"b":[null]}',
    ),
    ("JSON_KEYS(JSON '{\"a\":[{\"b\":1}]}', mode => 'lax')", ["a", "a.b"]),
    ("TO_JSON_STRING(JSON_OBJECT(['a', 'b'], [1, NULL]))", '{"a":1,"b":null}'),
    ("SAFE.PARSE_JSON('1.234567890123456789012')", None),
    ("(SELECT STRING_AGG(x, b'-' LIMIT 1) FROM UNNEST([b'a', b'b']) x)", b"a"),
    ("SAFE.REGEXP_EXTRACT('a', '(a)(b)')", None),
    ("SAFE.DATE_ADD(DATE '9999-12-31', INTERVAL 1 DAY)", None),
    ("DATE_ADD(CAST(NULL AS DATE), INTERVAL 1 DAY)", None),
    ("@@row_count", None),
]


@pytest.mark.parametrize(("expression", "expected"), MORE, ids=[expression for expression, _ in MORE])
def test_more(warehouse: Any, expression: str, expected: Any) -> None:
    assert warehouse.run(f"SELECT {expression} AS v") == [(expected,)]
