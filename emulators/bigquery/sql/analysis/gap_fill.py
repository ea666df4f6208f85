"""GAP_FILL: a row for each bucket of a time series, its values carried forward, interpolated, or NULL."""

from dataclasses import dataclass

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.coercion import coerce
from emulators.bigquery.sql.analysis.table_functions import column, constant, given, table_argument, table_rule
from emulators.bigquery.sql.analysis.values import Column, Relation, Scope, Value
from emulators.bigquery.sql.syntax import nodes

_NAMES = (
    "table", "ts_column", "bucket_width", "partitioning_columns", "value_columns", "origin", "ignore_null_values",
)  # fmt: skip
_TIMES = ("DATE", "DATETIME", "TIMESTAMP")


@dataclass(frozen=True, slots=True)
class _Series:
    """rows: SQL of the input, with the columns ts, p0 ..., v0 ...; kind: the type of ts."""

    rows: str
    kind: t.Type
    partitions: list[tuple[str, Value]]
    values: list[tuple[str, Value, str]]
    ignore_nulls: bool

    @property
    def keys(self) -> list[str]:
        return [f"p{i}" for i in range(len(self.partitions))]


@table_rule("GAP_FILL")
def gap_fill(a: Analyzer, node: nodes.Call, scope: Scope) -> Relation:
    """GAP_FILL(TABLE t, ts_column, bucket_width[, partitioning_columns][, value_columns][, origin]
    [, ignore_null_values]): ts, the partitioning columns and the value columns (all others, by the method null) for
    each bucket between the first and the last row of a partition."""
    arguments = given(a, node, _NAMES)
    if not {"table", "ts_column", "bucket_width"} <= set(arguments):
        a.fail("GAP_FILL needs a table, ts_column and bucket_width", node)
    sql, columns = table_argument(a, node, arguments["table"])
    ts_name, ts = column(a, node, columns, constant(a, arguments["ts_column"]))
    if ts.type.kind not in _TIMES:
        a.fail(f"Column {ts_name} of GAP_FILL must be a DATE, DATETIME or TIMESTAMP, but is {ts.type}", node)
    named = constant(a, arguments["partitioning_columns"]) if "partitioning_columns" in arguments else []
    partitions = [column(a, node, columns, name) for name in named]
    if "value_columns" in arguments:
        values = [_value_column(a, node, columns, item) for item in constant(a, arguments["value_columns"])]
    else:
        own = {name.lower() for name, _ in [(ts_name, ts), *partitions]}
        values = [(name, value, "null") for name, value in columns if name.lower() not in own]
    ignore = "ignore_null_values" not in arguments or constant(a, arguments["ignore_null_values"]) is not False
    inner = [f"{ts.sql} AS ts", *(f"{v.sql} AS p{i}" for i, (_, v) in enumerate(partitions))]
    inner += [f"{v.sql} AS v{i}" for i, (_, v, _) in enumerate(values)]
    rows = f"(SELECT {', '.join(inner)} FROM {sql})"
    series = _Series(rows, ts.type, partitions, values, ignore)
    return _filled(a, series, ts_name, _grid(a, series, arguments))


def _value_column(
    a: Analyzer, node: nodes.Call, columns: list[tuple[str, Value]], item: tuple[str, str]
) -> tuple[str, Value, str]:
    name, value = column(a, node, columns, item[0])
    method = str(item[1]).lower()
    if method not in ("null", "linear", "locf"):
        a.fail(f"Invalid gap filling method {item[1]}: null, linear or locf is expected", node)
    if method == "linear" and value.type.kind not in t.NUMBERS:
        a.fail(f"Gap filling method linear needs a number, but column {name} is {value.type}", node)
    return name, value, method


def _grid(a: Analyzer, series: _Series, arguments: dict[str, nodes.Node]) -> str:
    """The buckets' times: from the first at or after a partition's first row to the last before or at its last one."""
    width = coerce(a, a.expression(arguments["bucket_width"], Scope()), t.INTERVAL).sql
    plain = "CAST({0} AS TIMESTAMP)"
    origin = "TIMESTAMP '1950-01-01'"
    if "origin" in arguments:
        origin = plain.format(coerce(a, a.expression(arguments["origin"], Scope()), series.kind).sql)
    keys = "".join(f"{key}, " for key in series.keys)
    group = f" GROUP BY {', '.join(series.keys)}" if series.keys else ""
    ends = f"SELECT {keys}{plain.format('min(ts)')} AS lo, {plain.format('max(ts)')} AS hi FROM {series.rows}{group}"
    bucket = f"time_bucket(bq.bucket_width({width}), lo, {origin})"
    first = f"CASE WHEN {bucket} < lo THEN {bucket} + {width} ELSE {bucket} END"
    return f"(SELECT {keys}CAST(unnest(generate_series({first}, hi, {width})) AS {t.duckdb(series.kind)}) AS ts FROM ({ends}))"  # noqa: E501


def _filled(a: Analyzer, series: _Series, ts_name: str, grid: str) -> Relation:
    same = "".join(f" AND g.{key} = {{0}}.{key}" for key in series.keys)
    joins, outputs = [], ["g.ts AS c0", *(f"g.{key} AS c{i + 1}" for i, key in enumerate(series.keys))]
    for i, (_, value, method) in enumerate(series.values):
        known = f" WHERE v{i} IS NOT NULL" if series.ignore_nulls else ""
        rows = f"(SELECT * FROM {series.rows}{known})"
        for side, order in (("b", ">="), ("f", "<=")):
            joins.append(f"ASOF LEFT JOIN {rows} AS {side}{i} ON g.ts {order} {side}{i}.ts" + same.format(f"{side}{i}"))
        outputs.append(f"{_value(i, method, value.type)} AS c{len(outputs)}")
    listed = [(ts_name, series.kind), *((n, v.type) for n, v in series.partitions)]
    listed += [(n, v.type) for n, v, _ in series.values]
    columns = [Column(name, f"c{i}", kind) for i, (name, kind) in enumerate(listed)]
    return Relation(
        f"SELECT {', '.join(outputs)} FROM {grid} AS g {' '.join(joins)}", columns, [c.sql for c in columns]
    )


def _value(i: int, method: str, kind: t.Type) -> str:
    """Of the row before (b) and the row after (f) a bucket's time."""
    exact = f"b{i}.ts = g.ts"
    if method == "null":
        return f"CASE WHEN {exact} THEN b{i}.v{i} END"
    if method == "locf":
        return f"b{i}.v{i}"
    if kind == t.BIGNUMERIC:
        start, at, end = (f"epoch_us(CAST({side} AS TIMESTAMP))" for side in (f"b{i}.ts", "g.ts", f"f{i}.ts"))
        between = f"bq_bignumeric_between(b{i}.v{i}, f{i}.v{i}, {at} - {start}, {end} - {start})"
        return f"CASE WHEN {exact} THEN b{i}.v{i} ELSE {between} END"
    x, y = (f"epoch_us(CAST({side} AS TIMESTAMP))" for side in (f"b{i}.ts", f"f{i}.ts"))
    share = f"(epoch_us(CAST(g.ts AS TIMESTAMP)) - {x})::DOUBLE / ({y} - {x})"
    between = f"b{i}.v{i}::DOUBLE + (f{i}.v{i}::DOUBLE - b{i}.v{i}::DOUBLE) * ({share})"
    between = f"round({between})" if kind == t.INT64 else between
    return f"CASE WHEN {exact} THEN b{i}.v{i} ELSE CAST({between} AS {t.duckdb(kind)}) END"
