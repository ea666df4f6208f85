"""What an aggregate or window call carries besides its arguments: DISTINCT, ORDER BY, NULLS, HAVING, OVER."""

from dataclasses import dataclass, field

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.coercion import coerce
from emulators.bigquery.sql.analysis.values import Scope, Value
from emulators.bigquery.sql.functions.registry import AGGREGATES, WINDOWS
from emulators.bigquery.sql.syntax import nodes

_ARGUMENT_NULLS = ("FIRST_VALUE", "LAST_VALUE", "NTH_VALUE")
_PERCENTILES = ("PERCENTILE_CONT", "PERCENTILE_DISC")
_NULLS = (*_ARGUMENT_NULLS, *_PERCENTILES, "APPROX_QUANTILES")  # functions that may ignore NULLs
_LIMITED = ("ARRAY_AGG", "ARRAY_CONCAT_AGG", "STRING_AGG")
_UNPARTITIONED = ("FLOAT64", "JSON", "GEOGRAPHY")


@dataclass(slots=True)
class Modifiers:
    """slots: d, o, n and w of a template; limit: ARRAY_AGG's or STRING_AGG's LIMIT; read: the values used on the
    way."""

    slots: dict[str, str]
    limit: str | None = None
    read: list[Value] = field(default_factory=list)


# Aggregate functions whose pages show an OVER clause; the others are no window functions.
_WINDOWED = ("ANY_VALUE", "ARRAY_AGG", "AVG", "CORR", "COUNT", "COUNTIF", "COVAR_POP", "COVAR_SAMP", "MAX", "MIN",
             "STDDEV", "STDDEV_POP", "STDDEV_SAMP", "STRING_AGG", "SUM", "VARIANCE", "VAR_POP",
             "VAR_SAMP")  # fmt: skip


def modifiers(a: Analyzer, node: nodes.Call, scope: Scope, values: list[Value]) -> Modifiers:
    """The SQL of the call's modifiers; refuses those that the function does not take."""
    if node.over is not None and node.name in AGGREGATES and node.name not in _WINDOWED:
        a.fail(f"Aggregate function {node.name} does not support an OVER clause", node)
    read: list[Value] = []
    order = order_by(a, node.order_by, scope, read, node.distinct) if node.order_by else ""
    if node.order_by:
        _order_allowed(a, node, read, values)
    if node.nulls and node.name not in _NULLS and (node.over is not None or node.name != "ARRAY_AGG"):
        kind = "Analytic" if node.over is not None else "Aggregate"
        a.fail(f"{kind} function {node.name.lower()} does not support IGNORE NULLS or RESPECT NULLS", node)
    clause = "HAVING" if node.having else "LIMIT" if node.limit else None
    if node.over is not None and clause is not None:
        a.fail(f"{clause} in arguments is not supported on analytic functions", node)
    conditions = []
    if node.nulls == "IGNORE" and node.name == "ARRAY_AGG":
        conditions.append(f"{values[0].sql} IS NOT NULL")
    if node.test is not None:
        conditions.append(node.test)
    window = f" FILTER (WHERE {' AND '.join(conditions)})" if conditions else ""
    if node.over is not None:
        window += f" OVER ({_over(a, node, scope, read)})"
    elif node.name in AGGREGATES:
        aggregation_allowed(a, node, scope)
    nulls = f" {node.nulls} NULLS" if node.nulls and node.name in _ARGUMENT_NULLS else ""
    slots = {"d": "DISTINCT " if node.distinct else "", "o": f" {order}" if order else "", "w": window, "n": nulls}
    return Modifiers(slots, _limit(a, node, scope), read)


def _limit(a: Analyzer, node: nodes.Call, scope: Scope) -> str | None:
    if node.limit is None:
        return None
    if node.name not in _LIMITED:
        a.fail(f"{node.name} does not support LIMIT in arguments", node)
    value = a.expression(node.limit, scope)
    if value.type != t.INT64 or (isinstance(value.raw, int) and value.raw < 0):
        a.fail("LIMIT expects a non-negative integer literal or parameter", node.limit)
    return value.sql


