"""DATE, DATETIME and TIME: constructors, arithmetic by parts, truncation, differences."""

from collections.abc import Callable

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer, expression_rule
from emulators.bigquery.sql.analysis.calls import arguments, no_function_signature
from emulators.bigquery.sql.analysis.coercion import coerce
from emulators.bigquery.sql.analysis.intervals import in_range, interval_sql
from emulators.bigquery.sql.analysis.values import Scope, Value, combine
from emulators.bigquery.sql.analysis.zones import default_zone
from emulators.bigquery.sql.functions.parts import DATE_PARTS, TIME_PARTS, WEEKDAYS, part, truncated
from emulators.bigquery.sql.functions.registry import SCALARS, rule, table
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.types import Type

table(
    SCALARS,
    """
    CURRENT_DATE() -> DATE = CAST(now() AS DATE)
    CURRENT_DATE(STRING) -> DATE = CAST(bq.local(now(), {0}) AS DATE)
    CURRENT_DATETIME() -> DATETIME = CAST(now() AS TIMESTAMP)
    CURRENT_DATETIME(STRING) -> DATETIME = bq.local(now(), {0})
    CURRENT_TIME() -> TIME = CAST(CAST(now() AS TIMESTAMP) AS TIME)
    CURRENT_TIME(STRING) -> TIME = CAST(bq.local(now(), {0}) AS TIME)
    DATE(INT64, INT64, INT64) -> DATE = bq.make_date({0}, {1}, {2})
    DATE(DATE) -> DATE = {0}
    DATE(DATETIME) -> DATE = CAST({0} AS DATE)
    DATE(TIMESTAMP) -> DATE = CAST({0} AS DATE)
    DATE(TIMESTAMP, STRING) -> DATE = CAST(bq.local({0}, {1}) AS DATE)
    DATE(STRING) -> DATE = bq.to_date({0})
    DATETIME(INT64, INT64, INT64, INT64, INT64, INT64) -> DATETIME = bq.make_datetime({0}, {1}, {2}, {3}, {4}, {5})
    DATETIME(DATE) -> DATETIME = CAST({0} AS TIMESTAMP)
    DATETIME(DATE, TIME) -> DATETIME = ({0} + {1})
    DATETIME(DATETIME) -> DATETIME = {0}
    DATETIME(TIMESTAMP) -> DATETIME = CAST({0} AS TIMESTAMP)
    DATETIME(TIMESTAMP, STRING) -> DATETIME = bq.local({0}, {1})
    DATETIME(STRING) -> DATETIME = bq.to_datetime({0})
    TIME(INT64, INT64, INT64) -> TIME = bq.make_time({0}, {1}, {2})
    TIME(TIMESTAMP) -> TIME = CAST(CAST({0} AS TIMESTAMP) AS TIME)
    TIME(TIMESTAMP, STRING) -> TIME = CAST(bq.local({0}, {1}) AS TIME)
    TIME(DATETIME) -> TIME = CAST({0} AS TIME)
    TIME(STRING) -> TIME = bq.to_time({0})
    DATE_BUCKET(DATE, INTERVAL) -> DATE = CAST(time_bucket(bq.bucket_width({1}), {0}, DATE '1950-01-01') AS DATE)
    DATE_BUCKET(DATE, INTERVAL, DATE) -> DATE = CAST(bq.bucket(bq.bucket_width({1}), CAST({0} AS TIMESTAMP), CAST({2} AS TIMESTAMP)) AS DATE)
    DATETIME_BUCKET(DATETIME, INTERVAL) -> DATETIME = time_bucket(bq.bucket_width({1}), {0}, TIMESTAMP '1950-01-01')
    DATETIME_BUCKET(DATETIME, INTERVAL, DATETIME) -> DATETIME = bq.bucket(bq.bucket_width({1}), {0}, {2})
    TIMESTAMP_BUCKET(TIMESTAMP, INTERVAL) -> TIMESTAMP = CAST(time_bucket(bq.clock_width({1}), CAST({0} AS TIMESTAMP), TIMESTAMP '1950-01-01') AS TIMESTAMPTZ)
    TIMESTAMP_BUCKET(TIMESTAMP, INTERVAL, TIMESTAMP) -> TIMESTAMP = CAST(time_bucket(bq.clock_width({1}), CAST({0} AS TIMESTAMP), CAST({2} AS TIMESTAMP)) AS TIMESTAMPTZ)
    DATE_FROM_UNIX_DATE(INT64) -> DATE = bq.unix_date({0})
    UNIX_DATE(DATE) -> INT64 = CAST({0} - DATE '1970-01-01' AS BIGINT)
    PARSE_DATE(STRING, STRING) -> DATE = CAST(make_timestamp(bq_parse_moment('DATE', {0}, {1}, '')) AS DATE)
    PARSE_DATETIME(STRING, STRING) -> DATETIME = make_timestamp(bq_parse_moment('DATETIME', {0}, {1}, ''))
    PARSE_TIME(STRING, STRING) -> TIME = CAST(make_timestamp(bq_parse_moment('TIME', {0}, {1}, '')) AS TIME)
    JUSTIFY_DAYS(INTERVAL) -> INTERVAL = bq.justify_days({0})
    JUSTIFY_HOURS(INTERVAL) -> INTERVAL = bq.justify_hours({0})
    JUSTIFY_INTERVAL(INTERVAL) -> INTERVAL = bq.justify_interval({0})
    """,  # noqa: E501
)

