"""x IN (...), and x LIKE a pattern or several of them."""

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer, expression_rule
from emulators.bigquery.sql.analysis.coercion import coerce, common
from emulators.bigquery.sql.analysis.once import once
from emulators.bigquery.sql.analysis.operators import folded, folded_items, no_signature
from emulators.bigquery.sql.analysis.values import Scope, Value, combine
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.types import Type


@expression_rule(nodes.In)
def in_list(a: Analyzer, node: nodes.In, scope: Scope) -> Value:
    """x IN (items), IN UNNEST(array), IN (query)."""
    value = a.expression(node.operand, scope)
    word = "NOT IN" if node.negated else "IN"
    if node.items is not None:
        items = [a.expression(item, scope) for item in node.items]
        kind = t.supertype([(v.type, v.literal) for v in [value, *items]])
        if kind is None:
            no_signature(a, "IN", [value, *items], node)
        _require_equality(a, kind, node)
        values = [folded(v) for v in common(a, [value, *items], "", node)[0]]
        listed = ", ".join(v.sql for v in values[1:])
        sql = f"{values[0].sql} IN ({listed})"
        if kind == t.FLOAT64 and not value.volatile:
            sql += f" AND NOT isnan({values[0].sql})"
        return combine(f"(NOT ({sql}))" if node.negated else f"({sql})", t.BOOL, value, *items)
    if node.array is not None:
        return _in_array(a, node, value, a.expression(node.array, scope))
    assert node.query is not None
    relation = a.query(node.query, scope)
    if len(relation.columns) != 1:
        a.fail("Subquery of type IN must have only one output column", node.query)
    kind = t.supertype([(value.type, value.literal), (relation.columns[0].type, False)])
    if kind is None:
        a.fail(f"Cannot execute IN subquery with uncomparable types {value.type} and {relation.columns[0].type}", node)
    _require_equality(a, kind, node)
    x = folded(coerce(a, value, kind))
    own = Value(t.quoted(relation.names[0]), relation.columns[0].type)
    changed = own.type != kind or kind.collation
    sql = f"(SELECT {folded(coerce(a, own, kind)).sql} FROM ({relation.sql}))" if changed else f"({relation.sql})"
    return Value(f"({x.sql} {word} {sql})", t.BOOL, refs=value.refs, volatile=True)


def _require_equality(a: Analyzer, kind: Type, node: nodes.Node) -> None:
    if not t.has_equality(kind):
        a.fail(f"IN is not defined for arguments of type {kind}", node)


def _in_array(a: Analyzer, node: nodes.In, value: Value, array: Value) -> Value:
    if array.type.kind != "ARRAY":
        a.fail(f"Values referenced in UNNEST must be arrays. UNNEST contains expression of type {array.type}", node)
    assert array.type.element is not None
    kind = t.supertype([(value.type, value.literal), (array.type.element, array.literal)])
    if kind is None:
        no_signature(a, "IN UNNEST", [value, array], node)
    _require_equality(a, kind, node)
    x, items = coerce(a, value, kind), coerce(a, array, t.array(kind))
    if kind.collation:
        x, items = folded(x), folded_items(items)
    sql = f"bq.in_array({x.sql}, {items.sql})"
    return combine(f"(NOT {sql})" if node.negated else sql, t.BOOL, value, array)


@expression_rule(nodes.Like)
def like(a: Analyzer, node: nodes.Like, scope: Scope) -> Value:
    """x LIKE pattern (backslash escapes), LIKE ANY / ALL (patterns)."""
    value = a.expression(node.operand, scope)
    if node.array is not None:
        array = coerce(a, a.expression(node.array, scope), t.array(t.STRING))
        name = a.shared.alias("p")
        if value.type.collation:
            value, array = folded(value), folded_items(array)
        fold = "list_bool_or" if node.quantifier == "ANY" else "list_bool_and"
        word = "NOT LIKE" if node.negated else "LIKE"
        template = f"{fold}(list_transform({{1}}, lambda {name}: {{0}} {word} {name} ESCAPE '\\'))"
        sql = once([value, array], lambda given: template.format(*(v.sql for v in given)), scope)
        return combine(sql, t.BOOL, value, array)
    tests = []
    for pattern in node.patterns:
        other = a.expression(pattern, scope)
        kind = t.supertype([(value.type, False), (other.type, False)])
        if kind is None or kind.kind not in ("STRING", "BYTES", "NULL"):
            no_signature(a, "LIKE", [value, other], node)
        if isinstance(other.raw, str) and (len(other.raw) - len(other.raw.rstrip("\\"))) % 2:
            a.fail("LIKE pattern ends with a backslash", pattern)
        x, y = (folded(coerce(a, v, kind if kind.kind != "NULL" else t.STRING)) for v in (value, other))
        if kind == t.BYTES:
            x, y = x.with_sql(f"bq.latin1({x.sql})", t.STRING), y.with_sql(f"bq.latin1({y.sql})", t.STRING)
        word = "NOT LIKE" if node.negated else "LIKE"
        tests.append(combine(f"({x.sql} {word} {y.sql} ESCAPE '\\')", t.BOOL, value, other))
    joiner = " AND " if node.quantifier == "ALL" else " OR "
    return tests[0] if len(tests) == 1 else combine("(" + joiner.join(v.sql for v in tests) + ")", t.BOOL, *tests)
