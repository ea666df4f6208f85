"""FROM: tables, views, WITH queries, subqueries, UNNEST. Joins are in joins.py."""

from dataclasses import dataclass, field

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis import tables
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.values import Column, FromItem, Relation, Scope, Value
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax.pattern_nodes import MatchRecognize


@dataclass(slots=True)
class From:
    """A translated source: its SQL, what `*` gives, the merged columns of USING, and the items it brought into
    scope; apart: the array that it reads as `items` of a subquery called so, for the join to compute."""

    sql: str
    columns: list[tuple[str, Value]]
    items: list[FromItem]
    merged: dict[str, Value] = field(default_factory=dict)
    apart: tuple[str, Value] | None = None


def source(a: Analyzer, node: nodes.Source, scope: Scope, join: str = "") -> From:
    """Translate a source and bring its names into the scope; join: which one has it on its right side."""
    if isinstance(node, nodes.Join):
        from emulators.bigquery.sql.analysis.joins import joined

        return joined(a, node, scope)
    join = "" if node.operators else join
    if isinstance(node, nodes.UnnestSource):
        found = _unnest(a, node, scope, join)
    elif isinstance(node, nodes.QuerySource):
        assert node.query is not None
        found = from_relation(a, a.query(node.query, scope.parent), node.alias)
    elif isinstance(node, nodes.GivenSource):
        found = node.given
    elif isinstance(node, nodes.FunctionSource):
        from emulators.bigquery.sql.analysis.table_routines import table_function

        found = from_relation(a, table_function(a, node, scope), node.alias)
    else:
        assert isinstance(node, nodes.TableSource)
        found = _table(a, node, scope, join)
    for operator in node.operators:
        found = operated(a, found, operator, scope)
    _enter(a, found, scope, node)
    return found


def _enter(a: Analyzer, found: From, scope: Scope, node: nodes.Node) -> None:
    for item in found.items:
        if item.alias is not None and scope.item(item.alias.lower()) is not None:
            a.fail(f"Duplicate table alias {item.alias} in the same FROM clause", node)
        scope.items.append(item)
    scope.index = None


def from_relation(a: Analyzer, relation: Relation, alias: str | None) -> From:
    """A finished query as a source: (sql) AS tN, with its columns qualified."""
    name = a.shared.alias()
    columns = [
        Column(c.name, f"{name}.{t.quoted(n)}", c.type, c.origin)
        for c, n in zip(relation.columns, relation.names, strict=True)
    ]
    return from_columns(f"({relation.sql}) AS {name}", columns, alias, relation.value_table)


def from_columns(
    sql: str, columns: list[Column], alias: str | None, value_table: bool = False, hidden: list[Column] | None = None
) -> From:
    if not value_table:
        item = FromItem(alias, columns, hidden or [])
        return From(sql, [(c.name, c.value()) for c in columns], [item])
    element = columns[0]
    if element.type.kind != "STRUCT":
        named = Column(alias or "", element.sql, element.type)
        return From(sql, [(alias or "", named.value())], [FromItem(alias, [named] if alias else [], element=named)])
    fields = [
        Column(name or "", f"struct_extract({element.sql}, {t.text(own)})", kind)
        for own, (name, kind) in zip(t.struct_names(element.type), element.type.fields, strict=True)
    ]
    return From(sql, [(c.name, c.value()) for c in fields], [FromItem(alias, fields, element=element)])


def _table(a: Analyzer, node: nodes.TableSource, scope: Scope, join: str) -> From:
    first = node.path[0].lower()
    if len(node.path) == 1 and first in a.ctes:
        shared = a.ctes[first]
        shared.uses += 1
        assert shared.relation is not None
        names = ", ".join(map(t.quoted, shared.relation.names)) if shared.recursive else "*"
        inner = Relation(
            f"SELECT {names} FROM {shared.sql_name}",
            shared.relation.columns,
            shared.relation.names,
            shared.relation.value_table,
        )
        if shared.recursive:
            inner.columns = [Column(c.name, c.sql, c.type) for c in inner.columns]
        return from_relation(a, inner, node.alias or node.path[0])
    if len(node.path) > 1 and _in_scope(scope, first):
        array = nodes.UnnestSource(node.at, node.alias, [], [nodes.Path(node.at, node.path)], node.offset_alias)
        array.alias = node.alias or node.path[-1]
        return _unnest(a, array, scope, join)
    if node.offset_alias is not None:
        a.fail("WITH OFFSET can only be used with array scans", node)
    return tables.table(a, node)


