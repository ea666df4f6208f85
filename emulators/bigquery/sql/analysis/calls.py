"""Function calls: find the rule or the overload, coerce the arguments, fill the template."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer, expression_rule
from emulators.bigquery.sql.analysis.coercion import coerce
from emulators.bigquery.sql.analysis.once import named, once
from emulators.bigquery.sql.analysis.signatures import mismatch
from emulators.bigquery.sql.analysis.trying import attempt
from emulators.bigquery.sql.analysis.values import Column, Scope, Value, combine
from emulators.bigquery.sql.analysis.windows import Modifiers, modifiers
from emulators.bigquery.sql.analysis.zones import OPTIONAL, default_zone
from emulators.bigquery.sql.functions.registry import AGGREGATES, RULES, SCALARS, WINDOWS, Overload
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.types import Type

# Arguments that a function wants as they are written.
_AS_WRITTEN = (nodes.Literal, nodes.Parameter, nodes.Part, nodes.Lambda, nodes.Interval)


@expression_rule(nodes.Call)
def call(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """name(arguments) by: special rules, the tables of scalar, aggregate and window functions, the user's functions."""
    name = node.name
    if name.startswith("SAFE.") and (len(node.path) == 2 or name.removeprefix("SAFE.") in SCALARS):
        return _safe(a, node, scope)
    if len(node.path) == 1 or name in SCALARS or name in AGGREGATES or name in RULES:
        if name.lower() in a.environment.functions:
            from emulators.bigquery.sql.analysis.routines import temporary_function

            return temporary_function(a, node, scope)
        if name in RULES:
            return RULES[name](a, node, scope)
        if name in SCALARS:
            return _scalar(a, node, scope)
        if name in AGGREGATES or name in WINDOWS:
            return _aggregate(a, node, scope)
    from emulators.bigquery.sql.analysis.routines import stored_function

    return stored_function(a, node, scope)


