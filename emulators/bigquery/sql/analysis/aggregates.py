"""Aggregates and window functions: DISTINCT, ORDER BY, LIMIT, NULLS and HAVING MAX of their arguments."""

from decimal import Decimal

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.calls import arguments, choose, no_function_signature, placed
from emulators.bigquery.sql.analysis.constants import python_value
from emulators.bigquery.sql.analysis.having_max import having
from emulators.bigquery.sql.analysis.multi_level import multi_level
from emulators.bigquery.sql.analysis.operators import folded
from emulators.bigquery.sql.analysis.values import Column, Scope, Value, combine
from emulators.bigquery.sql.analysis.windows import Modifiers, modifiers
from emulators.bigquery.sql.functions.registry import AGGREGATES, WINDOWS
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.types import Type


def aggregate(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """An aggregate or window function: {d} DISTINCT, {o} ORDER BY, {w} FILTER and OVER are the template's places."""
    only_window = node.name in WINDOWS
    if only_window and node.over is None:
        a.fail(f"Analytic function {node.name} cannot be called without an OVER clause", node)
    if node.group_by:
        return multi_level(a, node, scope)
    node, overloads = placed(node, (WINDOWS if only_window else AGGREGATES)[node.name])
    values = [] if node.star else arguments(a, node, scope)
    if node.name == "ARRAY_AGG" and values and values[0].type.kind == "ARRAY":
        a.fail(f"The argument to ARRAY_AGG must not be an array type but was {values[0].type}", node)
    if node.name == "COUNT" and not node.star and not values:
        no_function_signature(a, node, values)
    if node.star and node.name != "COUNT":
        a.fail(f"Argument * can only be used in COUNT(*), but was used in {node.name}(*)", node)
    if any(v.type.collation for v in values) and node.name in _COUNTING:
        values = [folded(v) for v in values] if node.distinct or node.name != "COUNT" else values
    elif any(v.type.collated for v in values) and (node.distinct or node.name not in _NOT_COMPARING):
        a.fail(f"Collation in {node.name} is not supported by this emulator", node)
    _check_offset(a, node, values)
    _check_percentile(a, node, values)
    if node.distinct and any(v.type.kind in ("JSON", "GEOGRAPHY") for v in values):
        a.fail(f"Aggregate functions with DISTINCT cannot be used with arguments of type {values[0].type}", node)
    overload, values, kind = choose(a, node, overloads, values)
    if node.over is None:
        values = _of_this_query(values, scope)
    parts = modifiers(a, node, scope, values)
    if node.having is not None:
        return having(a, node, scope, values, kind, parts)
    if node.order_by and node.name not in _ORDERED:
        a.fail(f"{node.name} does not support ORDER BY in arguments", node)
    if node.name in ("MIN", "MAX") and kind.kind in ("ARRAY", "STRUCT", "JSON", "GEOGRAPHY"):
        a.fail(f"{node.name} is not defined for arguments of type {kind}", node)
    template = overload.template
    if node.nulls == "RESPECT" and node.name in _RESPECTING:
        template = _RESPECTING.get(f"{node.name} {kind}", _RESPECTING[node.name])
    sql = template.format(*(v.sql for v in values), type=t.duckdb(kind), **parts.slots)
    if node.distinct and node.name in _ORDERED and not node.order_by:
        sql = _distinct(node, values, parts, kind)
    if parts.limit is not None:
        sql = _limited(a, node, sql, values, parts)
    return combine(sql, kind, *values, *parts.read)


# With RESPECT NULLS, where NULL is the least of the values.
_RESPECTING = {
    "PERCENTILE_CONT": "bq.sorted_cont(bq.sorted(list({0}){w}), {1})",
    "PERCENTILE_CONT NUMERIC": "bq_bignumeric_to_numeric(bq_bignumeric_percentile("
    "list(bq.numeric_to_bignumeric({0})){w}, {1}))",
    "PERCENTILE_CONT BIGNUMERIC": "bq_bignumeric_percentile(list({0}){w}, {1})",
    "PERCENTILE_DISC": "bq.sorted_disc(bq.sorted(list({0}){w}), {1})",
    "APPROX_QUANTILES": "list_transform([bq.sorted(list({d}{0}){w})], lambda s: "
    "list_transform(range({1} + 1), lambda q: bq.sorted_disc(s, q / {1})))[1]",
}


def _limited(a: Analyzer, node: nodes.Call, sql: str, values: list[Value], parts: Modifiers) -> str:
    """The first n of an aggregated list; STRING_AGG is joined after the cut."""
    if node.name == "ARRAY_CONCAT_AGG":
        return f"flatten(({sql.removeprefix('flatten(').removesuffix(')')})[1:{parts.limit}])"
    if node.name != "STRING_AGG":
        return f"({sql})[1:{parts.limit}]"
    binary = values[0].type == t.BYTES
    item = f"bq_latin1({values[0].sql})" if binary else values[0].sql
    listed = "list({d}{0}{o}){w}".format(item, **parts.slots)
    delimiter = "','" if len(values) == 1 else f"bq_latin1({values[1].sql})" if binary else values[1].sql
    condition = f"{values[0].sql} IS NOT NULL"
    filtered = (
        listed.replace(" FILTER (WHERE ", f" FILTER (WHERE {condition} AND ")
        if " FILTER (" in parts.slots["w"]
        else listed + f" FILTER (WHERE {condition})"
    )
    joined = f"array_to_string(({filtered})[1:{parts.limit}], {delimiter})"
    return f"bq_from_latin1({joined})" if binary else joined


def _of_this_query(values: list[Value], scope: Scope) -> list[Value]:
    """The arguments of an aggregate, with a column of its own query beside those of outer ones.

    DuckDB takes an aggregate that reads outer columns alone for one of the outer query, as the SQL standard does.
    """
    own = scope.own_columns()
    read = frozenset[Column]().union(*(value.refs for value in values))
    if not own or not read or not read.isdisjoint(own):
        return values
    first = next(place for place, value in enumerate(values) if value.refs)
    sql = values[first].sql
    anchored = f"CASE WHEN {own[0].sql} IS NULL THEN {sql} ELSE {sql} END"
    return [*values[:first], values[first].with_sql(anchored, values[first].type), *values[first + 1 :]]


_ORDERED = ("ARRAY_AGG", "STRING_AGG", "ARRAY_CONCAT_AGG")
# The least offset that a navigation function takes, or number that an approximate one gives.
_LEAST = {"LEAD": 0, "LAG": 0, "NTH_VALUE": 1, "NTILE": 1, "APPROX_QUANTILES": 1, "APPROX_TOP_COUNT": 1,
          "APPROX_TOP_SUM": 1}  # fmt: skip
_PLACES = {"NTILE": 0, "APPROX_TOP_SUM": 2}


def _check_offset(a: Analyzer, node: nodes.Call, values: list[Value]) -> None:
    place = _PLACES.get(node.name, 1)
    offset = values[place] if node.name in _LEAST and len(values) > place else None
    fixed = values[1] if node.name == "STRING_AGG" and len(values) > 1 else offset
    if fixed is not None and not fixed.constant:
        a.fail(f"Argument {place + 1} to {node.name} must be a literal or query parameter", node)
    if node.name in ("LEAD", "LAG") and len(values) == 3:
        _check_default(a, node, values[0], values[2])
    if offset is not None and offset.type.kind == "NULL":
        a.fail(f"{_offset(node)} must not be NULL", node)
    if offset is not None and offset.literal and isinstance(offset.raw, int) and offset.raw < _LEAST[node.name]:
        a.fail(f"{_offset(node)} must be at least {_LEAST[node.name]}, but is {offset.raw}", node)


def _check_default(a: Analyzer, node: nodes.Call, value: Value, default: Value) -> None:
    """What LEAD and LAG give beyond the first and the last row: a constant of the type of their values."""
    if not default.constant:
        a.fail(f"Argument 3 to {node.name} must be a literal or query parameter", node)
    if t.coerces(default.type, value.type, default.literal) is None:
        a.fail(f"Argument 3 to {node.name} has type {default.type}, which does not coerce to {value.type}", node)


def _check_percentile(a: Analyzer, node: nodes.Call, values: list[Value]) -> None:
    """DuckDB would count from the other end for a negative one."""
    if not node.name.startswith("PERCENTILE_") or len(values) != 2 or values[1].type.kind not in (*t.NUMBERS, "NULL"):
        return
    if not values[1].constant:
        a.fail(f"Argument 2 to {node.name} must be a literal or query parameter", node)
    fraction = python_value(values[1])
    if fraction is None:
        a.fail(f"Argument 2 to {node.name} must not be NULL", node)
    if not isinstance(fraction, (int, float, Decimal)) or not 0 <= fraction <= 1:
        a.fail(f"Argument 2 to {node.name} must be between 0 and 1, but is {fraction}", node)


def _offset(node: nodes.Call) -> str:
    return f"The {'number' if node.name.startswith('APPROX_') else 'offset'} of {node.name}"


_MANY = 10_000  # values of which nobody counts on the order, and which take long to put in one


def _distinct(node: nodes.Call, values: list[Value], parts: Modifiers, kind: Type) -> str:
    """DISTINCT without ORDER BY keeps the order in which the values are met first, unless they are many."""
    binary = values[0].type == t.BYTES and node.name == "STRING_AGG"
    item = f"bq_latin1({values[0].sql})" if binary else values[0].sql
    window = parts.slots["w"]
    many = f"CASE WHEN count(*){window} > {_MANY} THEN list(DISTINCT {item}){window}"
    listed = f"({many} ELSE bq.first_of_each(list({item}){window}) END)"
    if node.name == "ARRAY_AGG":
        return listed
    delimiter = "','" if len(values) == 1 else f"bq_latin1({values[1].sql})" if binary else values[1].sql
    joined = f"array_to_string(list_filter({listed}, lambda e: e IS NOT NULL), {delimiter})"
    return f"bq_from_latin1({joined})" if binary else joined


# Aggregates that count equal values once.
_COUNTING = ("COUNT", "APPROX_COUNT_DISTINCT")
# Aggregates and window functions that compare none of their values, or leave it to DuckDB, which follows a collation.
_NOT_COMPARING = ("MIN", "MAX", "COUNT", "ANY_VALUE", "ARRAY_AGG", "STRING_AGG", "LAG", "LEAD", "FIRST_VALUE",
                  "LAST_VALUE", "NTH_VALUE")  # fmt: skip
