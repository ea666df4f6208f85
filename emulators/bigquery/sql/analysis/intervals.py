"""INTERVAL values, and arithmetic of dates with intervals and numbers."""

import re
from dataclasses import replace

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.coercion import coerce
from emulators.bigquery.sql.analysis.values import Scope, Value, combine
from emulators.bigquery.sql.syntax import nodes

UNITS = {
    "YEAR": "to_years", "QUARTER": "to_quarters", "MONTH": "to_months", "WEEK": "to_weeks", "DAY": "to_days",
    "HOUR": "to_hours", "MINUTE": "to_minutes", "SECOND": "to_seconds", "MILLISECOND": "to_milliseconds",
    "MICROSECOND": "to_microseconds",
}  # fmt: skip
_HOURS = 87_840_000
_LIMITS = {
    "YEAR": 10_000, "QUARTER": 40_000, "MONTH": 120_000, "WEEK": 522_857, "DAY": 3_660_000, "HOUR": _HOURS,
    "MINUTE": _HOURS * 60, "SECOND": _HOURS * 3600, "MILLISECOND": _HOURS * 3_600_000,
    "MICROSECOND": _HOURS * 3_600_000_000,
}  # fmt: skip
_CASTED = ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY")
_ORDER = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")


def interval_sql(amount: str, unit: str) -> str:
    """amount: BIGINT SQL."""
    function = UNITS[unit]
    if unit in _CASTED:
        return f"{function}(CAST({amount} AS INTEGER))"
    return f"{function}({amount})"


def interval_value(a: Analyzer, node: nodes.Interval, scope: Scope) -> Value:
    """INTERVAL n unit, or INTERVAL 'text' unit TO unit."""
    value = a.expression(node.value, scope)
    if node.until is not None:
        if node.unit not in _ORDER or node.until not in _ORDER or _ORDER.index(node.unit) >= _ORDER.index(node.until):
            a.fail(f"Invalid INTERVAL units {node.unit} TO {node.until}", node)
        if not isinstance(value.raw, str):
            a.fail("INTERVAL with TO expects a string literal", node)
        return _between(a, node, value.raw)
    if node.unit not in UNITS:
        a.fail(f"A valid date part name is required but found {node.unit}", node)
    if isinstance(value.raw, str) and value.type == t.STRING:
        seconds = re.fullmatch(r"\s*([+-]?\d+)(\.\d+)?\s*", value.raw)
        if seconds is None or (seconds.group(2) and node.unit != "SECOND"):
            a.fail(f"Invalid INTERVAL literal '{value.raw}'", node)
        if seconds.group(2):
            micros = round(float(value.raw) * 1_000_000)
            return Value(f"to_microseconds(CAST({micros} AS BIGINT))", t.INTERVAL)
        value = Value(f"CAST({int(value.raw)} AS BIGINT)", t.INT64)
    if t.coerces(value.type, t.INT64) is None:
        a.fail(f"Interval value must be coercible to INT64 type, but has type {value.type}", node.value)
    if isinstance(value.raw, int) and abs(value.raw) > _LIMITS[node.unit]:
        a.fail(f"INTERVAL {value.raw} {node.unit} is out of range", node)
    return combine(interval_sql(coerce(a, value, t.INT64).sql, node.unit), t.INTERVAL, value)


def _between(a: Analyzer, node: nodes.Interval, text: str) -> Value:
    units = _ORDER[_ORDER.index(node.unit) : _ORDER.index(node.until or node.unit) + 1]
    patterns = {
        "YEAR": r"([+-]?)(\d+)",
        "MONTH": r"(\d+)",
        "DAY": r"([+-]?)(\d+)",
        "HOUR": r"([+-]?)(\d+)",
        "MINUTE": r"(\d+)",
        "SECOND": r"(\d+(?:\.\d{1,6})?)",
    }
    pieces, last = [], None
    for unit in units:
        joiner = (
            ""
            if last is None
            else "-"
            if (last, unit) == ("YEAR", "MONTH")
            else ":"
            if unit in ("MINUTE", "SECOND")
            else r"\s+"
        )
        pattern = patterns[unit] if joiner != "-" and (unit, joiner) != ("MONTH", "-") else r"(\d+)"
        if last is None and unit in ("MONTH", "MINUTE", "SECOND"):
            pattern = r"([+-]?)" + pattern
        pieces.append(joiner + pattern)
        last = unit
    m = re.fullmatch(r"\s*" + "".join(pieces) + r"\s*", text)
    if m is None:
        a.fail(f"Invalid INTERVAL literal '{text}'", node)
    amounts: list[str] = []
    sign, groups = 1, list(m.groups())
    for unit in units:
        group = groups.pop(0)
        if group in ("+", "-", ""):
            sign, group = -1 if group == "-" else 1, groups.pop(0)
        if unit == "SECOND":
            amounts.append(interval_sql(f"CAST({sign * round(float(group) * 1_000_000)} AS BIGINT)", "MICROSECOND"))
        else:
            amounts.append(interval_sql(f"CAST({sign * int(group)} AS BIGINT)", unit))
    return Value("(" + " + ".join(amounts) + ")", t.INTERVAL)


def in_range(value: Value) -> Value:
    """A date, moment or interval that was computed: an error outside of the years 1 to 9999, or of 10,000 years, which
    DuckDB would go on with."""
    return replace(value, sql=f"bq.{value.type.kind.lower()}_in_range({value.sql})")


def date_arithmetic(a: Analyzer, op: str, left: Value, right: Value, node: nodes.Node) -> Value:  # noqa: RET503
    """DATE + INT64, DATE - DATE, x + INTERVAL, INTERVAL * INT64 and the like."""
    from emulators.bigquery.sql.analysis.operators import no_signature

    x, y = left.type.kind, right.type.kind
    if op == "+" and y in ("DATE", "DATETIME", "TIMESTAMP") and x in ("INT64", "INTERVAL"):
        left, right, x, y = right, left, y, x
    if x == "DATE" and y == "INT64" and op in ("+", "-"):
        return in_range(combine(f"({left.sql} {op} CAST({right.sql} AS INTEGER))", t.DATE, left, right))
    if y == "INTERVAL" and op in ("+", "-"):
        if x == "DATE":
            return in_range(combine(f"CAST({left.sql} {op} {right.sql} AS TIMESTAMP)", t.DATETIME, left, right))
        if x == "TIMESTAMP":
            right = combine(f"bq.clock_interval({right.sql}, '{op}')", t.INTERVAL, right)
        if x in ("DATETIME", "TIMESTAMP"):
            return in_range(combine(f"({left.sql} {op} {right.sql})", left.type, left, right))
        if x == "INTERVAL":
            return in_range(combine(f"({left.sql} {op} {right.sql})", t.INTERVAL, left, right))
    if op == "-" and x == y and x in ("DATE", "DATETIME", "TIMESTAMP"):
        if x == "DATE":
            return combine(f"to_days(CAST({left.sql} - {right.sql} AS INTEGER))", t.INTERVAL, left, right)
        return combine(f"bq.difference_interval({left.sql}, {right.sql})", t.INTERVAL, left, right)
    if op == "*" and {x, y} == {"INTERVAL", "INT64"}:
        interval, number = (left, right) if x == "INTERVAL" else (right, left)
        return in_range(combine(f"({interval.sql} * CAST({number.sql} AS INTEGER))", t.INTERVAL, left, right))
    if op == "/" and x == "INTERVAL" and y == "INT64":
        return combine(f"bq.interval_divide({left.sql}, {right.sql})", t.INTERVAL, left, right)
    no_signature(a, op, [left, right], node)
