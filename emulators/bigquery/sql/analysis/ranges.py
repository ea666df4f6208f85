"""RANGE<T>: literals and functions. A range is a struct of start and end; a missing bound is NULL."""

from collections.abc import Sequence

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.calls import arguments, no_function_signature
from emulators.bigquery.sql.analysis.coercion import coerce
from emulators.bigquery.sql.analysis.intervals import interval_sql
from emulators.bigquery.sql.analysis.once import once
from emulators.bigquery.sql.analysis.table_functions import table_argument, table_rule
from emulators.bigquery.sql.analysis.values import Column, Relation, Scope, Value, combine
from emulators.bigquery.sql.analysis.zones import refuse_zone
from emulators.bigquery.sql.functions.registry import SCALARS, rule, table
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.types import Type

table(
    SCALARS,
    """
    RANGE_START(RANGE<T>) -> T = struct_extract({0}, 'start')
    RANGE_END(RANGE<T>) -> T = struct_extract({0}, 'end')
    RANGE_CONTAINS(RANGE<T>, RANGE<T>) -> BOOL = bq.range_contains_range({0}, {1})
    RANGE_CONTAINS(RANGE<T>, T) -> BOOL = bq.range_contains_value({0}, {1})
    RANGE_OVERLAPS(RANGE<T>, RANGE<T>) -> BOOL = bq.range_overlaps({0}, {1})
    RANGE_INTERSECT(RANGE<T>, RANGE<T>) -> RANGE<T> = bq.range_intersect({0}, {1})
    """,
)
_ELEMENTS = ("DATE", "DATETIME", "TIMESTAMP")


def range_literal(a: Analyzer, node: nodes.Literal) -> Value:
    """RANGE<DATE> '[2024-01-01, 2024-02-01)'"""
    kind = Type("RANGE", t.SIMPLE[node.kind[6:-1]])
    return range_from_text(a, Value(t.text(node.value), t.STRING), kind)


def range_from_text(a: Analyzer, value: Value, kind: Type) -> Value:
    """'[start, end)', UNBOUNDED or NULL for a missing bound."""
    assert kind.element is not None
    refuse_zone(a, kind, "RANGE<TIMESTAMP> of a text")
    cast = f"bq.to_{kind.element.kind.lower()}"
    bounds = [f"{cast}(bq.range_bound({value.sql}, {i}))" for i in (1, 2)]
    return combine(f"CASE WHEN {value.sql} IS NOT NULL THEN bq.range_make({bounds[0]}, {bounds[1]}) END", kind, value)