def is_array(node: nodes.Source, scope: Scope) -> bool:
    """Whether it is an array, which a join reads for each row of the other side."""
    return isinstance(node, nodes.UnnestSource) or (
        isinstance(node, nodes.TableSource) and len(node.path) > 1 and _in_scope(scope, node.path[0].lower())
    )


def _in_scope(scope: Scope, name: str) -> bool:
    level: Scope | None = scope
    while level is not None:
        if level.item(name) is not None:
            return True
        level = level.parent
    return False


def _unnest(a: Analyzer, node: nodes.UnnestSource, scope: Scope, join: str) -> From:
    """UNNEST(array) [AS e] [WITH OFFSET [AS o]]: a lateral subquery that keeps the order."""
    if len(node.arrays) != 1:
        a.fail("UNNEST of several arrays is not supported by this emulator", node)
    array = a.expression(node.arrays[0], scope)
    if array.type.kind != "ARRAY":
        a.fail(
            f"Values referenced in UNNEST must be arrays. UNNEST contains expression of type {array.type}",
            node.arrays[0],
        )
    assert array.type.element is not None
    kind = t.INT64 if array.type.element.kind == "NULL" else array.type.element
    name = a.shared.alias()
    apart = (a.shared.alias(), array) if _is_apart(array, join) else None
    items = f"{apart[0]}.items" if apart else array.sql
    # Named as in the query, because DuckDB's errors name them.
    own, place = t.quoted(node.alias or "v"), t.quoted(node.offset_alias or "")
    own = "v" if own.lower() == place.lower() else own
    inner = f"unnest({items}) AS {own}"
    if node.offset_alias is not None:
        inner += f", CAST(generate_subscripts({items}, 1) - 1 AS BIGINT) AS {place}"
    found = from_columns(
        f"LATERAL (SELECT {inner}) AS {name}", [Column(node.alias or "", f"{name}.{own}", kind)], node.alias, True
    )
    if node.offset_alias is not None:
        padded = apart is not None and join == PADDED
        position = f"CASE WHEN NOT {items}_missing THEN {name}.{place} END" if padded else f"{name}.{place}"
        offset = Column(node.offset_alias, position, t.INT64)
        found.items.append(FromItem(None, [offset]))
        found.columns.append((offset.name, offset.value()))
    found.apart = apart
    return found


PADDED = "LEFT ON TRUE"


def _is_apart(array: Value, join: str) -> bool:
    """Whether a join computes the array before it reads its elements.

    DuckDB keeps the order of rows only with the elements of a nested column: those of an expression come last first.
    LEFT JOIN reads an array without elements as [NULL], which keeps the order as well.
    """
    nested = bool(array.refs) and all(column.type.kind in ("ARRAY", "STRUCT") for column in array.refs)
    return join == PADDED or (join in ("CROSS", "INNER") and (array.volatile or not nested))


def operated(a: Analyzer, found: From, operator: object, scope: Scope) -> From:
    from emulators.bigquery.sql.analysis.pivot import pivot, unpivot

    if isinstance(operator, nodes.Pivot):
        return pivot(a, found, operator)
    if isinstance(operator, nodes.Unpivot):
        return unpivot(a, found, operator)
    if isinstance(operator, MatchRecognize):
        from emulators.bigquery.sql.analysis.match_recognize import match_recognize

        return match_recognize(a, found, operator)
    assert isinstance(operator, nodes.Sample)
    percent = a.expression(operator.percent, Scope())
    if percent.raw is not None and not 0 <= float(percent.raw) <= 100:
        a.fail(f"The percent of TABLESAMPLE must be between 0 and 100, but is {percent.raw}", operator)
    inner = ", ".join(f"{v.sql} AS {t.quoted(f'c{i}')}" for i, (_, v) in enumerate(found.columns))
    name = a.shared.alias()
    alias = found.items[0].alias if len(found.items) == 1 else None
    columns = [Column(n, f"{name}.c{i}", v.type) for i, (n, v) in enumerate(found.columns)]
    sql = f"(SELECT {inner} FROM {found.sql} WHERE random() * 100 < {percent.sql}) AS {name}"
    return from_columns(sql, columns, alias)
