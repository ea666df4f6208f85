"""What the notes of GoogleSQL's documentation say beside its examples: NULL, what is empty, what is out of range."""

from datetime import date
from typing import Any

import pytest

from emulators.bigquery.sql.model import SqlError

VALUES: list[tuple[str, Any]] = [
    # a change of a JSON that NULL leaves undone
    ("TO_JSON_STRING(JSON_SET(JSON '{\"a\":1}', NULL, 1, '$.b', 2))", '{"a":1,"b":2}'),
    ("TO_JSON_STRING(JSON_SET(JSON '{\"a\":1}', '$.a', 2, create_if_missing => NULL))", '{"a":1}'),
    ("JSON_SET(NULL, '$.a', 1)", None),
    ("TO_JSON_STRING(JSON_REMOVE(JSON '{\"a\":1}', CAST(NULL AS STRING)))", '{"a":1}'),
    ("TO_JSON_STRING(JSON_ARRAY_APPEND(JSON '[]', '$', 1, append_each_element => NULL))", "[]"),
    ("TO_JSON_STRING(JSON_ARRAY_INSERT(JSON '[]', NULL, 1, '$[0]', [1, 2]))", "[1,2]"),
    ("TO_JSON_STRING(JSON_STRIP_NULLS(JSON '{\"a\":null}', include_arrays => NULL))", '{"a":null}'),
    ("JSON_KEYS(JSON '{\"a\":1}', NULL)", ["a"]),
    ("TO_JSON_STRING(1, NULL)", None),
    # texts
    ("CHR(0)", ""),
    ("REGEXP_INSTR('abc', '')", 0),
    ("REGEXP_INSTR('abc', '$', 4)", 0),
    ("COLLATE(NULL, 'und:ci')", None),
    # numbers
    ("RANGE_BUCKET(CAST('nan' AS FLOAT64), [1.0])", None),
    ("RANGE_BUCKET('nan', ['a', 'nan'])", 2),
    ("SAFE_CAST('-1e999' AS FLOAT64)", None),
    ("(SELECT CAST(SUM(x) AS STRING) FROM UNNEST([CAST('inf' AS FLOAT64), 1]) AS x)", "inf"),
    # dates
    ("PARSE_DATE('%U %Y %w', '01 2024 1')", date(2024, 1, 8)),
    ("PARSE_DATE('%W %Y', '01 2024')", date(2024, 1, 1)),
    ("PARSE_DATE('%W %Y %a', '10 2023 Sun')", date(2023, 3, 12)),
    ("UNIX_SECONDS(TIMESTAMP '1970-01-01t00:00:10z')", 10),
    ("STRING(CAST('2024-1-1t1:2:3' AS DATETIME))", "2024-01-01 01:02:03"),
    ("'\\U0010FFFF' = CHR(1114111)", True),
    ("FORMAT_DATE('%F', DATE '0001-01-02') || FORMAT_DATE('%Y|%E4Y', DATE '0099-03-04')", "1-01-0299|0099"),
    ("(SELECT FORMAT_DATE('%F', d) FROM UNNEST([DATE '0001-01-02']) AS d)", "1-01-02"),
    # tests of a BOOL
    ("[NULL IS UNKNOWN, TRUE IS UNKNOWN, TRUE IS NOT UNKNOWN]", [True, False, True]),
]

ERRORS = [
    ("JSON_OBJECT(CAST(NULL AS ARRAY<STRING>), [1])", "cannot be NULL"),
    ("FORMAT('%x', -255)", "Negative value -255 in argument of FORMAT specifier %x"),
    ("REGEXP_EXTRACT('abc', 'x(.)(.)')", "must not have more than 1 capturing group"),
    ("RANGE_BUCKET(1.0, [1.0, CAST('nan' AS FLOAT64)])", "ascending order"),
    ("1e309", "Invalid floating point literal: 1e309"),
    ("CAST('1e309' AS FLOAT64)", "Bad double value: 1e309"),
    ("SUM(x) FROM UNNEST([1e308, 1e308]) AS x", "double overflow"),
    ("AVG(x) OVER () FROM UNNEST([1e308, 1e308]) AS x", "double overflow"),
    ("APPROX_TOP_SUM(x, -1, 1) FROM UNNEST([1]) AS x", "must not be negative or NaN"),
    ("'\\ud800'", "Illegal escape sequence: \\ud800"),
    ("'\\U00110000'", "Illegal escape sequence: \\U00110000"),
    ("1 AS ``", "Invalid empty identifier"),
    ("STRUCT<x INT64>(5 AS x)", "cannot specify both an explicit type and field names"),
    ("RANGE<DATE> '[2024-01-01,2024-02-01)'", "Invalid RANGE literal value"),
    ("1 IS UNKNOWN", "No matching signature for operator IS UNKNOWN"),
    ("TIME '10:00:00' + INTERVAL 1 HOUR", "No matching signature for operator +"),
    ("PARSE_TIME('%I', '13')", "Failed to parse input string"),
    ("PARSE_DATE('%U %Y', '60 2024')", "Failed to parse input string"),
    ("TIMESTAMP '2024-01-01 00:00:00+15:00'", "Invalid timestamp"),
    ("CAST('2024-01-01 00:00:00-14:30' AS TIMESTAMP)", "Invalid timestamp"),
    ("DATETIME(TIMESTAMP '2024-01-01', '+15:00')", "Invalid time zone: "),
    ("SUM(1) OVER (ORDER BY x RANGE BETWEEN NULL PRECEDING AND CURRENT ROW) FROM UNNEST([1]) AS x", "non-negative"),
    ("* FROM (WITH RECURSIVE t AS (SELECT n FROM t) SELECT * FROM t)", "Recursive query t must be a UNION"),
]

NAMES = [
    # a pivot column is named by its value as the type of what is pivoted
    ("* FROM (SELECT STRUCT(1 AS a, 'x' AS b) AS p, 1 AS v) PIVOT(MAX(v) FOR p IN (STRUCT(1, 'x')))", ["a__1_b_x"]),
    ("* FROM (SELECT TRUE AS p, 'q' AS q, 1 AS v) PIVOT(MAX(v) AS m FOR (p, q) IN ((TRUE, 'q'), (FALSE, NULL)))",
     ["m_TRUE_q", "m_FALSE_NULL"]),
    ("* FROM (SELECT NUMERIC '1.5' AS p, 1 AS v) PIVOT(MAX(v) FOR p IN (1.5, -2))", ["_1_point_5", "minus_2"]),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "expected"), VALUES)
def test_value(warehouse: Any, expression: str, expected: Any) -> None:
    [(value,)] = warehouse.run(f"SELECT {expression}")
    assert value == expected


@pytest.mark.parametrize(("expression", "message"), ERRORS)
def test_error(warehouse: Any, expression: str, message: str) -> None:
    with pytest.raises(SqlError) as raised:
        warehouse.run(f"SELECT {expression}")
    assert message in str(raised.value)
    assert raised.value.reason == "invalidQuery"


@pytest.mark.parametrize(("query", "names"), NAMES)
def test_names(warehouse: Any, query: str, names: list[str]) -> None:
    warehouse.run(f"SELECT {query}")
    assert [field.name for field in warehouse.schema] == names


def test_a_tuple_has_fields_without_names_and_struct_takes_them_from_columns(warehouse: Any) -> None:
    warehouse.run("SELECT (p, q) AS s, STRUCT(p, q) AS t FROM (SELECT 1 AS p, 2 AS q)")
    names = [[field.name for field in column.fields] for column in warehouse.schema]
    assert names == [["_field_1", "_field_2"], ["p", "q"]]
