"""Pipe syntax: each operator takes the table so far and gives the next."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.outputs import Tail
from emulators.bigquery.sql.analysis.pipe_tables import Table, finished, settled, table_of, wrapped
from emulators.bigquery.sql.analysis.pruning import push
from emulators.bigquery.sql.analysis.queries import count, set_operation, with_queries
from emulators.bigquery.sql.analysis.selects import outputs_of, select
from emulators.bigquery.sql.analysis.sources import from_relation, operated, source
from emulators.bigquery.sql.analysis.values import Column, FromItem, Relation, Scope, Value
from emulators.bigquery.sql.analysis.windows import order_item
from emulators.bigquery.sql.syntax import nodes, pipe_nodes
from emulators.bigquery.sql.syntax.pattern_nodes import MatchRecognize


def pipeline(a: Analyzer, node: nodes.Pipeline, parent: Scope | None) -> Relation:
    """start |> operator ... as one query."""
    texts: list[str] = []
    recursive = False
    if isinstance(node.start, nodes.Query):
        table = table_of(from_relation(a, a.query(node.start, parent), None))
    else:
        table = table_of(source(a, node.start, Scope(parent)))
    for operator in node.operators:
        if isinstance(operator, pipe_nodes.PipeWith):
            texts += with_queries(a, nodes.Query(operator.at, operator, operator.ctes, operator.recursive), parent)
            recursive = recursive or operator.recursive
        else:
            table = _OPERATORS[type(operator)](a, table, operator, parent)
    prefix = f"WITH {'RECURSIVE ' if recursive else ''}{', '.join(texts)} " if texts else ""
    return finished(table, prefix)


def _selected(
    a: Analyzer, table: Table, node: nodes.Select, parent: Scope | None, tail: Tail, aggregated: bool
) -> Table:
    """SELECT over the table; what comes out has no aliases."""
    own = replace(node, source=nodes.GivenSource(node.at, given=table.source()))
    relation = select(a, own, parent, tail, aggregated)
    return table_of(from_relation(a, relation, None))


def _select(a: Analyzer, table: Table, node: nodes.Select, parent: Scope | None) -> Table:
    return _selected(a, table, node, parent, Tail(), False)


def _extend(a: Analyzer, table: Table, node: pipe_nodes.PipeExtend, parent: Scope | None) -> Table:
    """|> EXTEND x AS y, z.*: the columns so far and these."""
    scope = table.scope(parent)
    scope.windows = node.windows
    found = outputs_of(a, nodes.Select(node.at, node.items), scope)
    made = wrapped(a, table, added=tuple(o.value.sql for o in found))
    kept = made.columns[: len(table.columns)]
    new = [Column(o.name, c.sql, o.value.type) for o, c in zip(found, made.columns[len(table.columns) :], strict=True)]
    return replace(made, columns=kept + new)


def _set(a: Analyzer, table: Table, node: pipe_nodes.PipeSet, parent: Scope | None) -> Table:
    """|> SET x = y: x has another value in the same place."""
    places = [_place(a, table, name, node, "SET") for name, _ in node.values]
    scope = table.scope(parent)
    values = [a.expression(value, scope) for _, value in node.values]
    made = wrapped(a, table, added=tuple(v.sql for v in values))
    columns = made.columns[: len(table.columns)]
    for i, value, new in zip(places, values, made.columns[len(columns) :], strict=True):
        columns[i] = Column(columns[i].name, new.sql, t.INT64 if value.type.kind == "NULL" else value.type)
    return replace(made, columns=columns)


def _place(a: Analyzer, table: Table, name: str, node: nodes.Node, what: str) -> int:
    found = [i for i, c in enumerate(table.columns) if c.name.lower() == name.lower()]
    if not found:
        a.fail(f"Column {name} in pipe {what} list does not exist in the input table", node)
    if len(found) > 1:
        a.fail(f"Column name {name} is ambiguous", node)
    return found[0]


def _drop(a: Analyzer, table: Table, node: pipe_nodes.PipeDrop, parent: Scope | None) -> Table:
    dropped = {name.lower() for name in node.names}
    for name in node.names:
        if not any(c.name.lower() == name.lower() for c in table.columns):
            a.fail(f"Column {name} in pipe DROP list does not exist in the input table", node)
    columns = [c for c in table.columns if c.name.lower() not in dropped]
    if not columns:
        a.fail("Pipe DROP has no columns remaining after dropping columns", node)
    return replace(table, columns=columns)


def _rename(a: Analyzer, table: Table, node: pipe_nodes.PipeRename, parent: Scope | None) -> Table:
    columns = list(table.columns)
    for old, new in node.names:
        i = _place(a, table, old, node, "RENAME")
        columns[i] = Column(new, columns[i].sql, columns[i].type, columns[i].origin)
    return replace(table, columns=columns)


def _as(a: Analyzer, table: Table, node: pipe_nodes.PipeAs, parent: Scope | None) -> Table:
    return replace(table, items=[FromItem(node.alias, table.columns, qualified=True)])


def _where(a: Analyzer, table: Table, node: pipe_nodes.PipeWhere, parent: Scope | None) -> Table:
    scope = table.scope(parent)
    condition = a.condition(node.condition, scope, "WHERE clause")
    if " OVER (" in condition.sql:
        return wrapped(a, table, f" QUALIFY {condition.sql}", opaque=True)
    push(a, node.condition, scope)
    joiner = f"{table.where} AND " if table.where else " WHERE "
    return replace(table, where=f"{joiner}{condition.sql}")


def _distinct(a: Analyzer, table: Table, node: pipe_nodes.PipeDistinct, parent: Scope | None) -> Table:
    """|> DISTINCT: an alias goes on when all of its columns are still there."""
    seen = {c.sql for c in table.columns}
    items = [i for i in table.items if i.element is None and all(c.sql in seen for c in i.columns)]
    made = wrapped(a, replace(table, items=items, hidden=[]))
    return replace(made, sql=made.sql.replace("(SELECT ", "(SELECT DISTINCT ", 1))


def _aggregate(a: Analyzer, table: Table, node: pipe_nodes.PipeAggregate, parent: Scope | None) -> Table:
    """|> AGGREGATE x GROUP BY k: the keys, then the aggregates."""
    keys = [(leaf, order) for item, order in node.keys for leaf in _leaves(item)]
    listed = [item for item, _ in keys] + [item for item, _ in node.items]
    chosen = nodes.Select(node.at, list(listed))
    if node.grouped:
        chosen.group_by = [item.expression for item, _ in node.keys]
    orders = [order for _, order in keys] + [order for _, order in node.items]
    if node.ordered:
        own = [order or nodes.OrderItem(item.at, item.expression) for item, order in keys]
        orders = [*own, *orders[len(own) :]]
    ordered = [
        replace(order, expression=nodes.Literal(order.at, "INT64", str(i + 1)))
        for i, order in enumerate(orders)
        if order is not None
    ]
    return _selected(a, table, chosen, parent, Tail(ordered), True)


def _leaves(item: nodes.SelectItem) -> list[nodes.SelectItem]:
    """The columns of a grouping item: those of ROLLUP, CUBE and GROUPING SETS once each."""
    found: list[nodes.SelectItem] = []

    def visit(node: nodes.Node) -> None:
        if isinstance(node, nodes.GroupingSet):
            for part in node.items:
                visit(part)
        elif not any(_same(node, known.expression) for known in found):
            found.append(nodes.SelectItem(node.at, node, item.alias if node is item.expression else None))

    visit(item.expression)
    return found


def _same(one: nodes.Node, other: nodes.Node) -> bool:
    return isinstance(one, nodes.Path) and isinstance(other, nodes.Path) and one.parts == other.parts


def _join(a: Analyzer, table: Table, node: nodes.Join, parent: Scope | None) -> Table:
    given = settled(a, table)
    return table_of(source(a, replace(node, left=nodes.GivenSource(node.at, given=given.source())), Scope(parent)))


def _order(a: Analyzer, table: Table, node: pipe_nodes.PipeOrder, parent: Scope | None) -> Table:
    scope, items = table.scope(parent), []
    for item in node.items:
        at = item.expression
        if isinstance(at, nodes.Literal) and at.kind == "INT64":
            if not 1 <= int(at.value) <= len(table.columns):
                a.fail(
                    f"ORDER BY column number exceeds input table column count: {at.value} vs {len(table.columns)}", at
                )
            value: Value = table.columns[int(at.value) - 1].value()
        else:
            value = a.expression(at, scope)
        items.append(order_item(a, item, value, []))
    return wrapped(a, table, " ORDER BY " + ", ".join(items))


def _limit(a: Analyzer, table: Table, node: pipe_nodes.PipeLimit, parent: Scope | None) -> Table:
    tail = Tail([], count(a, node.limit, "LIMIT"), count(a, node.offset, "OFFSET"))
    return wrapped(a, table, tail.limits(), opaque=True)


def _set_operation(a: Analyzer, table: Table, node: pipe_nodes.PipeSetOperation, parent: Scope | None) -> Table:
    first = nodes.Select(node.at, [nodes.Star(node.at, None)])
    first.source = nodes.GivenSource(node.at, given=table.source())
    whole = replace(node.operation, parts=[first, *node.operation.parts])
    return table_of(from_relation(a, set_operation(a, whole, parent), None))


def _operated(a: Analyzer, table: Table, node: nodes.Node, parent: Scope | None) -> Table:
    """PIVOT, UNPIVOT, TABLESAMPLE, MATCH_RECOGNIZE."""
    given = settled(a, table)
    return table_of(operated(a, replace(given.source(), items=[FromItem(None, given.columns)]), node, Scope(parent)))


def _call(a: Analyzer, table: Table, node: pipe_nodes.PipeCall, parent: Scope | None) -> Table:
    """CALL f(...): one of BigQuery's own table functions, of the table."""
    from emulators.bigquery.sql.analysis.table_functions import TABLE_FUNCTIONS

    call = node.function.call
    assert call is not None
    if call.name not in TABLE_FUNCTIONS:
        a.fail(f"Table-valued function {'.'.join(call.path)} does not take a table as its first argument", node)
    given = settled(a, table)
    origin = nodes.GivenSource(call.at, given=replace(given.source(), items=[FromItem(None, given.columns)]))
    relation = TABLE_FUNCTIONS[call.name](a, replace(call, args=[origin, *call.args]), Scope(parent))
    return table_of(from_relation(a, relation, node.function.alias))


_OPERATORS: dict[type[nodes.Node], Callable[[Analyzer, Table, Any, Scope | None], Table]] = {
    nodes.Select: _select,
    pipe_nodes.PipeExtend: _extend,
    pipe_nodes.PipeSet: _set,
    pipe_nodes.PipeDrop: _drop,
    pipe_nodes.PipeRename: _rename,
    pipe_nodes.PipeAs: _as,
    pipe_nodes.PipeCall: _call,
    pipe_nodes.PipeWhere: _where,
    pipe_nodes.PipeDistinct: _distinct,
    pipe_nodes.PipeAggregate: _aggregate,
    nodes.Join: _join,
    pipe_nodes.PipeOrder: _order,
    pipe_nodes.PipeLimit: _limit,
    pipe_nodes.PipeSetOperation: _set_operation,
    nodes.Pivot: _operated,
    nodes.Unpivot: _operated,
    nodes.Sample: _operated,
    MatchRecognize: _operated,
}