@rule("RANGE")
def range_made(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """RANGE(start, end)"""
    values = arguments(a, node, scope)
    kind = t.supertype([(v.type, v.literal) for v in values])
    if len(values) != 2 or kind is None or kind.kind not in _ELEMENTS:
        no_function_signature(a, node, values)
    start, end = (coerce(a, v, kind) for v in values)
    return combine(f"bq.range_make({start.sql}, {end.sql})", Type("RANGE", kind), start, end)


@rule("GENERATE_RANGE_ARRAY", named=True)
def generate_range_array(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """GENERATE_RANGE_ARRAY(range, INTERVAL n part[, include_last_partial_range]): consecutive ranges of that length."""
    args = [*node.args, *(value for name, value in node.named if name.lower() == "include_last_partial_range")]
    if len(args) not in (2, 3) or len(args) != len(node.args) + len(node.named):
        no_function_signature(a, node, [])
    whole, step = a.expression(args[0], scope), args[1]
    if not isinstance(step, nodes.Interval):
        no_function_signature(a, node, [whole])
    if whole.type.kind != "RANGE" or whole.type.element is None:
        no_function_signature(a, node, [whole])
    partial = coerce(a, a.expression(args[2], scope), t.BOOL) if len(args) == 3 else Value("true", t.BOOL, True)
    count = coerce(a, a.expression(step.value, scope), t.INT64)
    name, element = a.shared.alias("e"), t.duckdb(whole.type.element)
    own = a.shared.alias("r")
    start, end = (f"struct_extract({own}, '{side}')" for side in ("start", "end"))

    def fill(given: Sequence[Value]) -> str:
        length = interval_sql(given[1].sql, step.unit)
        kept = f"{name} < {end} AND ({given[2].sql} OR {name} + {length} <= {end})"
        starts = f"list_filter(generate_series({start}, {end}, {length}), lambda {name}: {kept})"
        last = f"CAST(least({name} + {length}, {end}) AS {element})"
        made = f'struct_pack("start" := CAST({name} AS {element}), "end" := {last})'
        made = f"list_transform({starts}, lambda {name}: {made})"
        failed = "bq.fail('Cannot generate a range array from a range with an unbounded side')"
        open_ended = f"{own} IS NOT NULL AND ({start} IS NULL OR {end} IS NULL)"
        body = f"CASE WHEN {open_ended} THEN ({made})[{failed} : 1] ELSE {made} END"
        return f"list_transform([{given[0].sql}], lambda {own}: {body})[1]"

    sql = once([whole, count, partial], fill, scope)
    return combine(sql, t.array(whole.type), whole, count)


@table_rule("RANGE_SESSIONIZE")
def range_sessionize(a: Analyzer, node: nodes.Call, scope: Scope) -> Relation:
    """RANGE_SESSIONIZE(TABLE t, 'column', ['key', ...][, 'MEETS' | 'OVERLAPS']): t with session_range, the span of
    its session."""
    if len(node.args) not in (3, 4):
        no_function_signature(a, node, [])
    origin, listed = table_argument(a, node, node.args[0])
    texts = [a.expression(arg, Scope()) for arg in node.args[1:]]
    columns = {name.lower(): value for name, value in listed}
    active = columns.get(str(texts[0].raw).lower())
    if active is None or active.type.kind != "RANGE":
        a.fail(f"Column {texts[0].raw} of RANGE_SESSIONIZE must be a RANGE column of the table", node)
    keys = _keys(a, node, columns)
    mode = str(texts[2].raw).upper() if len(texts) > 2 else "MEETS"
    if mode not in ("MEETS", "OVERLAPS"):
        a.fail(f"Invalid session option {mode}: MEETS or OVERLAPS is expected", node)
    return _sessions(a, origin, listed, active, keys, ">" if mode == "MEETS" else ">=")


def _keys(a: Analyzer, node: nodes.Call, columns: dict[str, Value]) -> list[Value]:
    listed = node.args[2]
    if not isinstance(listed, nodes.ArrayLiteral):
        a.fail("RANGE_SESSIONIZE needs a list of column names", node)
    keys = []
    for item in listed.items:
        name = item.value if isinstance(item, nodes.Literal) else None
        if not isinstance(name, str) or name.lower() not in columns:
            a.fail(f"Partitioning column {name} of RANGE_SESSIONIZE not found", item)
        keys.append(columns[name.lower()])
    return keys


def _sessions(
    a: Analyzer, sql: str, columns: list[tuple[str, Value]], active: Value, keys: list[Value], apart: str
) -> Relation:
    """A session ends where the next start lies behind all ends so far; an open end reaches everything, and no range is
    of no session."""
    keys = [*keys, combine(f"({active.sql} IS NULL)", t.BOOL, active)]
    own = [f"{value.sql} AS c{i}" for i, (_, value) in enumerate(columns)]
    start, end = (f"struct_extract({active.sql}, '{side}')" for side in ("start", "end"))
    partition = f"PARTITION BY {', '.join(k.sql for k in keys)} "
    before = f"OVER ({partition}ORDER BY {start} NULLS FIRST, {end} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    fresh = f"CASE WHEN bool_or({end} IS NULL) {before} THEN 0 WHEN {start} {apart} max({end}) {before} THEN 1 ELSE 0 END AS f"  # noqa: E501
    groups = "".join(f", {k.sql} AS k{i}" for i, k in enumerate(keys))
    step = f"SELECT {', '.join(own)}{groups}, {start} AS s, {end} AS e, {fresh} FROM {sql}"
    names = ", ".join(f"k{i}" for i in range(len(keys)))
    numbered = f"SELECT *, sum(f) OVER (PARTITION BY {names} ORDER BY s NULLS FIRST, e ROWS UNBOUNDED PRECEDING) AS g FROM ({step})"  # noqa: E501
    window = f"OVER (PARTITION BY {names}, g)"
    first = f"CASE WHEN bool_or(s IS NULL) {window} THEN NULL ELSE min(s) {window} END"
    last = f"CASE WHEN bool_or(e IS NULL) {window} THEN NULL ELSE max(e) {window} END"
    session = f'CASE WHEN NOT k{len(keys) - 1} THEN struct_pack("start" := {first}, "end" := {last}) END'
    session += f" AS c{len(columns)}"
    listed = ", ".join([f"c{i}" for i in range(len(columns))] + [session])
    outputs = [Column(name, f"c{i}", value.type) for i, (name, value) in enumerate(columns)]
    outputs.append(Column("session_range", f"c{len(columns)}", active.type))
    return Relation(f"SELECT {listed} FROM ({numbered})", outputs, [c.sql for c in outputs])
