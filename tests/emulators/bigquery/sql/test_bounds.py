"""Where values end and what may not be written: GoogleSQL's reference on ranges of types, signs and modifiers."""

from datetime import date
from decimal import Decimal
from math import isnan
from typing import Any

import pytest

from emulators.bigquery.sql.model import SqlError

VALUES: list[tuple[str, Any]] = [
    ("CAST(-9.223372036854775808e18 AS INT64) = -9223372036854775808", True),
    (
        "ARRAY_SUM([NUMERIC '1.5', 2]) = 3.5 AND ARRAY_AVG([NUMERIC '6e28', NUMERIC '6e28']) = NUMERIC '6e28'",
        True,
    ),
    ("TIMESTAMP_SECONDS(253402300799) = TIMESTAMP '9999-12-31 23:59:59'", True),
    ("SAFE.TIMESTAMP_MILLIS(9223372036854775807)", None),
    ("SAFE.DATE_FROM_UNIX_DATE(2932897)", None),
    ("DATE_FROM_UNIX_DATE(-719162)", date(1, 1, 1)),
    ("DATE_TRUNC(DATE '0001-01-03', ISOWEEK)", date(1, 1, 1)),
    ("EXTRACT(DAY FROM NULL)", None),
    # each part of a justified interval has the sign of the whole
    ("CAST(JUSTIFY_HOURS(INTERVAL '2 -12:34:56.789' DAY TO SECOND) AS STRING)", "0-0 1 11:25:3.211"),
    ("CAST(JUSTIFY_DAYS(INTERVAL '1 -5' MONTH TO DAY) AS STRING)", "0-0 25 0:0:0"),
    ("CAST(JUSTIFY_INTERVAL(INTERVAL '-1 40 -24:0:0' MONTH TO SECOND) AS STRING)", "0-0 9 0:0:0"),
    # elements of a format that the type has nothing for
    ("FORMAT_DATE('%Y %H:%M %Z', DATE '2008-02-05')", "2008 %H:%M %Z"),
    ("FORMAT_TIME('%Y-%H', TIME '15:30:00')", "%Y-15"),
    ("FORMAT_DATETIME('%r %Ez', DATETIME '2008-02-05 15:30:01')", "03:30:01 PM %Ez"),
    ("(SELECT FORMAT_DATE(f, DATE '2008-02-05') FROM UNNEST(['%d %S']) AS f)", "05 %S"),
    ("PARSE_TIME('%r', '03:30:01 PM') = TIME '15:30:01'", True),
    ('JSON_KEYS(JSON \'{"a":{"b":1}}\', 1)', ["a"]),
    ("RANGE_BUCKET(2, [1, 2, 3])", 2),
    # floats: finite numbers make no infinite one
    ("(SELECT x * 10 FROM (SELECT CAST('inf' AS FLOAT64) AS x)) = CAST('inf' AS FLOAT64)", True),
    ("IEEE_DIVIDE(1, 0) * 2 = CAST('inf' AS FLOAT64)", True),
    ("(SELECT SAFE_MULTIPLY(x, 10) FROM (SELECT 1e308 AS x))", None),
    ("SAFE_DIVIDE(1e308, 0.01)", None),
    ("(SELECT x * 2.5 + 1 FROM (SELECT 2.0 AS x))", 6.0),
    ("CAST(INTERVAL -10000 YEAR AS STRING)", "-10000-0 0 0:0:0"),
    ("NET.HOST('mailto:?to=&subject=&body=')", "mailto"),
    (
        "BAG_OF_WORDS(['b', 'a', 'b', NULL])",
        [{"term": None, "count": 1}, {"term": "a", "count": 1}, {"term": "b", "count": 2}],
    ),
    ("GREATEST(RANGE<DATE> '[2024-01-01, 2024-01-02)', NULL)", None),
]


@pytest.mark.parametrize(("expression", "expected"), VALUES, ids=[expression for expression, _ in VALUES])
def test_value(warehouse: Any, expression: str, expected: Any) -> None:
    assert warehouse.run(f"SELECT {expression}") == [(expected,)]


