"""Aggregate functions in JavaScript: groups, arguments that are NOT AGGREGATE, what values look like, modules."""

from typing import Any

import pytest

from emulators.bigquery.sql.model import SqlError
from tests.emulators.bigquery.sql.conftest import Warehouse

LONGEST = """
  export function initialState() { return {words: []}; }
  export function aggregate(state, word) { if (word !== null) state.words.push(word); }
  export function merge(state, other) { state.words.push(...other.words); }
  export function finalize(state) { return state.words.sort((a, b) => b.length - a.length)[0]; }
"""
WEIGHED = """
  export function initialState(weight) { return {total: 0n}; }
  export function aggregate(state, x, weight) { state.total += x * weight; }
  export function merge(state, other) { state.total += other.total; }
  export function finalize(state, weight) { return state.total - weight; }
"""


def define(signature: str, body: str, options: str = "") -> str:
    return f'CREATE TEMP AGGREGATE FUNCTION {signature} LANGUAGE js {options} AS r"""{body}"""; '


def test_each_group_has_a_state_of_its_own(warehouse: Warehouse) -> None:
    text = define("longest(word STRING) RETURNS STRING", LONGEST)
    rows = "UNNEST([STRUCT(1 AS k, 'oak' AS w), (2, 'fir'), (1, 'willow'), (2, NULL)])"
    asked = f"SELECT k, longest(w), UPPER(longest(w)) FROM {rows} GROUP BY k HAVING longest(w) != 'x' ORDER BY k"
    assert warehouse.run(text + asked) == [(1, "willow", "WILLOW"), (2, "fir", "FIR")]


def test_no_rows_leave_the_first_state(warehouse: Warehouse) -> None:
    text = define("weighed(x INT64, w INT64 NOT AGGREGATE) RETURNS INT64", WEIGHED)
    assert warehouse.run(text + "SELECT weighed(x, 4) FROM UNNEST([1]) x WHERE x > 1") == [(-4,)]
    asked = "SELECT weighed(x, 9007199254740993), weighed(x, 2) FROM UNNEST([1, 2]) x"
    assert warehouse.run(text + asked) == [(2 * 9007199254740993, 4)]


def test_an_argument_that_is_no_aggregate_is_constant(warehouse: Warehouse) -> None:
    text = define("weighed(x INT64, w INT64 NOT AGGREGATE) RETURNS INT64", WEIGHED)
    with pytest.raises(SqlError, match="Argument w to function weighed must be a literal or query parameter at"):
        warehouse.run(text + "SELECT weighed(x, x) FROM UNNEST([1, 2]) x")


@pytest.mark.parametrize(
    ("kind", "value", "told", "returned", "expected"),
    [
        ("INT64", "7", "typeof x", "STRING", "bigint"),
        ("ARRAY<INT64>", "[7]", "typeof x[0]", "STRING", "bigint"),
        ("BYTES", "b'\\xff\\x00a'", "x.constructor.name + x.join()", "STRING", "Uint8Array255,0,97"),
        ("BYTES", "b'tree'", "x.subarray(1)", "BYTES", b"ree"),
        ("BYTES", "b''", "x", "BYTES", b""),
        ("FLOAT64", "0.5", "x * 2", "INT64", 1),
        ("STRUCT<a INT64>", "STRUCT(2)", "({a: x.a + 1n})", "STRUCT<a INT64>", {"a": 3}),
    ],
)
def test_values(warehouse: Warehouse, kind: str, value: str, told: str, returned: str, expected: Any) -> None:
    body = f"""
      export function initialState() {{ return {{}}; }}
      export function aggregate(state, x) {{ state.last = {told}; }}
      export function merge(state, other) {{ }}
      export function finalize(state) {{ return state.last; }}
    """
    text = define(f"told(x {kind}) RETURNS {returned}", body)
    assert warehouse.run(text + f"SELECT told({value}) FROM UNNEST([1])") == [(expected,)]


def test_modules(warehouse: Warehouse) -> None:
    body = """
      import half, {unit as one} from 'halves.js';
      import * as all from 'gs://b/halves.js';
      const initialState = () => ({sum: 0});
      const add = (state, x) => { state.sum += half(x) + one; };
      function finalize(state) { return `${all.name} ${state.sum}`; }
      export { initialState, add as aggregate, finalize };
      export const merge = (state, other) => { state.sum += other.sum; };
    """
    text = define("f(x FLOAT64) RETURNS STRING", body, "OPTIONS (library = ['gs://b/halves.js'])")
    assert warehouse.run(text + "SELECT f(x) FROM UNNEST([3.0, 5.0]) x") == [("ten 24",)]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("export function initialState() { return {}; }", "function f has to export .* it lacks aggregate"),
        ("import x from 'away.js';" + LONGEST, "Cannot import away.js: it is not in the option library"),
        (LONGEST.replace("{words: []}", "{words: tree}"), "ReferenceError: tree is not defined"),
    ],
)
def test_mistakes(warehouse: Warehouse, body: str, message: str) -> None:
    with pytest.raises(SqlError, match=message):
        warehouse.run(define("f(x STRING) RETURNS STRING", body) + "SELECT f('a') FROM UNNEST([1])")


def test_modifiers_are_refused(warehouse: Warehouse) -> None:
    text = define("longest(word STRING) RETURNS STRING", LONGEST)
    with pytest.raises(SqlError, match="OVER, DISTINCT"):
        warehouse.run(text + "SELECT longest(DISTINCT w) FROM UNNEST(['a']) w")


def test_a_stored_function_keeps_what_is_no_aggregate(warehouse: Warehouse) -> None:
    body = f'CREATE AGGREGATE FUNCTION d.weighed(x INT64, w INT64 NOT AGGREGATE) RETURNS INT64 LANGUAGE js AS r"""{WEIGHED}"""'  # noqa: E501
    warehouse.run(body)
    assert warehouse.run("SELECT d.weighed(x, 2) FROM UNNEST([1, 2, 3]) x") == [(10,)]
