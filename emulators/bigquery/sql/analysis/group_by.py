"""GROUP BY: keys by position, alias or expression, ALL, and grouping sets."""

from collections.abc import Iterator

from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.clauses import aggregates_in, calls_in
from emulators.bigquery.sql.analysis.grouping import Grouped
from emulators.bigquery.sql.analysis.once import has_subquery
from emulators.bigquery.sql.analysis.outputs import Output, Tail, final, named
from emulators.bigquery.sql.analysis.routine_kinds import is_users_aggregate
from emulators.bigquery.sql.analysis.values import Column, Scope, Value
from emulators.bigquery.sql.functions.registry import SCALARS
from emulators.bigquery.sql.syntax import nodes

UNGROUPABLE = ("JSON", "GEOGRAPHY")


def group_by(a: Analyzer, node: nodes.Select, scope: Scope, outputs: list[Output]) -> str:
    """The clause in DuckDB's SQL, empty where there is none."""
    if node.group_by is None:
        return ""
    if any(isinstance(item, nodes.GroupingSet) and item.kind == "ALL" for item in node.group_by):
        return _group_by_all(a, node, scope, outputs)
    scope.aggregated = False
    keys = [_grouping(a, item, scope, outputs) for item in node.group_by]
    scope.aggregated = True
    return " GROUP BY " + ", ".join(keys) if keys else ""


def _group_by_all(a: Analyzer, node: nodes.Select, scope: Scope, outputs: list[Output]) -> str:
    """GROUP BY the columns of the select list that read rows of this query and have neither aggregates nor window
    functions; what reads nothing but such columns is no key of its own."""
    own = frozenset(scope.own_columns())
    reading = [output for output in outputs if _reads(output.value, own) and not _of_many_rows(a, output)]
    plain = {column: column.sql for output in reading for column in output.value.refs if output.value.sql == column.sql}
    keys = []
    for output in reading:
        value = output.value
        if value.sql not in plain.values() and value.refs & own <= plain.keys() and not has_subquery(value.sql):
            continue
        if any(one.volatile for call in calls_in(output.node) for one in SCALARS.get(call.name, ())):
            a.fail("GROUP BY ALL cannot group by an expression with a volatile function", output.node or node)
        if value.type.kind in UNGROUPABLE:
            a.fail(f"Grouping by expressions of type {value.type} is not allowed", output.node or node)
        keys.append(value.sql)
    return " GROUP BY " + ", ".join(keys or ["()"])


def _reads(value: Value, own: frozenset[Column]) -> bool:
    """Whether it reads a column; of which one a subquery does, nobody keeps account."""
    return bool(value.refs & own) or has_subquery(value.sql)


def _of_many_rows(a: Analyzer, output: Output) -> bool:
    """Whether it aggregates, in its group or over a window."""
    calls = list(calls_in(output.node))
    return aggregates_in(calls) or any(call.over or is_users_aggregate(a, call) for call in calls)


def check_groups(a: Analyzer, node: nodes.Select, scope: Scope, outputs: list[Output], tail: Tail) -> None:
    """SqlError unless there are keys of groups alone beside the aggregates."""
    if node.group_by is None and not aggregates_in([node.items, node.having, node.qualify]):
        return
    written = list(_keys(node.group_by or []))
    if any(isinstance(item, nodes.GroupingSet) for item in written):
        return  # GROUP BY ALL
    keys = [key for item in written if (key := _written_key(item, outputs)) is not None]
    grouped = Grouped(a, scope, keys)
    for output in outputs:
        grouped.check(output.node, "SELECT list")
    grouped.check(node.having, "HAVING clause")
    grouped.check(node.qualify, "QUALIFY clause")
    names = {output.name.lower() for output in outputs if output.name}
    for item in tail.order_by:
        first = item.expression.parts[0].lower() if isinstance(item.expression, nodes.Path) else None
        if first not in names:
            grouped.check(item.expression, "ORDER BY clause")


def _keys(items: list[nodes.Node]) -> Iterator[nodes.Node]:
    for item in items:
        if isinstance(item, nodes.GroupingSet) and item.kind != "ALL":
            yield from _keys(item.items)
        else:
            yield item


def _written_key(item: nodes.Node, outputs: list[Output]) -> nodes.Node | None:
    """The expression that a position or an alias stands for."""
    if isinstance(item, nodes.Literal) and item.kind == "INT64":
        return outputs[int(item.value) - 1].node
    if isinstance(item, nodes.Path) and len(item.parts) == 1:
        output = named(outputs, item.parts[0])
        return item if output is None else output.node
    return item


def _grouping(a: Analyzer, item: nodes.Node, scope: Scope, outputs: list[Output]) -> str:
    if isinstance(item, nodes.GroupingSet):
        inner = ", ".join(_grouping(a, part, scope, outputs) for part in item.items)
        return f"({inner})" if item.kind == "SET" else f"{item.kind} ({inner})"
    value = _group_key(a, item, scope, outputs)
    if value.type.kind in UNGROUPABLE:
        a.fail(f"Grouping by expressions of type {value.type} is not allowed", item)
    return value.sql


def _group_key(a: Analyzer, item: nodes.Node, scope: Scope, outputs: list[Output]) -> Value:
    """A position, an alias of the select list, or an expression."""
    if isinstance(item, nodes.Literal) and item.kind == "INT64":
        position = int(item.value)
        if not 1 <= position <= len(outputs):
            a.fail(f"GROUP BY is out of SELECT column number range: {position}", item)
        return final(a, outputs[position - 1].value)
    if isinstance(item, nodes.Path) and len(item.parts) == 1:
        output = named(outputs, item.parts[0])
        if output is not None:
            return final(a, output.value)
    return final(a, a.expression(item, scope))
