"""Queries as expressions, subscripts, and WITH() expressions."""

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer, expression_rule
from emulators.bigquery.sql.analysis.coercion import coerce
from emulators.bigquery.sql.analysis.names import member_of
from emulators.bigquery.sql.analysis.once import bind, has_subquery, outer
from emulators.bigquery.sql.analysis.values import Scope, Value, combine
from emulators.bigquery.sql.syntax import nodes


@expression_rule(nodes.Subquery)
def subquery(a: Analyzer, node: nodes.Subquery, scope: Scope) -> Value:
    """(SELECT ...) -> one value or an error on a second row; ARRAY(SELECT ...); EXISTS(SELECT ...)."""
    relation = a.query(node.query, scope)
    if node.kind == "exists":
        return Value(f"EXISTS ({relation.sql})", t.BOOL, volatile=True)
    if len(relation.columns) != 1:
        what = "Scalar" if node.kind == "scalar" else "ARRAY"
        a.fail(
            f"{what} subquery cannot have more than one column unless using SELECT AS STRUCT to build STRUCT values",
            node,
        )
    kind = relation.columns[0].type
    if node.kind == "scalar":
        return Value(f"({relation.sql})", kind, volatile=True)
    if kind.kind == "ARRAY":
        a.fail(
            "Cannot use array subquery with column of type " + str(kind) + " because nested arrays are not supported",
            node,
        )
    kind = t.INT64 if kind.kind == "NULL" else kind
    ordered = node.query.order_by or node.query.limit
    sql = relation.sql if ordered else _first_of_each(relation.sql)
    return Value(f"ARRAY({sql})", t.array(kind), volatile=True)


def _first_of_each(sql: str) -> str:
    """SELECT DISTINCT with its values in the order in which they are met first."""
    rest = sql.removeprefix("SELECT DISTINCT ")
    if rest == sql:
        return sql
    numbered = f"SELECT item, row_number() OVER () AS place FROM (SELECT {rest}) AS items(item)"
    return f"SELECT item FROM ({numbered}) GROUP BY item ORDER BY min(place)"


@expression_rule(nodes.Index)
def index(a: Analyzer, node: nodes.Index, scope: Scope) -> Value:
    """array[OFFSET(i)], [ORDINAL(i)], SAFE_ forms, json['key'], json[0]."""
    base = a.expression(node.base, scope)
    if base.type.kind == "JSON":
        key = a.expression(node.index, scope)
        if key.type == t.STRING:
            if key.raw is not None:
                return member_of(a, base, key.raw, node)
            return combine(f"bq.json_member({base.sql}, {key.sql})", t.JSON, base, key)
        return combine(f"bq.json_item({base.sql}, {coerce(a, key, t.INT64).sql})", t.JSON, base, key)
    if base.type.kind == "STRUCT":
        return _struct_item(a, node, base, scope)
    if base.type.kind != "ARRAY":
        a.fail(f"Subscript access using [INT64] is not supported on values of type {base.type}", node)
    assert base.type.element is not None
    position = a.expression(node.index, scope)
    if t.coerces(position.type, t.INT64) is None:
        a.fail(f"Array position in [] must be coercible to INT64 type, but has type {position.type}", node.index)
    name = {"": "offset"}.get(node.mode, node.mode.lower())
    return combine(
        f"bq.array_{name}({base.sql}, {coerce(a, position, t.INT64).sql})", base.type.element, base, position
    )


def _struct_item(a: Analyzer, node: nodes.Index, base: Value, scope: Scope) -> Value:
    position = a.expression(node.index, scope)
    if position.raw is None or position.type != t.INT64:
        a.fail("Field element access is only supported for literal integer positions", node)
    if node.mode.startswith("SAFE"):
        a.fail(f"{node.mode} is not supported on values of type {base.type}", node)
    at = position.raw - (1 if node.mode == "ORDINAL" else 0)
    if not 0 <= at < len(base.type.fields):
        a.fail(f"Field ordinal {position.raw} is out of bounds in {base.type}", node)
    own = t.struct_names(base.type)[at]
    return combine(f"struct_extract({base.sql}, {t.text(own)})", base.type.fields[at][1], base)


@expression_rule(nodes.WithExpression)
def with_expression(a: Analyzer, node: nodes.WithExpression, scope: Scope) -> Value:
    """WITH(a AS 1, b AS a + 1, b * 2): each binding is put where it is used, or computed once if it may vary."""
    inner = Scope(scope, variables={}, same_query=True)
    made: list[tuple[str, Value]] = []
    for name, bound in node.bindings:
        value = a.expression(bound, inner)
        if value.volatile:
            made.append((a.shared.alias("v"), value))
            value = Value(made[-1][0], value.type)
        inner.variables[name.lower()] = value
    body = a.expression(node.body, inner)
    sql = body.sql
    for own, value in reversed(made):
        sql = bind(own, value.sql, sql, has_subquery(sql) or bool(outer(body, scope)))
    return combine(sql, body.type, body, *(value for _, value in made)) if made else body


@expression_rule(nodes.DefaultValue)
def default_value(a: Analyzer, node: nodes.DefaultValue, scope: Scope) -> Value:
    a.fail("Unexpected keyword DEFAULT", node)
