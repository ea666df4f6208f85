"""JOIN: ON, USING, and arrays on the right side."""

from dataclasses import replace

from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.coercion import common
from emulators.bigquery.sql.analysis.full_joins import require_key
from emulators.bigquery.sql.analysis.once import has_subquery
from emulators.bigquery.sql.analysis.operators import compare
from emulators.bigquery.sql.analysis.pruning import push
from emulators.bigquery.sql.analysis.sources import PADDED, From, is_array, operated, source
from emulators.bigquery.sql.analysis.values import Column, Scope, Value, combine
from emulators.bigquery.sql.model import SqlError
from emulators.bigquery.sql.syntax import nodes


def joined(a: Analyzer, node: nodes.Join, scope: Scope) -> From:
    """Both sides and the condition; brings the names of both into the scope."""
    assert node.left is not None and node.right is not None
    left = source(a, node.left, scope)
    if node.kind != "CROSS" and node.on is None and node.using is None and not is_array(node.right, scope):
        a.fail(f"{node.kind} JOIN must have an immediately following ON or USING clause", node)
    padded = node.kind == "LEFT" and node.using is None and not node.right.operators and _is_true(node.on)
    right = source(a, node.right, scope, PADDED if padded else node.kind)
    if right.apart is not None:
        left, scope.index = _with_array(left, *right.apart, padded), None
    items, columns, merged = left.items + right.items, left.columns + right.columns, {**left.merged, **right.merged}
    outer = node.kind in ("LEFT", "RIGHT", "FULL")
    unnest = node.right if outer and isinstance(node.right, nodes.UnnestSource) else None
    depends = None if unnest is None else _depends(a, unnest, left, scope)
    if unnest is not None and node.kind in ("RIGHT", "FULL"):
        if depends:
            a.fail(f"{node.kind} JOIN with an array that depends on the other side is not allowed", node)
        right.sql = right.sql.removeprefix("LATERAL ")
    if node.using is not None:
        condition, columns, merged = _using(a, node, left, right, merged)
    elif node.on is not None:
        value = a.condition(node.on, scope, "JOIN ON clause")
        condition = value.sql
        if node.kind == "INNER":
            push(a, node.on, scope)
        elif node.kind == "FULL":
            require_key(a, node.on, value, [(side.sql, side.items) for side in (left, right)], scope)
    else:
        condition = "true"
    if node.kind == "LEFT" and unnest is not None and depends is not False and condition != "true":
        right.sql, condition = _filtered(right.sql, condition), "true"
    if node.kind == "CROSS" or (condition == "true" and (node.kind == "INNER" or right.apart)):
        joiner = "CROSS JOIN"
    else:
        joiner = f"{node.kind} JOIN"
    sql = f"{left.sql} {joiner} {right.sql if not isinstance(node.right, nodes.Join) else f'({right.sql})'}"
    if joiner != "CROSS JOIN":
        sql += f" ON {condition}"
    found = From(sql, columns, items, merged)
    for operator in node.operators:
        found = operated(a, found, operator, scope)
    return found


def _is_true(condition: nodes.Node | None) -> bool:
    return condition is None or (isinstance(condition, nodes.Literal) and condition.value is True)


def _depends(a: Analyzer, unnest: nodes.UnnestSource, left: From, scope: Scope) -> bool | None:
    """Whether an array is read of the other side; None where a subquery may, of which nobody keeps account."""
    array = a.expression(unnest.arrays[0], Scope(scope.parent, list(left.items), variables=scope.variables))
    if any(c in array.refs for item in left.items for c in (*item.columns, *item.hidden, item.element)):
        return True
    return None if has_subquery(array.sql) else False


def _filtered(lateral: str, condition: str) -> str:
    """The elements of an array that meet a condition, which DuckDB takes in no other place when it reads both sides."""
    elements, _, name = lateral.removeprefix("LATERAL ").rpartition(" AS ")
    return f"LATERAL (SELECT * FROM {elements} AS {name} WHERE {condition}) AS {name}"


_INCOMPATIBLE = (
    "Column '{}' in USING has incompatible types that cannot be directly compared using equality on either side of the "
    "join: {} and {}"
)


def _using(
    a: Analyzer, node: nodes.Join, left: From, right: From, merged: dict[str, Value]
) -> tuple[str, list[tuple[str, Value]], dict[str, Value]]:
    """USING (k): equality of both sides' k; k itself is the left's, the right's, or the first that is not NULL."""
    conditions, keys = [], []
    assert node.using is not None
    for name in node.using:
        x, y = _side(a, left, name, node, "left"), _side(a, right, name, node, "right")
        try:
            conditions.append(compare(a, "=", x, y, node).sql)
        except SqlError:
            a.fail(_INCOMPATIBLE.format(name, x.type, y.type), node)
        pair, kind = common(a, [x, y], _INCOMPATIBLE.format(name, x.type, y.type), node)
        if node.kind == "FULL":
            value = combine(f"COALESCE({pair[0].sql}, {pair[1].sql})", kind, *pair)
        else:
            value = y if node.kind == "RIGHT" else x
        merged[name.lower()] = value
        keys.append((name, value))
    used = {name.lower() for name in node.using}
    rest = [(n, v) for n, v in left.columns + right.columns if n.lower() not in used]
    return " AND ".join(conditions), keys + rest, merged


def _side(a: Analyzer, side: From, name: str, node: nodes.Node, which: str) -> Value:
    if name.lower() in side.merged:
        return side.merged[name.lower()]
    seen = (c for item in side.items if not item.qualified for c in item.columns + item.hidden)
    found = [c for c in seen if c.name.lower() == name.lower()]
    if not found:
        a.fail(f"Column {name} in USING clause not found on {which} side of join", node)
    if len(found) > 1:
        a.fail(f"Column name {name} is ambiguous in USING clause", node)
    return found[0].value()


def _with_array(left: From, name: str, array: Value, padded: bool) -> From:
    """The left side of a join as a subquery of that name, with the array of the right side as one more column."""
    listed: dict[str, str] = {}
    moved: dict[int, Column] = {}

    def place(sql: str) -> str:
        return f"{name}.{listed.setdefault(sql, f'c{len(listed)}')}"

    def move(column: Column) -> Column:
        return moved.setdefault(id(column), replace(column, sql=place(column.sql)))

    def value(own: Value) -> Value:
        return Value(place(own.sql), own.type, refs=frozenset(moved.get(id(c), c) for c in own.refs))

    for item in left.items:
        item.columns, item.hidden = [*map(move, item.columns)], [*map(move, item.hidden)]
        item.element = move(item.element) if item.element is not None else None
    columns = [(n, value(v)) for n, v in left.columns]
    merged = {n: value(v) for n, v in left.merged.items()}
    inner = "".join(f"{sql} AS {own}, " for sql, own in listed.items())
    sql = f"SELECT {inner}{array.sql} AS items FROM {left.sql}"
    if padded:
        empty = "len(items) > 0 IS NOT TRUE"
        filled = f"CASE WHEN {empty} THEN [NULL] ELSE items END AS items"
        sql = f"SELECT * REPLACE ({filled}), {empty} AS items_missing FROM ({sql})"
    return From(f"({sql}) AS {name}", columns, left.items, merged)