@pytest.mark.parametrize("function", ["ACOS", "ASIN", "ATANH", "SINH", "COSH"])
def test_nan_is_no_error(warehouse: Any, function: str) -> None:
    assert isnan(warehouse.run(f"SELECT {function}(CAST('nan' AS FLOAT64))")[0][0])


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("TIMESTAMP_SECONDS(253402300800)", "TIMESTAMP overflow"),
        ("TIMESTAMP_SUB(TIMESTAMP '0001-01-01', INTERVAL 1 MICROSECOND)", "TIMESTAMP overflow"),
        ("DATE_FROM_UNIX_DATE(99999999)", "DATE overflow"),
        ("DATE_TRUNC(DATE '0001-01-03', WEEK)", "DATE overflow"),
        ("LAST_DAY(DATE '9999-12-31', WEEK)", "DATE overflow"),
        ("LAST_DAY(DATE '9999-12-01', ISOYEAR)", "DATE overflow"),
        # a NUMERIC has 29 digits before its point
        ("(SELECT SUM(x) FROM UNNEST(ARRAY_CONCAT([NUMERIC '6e28'], [NUMERIC '6e28'])) AS x)", "numeric overflow: SUM"),
        ("ARRAY_SUM([NUMERIC '6e28', NUMERIC '6e28'])", "numeric overflow: SUM"),
        ("ROUND(NUMERIC '99999999999999999999999999999.9')", "numeric overflow"),
        ("CAST(1e29 AS NUMERIC)", "numeric out of range: 1e29"),
        # other time zones have other years
        ("DATE(TIMESTAMP '0001-01-01 00:00:00+00', 'America/Los_Angeles')", "DATETIME overflow"),
        ("DATETIME(TIMESTAMP '9999-12-31 23:59:59+00', '+09:00')", "DATETIME overflow"),
        ("STRING(TIMESTAMP '9999-12-31 23:59:59+00', 'Asia/Tokyo')", "DATETIME overflow"),
        ("TIMESTAMP(DATETIME '0001-01-01 00:00:00', 'Asia/Tokyo')", "TIMESTAMP overflow"),
        ("PARSE_TIMESTAMP('%F', '0001-01-01', 'Asia/Tokyo')", "TIMESTAMP overflow"),
        ("FORMAT_TIMESTAMP('%c', TIMESTAMP '0001-01-01 00:00:00+00', '-08:00')", "TIMESTAMP overflow"),
        ("TIMESTAMP '0001-01-01 00:00:00+09'", "Invalid timestamp"),
        ("CAST('0001-01-01 00:00:00 Asia/Tokyo' AS TIMESTAMP)", "Invalid timestamp"),
        ("TIMESTAMP_BUCKET(TIMESTAMP '2000-12-30', INTERVAL 1 MONTH)", "non-zero MONTH part"),
        ("TIME '24:00:00'", "Invalid time string"),
        ("PARSE_DATE('%F %H', '2008-12-25 12')", "%H is not allowed for the DATE type"),
        ("PARSE_TIME('%Ez', '+01:00')", "%Ez is not allowed for the TIME type"),
        ("(SELECT 1e308 * x FROM (SELECT 10.0 AS x))", "double overflow"),
        ("(SELECT x * 10 - x * 10 FROM (SELECT 1e308 AS x))", "double overflow"),
        ("INTERVAL 100000 YEAR", "out of range"),
        ("(SELECT DATE_ADD(DATE '2000-01-01', INTERVAL x DAY) FROM (SELECT 9223372036854775807 AS x))", "overflow"),
        ("COSH(1000)", "Floating point overflow in function: COSH"),
        ("LENGHT('a')", "Function not found: LENGHT; Did you mean length"),
        ("GREATEST([1], [2])", "No matching signature for function GREATEST"),
        ("LEAST(JSON '1')", "No matching signature for function LEAST"),
        ("RANGE_BUCKET(1, [1, NULL])", "ascending order"),
        ("EDIT_DISTANCE('a', 'b', max_distance => -1)", "must be non-negative"),
        ("FORMAT('100%')", "ends in the middle of a specifier"),
        ("REGEXP_EXTRACT('abc', 'b', 1, 0)", "Invalid occurrence"),
        ("REGEXP_REPLACE('abc', 'b', r'\\x')", "must be followed by a digit"),
        ("JSON_KEYS(JSON '{}', 0)", "max_depth must be positive"),
    ],
)
def test_error(warehouse: Any, expression: str, message: str) -> None:
    with pytest.raises(SqlError, match=message):
        warehouse.run(f"SELECT {expression}")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("SELECT 1 < 2 IS TRUE", "Syntax error"),
        ("SELECT 1 = 1 = TRUE", "Syntax error"),
        ("SELECT 1e, 2", "Missing whitespace between literal and alias"),
        ("SELECT '\\400'", "Illegal escape sequence"),
        ("SELECT DISTINCT j FROM UNNEST([JSON '1']) AS j", "Column j of type JSON cannot be used in SELECT DISTINCT"),
        (
            "SELECT COUNT(DISTINCT j) FROM UNNEST([JSON '1']) AS j",
            "with DISTINCT cannot be used with arguments of type JSON",
        ),
        ("SELECT ARRAY_AGG(DISTINCT x ORDER BY -x) FROM UNNEST([1]) AS x", "both DISTINCT and ORDER BY"),
        ("SELECT ARRAY_AGG(x ORDER BY x) OVER () FROM UNNEST([1]) AS x", "ORDER BY in arguments is not supported"),
        ("SELECT LEAD(x IGNORE NULLS) OVER (ORDER BY x) FROM UNNEST([1]) AS x", "does not support IGNORE NULLS"),
        ("SELECT LAG(x, NULL) OVER (ORDER BY x) FROM UNNEST([1]) AS x", "must not be NULL"),
        ("SELECT * FROM (SELECT 1 AS a) JOIN (SELECT 2 AS b)", "immediately following ON or USING clause"),
        ("SELECT * FROM (SELECT 1 AS a) CROSS JOIN (SELECT 2 AS b) ON TRUE", "CROSS JOIN cannot have an ON clause"),
        ("WITH a AS (SELECT 1), A AS (SELECT 2) SELECT 3", "Duplicate alias A for WITH subquery"),
        ("FROM UNNEST([1]) AS x |> SELECT COUNT(*)", "Aggregate function COUNT not allowed"),
        ("FROM UNNEST([1]) AS x |> EXTEND SUM(x) AS s", "Aggregate function SUM not allowed"),
        ("SELECT 1; DECLARE x INT64", "only at the start of a block or script"),
        ("DECLARE x INT64; BEGIN DECLARE x INT64; END", "redeclaration"),
        ("CREATE TEMP TABLE d.t AS SELECT 1 AS a", "qualified names are not allowed"),
        ("CREATE OR REPLACE TABLE IF NOT EXISTS d.t (a INT64)", "both OR REPLACE and IF NOT EXISTS"),
        ("CREATE TABLE d.t (a INT64, PRIMARY KEY (a))", "use NOT ENFORCED"),
        ("CREATE TABLE d.t ()", "A table must define at least one column"),
        ("CREATE TABLE d.t (a INT64 PRIMARY KEY NOT ENFORCED, b INT64 PRIMARY KEY NOT ENFORCED)", "one primary key"),
        ("CREATE TABLE d.t (a INT64 PRIMARY KEY NOT ENFORCED, PRIMARY KEY (a) NOT ENFORCED)", "one primary key"),
        ("CREATE TABLE d.t (a INT64) PARTITION BY RANGE_BUCKET(a, ARRAY_CONCAT([0], [9]))", "needs GENERATE_ARRAY"),
        ("CREATE TABLE d.t (a INT64) PARTITION BY RANGE_BUCKET(a, GENERATE_ARRAY(NULL, 9))", "of constant integers"),
        ("CREATE PROCEDURE d.p() BEGIN SELECT * FROM d.nothing; END", "Not found: Table p:d.nothing"),
        ("CREATE PROCEDURE d.p(x INT64) BEGIN DECLARE y INT64; IF x > y THEN SELECT z; END IF; END", "name: z"),
        ("CREATE TABLE d.t (a INT64) CLUSTER BY a, A", "Duplicate column A in CLUSTER BY"),
        ("SELECT * FROM UNNEST([1]) AS x TABLESAMPLE SYSTEM (200 PERCENT)", "between 0 and 100"),
        ("CREATE VIEW d.w AS SELECT 1 AS a; CREATE TABLE d.c CLONE d.w", "CLONE needs a table or a snapshot"),
        (
            "CREATE TABLE d.o (a INT64); ALTER VIEW d.o SET OPTIONS (description = 'x')",
            "because it is currently a TABLE",
        ),
        ("CREATE VIEW d.w AS SELECT 1 AS a; ALTER TABLE d.w ADD COLUMN b INT64", "because it is currently a VIEW"),
        ("CREATE VIEW d.v AS SELECT 1", "CREATE VIEW columns must be named, but column 1 has no name"),
    ],
)
def test_statement_is_refused(warehouse: Any, script: str, message: str) -> None:
    with pytest.raises(SqlError, match=message):
        warehouse.run(script)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("CREATE SEARCH INDEX i ON d.indexed(v)", "Column v of type ARRAY<FLOAT64> cannot be in a SEARCH INDEX"),
        ("CREATE SEARCH INDEX i ON d.indexed(x)", "Column x not found in table"),
        ("CREATE SEARCH INDEX i ON d.indexed(s) OPTIONS (analyzer = 'X')", "Invalid value for option analyzer: X; use"),
        ("CREATE SEARCH INDEX i ON d.indexed(s) OPTIONS (analyzer_options = '[]')", "must be a JSON object"),
        ("CREATE SEARCH INDEX i ON d.indexed(s) OPTIONS (colour = 'X')", "Unknown option: colour"),
        ("CREATE VECTOR INDEX i ON d.indexed(v, s)", "exactly one column"),
        ("CREATE VECTOR INDEX i ON d.indexed(v)", "Option index_type is required"),
        (
            "CREATE VECTOR INDEX i ON d.indexed(v) OPTIONS (index_type = 'IVF', tree_ah_options = '{}')",
            "Option tree_ah_options can only be set when index_type is TREE_AH",
        ),
        ("ALTER SEARCH INDEX i ON d.indexed DROP COLUMN s", "requires a reservation assignment"),
        (
            "CREATE VECTOR INDEX i ON d.indexed(s) OPTIONS (index_type = 'IVF')",
            "Column s of type STRING cannot be in a VECTOR INDEX",
        ),
    ],
)
def test_an_index_is_of_columns_that_it_can_find(warehouse: Any, statement: str, message: str) -> None:
    warehouse.run("CREATE TABLE d.indexed (s STRING, v ARRAY<FLOAT64>)")
    with pytest.raises(SqlError, match=message):
        warehouse.run(statement)


def test_a_procedure_declares_what_its_caller_has(warehouse: Any) -> None:
    warehouse.run("CREATE PROCEDURE d.p(OUT y INT64) BEGIN DECLARE x INT64 DEFAULT 2; SET y = x; END")
    script = "DECLARE x, y INT64; SET x = 1; CALL d.p(y); BEGIN DECLARE z INT64; END; BEGIN DECLARE z INT64; END; "
    assert warehouse.run(script + "SELECT x, y") == [(1, 2)]


@pytest.mark.parametrize(("value", "rounded"), [("2.25", "2.2"), ("2.35", "2.4"), ("-2.25", "-2.2"), ("2.251", "2.3")])
def test_a_half_is_rounded_to_the_even_digit(warehouse: Any, value: str, rounded: str) -> None:
    warehouse.run("CREATE TABLE d.halves (x NUMERIC(5, 1) OPTIONS (rounding_mode = 'ROUND_HALF_EVEN'))")
    warehouse.run(f"INSERT d.halves VALUES (NUMERIC '{value}')")
    assert warehouse.run("SELECT x FROM d.halves") == [(Decimal(rounded),)]
