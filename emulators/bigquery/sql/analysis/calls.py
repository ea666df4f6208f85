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
from emulators.bigquery.sql.analysis.values import NO_NAMES, Scope, Value, combine
from emulators.bigquery.sql.analysis.zones import OPTIONAL, default_zone
from emulators.bigquery.sql.functions.registry import AGGREGATES, RULES, SCALARS, TAKE_NAMED, WINDOWS, Overload
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
            a.passing(f"the temporary function {node.path[-1]}", node)
            from emulators.bigquery.sql.analysis.routines import temporary_function

            return temporary_function(a, node, scope)
        if name in RULES:
            if name not in TAKE_NAMED:
                _refuse_named(a, node)
            return RULES[name](a, node, scope)
        if name in SCALARS:
            return scalar(a, node, scope)
        if name in AGGREGATES or name in WINDOWS:
            from emulators.bigquery.sql.analysis.aggregates import aggregate

            return aggregate(a, node, scope)
    from emulators.bigquery.sql.analysis.routines import stored_function

    return stored_function(a, node, scope)


def _safe(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """SAFE.F(x): NULL where F fails."""
    inner = replace(node, name=".".join(node.path[1:]).upper(), path=node.path[1:])
    if inner.name in AGGREGATES or inner.name in WINDOWS:
        a.fail(f"Function {inner.name} does not support SAFE error mode", node)
    if inner.name in SCALARS and inner.name not in RULES:
        inner, overloads = placed(inner, SCALARS[inner.name])
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
        made.append(call(a, replace(node, args=args), Scope(scope, variables=variables, same_query=True)))
        return made[-1].sql

    sql = attempt(values, fill)
    return combine(sql, made[-1].type, made[-1], *values)


def _renamed(arg: nodes.Node, paths: dict[int, nodes.Path]) -> nodes.Node:
    if isinstance(arg, nodes.Interval):
        return replace(arg, value=_renamed(arg.value, paths))
    return paths.get(id(arg), arg)


def arguments(a: Analyzer, node: nodes.Call, scope: Scope) -> list[Value]:
    """The arguments, analysed; named ones are refused unless the rule takes them itself."""
    _refuse_named(a, node)
    return [a.expression(arg, scope) for arg in node.args]


def _refuse_named(a: Analyzer, node: nodes.Call) -> None:
    if node.named:
        a.fail(f"Named argument `{node.named[0][0]}` not found in signature for call to function {node.name}", node)


def scalar(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """A call by the table of scalar functions."""
    if node.over is not None:
        a.fail(f"Scalar function {node.name} cannot be used with an OVER clause", node)
    if node.distinct or node.order_by or node.limit or node.nulls or node.having or node.group_by:
        what = "DISTINCT, ORDER BY, LIMIT, HAVING, GROUP BY or a NULLS modifier"
        a.fail(f"Scalar function {node.name} cannot have {what}", node)
    node, overloads = placed(node, SCALARS[node.name])
    values = arguments(a, node, scope)
    if any(v.type.collated for v in values):
        return _collated(a, node, overloads, values)
    overload, values, kind = choose(a, node, overloads, values)
    return _fill(overload, values, kind, scope)


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
    made = _fill(overload, values, kind)
    return made.with_sql(t.collated(made.sql), t.COLLATED) if kind.kind == "STRING" else made


def placed(node: nodes.Call, overloads: list[Overload]) -> tuple[nodes.Call, list[Overload]]:
    """The call with its named arguments where an overload has them, and the overloads that fit."""
    if not node.named:
        return node, overloads
    given = {name.lower(): value for name, value in node.named}
    for overload in overloads:
        names = overload.names[len(node.args) :]
        if set(given) == set(names) and len(given) == len(names):
            own = [given[name] for name in names if name is not None]
            return replace(node, args=[*node.args, *own], named=[]), [o for o in overloads if o.names == overload.names]
    return node, overloads


def _fill(overload: Overload, values: list[Value], kind: Type, scope: Scope = NO_NAMES) -> Value:
    template = overload.template
    if overload.otherwise is not None and not values[-1].literal:
        template = overload.otherwise

    def fill(given: Sequence[Value]) -> str:
        each = [v.sql for v in given]
        return template.format(*each, all=", ".join(each), rest=", ".join(each[1:]), type=t.duckdb(kind))

    sql = named(values, fill) if "TRY(" in template else once(values, fill, scope)
    made = combine(sql, kind, *values)
    return replace(made, volatile=True) if overload.volatile else made


def choose(
    a: Analyzer, node: nodes.Call, overloads: list[Overload], values: list[Value]
) -> tuple[Overload, list[Value], Type]:
    """The overload whose arguments are nearest, the values coerced to it, and its result type."""
    best: tuple[tuple[int, int, bool], Overload, list[Type], Type] | None = None
    for overload in overloads:
        found = overload.match(values)
        if found is None:
            continue
        far = (found[0], _distance_of_nulls(values, found[1]), overload.general)
        if best is None or far < best[0]:
            best = (far, overload, found[1], found[2])
    if best is None:
        no_function_signature(a, node, values)
    _, overload, kinds, result = best
    zone = default_zone(a) if node.name in OPTIONAL else None
    if zone is not None and (zoned := _zoned(node.name, overload, overloads)) is not None:
        overload, kinds, values = zoned, [*kinds, t.STRING], [*values, zone]
    return overload, [coerce(a, v, k) for v, k in zip(values, kinds, strict=True)], result


_OF_NULL = {"INT64": 0, "FLOAT64": 1, "STRING": 2}


def _distance_of_nulls(values: list[Value], kinds: list[Type]) -> int:
    """Where several types fit a NULL without a type, it is an INT64, else a FLOAT64, else a STRING."""
    return sum(_OF_NULL.get(k.kind, 3) for v, k in zip(values, kinds, strict=True) if v.type.kind == "NULL")


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
