"""What a query with groups may name outside of its aggregates: its keys, and what is made of them."""

from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.lambda_names import canonical
from emulators.bigquery.sql.analysis.routine_kinds import is_users_aggregate
from emulators.bigquery.sql.analysis.values import Column, Scope
from emulators.bigquery.sql.functions.parts import DATE_PARTS, TIME_PARTS
from emulators.bigquery.sql.functions.registry import AGGREGATES
from emulators.bigquery.sql.model import SqlError
from emulators.bigquery.sql.syntax import nodes

# Arguments that are words and no columns.
_WORDS = (*DATE_PARTS, *TIME_PARTS, "DATE", "TIME", "DATETIME", "NFC", "NFD", "NFKC", "NFKD")


class Grouped:
    """The keys of a query with groups, as they are written."""

    def __init__(self, a: Analyzer, scope: Scope, keys: list[nodes.Node]) -> None:
        self.a, self.scope, self.keys = a, scope, keys
        self.own = {c for item in scope.items for c in (*item.columns, *item.hidden, item.element) if c is not None}
        self.columns = [key for key in keys if isinstance(key, nodes.Path)]

    def check(self, node: object, clause: str) -> None:
        """SqlError for a column of this query that is neither grouped nor aggregated."""
        if isinstance(node, (list, tuple)):
            for part in node:
                self.check(part, clause)
        elif isinstance(node, nodes.Path):
            self._check_path(node, clause)
        elif isinstance(node, nodes.Node) and not self._complete(node):
            for slot in node.__slots__:
                self.check(getattr(node, slot), clause)

    def _complete(self, node: nodes.Node) -> bool:
        """Whether nothing in it needs a look: keys, aggregates, subqueries and lambdas, which have names of their
        own."""
        if isinstance(node, nodes.Call) and node.over is None:
            if node.name in AGGREGATES or is_users_aggregate(self.a, node):
                return True
        elif isinstance(node, (nodes.Query, nodes.Lambda, nodes.TypeNode, nodes.WithExpression)):
            return True
        return any(self.same(node, key) for key in self.keys)

    def _check_path(self, node: nodes.Path, clause: str) -> None:
        read = self._read(node)
        if read is None or self.own.isdisjoint(read[1]) or self._is_alias(node, read[0]):
            return
        if any(self.same(node, key) or self._within(node, key) for key in self.columns):
            return
        what = f"column {'.'.join(node.parts[-1:])} which is neither grouped nor aggregated"
        self.a.fail(f"{clause} expression references {what}", node)

    def _is_alias(self, node: nodes.Path, sql: str) -> bool:
        named = self.scope.aliases.get(node.parts[0].lower())
        return named is not None and canonical(named.sql) == sql

    def _read(self, node: nodes.Path) -> tuple[str, frozenset[Column]] | None:
        """The SQL of a name and the columns that it reads; None for a word that is no column."""
        if len(node.parts) == 1 and node.parts[0].upper() in _WORDS:
            return None
        try:
            value = self.a.expression(node, self.scope)
        except SqlError:
            return None
        return canonical(value.sql), value.refs

    def _within(self, node: nodes.Path, key: nodes.Path) -> bool:
        """Whether it is a field of a key."""
        short = [part.lower() for part in key.parts]
        return any([part.lower() for part in node.parts[:n]][-len(short) :] == short for n in range(1, len(node.parts)))

    def same(self, one: object, other: object) -> bool:
        """Whether two expressions are written alike, or are names of the same column."""
        if isinstance(one, nodes.Path) and isinstance(other, nodes.Path):
            if [part.lower() for part in one.parts] == [part.lower() for part in other.parts]:
                return True
            x, y = self._read(one), self._read(other)
            return x is not None and y is not None and x[0] == y[0]
        if isinstance(one, nodes.Node) and type(one) is type(other):
            return all(self.same(getattr(one, slot), getattr(other, slot)) for slot in one.__slots__)
        if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)) and len(one) == len(other):
            return all(map(self.same, one, other))
        return not isinstance(one, nodes.Node) and one == other
