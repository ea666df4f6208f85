"""Literals: numbers, text, dates, arrays, structs, intervals."""

from decimal import Decimal, InvalidOperation
from math import isinf

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer, expression_rule
from emulators.bigquery.sql.analysis.coercion import coerce, common, moment_literal
from emulators.bigquery.sql.analysis.values import Scope, Value, combine
from emulators.bigquery.sql.functions import bignumerics
from emulators.bigquery.sql.functions.decimals import BIGNUMERIC
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.types import Type


@expression_rule(nodes.Literal)
def literal(a: Analyzer, node: nodes.Literal, scope: Scope) -> Value:
    """5 -> CAST(5 AS BIGINT); 1.5 -> 1.5e0; 'x' -> 'x'; DATE '2024-01-01' -> a DATE."""
    kind = node.kind
    if kind == "INT64":
        return integer(a, node)
    if kind == "FLOAT64":
        if isinf(float(node.value)):
            a.fail(f"Invalid floating point literal: {node.value}", node)
        return Value(_float(node.value), t.FLOAT64, True, node.value)
    if kind == "STRING":
        return Value(t.text(node.value), t.STRING, True, node.value)
    if kind == "BYTES":
        return Value(bytes_sql(node.value), t.BYTES, True, node.value)
    if kind == "BOOL":
        return Value("true" if node.value else "false", t.BOOL, True, node.value)
    if kind == "NULL":
        return Value("NULL", t.NULL, True)
    if kind in ("NUMERIC", "BIGNUMERIC"):
        return _decimal(a, node)
    if kind == "JSON":
        return Value(f"bq.parse_json({t.text(node.value)}, 'exact')", t.JSON, True, node.value)
    if kind.startswith("RANGE<"):
        from emulators.bigquery.sql.analysis.ranges import range_literal

        return range_literal(a, node)
    return moment_literal(a, Value(t.text(node.value), t.STRING, True, node.value), t.SIMPLE[kind])


def integer(a: Analyzer, node: nodes.Literal) -> Value:
    number = int(node.value)
    if not -(2**63) <= number < 2**63:
        a.fail(f"Invalid integer literal: {node.value}", node)
    sql = f"CAST({number} AS BIGINT)" if number >= 0 else f"CAST('{number}' AS BIGINT)"
    return Value(sql, t.INT64, True, number)


def _float(text: str) -> str:
    if "e" in text.lower():
        return f"CAST('{text}' AS DOUBLE)"
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    return (
        f"CAST('{sign}{digits}' AS DOUBLE)"
        if sign or len(digits) > 17
        else f"{float(digits)!r}e0"
        if "e" not in repr(float(digits))
        else f"CAST('{digits}' AS DOUBLE)"
    )


def bytes_sql(value: bytes) -> str:
    return "CAST('" + "".join(f"\\x{b:02X}" for b in value) + "' AS BLOB)"


def _decimal(a: Analyzer, node: nodes.Literal) -> Value:
    kind = t.SIMPLE[node.kind]
    try:
        number = Decimal(node.value.strip())
    except InvalidOperation:
        a.fail(f"Invalid {node.kind} literal: {t.text(node.value)}", node)
    return Value(decimal_sql(a, number, kind, node), kind, True, node.value)


def decimal_sql(a: Analyzer, number: Decimal, kind: Type, node: nodes.Node | None = None) -> str:
    """A decimal literal; refused when its type cannot hold it."""
    if kind == t.BIGNUMERIC:
        try:
            return f"CAST('{bignumerics.kept(BIGNUMERIC.fit(number, ''))}' AS BIGNUM)"
        except ValueError:
            a.fail(f"Invalid BIGNUMERIC value: {number}", node)
    if not isinstance(number.as_tuple().exponent, int):
        a.fail(f"Invalid {kind} value: {number}", node)
    if kind == t.NUMERIC and number.copy_abs() >= Decimal(10) ** 29:
        a.fail(f"Invalid NUMERIC value: {number}", node)
    return f"CAST('{number:f}' AS {t.duckdb(kind)})"


