"""Values to another type: what happens by itself, and what CAST asks for."""

import re
from dataclasses import replace
from datetime import UTC, datetime

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.cast_templates import recast
from emulators.bigquery.sql.analysis.constants import evaluate
from emulators.bigquery.sql.analysis.values import Value, combine
from emulators.bigquery.sql.analysis.zones import zoned_cast
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.types import Type


def coerce(a: Analyzer, value: Value, target: Type) -> Value:
    """The value as `target`, which it coerces to (types.coerces has said so)."""
    source = value.type
    if source == target:
        return value
    if source.kind == target.kind == "STRING":
        sql = t.collated(value.sql) if target.collation and not source.collation else value.sql
        return replace(value, sql=sql, type=target)
    if source.kind == "NULL" or (source.kind == "ARRAY" and source.element == t.NULL):
        return combine(f"CAST({value.sql} AS {t.duckdb(target)})", target, value)
    if value.literal and source.kind == "STRING" and target.kind in ("DATE", "TIME", "DATETIME", "TIMESTAMP"):
        return moment_literal(a, value, target)
    if (
        value.literal
        and source.kind == "FLOAT64"
        and target.kind in ("NUMERIC", "BIGNUMERIC")
        and value.raw is not None
    ):
        return Value(recast(t.text(str(value.raw)), t.STRING, target), target, True, value.raw)
    if source.kind == "ARRAY" and target.kind == "ARRAY":
        assert source.element is not None and target.element is not None
        name = a.shared.alias("e")
        inner = coerce(a, Value(name, source.element, value.literal), target.element)
        return combine(f"list_transform({value.sql}, lambda {name}: {inner.sql})", target, value)
    if source.kind == "STRUCT":
        return _struct(a, value, target)
    if (zoned := zoned_cast(a, value, target)) is not None:
        return zoned
    return Value(recast(value.sql, source, target), target, value.literal, value.raw, value.refs, value.volatile)


def moment_literal(a: Analyzer, value: Value, target: Type) -> Value:
    """A literal text as a date or time; value.sql may also be a column or a field that a literal became."""
    zoned = zoned_cast(a, value, target)
    sql = literal_text(target.kind, value.sql) if zoned is None else zoned.sql
    if zoned is None and value.sql.startswith("'") and not sql.startswith("CAST("):
        evaluate(sql)  # a text that is no date is an error before the query runs
    return Value(sql, target, True, value.raw)


def _struct(a: Analyzer, value: Value, target: Type) -> Value:
    """Field by field: DuckDB would match names, BigQuery goes by position."""
    names, wanted = t.struct_names(value.type), t.struct_names(target)
    if names == wanted and all(s == d for (_, s), (_, d) in zip(value.type.fields, target.fields, strict=True)):
        return Value(value.sql, target, value.literal, value.raw, value.refs, value.volatile)
    name = a.shared.alias("s")
    members = []
    for own, new, (_, source), (_, kind) in zip(names, wanted, value.type.fields, target.fields, strict=True):
        part = coerce(a, Value(f"struct_extract({name}, {t.text(own)})", source, value.literal), kind)
        members.append(f"{t.quoted(new)} := {part.sql}")
    body = f"CASE WHEN {name} IS NULL THEN NULL ELSE struct_pack({', '.join(members)}) END"
    return combine(f"list_transform([{value.sql}], lambda {name}: {body})[1]", target, value)


_PLAIN = {
    "DATE": re.compile(r"\d{4}-\d\d-\d\d"),
    "DATETIME": re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{6})?"),
    "TIMESTAMP": re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{6})?([+-](0\d|1[0-3])(:[0-5]\d)?|Z)?"),
}


def literal_text(kind: str, sql: str) -> str:
    """A string that is read as a date or time, with BigQuery's rules and errors; the usual form needs no check by
    DuckDB."""
    pattern = _PLAIN.get(kind)
    if pattern is not None and sql.startswith("'") and pattern.fullmatch(sql[1:-1]) and _is_date(sql[1:-1]):
        return f"CAST({sql} AS {t.duckdb(t.SIMPLE[kind])})"
    return f"bq.to_{kind.lower()}({sql})"


def _is_date(text: str) -> bool:
    """Whether there is such a day, and with a time zone such a moment."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment.astimezone(UTC) if moment.tzinfo else moment).year > 0
    except (ValueError, OverflowError):
        return False


def assign(a: Analyzer, value: Value, target: Type, what: str, node: nodes.Node | None) -> Value:
    """The value for a column or variable of type `target`; SqlError in BigQuery's words when it does not fit."""
    if t.coerces(value.type, target, value.literal) is None:
        loose = _assignable(value.type, target)
        if not loose:
            a.fail(what.format(source=value.type, target=target), node)
        return combine(recast(value.sql, value.type, target), target, value)
    return coerce(a, value, target)


def _assignable(source: Type, target: Type) -> bool:
    return source.kind == "BIGNUMERIC" and target.kind == "NUMERIC"


def common(a: Analyzer, values: list[Value], what: str, node: nodes.Node) -> tuple[list[Value], Type]:
    """All values as their supertype."""
    kind = t.supertype([(v.type, v.literal) for v in values])
    if kind is None:
        a.fail(what.format(types=", ".join(str(v.type) for v in values)), node)
    return [coerce(a, v, kind) for v in values], kind
