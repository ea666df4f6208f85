"""Which clauses a SELECT may have together, and where aggregate and window functions may stand in it."""

from collections.abc import Iterator

from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.routine_kinds import is_users_aggregate
from emulators.bigquery.sql.functions.registry import AGGREGATES
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax.walk import every


def check(a: Analyzer, node: nodes.Select) -> None:
    """SqlError for a SELECT that GoogleSQL does not allow, whatever its names stand for."""
    calls = list(calls_in([node.items, node.having, node.qualify]))
    if node.source is None:
        _without_source(a, node, calls)
    if (
        node.having is not None
        and node.group_by is None
        and not any(is_aggregate(call) or is_users_aggregate(a, call) for call in calls)
    ):
        a.fail("The HAVING clause requires GROUP BY or aggregation to be present", node.having)
    if node.qualify is not None and not any(call.over for call in calls):
        a.fail("The QUALIFY clause requires analytic function to be present", node.qualify)
    for clause, part in (("WHERE clause", node.where), ("GROUP BY", node.group_by)):
        for call in calls_in(part):
            if call.over:
                a.fail(f"Analytic function {call.name} not allowed in {clause}", call)
    for call in calls:
        _nested(a, call)
    for item in node.group_by or ():
        if isinstance(item, nodes.Literal) and item.kind != "INT64":
            a.fail("Cannot GROUP BY literal values", item)


def calls_in(node: object) -> Iterator[nodes.Call]:
    """The calls of an expression, those of its subqueries left out."""
    return (part for part in every(node, queries=False) if isinstance(part, nodes.Call))


def paths_in(node: object) -> Iterator[nodes.Path]:
    """The names in an expression, those of its subqueries left out."""
    return (part for part in every(node, queries=False) if isinstance(part, nodes.Path))


def aggregates_in(node: object) -> bool:
    """Whether an expression calls an aggregate function."""
    return any(map(is_aggregate, calls_in(node)))


def is_aggregate(call: nodes.Call) -> bool:
    """Whether it aggregates the rows of a group."""
    return call.over is None and call.name in AGGREGATES


def _without_source(a: Analyzer, node: nodes.Select, calls: list[nodes.Call]) -> None:
    clauses = {"a WHERE": node.where, "a GROUP BY": node.group_by, "a HAVING": node.having, "a QUALIFY": node.qualify}
    for clause, part in clauses.items():
        if part is not None:
            where = part[0] if isinstance(part, list) else part
            a.fail(f"Query without FROM clause cannot have {clause} clause", where)
    if node.distinct:
        a.fail("Query without FROM clause cannot use SELECT DISTINCT", node)
    if aggregates_in(calls):
        a.fail("SELECT without FROM clause cannot use aggregation", node)
    if any(call.over for call in calls):
        a.fail("SELECT without FROM clause cannot use analytic functions", node)


def _nested(a: Analyzer, call: nodes.Call) -> None:
    """Aggregates stand in no aggregate, and window functions neither in one another nor in an aggregate."""
    for inner in calls_in([call.args, [value for _, value in call.named], call.order_by, call.over]):
        if inner.over and (call.over or is_aggregate(call)):
            a.fail(f"Analytic function {inner.name} not allowed in an argument of {call.name}", inner)
        if is_aggregate(call) and is_aggregate(inner) and not call.group_by:
            a.fail("Aggregations of aggregations are not allowed", inner)
