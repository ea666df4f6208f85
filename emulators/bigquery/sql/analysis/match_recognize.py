"""MATCH_RECOGNIZE: numbered rows, the matches that match_rows finds in each partition, and a grouping by match.

Source: BigQuery's query syntax, "MATCH_RECOGNIZE clause".
"""

from dataclasses import dataclass, field, replace

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.clauses import aggregates_in, calls_in
from emulators.bigquery.sql.analysis.group_by import UNGROUPABLE
from emulators.bigquery.sql.analysis.measures import CLASSIFIER, MATCH, ROW, Measures
from emulators.bigquery.sql.analysis.outputs import Tail
from emulators.bigquery.sql.analysis.pattern import program
from emulators.bigquery.sql.analysis.rewriting import rewritten
from emulators.bigquery.sql.analysis.selects import select
from emulators.bigquery.sql.analysis.sources import From, from_relation
from emulators.bigquery.sql.analysis.values import Column, FromItem, Scope, Value
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax.pattern_nodes import MatchRecognize

_NEIGHBOURS = {"PREV": "LAG", "NEXT": "LEAD"}
_KEY = "partition {} ^"  # no column of BigQuery's has a ^ in its name


@dataclass(slots=True)
class _Moved:
    """The columns of the input as columns c0, c1 ... of a subquery; a partition's key is the match's own column."""

    name: str
    keys: list[Value]
    listed: dict[str, str] = field(default_factory=dict)
    columns: dict[int, Column] = field(default_factory=dict)

    def place(self, sql: str) -> str:
        for i, key in enumerate(self.keys):
            if key.sql == sql:
                return f"{self.name}.p{i}"
        return f"{self.name}.{self.listed.setdefault(sql, f'c{len(self.listed)}')}"

    def column(self, column: Column) -> Column:
        return self.columns.setdefault(id(column), Column(column.name, self.place(column.sql), column.type))

    def value(self, value: Value) -> Value:
        read = frozenset(self.columns.get(id(column), column) for column in value.refs)
        return Value(self.place(value.sql), value.type, refs=read)

    def item(self, item: FromItem) -> FromItem:
        element = self.column(item.element) if item.element is not None else None
        columns, hidden = [*map(self.column, item.columns)], [*map(self.column, item.hidden)]
        return FromItem(item.alias, columns, hidden, element, item.qualified)


def match_recognize(a: Analyzer, found: From, node: MatchRecognize) -> From:
    """One row for each match: the partition's expressions, and the measures."""
    scope = Scope(items=found.items, merged=found.merged)
    keys = [_key(a, key, scope) for key in node.partition_by]
    moved = _Moved(a.shared.alias(), keys)
    items = [moved.item(item) for item in found.items]
    merged = {name: moved.value(value) for name, value in found.merged.items()}
    columns = [(name, moved.value(value)) for name, value in found.columns]
    own = [Column(MATCH, f"{moved.name}.m", t.INT64), Column(ROW, f"{moved.name}.r", t.INT64)]
    own.append(Column(CLASSIFIER, f"{moved.name}.k", t.STRING))
    own += [Column(_KEY.format(i), f"{moved.name}.p{i}", key.type) for i, key in enumerate(keys)]
    sql = _matched(a, node, found.sql, scope, moved)
    rows = From(sql, columns, [*items, FromItem(None, own)], merged)
    relation = select(a, _grouping(a, node, rows, moved.name), None, Tail())
    result = from_relation(a, relation, node.alias)
    for place, key in enumerate(node.partition_by):
        if not isinstance(key, nodes.Path):  # such a column has no name
            result.columns[place] = ("", result.columns[place][1])
            result.items[0].columns[place] = replace(result.items[0].columns[place], name="")
    return result


def _key(a: Analyzer, node: nodes.Node, scope: Scope) -> Value:
    if any(call.over for call in calls_in(node)) or aggregates_in(node):
        a.fail("PARTITION BY of MATCH_RECOGNIZE takes no aggregate and no analytic functions", node)
    value = a.expression(node, scope)
    if value.constant:
        a.fail("PARTITION BY of MATCH_RECOGNIZE takes no constants", node)
    if value.type.kind in (*UNGROUPABLE, "FLOAT64"):
        a.fail(f"Partitioning by expressions of type {value.type} is not allowed", node)
    return value