@expression_rule(nodes.ArrayLiteral)
def array_literal(a: Analyzer, node: nodes.ArrayLiteral, scope: Scope) -> Value:
    """[1, 2] or ARRAY<INT64>[1, 2] -> [...] of the items' supertype."""
    values = [a.expression(item, scope) for item in node.items]
    if node.type is not None:
        kind = t.of_node(node.type)
        assert kind.element is not None
        values = [_member(a, v, kind.element, n) for v, n in zip(values, node.items, strict=True)]
        return combine(f"CAST([{', '.join(v.sql for v in values)}] AS {t.duckdb(kind)})", kind, *values)
    if not values:
        return Value("[]", t.array(t.NULL), True)
    items, element = common(a, values, "Array elements of types {{{types}}} do not have a common supertype", node)
    element = t.INT64 if element.kind == "NULL" else element
    if element.kind == "ARRAY":
        a.fail(f"Cannot construct array with element type {element} because nested arrays are not supported", node)
    items = [coerce(a, v, element) for v in items]
    sql = f"[{', '.join(v.sql for v in items)}]"
    made = combine(sql, t.array(element), *items)
    return Value(sql, made.type, all(v.literal for v in values), None, made.refs, made.volatile)


def _member(a: Analyzer, value: Value, kind: Type, node: nodes.Node) -> Value:
    if t.coerces(value.type, kind, value.literal) is None:
        a.fail(f"Array element type {value.type} does not coerce to {kind}", node)
    return coerce(a, value, kind)


@expression_rule(nodes.StructLiteral)
def struct_literal(a: Analyzer, node: nodes.StructLiteral, scope: Scope) -> Value:
    """STRUCT(1 AS a, x) -> struct_pack("a" := 1, "x" := x); a typed STRUCT coerces its items."""
    values = [a.expression(item, scope) for _, item in node.items]
    if node.type is not None:
        kind = t.of_node(node.type)
        if len(kind.fields) != len(values):
            a.fail(f"STRUCT type has {len(kind.fields)} fields but constructor call has {len(values)} fields", node)
        checked = []
        for value, (_, wanted), (_, item) in zip(values, kind.fields, node.items, strict=True):
            if t.coerces(value.type, wanted, value.literal) is None:
                a.fail(f"Struct field has type {value.type} which does not coerce to {wanted}", item)
            checked.append(coerce(a, value, wanted))
        values = checked
    else:
        kind = Type(
            "STRUCT", None, tuple((_name(n, item), v.type) for (n, item), v in zip(node.items, values, strict=True))
        )
    if not values:
        a.fail("Empty STRUCT values are not supported by this emulator", node)
    members = ", ".join(t.member(n, v.sql) for n, v in zip(t.struct_names(kind), values, strict=True))
    made = combine(f"struct_pack({members})", kind, *values)
    return Value(made.sql, kind, all(v.literal for v in values), None, made.refs, made.volatile)


def _name(name: str | None, item: nodes.Node) -> str | None:
    """STRUCT(x) names its field as its column; (x, y) has fields without a name, which the syntax marks by ''."""
    return implied_name(item) if name is None else name or None


def implied_name(node: nodes.Node) -> str | None:
    """The name that an expression without alias brings along."""
    if isinstance(node, nodes.Path):
        return node.parts[-1]
    return node.name if isinstance(node, nodes.Member) else None


@expression_rule(nodes.Interval)
def interval(a: Analyzer, node: nodes.Interval, scope: Scope) -> Value:
    """INTERVAL 3 DAY; INTERVAL '1-2 3 4:5:6' YEAR TO SECOND -> INTERVAL."""
    from emulators.bigquery.sql.analysis.intervals import interval_value

    return interval_value(a, node, scope)