_PARTS = {
    "DATE": DATE_PARTS,
    "DATETIME": DATE_PARTS + TIME_PARTS,
    "TIME": TIME_PARTS,
    "TIMESTAMP": DATE_PARTS + TIME_PARTS,
}
_KINDS = {"DATE": t.DATE, "DATETIME": t.DATETIME, "TIME": t.TIME, "TIMESTAMP": t.TIMESTAMP}
_TIMESTAMP_ADD = ("MICROSECOND", "MILLISECOND", "SECOND", "MINUTE", "HOUR", "DAY")


def _kind(a: Analyzer, node: nodes.Call, value: Value) -> Type:
    """The type that the function works on: its own, or that of a DATE_ family argument."""
    own = _KINDS[node.name.split("_")[0]]
    if value.type.kind in ("DATETIME", "TIMESTAMP") and own.kind in ("DATE", "DATETIME", "TIMESTAMP"):  # noqa: SIM102
        if value.type == own or node.name.endswith("_TRUNC") or own.kind != "TIMESTAMP":
            return value.type
    if t.coerces(value.type, own, value.literal) is None:
        no_function_signature(a, node, [value])
    return own


def _shift(name: str) -> Callable[[Analyzer, nodes.Call, Scope], Value]:
    def shift(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
        """X_ADD(x, INTERVAL n part): x moved by n parts; the last day of a month stays in its month."""
        if len(node.args) != 2:
            no_function_signature(a, node, [a.expression(arg, scope) for arg in node.args])
        value = a.expression(node.args[0], scope)
        kind = _kind(a, node, value)
        value = coerce(a, value, kind)
        amount = node.args[1]
        if isinstance(amount, nodes.Interval) and amount.until is None:
            return _shifted(a, node, value, kind, amount, scope)
        interval = a.expression(amount, scope)
        if interval.type != t.INTERVAL:
            no_function_signature(a, node, [value, interval])
        return combine(f"CAST({value.sql} {_sign(node)} {interval.sql} AS {t.duckdb(kind)})", kind, value, interval)

    def checked(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
        value = shift(a, node, scope)
        return value if value.type == t.TIME else in_range(value)

    checked.__name__, checked.__doc__ = name, shift.__doc__
    return checked


def _sign(node: nodes.Call) -> str:
    return "+" if node.name.endswith("_ADD") else "-"


def _shifted(a: Analyzer, node: nodes.Call, value: Value, kind: Type, interval: nodes.Interval, scope: Scope) -> Value:
    allowed = _TIMESTAMP_ADD if kind == t.TIMESTAMP else _PARTS[kind.kind]
    found = part(a, nodes.Part(interval.at, interval.unit), allowed, node.name)
    amount = a.expression(interval.value, scope)
    if amount.type == t.STRING and isinstance(amount.raw, str) and amount.raw.strip().lstrip("+-").isdigit():
        amount = Value(f"CAST({int(amount.raw)} AS BIGINT)", t.INT64, True, int(amount.raw))
    if t.coerces(amount.type, t.INT64) is None:
        a.fail(f"Interval value must be coercible to INT64 type, but has type {amount.type}", interval)
    count = coerce(a, amount, t.INT64)
    if kind == t.DATE and found.name == "DAY":
        return combine(f"({value.sql} {_sign(node)} CAST({count.sql} AS INTEGER))", kind, value, count)
    step = interval_sql(count.sql, found.name)
    sql = f"({value.sql} {_sign(node)} {step})"
    return combine(f"CAST({sql} AS DATE)" if kind == t.DATE else sql, kind, value, count)


for _family in _KINDS:
    for _verb in ("ADD", "SUB"):
        rule(f"{_family}_{_verb}")(_shift(f"{_family.lower()}_{_verb.lower()}"))


@rule("DATE_TRUNC", "DATETIME_TRUNC", "TIMESTAMP_TRUNC", "TIME_TRUNC")
def truncate(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """X_TRUNC(x, part[, zone]): x at the beginning of its part."""
    if len(node.args) not in (2, 3):
        no_function_signature(a, node, [a.expression(arg, scope) for arg in node.args])
    value = a.expression(node.args[0], scope)
    kind = _kind(a, node, value)
    found = part(a, node.args[1], _PARTS[kind.kind], node.name)
    value = coerce(a, value, kind)
    if kind == t.TIME:
        moment = f"(DATE '1970-01-01' + {value.sql})"
        return combine(f"CAST({truncated(moment, found)} AS TIME)", kind, value)
    if kind != t.TIMESTAMP:
        cut = combine(f"CAST({truncated(value.sql, found)} AS {t.duckdb(kind)})", kind, value)
        return in_range(cut) if found.name == "WEEK" else cut  # the first week of the year 1 may begin before it
    zone = default_zone(a) if len(node.args) == 2 else coerce(a, a.expression(node.args[2], scope), t.STRING)
    if zone is None:
        sql = f"CAST({truncated(f'CAST({value.sql} AS TIMESTAMP)', found)} AS TIMESTAMPTZ)"
        return combine(sql, kind, value)
    local = f"bq.local({value.sql}, {zone.sql})"
    if found.name in TIME_PARTS:  # what is cut off leaves the moment on its side of a change of the clock
        return combine(f"({value.sql} - ({local} - {truncated(local, found)}))", kind, value, zone)
    return combine(f"bq.global({truncated(local, found)}, {zone.sql})", kind, value, zone)


_MICROS = {
    "MICROSECOND": 1,
    "MILLISECOND": 1000,
    "SECOND": 10**6,
    "MINUTE": 6 * 10**7,
    "HOUR": 36 * 10**8,
    "DAY": 864 * 10**8,
}


@rule("DATE_DIFF", "DATETIME_DIFF", "TIMESTAMP_DIFF", "TIME_DIFF")
def difference(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """X_DIFF(x, y, part): the part's boundaries between y and x; for timestamps whole parts."""
    if len(node.args) != 3:
        no_function_signature(a, node, [a.expression(arg, scope) for arg in node.args])
    left, right = a.expression(node.args[0], scope), a.expression(node.args[1], scope)
    kind = _kind(a, node, left if left.type.kind != "STRING" else right)
    if t.coerces(right.type, kind, right.literal) is None or t.coerces(left.type, kind, left.literal) is None:
        no_function_signature(a, node, [left, right])
    x, y = coerce(a, left, kind), coerce(a, right, kind)
    allowed = tuple(_MICROS) if kind == t.TIMESTAMP else _PARTS[kind.kind]
    found = part(a, node.args[2], allowed, node.name)
    if kind == t.TIMESTAMP:
        return combine(f"((epoch_us({x.sql}) - epoch_us({y.sql})) // {_MICROS[found.name]})", t.INT64, x, y)
    if kind == t.DATE and found.name == "DAY":
        return combine(f"CAST({x.sql} - {y.sql} AS BIGINT)", t.INT64, x, y)
    if found.name in ("WEEK", "ISOWEEK"):
        first = 1 if found.name == "ISOWEEK" else WEEKDAYS.index(found.weekday or "SUNDAY")
        return combine(f"bq.week_difference({x.sql}, {y.sql}, {first})", t.INT64, x, y)
    if found.name == "ISOYEAR":
        return combine(f"CAST(isoyear({x.sql}) - isoyear({y.sql}) AS BIGINT)", t.INT64, x, y)
    return combine(f"date_diff('{found.name.lower()}', {y.sql}, {x.sql})", t.INT64, x, y)


@rule("LAST_DAY")
def last_day(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """LAST_DAY(date[, part]): the part's last day."""
    if len(node.args) not in (1, 2):
        no_function_signature(a, node, arguments(a, node, scope))
    value = a.expression(node.args[0], scope)
    if value.type.kind != "DATETIME":
        if t.coerces(value.type, t.DATE, value.literal) is None:
            no_function_signature(a, node, [value])
        value = coerce(a, value, t.DATE)
    if len(node.args) == 1:
        return combine(f"last_day({value.sql})", t.DATE, value)
    found = part(a, node.args[1], DATE_PARTS[1:], node.name)
    start = f"CAST({truncated(value.sql, found)} AS DATE)"
    if found.name in ("WEEK", "ISOWEEK"):
        return in_range(combine(f"({start} + 6)", t.DATE, value))
    if found.name == "ISOYEAR":
        return in_range(combine(f"(CAST(date_trunc('isoyear', {start} + 371) AS DATE) - 1)", t.DATE, value))
    unit = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}[found.name]
    return combine(f"(CAST({start} + to_months({unit}) AS DATE) - 1)", t.DATE, value)


_EXTRACTED = {
    "YEAR": "year({0})", "ISOYEAR": "isoyear({0})", "QUARTER": "quarter({0})", "MONTH": "month({0})", "DAY": "day({0})",
    "DAYOFWEEK": "(dayofweek({0}) + 1)", "DAYOFYEAR": "dayofyear({0})", "ISOWEEK": "weekofyear({0})",
    "HOUR": "hour({0})",
    "MINUTE": "minute({0})", "SECOND": "second({0})", "MILLISECOND": "(millisecond({0}) % 1000)",
    "MICROSECOND": "(microsecond({0}) % 1000000)",
}  # fmt: skip
_TIME_ONLY = ("HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND")


@expression_rule(nodes.Extract)
def extract(a: Analyzer, node: nodes.Extract, scope: Scope) -> Value:
    """EXTRACT(part FROM x [AT TIME ZONE z])"""
    value = a.expression(node.operand, scope)
    name, kind = node.part.name, value.type.kind
    if kind == "NULL":
        return value.with_sql("CAST(NULL AS BIGINT)", t.INT64)
    if kind == "TIMESTAMP":
        zone = default_zone(a)
        if node.zone is not None:
            zone = coerce(a, a.expression(node.zone, scope), t.STRING)
        sql = f"CAST({value.sql} AS TIMESTAMP)" if zone is None else f"bq.local({value.sql}, {zone.sql})"
        value = combine(sql, t.DATETIME, value, *([zone] if zone is not None else []))
    elif node.zone is not None:
        a.fail("EXTRACT ... AT TIME ZONE is only supported for TIMESTAMP", node)
    allowed = {"DATE": False, "DATETIME": True, "TIMESTAMP": True, "TIME": True, "INTERVAL": True}.get(kind)
    if (
        allowed is None
        or (kind == "DATE" and name in _TIME_ONLY)
        or (kind == "TIME" and name not in _TIME_ONLY)
        or (kind == "INTERVAL" and name not in (*_TIME_ONLY, "YEAR", "MONTH", "DAY"))
    ):
        a.fail(f"EXTRACT from {value.type} does not support the {name} date part", node)
    if name in ("DATE", "TIME", "DATETIME") and kind in ("DATETIME", "TIMESTAMP"):
        return combine(f"CAST({value.sql} AS {t.duckdb(_KINDS[name])})", _KINDS[name], value)
    if name == "WEEK":
        first = WEEKDAYS.index(node.part.weekday or "SUNDAY")
        return combine(f"bq.week_number({value.sql}, {first})", t.INT64, value)
    if name not in _EXTRACTED:
        a.fail(f"A valid date part name is required but found {name}", node)
    return combine(f"CAST({_EXTRACTED[name].format(value.sql)} AS BIGINT)", t.INT64, value)


_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


@rule("GENERATE_DATE_ARRAY", "GENERATE_TIMESTAMP_ARRAY", "GENERATE_DATETIME_ARRAY")
def generate(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """GENERATE_X_ARRAY(start, end[, INTERVAL n part]): both ends included."""
    kind = _KINDS[node.name.split("_")[1]]
    if len(node.args) not in (2, 3) or (len(node.args) == 2 and kind != t.DATE):
        no_function_signature(a, node, arguments(a, node, scope))
    ends = [a.expression(arg, scope) for arg in node.args[:2]]
    if any(t.coerces(v.type, kind, v.literal) is None for v in ends):
        no_function_signature(a, node, ends)
    start, end = (coerce(a, v, kind) for v in ends)
    count, unit = Value("CAST(1 AS BIGINT)", t.INT64), "DAY"
    if len(node.args) == 3:
        interval = node.args[2]
        if not isinstance(interval, nodes.Interval):
            no_function_signature(a, node, ends)
        count = coerce(a, a.expression(interval.value, scope), t.INT64)
        days = ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR")
        allowed: tuple[str, ...] = days if kind == t.DATE else _TIMESTAMP_ADD
        if kind == t.DATETIME:
            allowed = _PARTS["DATETIME"]
        unit = part(a, nodes.Part(interval.at, interval.unit), allowed, node.name).name
    if unit in _MONTHS:
        sql = f"bq.generate_months({start.sql}, {end.sql}, {count.sql} * {_MONTHS[unit]})"
    else:
        sql = f"bq.generate_moments({start.sql}, {end.sql}, {interval_sql(count.sql, unit)}, {count.sql})"
    if kind == t.DATE:
        name = a.shared.alias("e")
        sql = f"list_transform({sql}, lambda {name}: CAST({name} AS DATE))"
    return combine(sql, t.array(kind), start, end, count)


@rule("MAKE_INTERVAL", named=True)
def make_interval(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """MAKE_INTERVAL([year, month, day, hour, minute, second]), by position or by name."""
    names = ("year", "month", "day", "hour", "minute", "second")
    given = dict(zip(names, node.args, strict=False)) | dict(node.named)
    if set(given) - set(names) or len(node.args) > len(names):
        no_function_signature(a, node, [])
    parts = [(name, coerce(a, a.expression(value, scope), t.INT64)) for name, value in given.items()]
    sql = " + ".join(interval_sql(v.sql, name.upper()) for name, v in parts) or "INTERVAL 0 DAY"
    return in_range(combine(f"({sql})", t.INTERVAL, *(v for _, v in parts)))