def _order_allowed(a: Analyzer, node: nodes.Call, keys: list[Value], values: list[Value]) -> None:
    """ORDER BY of arguments: in no window, and with DISTINCT by the arguments alone."""
    if node.over is not None:
        a.fail("ORDER BY in arguments is not supported on analytic functions", node)
    if node.distinct and any(key.sql not in [value.sql for value in values] for key in keys):
        both = "An aggregate function that has both DISTINCT and ORDER BY arguments"
        a.fail(f"{both} can only ORDER BY expressions that are arguments to the function", node)


def aggregation_allowed(a: Analyzer, node: nodes.Call, scope: Scope) -> None:
    """SqlError for an aggregate in a clause that has no groups."""
    level: Scope | None = scope
    while level is not None:
        if level.aggregated:
            return
        if level.items:
            break
        level = level.parent
    if scope.items and not scope.aggregated:
        a.fail(f"Aggregate function {node.name} not allowed in this clause", node)


def order_by(a: Analyzer, items: list[nodes.OrderItem], scope: Scope, read: list[Value], distinct: bool = False) -> str:
    """ORDER BY with BigQuery's order of NULLs: first when ascending, last when descending."""
    found = (order_item(a, item, a.expression(item.expression, scope), read, distinct) for item in items)
    return "ORDER BY " + ", ".join(found)


def order_item(a: Analyzer, item: nodes.OrderItem, value: Value, read: list[Value], distinct: bool = False) -> str:
    """One key of ORDER BY; distinct: DuckDB wants it as it is written."""
    if value.type.kind in ("JSON", "ARRAY", "STRUCT", "GEOGRAPHY"):
        a.fail(f"ORDER BY does not support expressions of type {value.type}", item)
    read.append(value)
    first = item.nulls_first if item.nulls_first is not None else not item.descending
    descending = item.descending
    sql = f"bq.fold({value.sql})" if value.type.collation else value.sql
    if value.type == t.FLOAT64 and not distinct and not sql.isdigit():
        sql, descending = f"-({sql})", not descending  # NaN is the greatest number for DuckDB, the least for BigQuery
    if value.type.kind == "RANGE" and not distinct and not sql.isdigit():
        from emulators.bigquery.sql.analysis.operators import range_key

        sql = range_key(value).sql
    direction = "DESC" if descending else "ASC"
    if item.collate is not None:
        if not item.collate.lower().endswith(":ci"):
            a.fail(f"Collation {item.collate} is not supported by this emulator", item)
        sql = f"lower({sql})"
    return f"{sql} {direction} NULLS {'FIRST' if first else 'LAST'}"


def _over(a: Analyzer, node: nodes.Call, scope: Scope, read: list[Value]) -> str:
    assert node.over is not None
    window = _named(a, node.over, scope)
    parts = []
    if window.partition_by:
        keys = [_partition_key(a, key, scope) for key in window.partition_by]
        read.extend(keys)
        parts.append("PARTITION BY " + ", ".join(f"bq.fold({k.sql})" if k.type.collation else k.sql for k in keys))
    name = node.name.lower()
    if window.order_by:
        if node.distinct:
            a.fail("Window ORDER BY is not allowed if DISTINCT is specified", node.over)
        if node.name in _PERCENTILES:
            a.fail(f"Window ORDER BY is not allowed for analytic function {name}", node.over)
        parts.append(order_by(a, window.order_by, scope, read))
    elif node.name in _ORDERED:
        a.fail(f"Window ORDER BY is required for analytic function {name}", node.over)
    if window.frame is not None:
        if node.name in WINDOWS and node.name not in _ARGUMENT_NULLS:
            a.fail(f"Window framing clause is not allowed for analytic function {name}", node.over)
        parts.append(_frame(a, window, scope))
    return " ".join(parts)


