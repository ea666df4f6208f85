"""FULL JOIN: BigQuery joins two tables in full by a key, and refuses a condition that it cannot turn into one.

A key is an equality, among the conjuncts, of what one side gives with what the other gives; between plain columns it
may take NULL for equal, written out with OR. IS NOT DISTINCT FROM is none. A condition that does not compare the sides
at all, and rows that come from no table, are joined without a key.
"""

from collections.abc import Collection

from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.values import Column, FromItem, Scope, Value
from emulators.bigquery.sql.model import SqlError
from emulators.bigquery.sql.syntax import nodes

_REFUSAL = (
    "FULL OUTER JOIN cannot be used without a condition that is an equality of fields from both sides of the join."
)
_Columns = frozenset[Column]


def require_key(
    a: Analyzer, on: nodes.Node, condition: Value, sides: Collection[tuple[str, list[FromItem]]], scope: Scope
) -> None:
    """SqlError when the condition compares two tables, and not by a key. sides: the SQL and the items of each."""
    left, right = (_columns(items) for _, items in sides)
    if not all(_reads_table(a, sql) for sql, _ in sides) or not (condition.refs & left and condition.refs & right):
        return
    if not any(_is_key(a, part, left, right, scope) for part in nodes.chained(on, "AND")):
        raise SqlError(_REFUSAL)


def _columns(items: list[FromItem]) -> _Columns:
    return frozenset(c for item in items for c in (*item.columns, *item.hidden, item.element) if c is not None)


def _reads_table(a: Analyzer, sql: str) -> bool:
    """Whether a source's rows come from a table, by way of WITH queries too."""
    if any(scan.marker in sql for scan in a.shared.scans):
        return True
    queries = (cte for cte in a.ctes.values() if cte.sql_name in sql and not cte.recursive)
    return any(_reads_table(a, cte.relation.sql) for cte in queries if cte.relation is not None)


def _is_key(a: Analyzer, node: nodes.Node, left: _Columns, right: _Columns, scope: Scope) -> bool:
    """x = y, or x = y OR (x IS NULL AND y IS NULL) of two columns."""
    parts = list(nodes.chained(node, "OR"))
    equalities = [part for part in parts if isinstance(part, nodes.Binary) and part.op == "="]
    if len(equalities) != 1:
        return False
    x, y = (a.expression(side, scope).refs for side in (equalities[0].left, equalities[0].right))
    apart = bool(x and y) and ((x <= left and y <= right) or (x <= right and y <= left))
    others = [part for part in parts if part is not equalities[0]]
    return apart and (not others or (len(others) == 1 and _both_null(a, others[0], equalities[0], scope)))


def _both_null(a: Analyzer, node: nodes.Node, equality: nodes.Binary, scope: Scope) -> bool:
    """x IS NULL AND y IS NULL, of the two columns that are equal."""
    tests = list(nodes.chained(node, "AND"))
    operands = [t.operand for t in tests if isinstance(t, nodes.Is) and t.what == "NULL" and not t.negated]
    both = [*operands, equality.left, equality.right]
    if len(operands) != len(tests) or not all(isinstance(operand, nodes.Path) for operand in both):
        return False
    names = [a.expression(operand, scope).sql for operand in both]
    return sorted(names[:-2]) == sorted(names[-2:])
