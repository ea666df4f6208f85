"""What scripts hold to: labels, types with parameters, what EXECUTE IMMEDIATE sees, and how handlers read errors."""

from typing import Any

import pytest

from emulators.bigquery.sql.model import SqlError

PROCEDURES = """CREATE PROCEDURE d.fails() BEGIN SELECT 1 / 0; END;
CREATE PROCEDURE d.two(OUT a INT64, OUT b INT64) BEGIN END;
"""

ROWS: list[tuple[str, Any]] = [
    ("BEGIN\n  SELECT 1 / 0;\nEXCEPTION WHEN ERROR THEN SELECT @@error.message; END",
     "Query error: division by zero: 1 / 0 at [2:3]"),
    ("BEGIN SELECT nope; EXCEPTION WHEN ERROR THEN SELECT @@error.message; END",
     "Query error: Unrecognized name: nope at [1:14]"),
    ("BEGIN RAISE USING MESSAGE = 'mine'; EXCEPTION WHEN ERROR THEN SELECT @@error.message; END", "mine"),
    ("BEGIN RAISE USING MESSAGE = NULL; EXCEPTION WHEN ERROR THEN SELECT @@error.message; END", None),
    ("BEGIN EXECUTE IMMEDIATE 'SELECT 1 / 0'; EXCEPTION WHEN ERROR THEN SELECT @@error.statement_text; END",
     "EXECUTE IMMEDIATE 'SELECT 1 / 0'"),
    (PROCEDURES + "BEGIN CALL d.fails(); EXCEPTION WHEN ERROR THEN SELECT @@error.message; END",
     "Query error: division by zero: 1 / 0 at [p.d.fails:1:7]"),
    # a bare RAISE keeps the message and the place of what it raises again
    ("BEGIN\nBEGIN SELECT 1 / 0; EXCEPTION WHEN ERROR THEN\nRAISE; END;\n"
     "EXCEPTION WHEN ERROR THEN SELECT @@error.message || @@error.formatted_stack_trace; END",
     "Query error: division by zero: 1 / 0 at [2:7]At [2:7]"),
    ("DECLARE v INT64 DEFAULT 5; EXECUTE IMMEDIATE 'SELECT @v' USING v AS v", 5),
    ("DECLARE x NUMERIC(5, 2) DEFAULT 1.239; SET x = x + 1; SELECT FORMAT('%t', x)", "2.24"),
    ("DECLARE x, y STRING(3); SET (x, y) = ('abc', 'd'); SELECT x || y", "abcd"),
    ("out: LOOP LOOP BREAK out; END LOOP; END LOOP out; SELECT 1", 1),
]  # fmt: skip

ERRORS = [
    ("DECLARE v INT64 DEFAULT 5; EXECUTE IMMEDIATE 'SELECT v'", "Unrecognized name: v"),
    ("DECLARE x STRING(2) DEFAULT 'abc'", "maximum length 2 exceeded"),
    ("DECLARE x ARRAY<STRING(2)>; SET x = ['abc']", "maximum length 2 exceeded"),
    ("BEGIN DECLARE x NUMERIC(3); SET x = 1234; END", "numeric overflow"),
    ("SELECT CAST(1 AS INT64(3))", "INT64 does not support type parameters"),
    ("DECLARE x INT64; FOR x IN (SELECT 1) DO SELECT 1; END FOR", "Variable 'x' redeclaration is not allowed"),
    (PROCEDURES + "BEGIN DECLARE x INT64; CALL d.two(x, X); END", "passed to more than one OUT or INOUT argument"),
    ("a: LOOP A: LOOP BREAK; END LOOP; BREAK; END LOOP", "label A is already in use"),
    ("a: BEGIN SELECT 1; END b", "Mismatched end label; expected a"),
    ("LOOP BREAK; END LOOP a", "Expected end of input"),
    ("RAISE USING MESSAGE = 'mine'", "mine"),
]


@pytest.mark.parametrize(("script", "expected"), ROWS)
def test_row(warehouse: Any, script: str, expected: Any) -> None:
    assert warehouse.run(script) == [(expected,)]


@pytest.mark.parametrize(("script", "message"), ERRORS)
def test_error(warehouse: Any, script: str, message: str) -> None:
    with pytest.raises(SqlError) as raised:
        warehouse.run(script)
    assert message in str(raised.value)
