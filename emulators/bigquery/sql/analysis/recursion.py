"""What a recursive query may do with the rows of its last iteration."""

from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.clauses import calls_in
from emulators.bigquery.sql.functions.registry import AGGREGATES
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax.walk import every

_TABLE = "A query with a recursive table reference"


def mentions(node: object, name: str) -> int:
    """How often a table of that name is read anywhere below."""
    read = (part.path for part in every(node) if isinstance(part, nodes.TableSource))
    return sum([own.lower() for own in path] == [name.lower()] for path in read)


def in_order(a: Analyzer, ctes: list[nodes.With]) -> list[nodes.With]:
    """The queries of WITH RECURSIVE, which may name later ones, each behind those that it reads."""
    found: list[nodes.With] = []

    def visit(cte: nodes.With, above: tuple[str, ...]) -> None:
        if cte in found:
            return
        if cte.name in above:
            a.fail(f"Unsupported mutual recursion of {' and '.join(above[above.index(cte.name) :])}", cte)
        for other in ctes:
            if other is not cte and mentions(cte.query, other.name):
                visit(other, (*above, cte.name))
        found.append(cte)

    for cte in ctes:
        visit(cte, ())
    return found


def check_recursive(a: Analyzer, node: nodes.Node, name: str) -> None:
    """SqlError for a recursive term that is not of the form which GoogleSQL allows."""
    count = mentions(node, name)
    if count > 1:
        a.fail(f"Multiple recursive references to {name} in a recursive term", node)
    if not count:
        return
    if isinstance(node, nodes.Query):
        if (node.order_by or node.limit) and not mentions(node.ctes, name):
            a.fail(f"{_TABLE} cannot contain an ORDER BY or LIMIT clause", node)
        check_recursive(a, node.body, name)
    elif isinstance(node, nodes.SetOperation):
        a.fail(f"{_TABLE} must be a SELECT, not {node.op}", node)
    elif isinstance(node, nodes.Select):
        _select(a, node, name)


def _select(a: Analyzer, node: nodes.Select, name: str) -> None:
    if node.source is None or not mentions(node.source, name):
        a.fail(f"A recursive table reference to {name} is allowed in a FROM clause alone", node)
    if node.distinct or node.group_by is not None:
        a.fail(f"{_TABLE} cannot contain DISTINCT or GROUP BY; use UNION DISTINCT", node)
    for call in calls_in([node.items, node.having, node.qualify]):
        if call.over or call.name in AGGREGATES:
            a.fail(f"{_TABLE} cannot invoke aggregate or window functions", call)
    _source(a, node.source, name)


def _source(a: Analyzer, node: nodes.Node | None, name: str) -> None:
    if isinstance(node, nodes.Join):
        optional = {"LEFT": [node.right], "RIGHT": [node.left], "FULL": [node.left, node.right]}.get(node.kind, [])
        if mentions(optional, name):
            a.fail(f"A recursive table reference to {name} cannot be the optional side of an outer join", node)
        _source(a, node.left, name)
        _source(a, node.right, name)
    elif isinstance(node, nodes.QuerySource) and node.query is not None:
        check_recursive(a, node.query, name)
