"""Multi-level aggregation, AVG(SUM(x) GROUP BY k): an aggregate of what others make of groups inside of the group."""

from collections.abc import Iterator
from dataclasses import replace

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.clauses import calls_in, is_aggregate
from emulators.bigquery.sql.analysis.group_by import UNGROUPABLE
from emulators.bigquery.sql.analysis.group_rows import GroupRows
from emulators.bigquery.sql.analysis.grouping import Grouped
from emulators.bigquery.sql.analysis.rewriting import rewritten
from emulators.bigquery.sql.analysis.values import Column, FromItem, Scope, Value
from emulators.bigquery.sql.analysis.windows import aggregation_allowed
from emulators.bigquery.sql.syntax import nodes


def multi_level(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """The group's rows grouped again, by the call's own keys; the call aggregates what its arguments are there."""
    inner = _inner_aggregates(node.args)
    _check(a, node, inner)
    aggregation_allowed(a, node, scope)
    rows = GroupRows(a, scope)
    keys = [_key(a, key, rows.scope) for key in node.group_by]
    grouped = Grouped(a, rows.scope, node.group_by)
    grouped.check(node.args, f"Argument of {node.name}")
    written = [*node.group_by, *inner]
    values = [*keys, *(a.expression(call, rows.scope) for call in inner)]
    groups = a.shared.alias("g")
    columns = [Column(str(place), f"{groups}.c{place}", value.type) for place, value in enumerate(values)]

    def made(part: nodes.Node) -> nodes.Node | None:
        """The name under which a key or an inner aggregate is known; no written name is a number."""
        place = next((place for place, one in enumerate(written) if grouped.same(part, one)), None)
        return None if place is None else nodes.Path(part.at, [str(place)])

    outer = replace(node, args=rewritten(node.args, made), group_by=[])
    result = a.expression(outer, replace(rows.around, items=[FromItem(None, columns)]))
    listed = ", ".join(f"{value.sql} AS c{place}" for place, value in enumerate(values))
    by = ", ".join(str(place + 1) for place in range(len(keys)))
    found = f"SELECT {listed} FROM {rows.table(values)} GROUP BY {by}"
    return rows.value(f"(SELECT {result.sql} FROM ({found}) AS {groups})", result.type, *values)


def _key(a: Analyzer, node: nodes.Node, scope: Scope) -> Value:
    key = a.expression(node, scope)
    if isinstance(node, nodes.Literal):
        a.fail("Cannot GROUP BY literal values", node)
    if key.type.kind in UNGROUPABLE:
        a.fail(f"Grouping by expressions of type {key.type} is not allowed", node)
    if t.holds(key.type, "STRING") and key.type.collated:
        a.fail("Collation is not allowed in the GROUP BY of an aggregate function", node)
    return key


def _check(a: Analyzer, node: nodes.Call, inner: list[nodes.Call]) -> None:
    clauses = {"ORDER BY": node.order_by, "LIMIT": node.limit, "NULLS": node.nulls, "OVER": node.over,
               "PIVOT": node.test}  # fmt: skip
    for clause, given in clauses.items():
        if given:
            a.fail(f"An aggregate function with GROUP BY cannot be used with {clause}", node)
    if node.name == "GROUPING" or any(call.name == "GROUPING" for call in inner):
        a.fail("GROUPING is not allowed in a multi-level aggregation", node)
    if not inner:
        a.fail(f"{node.name} with GROUP BY needs an aggregate function among its arguments", node)
    for call in inner:
        if _inner_aggregates([call.args, call.order_by, call.having]):
            a.fail("A multi-level aggregation cannot have more than two nested aggregate functions", call)


def _inner_aggregates(node: object) -> list[nodes.Call]:
    """The aggregates that are in no other one."""
    found = list(_aggregates(node))
    below = {id(inner) for call in found for inner in calls_in([call.args, call.order_by, call.having, call.group_by])}
    return [call for call in found if id(call) not in below]


def _aggregates(node: object) -> Iterator[nodes.Call]:
    return (call for call in calls_in(node) if is_aggregate(call))
