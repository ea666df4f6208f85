"""Operators: arithmetic, comparison, logic, concatenation, BETWEEN, CASE. IN and LIKE are in membership.py."""

from dataclasses import replace
from typing import NoReturn

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer, expression_rule
from emulators.bigquery.sql.analysis.casts import convert
from emulators.bigquery.sql.analysis.coercion import coerce, common
from emulators.bigquery.sql.analysis.values import Chain, Scope, Value, combine
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.types import Type

_COMPARISONS = ("=", "!=", "<", ">", "<=", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM")
_ARITHMETIC = ("+", "-", "*", "/")
_BYTE_OPERATORS = {"&": "and", "|": "or", "^": "xor", "<<": "shift_left", ">>": "shift_right"}
_WORDS = {
    "<": "Less than", ">": "Greater than", "<=": "Less than or equal", ">=": "Greater than or equal",
}  # fmt: skip
_UNORDERED = ("ARRAY", "STRUCT", "JSON", "GEOGRAPHY")


def no_signature(a: Analyzer, op: str, values: list[Value], node: nodes.Node) -> NoReturn:
    kinds = ", ".join(str(v.type) for v in values)
    a.fail(f"No matching signature for operator {op} for argument types: {kinds}", node)


@expression_rule(nodes.Binary)
def binary(a: Analyzer, node: nodes.Binary, scope: Scope) -> Value:
    """left op right, by the operator's family."""
    op = node.op
    if op in ("AND", "OR"):
        return _logic(a, node, scope)
    left, right = a.expression(node.left, scope), a.expression(node.right, scope)
    if op in _COMPARISONS:
        return compare(a, op, left, right, node)
    if op in _ARITHMETIC:
        return arithmetic(a, op, left, right, node)
    if op == "||":
        return _concatenate(a, left, right, node)
    return _bits(a, op, left, right, node)


def _logic(a: Analyzer, node: nodes.Binary, scope: Scope) -> Value:
    """A chain of the same operator stays flat, however long."""
    parts: list[nodes.Node] = []
    current: nodes.Node = node
    while isinstance(current, nodes.Binary) and current.op == node.op:
        parts.append(current.right)
        current = current.left
    parts.append(current)
    values = []
    for part in reversed(parts):
        value = a.expression(part, scope)
        if value.type.kind not in ("BOOL", "NULL"):
            no_signature(a, node.op, [value], node)
        values.append(value)
    return combine("(" + f" {node.op} ".join(v.sql for v in values) + ")", t.BOOL, *values)


def compare(a: Analyzer, op: str, left: Value, right: Value, node: nodes.Node) -> Value:
    """Comparison of two values of a common type; NaN equals nothing and is less and greater than nothing."""
    kind = t.supertype([(left.type, left.literal), (right.type, right.literal)])
    if kind is None and {left.type.kind, right.type.kind} <= set(t.NUMBERS):
        kind = t.FLOAT64
    equality = op in ("=", "!=") or "DISTINCT" in op
    if kind is not None and kind.kind in ("JSON", "GEOGRAPHY"):
        a.fail(f"{_WORDS.get(op, 'Equality')} is not defined for arguments of type {kind}", node)
    if kind is None or (kind.kind in _UNORDERED and not equality):
        no_signature(a, op, [left, right], node)
    x, y = coerce(a, left, kind), coerce(a, right, kind)
    if kind.collation:
        x, y = folded(x), folded(y)
    if kind.kind == "RANGE" and not equality:
        x, y = range_key(x), range_key(y)
    if kind.kind == "STRUCT" and op in ("=", "!="):
        return _compare_structs(a, op, x, y, node)
    if kind.kind == "ARRAY" and op in ("=", "!="):
        return combine(f"({'NOT ' if op == '!=' else ''}bq.arrays_equal({x.sql}, {y.sql}))", t.BOOL, left, right)
    sql = f"{x.sql} {op} {y.sql}"
    if kind == t.FLOAT64:
        sql = _with_nan(op, x, y, sql)
    return combine(f"({sql})", t.BOOL, left, right)


def folded(value: Value) -> Value:
    """A text with a collation, und:ci, as what is compared of it."""
    return value.with_sql(f"bq.fold({value.sql})", t.STRING) if value.type.collation else value


def folded_items(array: Value) -> Value:
    """An array of texts as what is compared of them."""
    return array.with_sql(f"list_transform({array.sql}, lambda e: bq.fold(e))", t.array(t.STRING))


def range_key(value: Value) -> Value:
    """A RANGE as what it is ordered by."""
    assert value.type.element is not None
    low, high = (f"CAST('{word}' AS {t.duckdb(value.type.element)})" for word in ("-infinity", "infinity"))
    return value.with_sql(f"bq.range_key({value.sql}, {low}, {high})", value.type)


def _compare_structs(a: Analyzer, op: str, x: Value, y: Value, node: nodes.Node) -> Value:
    """Field by field, so that a NULL in one makes the result NULL."""
    name = a.shared.alias("c")
    tests = []
    for own, (_, kind) in zip(t.struct_names(x.type), x.type.fields, strict=True):
        left, right = (Value(f"struct_extract({name}.{side}, {t.text(own)})", kind) for side in "xy")
        tests.append(compare(a, "=", left, right, node).sql)
    body = f"CASE WHEN {name}.x IS NOT NULL AND {name}.y IS NOT NULL THEN {' AND '.join(tests) or 'true'} END"
    sql = f"list_transform([struct_pack(x := {x.sql}, y := {y.sql})], lambda {name}: {body})[1]"
    return combine(f"(NOT {sql})" if op == "!=" else sql, t.BOOL, x, y)


def _with_nan(op: str, x: Value, y: Value, sql: str) -> str:
    """DuckDB holds NaN equal to itself and greater than all numbers."""
    if op in (">", ">=") and not x.literal:
        return f"{sql} AND NOT isnan({x.sql})"
    if op in ("<", "<=") and not y.literal:
        return f"{sql} AND NOT isnan({y.sql})"
    if x.literal or y.literal:
        return sql
    if op == "=":
        return f"{sql} AND NOT isnan({x.sql})"
    return f"{sql} OR isnan({x.sql})" if op == "!=" else sql


def number_type(left: Value, right: Value) -> Type | None:
    """The type in which two numbers are computed."""
    if left.type.kind == "NULL" and right.type.kind == "NULL":
        return t.INT64
    if not {left.type.kind, right.type.kind} <= {*t.NUMBERS, "NULL"}:
        return None
    return t.supertype([(left.type, left.literal), (right.type, right.literal)])


def arithmetic(a: Analyzer, op: str, left: Value, right: Value, node: nodes.Node) -> Value:
    """+ - * / on numbers, dates and intervals."""
    kind = number_type(left, right)
    if kind is None:
        from emulators.bigquery.sql.analysis.intervals import date_arithmetic

        return date_arithmetic(a, op, left, right, node)
    if op == "/" and kind == t.INT64:
        kind = t.FLOAT64
    x, y = coerce(a, left, kind), coerce(a, right, kind)
    if kind == t.INT64:
        return combine(f"({x.sql} {op} {y.sql})", kind, left, right)
    if kind == t.FLOAT64:
        return _floats(op, x, y)
    if op in ("+", "-") and kind == t.NUMERIC:
        return combine(f"CAST({x.sql} {op} {y.sql} AS {t.duckdb(kind)})", kind, left, right)
    name = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide"}[op]
    return combine(f"bq.{kind.kind.lower()}_{name}({x.sql}, {y.sql})", kind, left, right)


_LONGEST = 1000  # characters of arithmetic that is checked: the check repeats it


def _floats(op: str, x: Value, y: Value) -> Value:
    """x op y, with one check for the whole chain of operators: finite numbers make no infinite one."""
    left = x.chain or Chain(x.sql, (x.sql,))
    right = (y.chain if op != "/" else None) or Chain(y.sql, (y.sql,))  # a division by an infinite number is finite
    sql = f"bq.divide({left.sql}, {right.sql})" if op == "/" else f"({left.sql} {op} {right.sql})"
    chain = Chain(sql, tuple(dict.fromkeys((*left.parts, *right.parts))))
    if len(sql) > _LONGEST:
        return combine(sql, t.FLOAT64, x, y)
    finite = " AND ".join(f"isfinite({part})" for part in chain.parts)
    return replace(combine(f"bq.float_in_range({sql}, {finite})", t.FLOAT64, x, y), chain=chain)


def _concatenate(a: Analyzer, left: Value, right: Value, node: nodes.Node) -> Value:
    """text || text, or what has a text; bytes || bytes; array || array."""
    if t.STRING in (left.type, right.type):
        textless = (*t.TEXTLESS, "BYTES")
        left, right = (v if v.type.kind in textless else convert(a, v, t.STRING, node) for v in (left, right))
    kind = t.supertype([(left.type, False), (right.type, False)])
    if kind is None or kind.kind not in ("STRING", "BYTES", "ARRAY", "NULL"):
        no_signature(a, "||", [left, right], node)
    kind = t.STRING if kind.kind == "NULL" else kind
    x, y = coerce(a, left, kind), coerce(a, right, kind)
    if kind.kind == "ARRAY":
        return combine(f"bq.array_concat({x.sql}, {y.sql})", kind, left, right)
    if "NULL" in (left.type.kind, right.type.kind):
        return combine(f"CAST({x.sql} || {y.sql} AS {t.duckdb(kind)})", kind, left, right)
    return combine(f"({x.sql} || {y.sql})", kind, left, right)


def _bits(a: Analyzer, op: str, left: Value, right: Value, node: nodes.Node) -> Value:
    if left.type == t.BYTES and right.type in ((t.INT64, t.NULL) if op in ("<<", ">>") else (t.BYTES, t.NULL)):
        y = coerce(a, right, t.INT64 if op in ("<<", ">>") else t.BYTES)
        return combine(f"bq_bytes_{_BYTE_OPERATORS[op]}({left.sql}, {y.sql})", t.BYTES, left, right)
    if left.type.kind not in ("INT64", "NULL") or right.type.kind not in ("INT64", "NULL"):
        no_signature(a, op, [left, right], node)
    x, y = coerce(a, left, t.INT64), coerce(a, right, t.INT64)
    if op == "^":
        return combine(f"xor({x.sql}, {y.sql})", t.INT64, x, y)
    if op in ("<<", ">>"):
        return combine(f"bq.shift_{'left' if op == '<<' else 'right'}({x.sql}, {y.sql})", t.INT64, x, y)
    return combine(f"({x.sql} {op} {y.sql})", t.INT64, x, y)


@expression_rule(nodes.Unary)
def unary(a: Analyzer, node: nodes.Unary, scope: Scope) -> Value:
    """NOT b, -x, +x, ~x"""
    value = a.expression(node.operand, scope)
    if node.op == "NOT":
        if value.type.kind not in ("BOOL", "NULL"):
            no_signature(a, "NOT", [value], node)
        return combine(f"(NOT {coerce(a, value, t.BOOL).sql})", t.BOOL, value)
    if node.op == "~":
        if value.type == t.BYTES:
            return combine(f"bq_bytes_not({value.sql})", t.BYTES, value)
        if value.type.kind not in ("INT64", "NULL"):
            no_signature(a, "~", [value], node)
        return combine(f"(~{coerce(a, value, t.INT64).sql})", t.INT64, value)
    if value.type.kind == "NULL":
        return coerce(a, value, t.INT64)
    if value.type.kind not in (*t.NUMBERS, "INTERVAL"):
        no_signature(a, node.op, [value], node)
    if node.op == "+":
        return value
    negated = f"bq.bignumeric_negate({value.sql})" if value.type == t.BIGNUMERIC else f"(-{value.sql})"
    return combine(negated, value.type, value)


@expression_rule(nodes.Is)
def is_test(a: Analyzer, node: nodes.Is, scope: Scope) -> Value:
    """x IS [NOT] NULL / TRUE / FALSE / UNKNOWN, which is NULL for a BOOL."""
    value = a.expression(node.operand, scope)
    word = "NOT " if node.negated else ""
    if node.what == "NULL":
        return combine(f"({value.sql} IS {word}NULL)", t.BOOL, value)
    if value.type.kind not in ("BOOL", "NULL"):
        no_signature(a, f"IS {node.what}", [value], node)
    if node.what == "UNKNOWN":
        return combine(f"({value.sql} IS {word}NULL)", t.BOOL, value)
    wanted = "true" if node.what == "TRUE" else "false"
    negation = "" if node.negated else "NOT "
    return combine(f"({coerce(a, value, t.BOOL).sql} IS {negation}DISTINCT FROM {wanted})", t.BOOL, value)


@expression_rule(nodes.Between)
def between(a: Analyzer, node: nodes.Between, scope: Scope) -> Value:
    """x BETWEEN low AND high, as two comparisons."""
    value, low, high = (a.expression(n, scope) for n in (node.operand, node.low, node.high))
    if t.supertype([(v.type, v.literal) for v in (value, low, high)]) is None:
        no_signature(a, "BETWEEN", [value, low, high], node)
    first = compare(a, ">=", value, low, node)
    second = compare(a, "<=", value, high, node)
    word = "NOT " if node.negated else ""
    return combine(f"({word}({first.sql} AND {second.sql}))", t.BOOL, first, second)


@expression_rule(nodes.Case)
def case(a: Analyzer, node: nodes.Case, scope: Scope) -> Value:
    """CASE [x] WHEN ... THEN ... ELSE ... END, the results as their supertype."""
    conditions = []
    operand = a.expression(node.operand, scope) if node.operand is not None else None
    for condition, _ in node.whens:
        if operand is None:
            conditions.append(a.condition(condition, scope, "CASE WHEN clause"))
        else:
            conditions.append(compare(a, "=", operand, a.expression(condition, scope), condition))
    results = [a.expression(result, scope) for _, result in node.whens]
    if node.otherwise is not None:
        results.append(a.expression(node.otherwise, scope))
    values, kind = common(
        a,
        results,
        "No matching signature for operator CASE; all THEN/ELSE arguments must be coercible to a common type but found: {types}",  # noqa: E501
        node,
    )
    arms = "".join(f" WHEN {c.sql} THEN {v.sql}" for c, v in zip(conditions, values, strict=False))
    last = f" ELSE {values[-1].sql}" if node.otherwise is not None else ""
    return combine(f"(CASE{arms}{last} END)", kind, *conditions, *results)