# Window functions that mean nothing without an order.
_ORDERED = ("RANK", "DENSE_RANK", "PERCENT_RANK", "CUME_DIST", "NTILE", "LEAD", "LAG", *_ARGUMENT_NULLS)


def _partition_key(a: Analyzer, node: nodes.Node, scope: Scope) -> Value:
    key = a.expression(node, scope)
    found = [kind for kind in _UNPARTITIONED if t.holds(key.type, kind)]
    if found:
        inside = "" if key.type.kind == found[0] else f"{key.type.kind} containing "
        a.fail(f"Partitioning by expressions of type {inside}{found[0]} is not allowed", node)
    if isinstance(node, nodes.Literal):
        a.fail("Cannot PARTITION BY literal values", node)
    return key


def _range_type(a: Analyzer, window: nodes.Window, scope: Scope) -> t.Type:
    if len(window.order_by) != 1:
        what = "A RANGE-based window with OFFSET PRECEDING or OFFSET FOLLOWING boundaries"
        a.fail(f"{what} must have exactly one ORDER BY key", window)
    kind = a.expression(window.order_by[0].expression, scope).type
    if kind.kind not in t.NUMBERS:
        a.fail(
            "ORDER BY key must be numeric in a RANGE-based window with OFFSET PRECEDING or OFFSET FOLLOWING "
            f"boundaries, but has type {kind.kind}",
            window,
        )
    if kind == t.BIGNUMERIC:
        a.fail("A RANGE with a bound over a BIGNUMERIC is not supported by this emulator", window)
    return kind


def _named(a: Analyzer, window: nodes.Window, scope: Scope) -> nodes.Window:
    """A window with what it takes over from the named one."""
    if window.name is None:
        return window
    level: Scope | None = scope
    base = None
    while level is not None and base is None:
        base = level.windows.get(window.name.lower())
        level = level.parent
    if base is None:
        a.fail(f"Unrecognized window alias: {window.name}", window)
    base = _named(a, base, scope)
    if window.partition_by:
        a.fail("A window that refers to another one cannot have a PARTITION BY clause", window)
    if window.order_by and (base.order_by or base.frame):
        a.fail("A window that refers to another one with an ORDER BY or frame clause cannot have ORDER BY", window)
    if window.frame and base.frame:
        a.fail("A window that refers to another one with a frame clause cannot have one as well", window)
    return nodes.Window(
        window.at,
        None,
        window.partition_by or base.partition_by,
        window.order_by or base.order_by,
        window.frame or base.frame,
    )


_BOUNDS = ("UNBOUNDED PRECEDING", "PRECEDING", "CURRENT ROW", "FOLLOWING", "UNBOUNDED FOLLOWING")


def _frame(a: Analyzer, window: nodes.Window, scope: Scope) -> str:
    """ROWS are counted; the bounds of a RANGE are of the type of the one number that it is ordered by."""
    frame, wanted = window.frame, t.INT64
    assert frame is not None
    first, last = _BOUNDS.index(frame.start[0]), _BOUNDS.index(frame.end[0])
    if first > last or first == len(_BOUNDS) - 1 or last == 0:
        a.fail(f"Window frame cannot start with {frame.start[0]} and end with {frame.end[0]}", frame)
    bounds = []
    for kind, expression in (frame.start, frame.end):
        if expression is None:
            bounds.append(kind)
            continue
        value = a.expression(expression, scope)
        if frame.unit == "RANGE":
            wanted = _range_type(a, window, scope)
        if t.coerces(value.type, wanted, value.literal) is None:
            order = f"the type of the ORDER BY expression, which is {wanted}" if frame.unit == "RANGE" else str(wanted)
            a.fail(f"Window framing expression has type {value.type} that cannot coerce to {order}", expression)
        if value.type.kind == "NULL" or (value.raw is not None and float(value.raw) < 0):
            a.fail("Window framing expression must be a non-negative number", expression)
        bounds.append(f"{coerce(a, value, wanted).sql} {kind}")
    return f"{frame.unit} BETWEEN {bounds[0]} AND {bounds[1]}"
