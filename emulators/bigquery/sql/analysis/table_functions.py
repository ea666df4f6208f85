"""Table functions that BigQuery has itself: their registry, and their arguments."""

from collections.abc import Callable
from typing import Any

from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.values import Relation, Scope, Value
from emulators.bigquery.sql.syntax import nodes

TableFunction = Callable[[Analyzer, nodes.Call, Scope], Relation]
TABLE_FUNCTIONS: dict[str, TableFunction] = {}


def table_rule(name: str) -> Callable[[TableFunction], TableFunction]:
    """Register the rule of one table function."""

    def register(function: TableFunction) -> TableFunction:
        TABLE_FUNCTIONS[name] = function
        return function

    return register


def table_argument(a: Analyzer, call: nodes.Call, origin: nodes.Node) -> tuple[str, list[tuple[str, Value]]]:
    """`TABLE t` or a query: its SQL as a source, and its columns."""
    from emulators.bigquery.sql.analysis.sources import source

    if isinstance(origin, nodes.Subquery):
        origin = nodes.QuerySource(origin.at, query=origin.query)
    if not isinstance(origin, nodes.Source):
        a.fail(f"{call.name} needs a table or a query here", origin)
    found = source(a, origin, Scope())
    return found.sql, found.columns


def given(
    a: Analyzer, call: nodes.Call, names: tuple[str, ...], by_name: tuple[str, ...] = ()
) -> dict[str, nodes.Node]:
    """The arguments by name, wherever they are written; by_name: those that are given by their name alone."""
    if len(call.args) > len(names):
        a.fail(f"{call.name} takes at most {len(names)} arguments", call)
    found = dict(zip(names, call.args, strict=False))
    for name, value in call.named:
        if name.lower() not in names + by_name or name.lower() in found:
            a.fail(f"Named argument `{name}` not found in signature for call to function {call.name}", value)
        found[name.lower()] = value
    return found


def constant(a: Analyzer, node: nodes.Node) -> Any:
    """The value of a literal; of a list its items', of a tuple its members'."""
    if isinstance(node, nodes.ArrayLiteral):
        return [constant(a, item) for item in node.items]
    if isinstance(node, nodes.StructLiteral):
        return tuple(constant(a, item) for _, item in node.items)
    value = a.expression(node, Scope())
    if value.raw is None and not value.literal:
        a.fail("A literal is expected", node)
    return value.raw


def column(  # noqa: RET503
    a: Analyzer, call: nodes.Call, columns: list[tuple[str, Value]], name: Any
) -> tuple[str, Value]:
    """A column of a table by its name, whatever the case of its letters."""
    for own, value in columns:
        if own.lower() == str(name).lower():
            return own, value
    a.fail(f"Column {name} not found in the table given to {call.name}", call)