def _safe(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """SAFE.F(x): NULL where F fails."""
    inner = replace(node, name=".".join(node.path[1:]).upper(), path=node.path[1:])
    if inner.name in AGGREGATES:
        a.fail(f"Function {inner.name} does not support SAFE error mode", node)
    if inner.name in SCALARS and inner.name not in RULES:
        inner, overloads = _placed(inner)
        overload, values, kind = choose(a, inner, overloads, arguments(a, inner, scope))
        return combine(attempt(values, lambda given: _fill(overload, [*given], kind).sql), kind, *values)
    return _safe_rule(a, inner, scope)


def _safe_rule(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """A function that reads its arguments by itself: it finds the values of those that can fail under other names."""
    given = [*node.args, *(arg.value for arg in node.args if isinstance(arg, nodes.Interval))]
    own = [arg for arg in given if not isinstance(arg, _AS_WRITTEN)]
    values = [a.expression(arg, scope) for arg in own]
    made: list[Value] = []

    def fill(names: Sequence[Value]) -> str:
        variables = {f"argument {place}": value for place, value in enumerate(names)}
        paths = {id(arg): nodes.Path(arg.at, [name]) for arg, name in zip(own, variables, strict=True)}
        args = [_renamed(arg, paths) for arg in node.args]
        made.append(call(a, replace(node, args=args), Scope(parent=scope, variables=variables)))
        return made[-1].sql

    sql = attempt(values, fill)
    return combine(sql, made[-1].type, made[-1], *values)


def _renamed(arg: nodes.Node, paths: dict[int, nodes.Path]) -> nodes.Node:
    if isinstance(arg, nodes.Interval):
        return replace(arg, value=_renamed(arg.value, paths))
    return paths.get(id(arg), arg)


def arguments(a: Analyzer, node: nodes.Call, scope: Scope) -> list[Value]:
    """The arguments, analysed; named ones are refused unless the rule takes them itself."""
    if node.named:
        a.fail(f"Named argument `{node.named[0][0]}` not found in signature for call to function {node.name}", node)
    return [a.expression(arg, scope) for arg in node.args]


def _scalar(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    if node.over is not None:
        a.fail(f"Scalar function {node.name} cannot be used with an OVER clause", node)
    if node.distinct or node.order_by or node.limit or node.nulls or node.having:
        a.fail(f"Scalar function {node.name} cannot have DISTINCT, ORDER BY, LIMIT, HAVING or a NULLS modifier", node)
    node, overloads = _placed(node)
    values = arguments(a, node, scope)
    if any(v.type.collated for v in values):
        return _collated(a, node, overloads, values)
    overload, values, kind = choose(a, node, overloads, values)
    return _fill(overload, values, kind)


# What compares texts: by their folded forms, or not at all.
_FOLDING = ("STARTS_WITH", "ENDS_WITH", "STRPOS", "INSTR")
_COMPARING = ("REPLACE", "SPLIT", "NULLIF", "GREATEST", "LEAST", "RANGE_BUCKET", "ARRAY_INCLUDES", "TRANSLATE",
              "ARRAY_IS_DISTINCT", "ARRAY_MAX", "ARRAY_MIN")  # fmt: skip


def _collated(a: Analyzer, node: nodes.Call, overloads: list[Overload], values: list[Value]) -> Value:
    """A function of texts with a collation, which its result takes over."""
    from emulators.bigquery.sql.analysis.operators import folded

    if node.name in _COMPARING:
        a.fail(f"Collation in {node.name} is not supported by this emulator", node)
    if node.name in _FOLDING:
        values = [folded(replace(v, type=t.COLLATED)) if v.type.kind == "STRING" else v for v in values]
    overload, values, kind = choose(a, node, overloads, values)
    return _fill(overload, values, t.COLLATED if kind == t.STRING else kind)


def _placed(node: nodes.Call) -> tuple[nodes.Call, list[Overload]]:
    """The call with its named arguments where an overload has them, and the overloads that fit."""
    overloads = SCALARS[node.name]
    if not node.named:
        return node, overloads
    given = {name.lower(): value for name, value in node.named}
    for overload in overloads:
        names = overload.names[len(node.args) :]
        if set(given) == set(names) and len(given) == len(names):
            placed = [given[name] for name in names if name is not None]
            return replace(node, args=[*node.args, *placed], named=[]), [
                o for o in overloads if o.names == overload.names
            ]
    return node, overloads


def _fill(overload: Overload, values: list[Value], kind: Type) -> Value:
    template = overload.template
    if overload.otherwise is not None and not values[-1].literal:
        template = overload.otherwise

    def fill(given: Sequence[Value]) -> str:
        each = [v.sql for v in given]
        return template.format(*each, all=", ".join(each), rest=", ".join(each[1:]), type=t.duckdb(kind))

    made = combine((named if "TRY(" in template else once)(values, fill), kind, *values)
    return replace(made, volatile=True) if overload.volatile else made


def choose(
    a: Analyzer, node: nodes.Call, overloads: list[Overload], values: list[Value]
) -> tuple[Overload, list[Value], Type]:
    """The overload whose arguments are nearest, the values coerced to it, and its result type."""
    best: tuple[int, Overload, list[Type], Type] | None = None
    for overload in overloads:
        found = overload.match(values)
        if found is not None and (best is None or (found[0], overload.general) < (best[0], best[1].general)):
            best = (found[0], overload, found[1], found[2])
    if best is None:
        no_function_signature(a, node, values)
    _, overload, kinds, result = best
    zone = default_zone(a) if node.name in OPTIONAL else None
    if zone is not None and (zoned := _zoned(node.name, overload, overloads)) is not None:
        overload, kinds, values = zoned, [*kinds, t.STRING], [*values, zone]
    return overload, [coerce(a, v, k) for v, k in zip(values, kinds, strict=True)], result


def _zoned(name: str, plain: Overload, overloads: list[Overload]) -> Overload | None:
    """The overload that takes a time zone as well; a text that TIMESTAMP reads may have its own."""
    for overload in overloads:
        if overload.arguments == (*plain.arguments, t.STRING):
            own = name == "TIMESTAMP" and plain.arguments == (t.STRING,)
            return replace(overload, template="bq.to_timestamp_in({0}, {1})") if own else overload
    return None


def no_function_signature(a: Analyzer, node: nodes.Call, values: list[Value]) -> NoReturn:
    if not values:
        a.fail(f"No matching signature for function {node.name} with no arguments", node)
    a.fail(mismatch(node.name, values), node)


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


def _aggregate(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """An aggregate or window function: {d} DISTINCT, {o} ORDER BY, {w} FILTER and OVER are the template's places."""
    only_window = node.name in WINDOWS
    if only_window and node.over is None:
        a.fail(f"Analytic function {node.name} cannot be called without an OVER clause", node)
    values = [] if node.star else arguments(a, node, scope)
    if node.name == "ARRAY_AGG" and values and values[0].type.kind == "ARRAY":
        a.fail(f"The argument to ARRAY_AGG must not be an array type but was {values[0].type}", node)
    if node.star and node.name != "COUNT":
        a.fail(f"Argument * can only be used in COUNT(*), but was used in {node.name}(*)", node)
    if any(v.type.collated for v in values) and (node.distinct or node.name not in _NOT_COMPARING):
        a.fail(f"Collation in {node.name} is not supported by this emulator", node)
    overload, values, kind = choose(a, node, (WINDOWS if only_window else AGGREGATES)[node.name], values)
    if node.over is None:
        values = _of_this_query(values, scope)
    parts = modifiers(a, node, scope, values)
    if node.having is not None:
        return _having(a, node, scope, values, kind, parts)
    if node.order_by and node.name not in _ORDERED:
        a.fail(f"{node.name} does not support ORDER BY in arguments", node)
    if node.name in ("MIN", "MAX") and kind.kind in ("ARRAY", "STRUCT", "JSON", "GEOGRAPHY"):
        a.fail(f"{node.name} is not defined for arguments of type {kind}", node)
    _check_offset(a, node, values)
    template = overload.template
    if node.nulls == "RESPECT" and node.name in _RESPECTING:
        template = _RESPECTING.get(f"{node.name} {kind}", _RESPECTING[node.name])
    sql = template.format(*(v.sql for v in values), type=t.duckdb(kind), **parts.slots)
    if node.distinct and node.name in _ORDERED and not node.order_by:
        sql = _distinct(node, values, parts, kind)
    if parts.limit is not None:
        sql = _limited(a, node, sql, values, parts)
    return combine(sql, kind, *values, *parts.read)


def _of_this_query(values: list[Value], scope: Scope) -> list[Value]:
    """The arguments of an aggregate, with a column of its own query beside those of outer ones.

    DuckDB takes an aggregate that reads outer columns alone for one of the outer query, as the SQL standard does.
    """
    own = [
        column for item in scope.items for column in (*item.columns, *item.hidden, item.element) if column is not None
    ]
    read = frozenset[Column]().union(*(value.refs for value in values))
    if not own or not read or not read.isdisjoint(own):
        return values
    first = next(place for place, value in enumerate(values) if value.refs)
    sql = values[first].sql
    anchored = f"CASE WHEN {own[0].sql} IS NULL THEN {sql} ELSE {sql} END"
    return [*values[:first], values[first].with_sql(anchored, values[first].type), *values[first + 1 :]]


_ORDERED = ("ARRAY_AGG", "STRING_AGG", "ARRAY_CONCAT_AGG")
# The least offset that a navigation function takes.
_LEAST = {"LEAD": 0, "LAG": 0, "NTH_VALUE": 1, "NTILE": 1}


def _check_offset(a: Analyzer, node: nodes.Call, values: list[Value]) -> None:
    place = 0 if node.name == "NTILE" else 1
    offset = values[place] if node.name in _LEAST and len(values) > place else None
    if offset is not None and offset.literal and isinstance(offset.raw, int) and offset.raw < _LEAST[node.name]:
        a.fail(f"The offset of {node.name} must be at least {_LEAST[node.name]}, but is {offset.raw}", node)


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


# Aggregates and window functions that compare none of their values.
_NOT_COMPARING = ("COUNT", "ANY_VALUE", "ARRAY_AGG", "STRING_AGG", "LAG", "LEAD", "FIRST_VALUE", "LAST_VALUE",
                  "NTH_VALUE")  # fmt: skip
# What aggregates a list of the rows that HAVING MAX or HAVING MIN leaves.
_OF_LISTS = {
    "MAX": "max", "MIN": "min", "SUM": "sum", "AVG": "avg", "COUNT": "count",
    "LOGICAL_AND": "bool_and", "LOGICAL_OR": "bool_or", "BIT_AND": "bit_and", "BIT_OR": "bit_or", "BIT_XOR": "bit_xor",
}  # fmt: skip


def _having(a: Analyzer, node: nodes.Call, scope: Scope, values: list[Value], kind: Type, parts: Modifiers) -> Value:
    """F(x HAVING MAX k): F of the rows whose k is the greatest (MIN: the least); rows without k do not count."""
    assert node.having is not None
    known = node.name in (*_OF_LISTS, "ANY_VALUE", "ARRAY_AGG", "STRING_AGG")
    if not known or (len(values) != 1 and node.name != "STRING_AGG") or node.distinct or node.order_by or parts.limit:
        a.fail(f"{node.name} with HAVING {node.having[0]} is not supported by this emulator", node)
    which, key = node.having[0].lower(), a.expression(node.having[1], scope)
    if key.type.kind in ("JSON", "ARRAY", "STRUCT", "GEOGRAPHY"):
        a.fail(f"HAVING {node.having[0]} does not support expressions of type {key.type}", node)
    if node.name == "ANY_VALUE":
        sql = f"arg_{which}_null({values[0].sql}, {key.sql}){parts.slots['w']}"
        return combine(sql, kind, *values, key, *parts.read)
    rows, row, top = a.shared.alias("l"), a.shared.alias("e"), a.shared.alias("k")
    listed = f"list(struct_pack(v := {values[0].sql}, k := {key.sql})){parts.slots['w']}"
    best = f"list_{which}(list_transform({rows}, lambda {row}: {row}.k))"
    filtered = f"list_filter({rows}, lambda {row}: {row}.k = {top})"
    kept = f"list_transform([{best}], lambda {top}: list_transform({filtered}, lambda {row}: {row}.v))[1]"
    if node.name == "ARRAY_AGG":
        body = kept
    elif node.name == "STRING_AGG":
        body = f"nullif(array_to_string({kept}, {values[1].sql if values[1:] else t.text(',')}), '')"
    elif kind == t.BIGNUMERIC and node.name in ("SUM", "AVG"):
        total = f"list_sum({kept})"
        body = f"bq.bignumeric_{'sum' if node.name == 'SUM' else 'average'}({total}{{}})".format(
            f", len(list_filter({kept}, lambda v: v IS NOT NULL))" if node.name == "AVG" else ""
        )
    else:
        body = f"list_aggregate({kept}, '{_OF_LISTS[node.name]}')"
    sql = f"CAST(list_transform([{listed}], lambda {rows}: {body})[1] AS {t.duckdb(kind)})"
    return combine(sql, kind, *values, key, *parts.read)