def _matched(a: Analyzer, node: MatchRecognize, source: str, scope: Scope, moved: _Moved) -> str:
    """The rows of all matches: m, r, k (MATCH, ROW, CLASSIFIER), the keys p0 ..., the columns c0 ...."""
    window = nodes.Window(node.at, None, node.partition_by, node.order_by)
    number = a.expression(nodes.Call(node.at, "ROW_NUMBER", ["ROW_NUMBER"], [], over=window), scope)
    bits = [f"CASE WHEN {_condition(a, name, test, window, scope)} THEN {1 << i} ELSE 0 END"
            for i, (name, test) in enumerate(node.symbols)]  # fmt: skip
    keys = [f"p{i}" for i in range(len(moved.keys))]
    listed = [f"{sql} AS {own}" for sql, own in moved.listed.items()]
    listed += [f"{value.sql} AS {key}" for key, value in zip(keys, moved.keys, strict=True)]
    base, matches = a.shared.alias(), a.shared.alias()
    listed += [f"{number.sql} AS n", f"CAST({' + '.join(bits)} AS BIGINT) AS b"]
    numbered = f"SELECT {', '.join(listed)} FROM {source}"
    own_keys, grouping = "".join(f"{key}, " for key in keys), f" GROUP BY {', '.join(keys)}" if keys else ""
    lists = f"SELECT {own_keys}list(b ORDER BY n) AS rows FROM {base}{grouping}"
    found = f"SELECT {own_keys}unnest(bq_match_rows(rows, {t.text(program(a, node))})) AS u FROM ({lists})"
    names = ", ".join(t.text(name) for name, _ in node.symbols)
    outputs = [f"{matches}.u.m AS m", f"{matches}.u.r AS r", f"([{names}])[{matches}.u.s] AS k"]
    outputs += [f"{matches}.{key}" for key in keys] + [f"{base}.{own}" for own in moved.listed.values()]
    same = "".join(f" AND {base}.{key} IS NOT DISTINCT FROM {matches}.{key}" for key in keys)
    joined = f"({found}) AS {matches} LEFT JOIN {base} ON {base}.n = {matches}.u.n{same}"
    return f"(WITH {base} AS MATERIALIZED ({numbered}) SELECT {', '.join(outputs)} FROM {joined}) AS {moved.name}"


def _condition(a: Analyzer, name: str, node: nodes.Node, window: nodes.Window, scope: Scope) -> str:
    """A symbol's condition, in which PREV and NEXT look at rows around the row."""
    if any(call.over for call in calls_in(node)) or aggregates_in(node):
        a.fail(f"The condition of symbol {name} takes no aggregate and no analytic functions", node)

    def around(part: nodes.Node) -> nodes.Node | None:
        if not isinstance(part, nodes.Call) or part.name not in _NEIGHBOURS or len(part.path) != 1:
            return None
        if not 1 <= len(part.args) <= 2 or not isinstance(part.args[0], nodes.Path):
            a.fail(f"{part.name} takes the name of a column and a number of rows", part)
        other = _NEIGHBOURS[part.name]
        return nodes.Call(part.at, other, [other], part.args, over=window)

    value = a.expression(rewritten(node, around), scope)
    if value.type not in (t.BOOL, t.NULL):
        a.fail(f"The condition of symbol {name} must be of type BOOL, but is {value.type}", node)
    return value.sql


def _grouping(a: Analyzer, node: MatchRecognize, rows: From, name: str) -> nodes.Select:
    """SELECT the keys and measures FROM the rows of matches GROUP BY match."""
    measures = Measures(a, [symbol for symbol, _ in node.symbols], name)
    paths = [key if isinstance(key, nodes.Path) else nodes.Path(key.at, [_KEY.format(i)])
             for i, key in enumerate(node.partition_by)]  # fmt: skip
    items: list[nodes.SelectItem | nodes.Star] = [nodes.SelectItem(path.at, path, None) for path in paths]
    items += [replace(item, expression=measures.written(item.expression)) for item in node.measures]
    made = nodes.Select(node.at, items)
    made.source = nodes.GivenSource(node.at, given=rows)
    made.group_by = [nodes.Path(node.at, [MATCH]), *paths]
    return made
