"""The expressions of MATCH_RECOGNIZE's MEASURES as expressions over the rows of its matches."""

from collections.abc import Sequence
from dataclasses import replace

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.clauses import paths_in
from emulators.bigquery.sql.analysis.rewriting import rewritten
from emulators.bigquery.sql.analysis.routine_kinds import is_users_aggregate
from emulators.bigquery.sql.functions.registry import AGGREGATES
from emulators.bigquery.sql.syntax import nodes

# The columns of a match's rows beside those of the input; no column of BigQuery's has a ^ in its name.
MATCH, ROW, CLASSIFIER = "match ^", "row ^", "classifier ^"
_OWN = {"MATCH_NUMBER": MATCH, "MATCH_ROW_NUMBER": ROW, "CLASSIFIER": CLASSIFIER}
_ENDS = {"FIRST": False, "LAST": True}
_IN_ORDER = ("ARRAY_AGG", "STRING_AGG", "ARRAY_CONCAT_AGG")


class Measures:
    """symbols: those that DEFINE names; rows: the DuckDB table of the matches' rows."""

    def __init__(self, a: Analyzer, symbols: Sequence[str], rows: str) -> None:
        self._a, self._rows = a, rows
        self._symbols = {symbol.lower(): symbol for symbol in symbols}

    def written(self, node: nodes.Node) -> nodes.Node:
        """The expression with symbol.column read of the symbol's rows, and the clause's own functions as columns."""
        return rewritten(node, self._changed)

    def _changed(self, node: nodes.Node) -> nodes.Node | None:
        if not isinstance(node, nodes.Call):
            return None
        if (own := self._own(node)) is not None:
            return own
        if node.name in _ENDS and len(node.path) == 1:
            return self._end(node)
        if node.over is not None:
            self._a.fail("MEASURES takes no analytic functions", node)
        if is_users_aggregate(self._a, node):
            self._a.fail("An aggregate function of the user's in MEASURES is not supported by this emulator", node)
        return self._aggregate(node) if node.name in AGGREGATES else None

    def _own(self, node: nodes.Call) -> nodes.Path | None:
        """The column that MATCH_NUMBER(), MATCH_ROW_NUMBER() or CLASSIFIER() reads."""
        if node.name not in _OWN or len(node.path) != 1:
            return None
        if node.args:
            self._a.fail(f"{node.name} takes no arguments", node)
        return nodes.Path(node.at, [_OWN[node.name]])

    def _end(self, node: nodes.Call) -> nodes.Node:
        """FIRST(x), LAST(x): x of the first or last row, NULL of a match without rows."""
        if len(node.args) != 1:
            self._a.fail(f"{node.name} takes one argument", node)
        order = nodes.OrderItem(node.at, nodes.Path(node.at, [ROW]), _ENDS[node.name])
        wrapped = nodes.StructLiteral(node.at, None, [("v", node.args[0])])
        limit = nodes.Literal(node.at, "INT64", "1")
        listed = nodes.Call(node.at, "ARRAY_AGG", ["ARRAY_AGG"], [wrapped], order_by=[order], limit=limit)
        first = nodes.Index(node.at, self._aggregate(listed), nodes.Literal(node.at, "INT64", "0"), "SAFE_OFFSET")
        return nodes.Member(node.at, first, "v")

    def _aggregate(self, node: nodes.Call) -> nodes.Call:
        """An aggregate over the rows of a match, or over those of the symbol that its arguments name."""
        paths = list(paths_in([node.args, node.having, node.order_by]))
        named = {path.parts[0].lower() for path in paths if self._names_symbol(path)}
        others = any(not self._names_symbol(path) for path in paths if path.parts != [ROW])
        if len(named) > 1 or (named and others):
            self._a.fail(f"{node.name} in MEASURES can read the rows of one symbol alone", node)
        test = f"{self._rows}.r IS NOT NULL"
        if named:
            test = f"{self._rows}.k = {t.text(self._symbols[named.pop()])}"
        order = node.order_by
        if node.name in _IN_ORDER and not order and not node.distinct:
            order = [nodes.OrderItem(node.at, nodes.Path(node.at, [ROW]))]

        def plain(part: nodes.Node) -> nodes.Node | None:
            if isinstance(part, nodes.Path) and self._names_symbol(part):
                return nodes.Path(part.at, part.parts[1:])
            return self._own(part) if isinstance(part, nodes.Call) else None

        inner = rewritten(replace(node, order_by=[]), lambda part: None if part is node else plain(part))
        return replace(inner, order_by=rewritten(order, plain), test=test)

    def _names_symbol(self, path: nodes.Path) -> bool:
        return len(path.parts) > 1 and path.parts[0].lower() in self._symbols
