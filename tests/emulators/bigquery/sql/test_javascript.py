"""Functions in JavaScript: what their arguments look like to them, what becomes of their results and mistakes."""

import base64
import datetime as dt
import decimal
import subprocess
import sys
from typing import Any

import pytest

from emulators.bigquery.sql.model import SqlError
from tests.emulators.bigquery.sql.conftest import Warehouse


def result(warehouse: Warehouse, signature: str, body: str, call: str, options: str = "") -> Any:
    text = f'CREATE TEMP FUNCTION f{signature} LANGUAGE js {options} AS r"""{body}\n"""; SELECT f({call})'
    return warehouse.run(text)[0][0]


@pytest.mark.parametrize(
    ("kind", "value", "seen"),
    [
        ("INT64", "9007199254740993", "string 9007199254740993"),
        ("FLOAT64", "1.5", "number 1.5"),
        ("FLOAT64", "CAST('-inf' AS FLOAT64)", "number -Infinity"),
        ("NUMERIC", "NUMERIC '3'", "number 3"),
        ("NUMERIC", "NUMERIC '3.10'", "string 3.1"),
        ("STRING", "'a\"b\\n'", 'string a"b\n'),
        ("BOOL", "true", "boolean true"),
        ("BYTES", "b'ab'", "string " + base64.b64encode(b"ab").decode()),
        ("DATE", "DATE '2024-02-29'", "object 2024-02-29T00:00:00.000Z"),
        ("ARRAY<INT64>", "[1, 2]", "object 1,2"),
        ("STRING", "NULL", "object null"),
    ],
)
def test_arguments(warehouse: Warehouse, kind: str, value: str, seen: str) -> None:
    body = "return typeof x + ' ' + (x instanceof Date ? x.toISOString() : String(x));"
    assert result(warehouse, f"(x {kind}) RETURNS STRING", body, value) == seen


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("INT64", "return '9007199254740993'", 9007199254740993),
        ("INT64", "return 3", 3),
        ("FLOAT64", "return 0.1", 0.1),
        ("NUMERIC", "return '1.25'", decimal.Decimal("1.25")),
        ("STRING", "return 5", "5"),
        ("BOOL", "return x > 1", True),
        ("BYTES", "return 'YWI='", b"ab"),
        ("DATE", "return new Date(Date.UTC(2024, 1, 29))", dt.date(2024, 2, 29)),
        ("TIMESTAMP", "return new Date(0)", dt.datetime(1970, 1, 1, tzinfo=dt.UTC)),
        ("ARRAY<INT64>", "return [1, 2, '3']", [1, 2, 3]),
        ("ARRAY<STRUCT<a INT64, b ARRAY<STRING>>>", "return [{a: 1, b: ['x']}, {}]",
         [{"a": 1, "b": ["x"]}, {"a": None, "b": None}]),
        ("STRUCT<a INT64>", "return null", None),
        ("STRING", "", None),
        ("JSON", "return {a: [x]}", '{"a":[2]}'),
    ],
)  # fmt: skip
def test_results(warehouse: Warehouse, kind: str, body: str, expected: Any) -> None:
    assert result(warehouse, f"(x FLOAT64) RETURNS {kind}", body, "2") == expected


@pytest.mark.parametrize(
    ("kind", "body", "message"),
    [
        ("INT64", "return 1.5", "Failed to coerce output value 1.5 to type INT64"),
        ("BOOL", "return 'yes'", 'Failed to coerce output value "yes" to type BOOL'),
        ("STRING", "return null.a", "TypeError: Cannot read properties of null"),
        ("STRING", "throw new Error('mine')", "Error: mine"),
        ("STRING", "return (", "SyntaxError"),
        ("TIME", "return 1", "not supported by this emulator"),
    ],
)
def test_mistakes(warehouse: Warehouse, kind: str, body: str, message: str) -> None:
    with pytest.raises(SqlError, match=message.replace("(", "\\(").replace(".", "\\.")):
        result(warehouse, f"(x INT64) RETURNS {kind}", body, "1")


def test_many_rows_nested_calls_and_grouping(warehouse: Warehouse) -> None:
    rows = warehouse.run(
        'CREATE TEMP FUNCTION parity(x INT64) RETURNS STRING LANGUAGE js AS \'return x % 2 ? "odd" : "even"\';'
        "CREATE TEMP FUNCTION loud(x INT64) AS (UPPER(parity(x)));"
        "SELECT loud(n), COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, 5001)) AS n GROUP BY 1 ORDER BY 1"
    )
    assert rows == [("EVEN", 2500), ("ODD", 2501)]


def test_library_and_stored_function(warehouse: Warehouse) -> None:
    warehouse.run(
        "CREATE FUNCTION d.four(x FLOAT64) RETURNS FLOAT64 DETERMINISTIC LANGUAGE js "
        "OPTIONS (library = ['gs://b/twice.js']) AS 'return twice(twice(x))'"
    )
    assert warehouse.run("SELECT d.four(2)") == [(8.0,)]


def test_functions_do_not_see_each_other(warehouse: Warehouse) -> None:
    result(warehouse, "(x INT64) RETURNS STRING", "globalThis.kept = 'yes'; return ''", "1")
    assert result(warehouse, "(x INT64) RETURNS STRING", "return typeof kept", "1") == "undefined"


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone bounds a process's memory")
def test_v8_is_not_started_where_it_has_no_room() -> None:
    text = """
import resource
from emulators.bigquery.sql.functions.javascript import _call
resource.setrlimit(resource.RLIMIT_DATA, (1 << 30, resource.RLIM_INFINITY))
try:
    _call("function batch(rows) { return '[]' }", ["[]"])
except ValueError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout == "UDF out of memory\n"
