"""Functions that users define: SQL bodies are put in the place of the call, JavaScript is called."""

import difflib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from emulators.bigquery.sql import actions
from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis import javascript, javascript_aggregates, javascript_modules, procedures
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.clauses import aggregates_in, calls_in
from emulators.bigquery.sql.analysis.coercion import coerce
from emulators.bigquery.sql.analysis.once import named, renamed
from emulators.bigquery.sql.analysis.options import options_of
from emulators.bigquery.sql.analysis.routine_kinds import routine_of
from emulators.bigquery.sql.analysis.statements import statement_rule, text_of
from emulators.bigquery.sql.analysis.values import Scope, Value, combine
from emulators.bigquery.sql.functions.registry import AGGREGATES, RULES, SCALARS, WINDOWS
from emulators.bigquery.sql.model import SqlError, Statement
from emulators.bigquery.sql.rest_types import rest_argument, rest_columns, rest_type, to_rest
from emulators.bigquery.sql.syntax import definitions as d
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax.scripting import parse_expression
from emulators.bigquery.sql.types import Type

_DEPTH = 60
_FUNCTIONS = ("SCALAR_FUNCTION", "AGGREGATE_FUNCTION")
_IN_JAVASCRIPT = ("FUNCTION", "AGGREGATE FUNCTION")
_ABSENT = (  # of the service's
    "AI", "DLP_DETERMINISTIC_DECRYPT", "DLP_DETERMINISTIC_ENCRYPT", "DLP_KEY_CHAIN",
    "EXTERNAL_OBJECT_TRANSFORM", "EXTERNAL_QUERY", "ML", "OBJ", "S2_COVERINGCELLIDS", "ST_REGIONSTATS",
)  # fmt: skip
Arguments = Sequence[tuple[str, Type | None]]


def bind(a: Analyzer, name: str, wanted: Arguments, node: nodes.Call, scope: Scope) -> dict[str, Value]:
    """The call's values under the names of the arguments."""
    values = [a.expression(arg, scope) for arg in node.args]
    kinds = ", ".join(str(v.type) for v in values)
    if len(values) != len(wanted):
        a.fail(
            f"Number of arguments does not match for function {name}. Supported signature has {len(wanted)} arguments",
            node,
        )
    bound = {}
    for arg, value, (own, kind) in zip(node.args, values, wanted, strict=True):
        if kind is not None:
            if t.coerces(value.type, kind, value.literal) is None:
                a.fail(f"No matching signature for function {name} for argument types: {kinds}", node)
            value = coerce(a, value, kind)
        sql = _counting(value.sql, scope) if aggregates_in(arg) else value.sql
        bound[own.lower()] = Value(sql, value.type, False, None, value.refs, value.volatile)
    return bound


def _counting(sql: str, scope: Scope) -> str:
    """COUNT(*) of the call's own query: in a subquery of the function's body DuckDB would count that one's rows."""
    columns = [column for item in scope.items for column in item.columns]
    return renamed(sql, {"count(*)": f"count({columns[0].sql} IS NULL)"}) if columns else sql


def inline(
    a: Analyzer, name: str, body: str, wanted: Arguments, returns: Type | None, node: nodes.Call, scope: Scope
) -> Value:
    """The function's body with the arguments in it."""
    key = f"{name}()"
    if a.shared.views.count(key) or len(a.shared.views) > _DEPTH:
        a.fail(f"Recursive function call {name} is not supported", node)
    _without_modifiers(a, name, node)
    bound = bind(a, name, wanted, node, scope)
    inner = Analyzer(a.environment, body, a.shared)
    large = _large(node, body, bound)
    made: list[Value] = []

    def fill(given: Sequence[Value]) -> str:
        variables = {**bound, **dict(zip(large, given, strict=True))}
        made.append(inner.expression(parse_expression(body), Scope(variables=variables, aggregated=True)))
        return made[-1].sql

    a.shared.views = (*a.shared.views, key)
    try:
        sql = named([bound[own] for own in large], fill)
    finally:
        a.shared.views = a.shared.views[:-1]
    value = replace(made[-1], sql=sql, chain=None)
    if returns is not None:
        if t.coerces(value.type, returns, value.literal) is None:
            a.fail(f"Function {name} returns {returns} but its body has type {value.type}", node)
        value = coerce(inner, value, returns)
    return combine(f"({value.sql})", value.type, value, *bound.values())


def _without_modifiers(a: Analyzer, name: str, node: nodes.Call) -> None:
    given = (node.over, node.distinct, node.order_by, node.limit, node.nulls, node.having, node.group_by)
    if any(given):
        a.fail(
            f"Function {name} with OVER, DISTINCT, ORDER BY, LIMIT, HAVING, GROUP BY or NULLS is not supported", node
        )


_LONG = 200  # letters of an argument's SQL; what is shorter costs less as copies than under a name


def _large(node: nodes.Call, body: str, bound: Mapping[str, Value]) -> list[str]:
    """The arguments to compute once, under a name: a body's copies of what other functions made multiply."""
    if any(call.over for call in calls_in(node.args)) or aggregates_in(node.args):
        return []
    words = Counter(re.findall(r"\w+", body.lower()))
    return [own for own, value in bound.items() if len(value.sql) >= _LONG and words[own] > 1]


def not_found(a: Analyzer, node: nodes.Call, what: str) -> NoReturn:
    """What the service has and this emulator has not is told apart from what nobody has."""
    name = ".".join(node.path)
    if node.path[0].upper() in _ABSENT and len(node.path) < 3:
        a.fail(f"{name.upper()} is not supported by this emulator", node)
    known = [own.lower() for own in (*SCALARS, *AGGREGATES, *WINDOWS, *RULES)]
    close = difflib.get_close_matches(name.lower(), known, 1, 0.8) if what == "Function" else []
    a.fail(f"{what} not found: {name}{f'; Did you mean {close[0]}?' if close else ''}", node)


def temporary_function(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """A call of a TEMP FUNCTION of this script."""
    found = a.environment.functions[node.name.lower()]
    wanted = [(arg.name, t.of_node(arg.type) if arg.type else None) for arg in found.arguments]
    returns = t.of_node(found.returns) if found.returns else None
    if found.language == "JS":
        assert returns is not None
        fixed = frozenset(arg.name for arg in found.arguments if arg.not_aggregate)
        program = Program(found.body, libraries(a, found), found.determinism != "NOT_DETERMINISTIC",
                          fixed if found.kind == "AGGREGATE FUNCTION" else None)  # fmt: skip
        return _javascript(a, node.path[-1], program, wanted, returns, node, scope)
    return inline(a, node.path[-1], found.body, wanted, returns, node, scope)


@dataclass(frozen=True)
class Program:
    """A function in JavaScript, its libraries (gs:// URIs), and whether equal arguments give equal results.

    fixed: of an aggregate function the arguments that are NOT AGGREGATE; None for a scalar function.
    """

    body: str
    libraries: Sequence[str] = ()
    constant: bool = True
    fixed: frozenset[str] | None = None


def libraries(a: Analyzer, node: d.CreateRoutine) -> list[str]:
    """OPTIONS(library = ...) of a JavaScript function."""
    given = options_of(a, node.options).get("library") or []
    return [given] if isinstance(given, str) else list(given)


def _javascript(
    a: Analyzer, name: str, program: Program, wanted: Arguments, returns: Type, node: nodes.Call, scope: Scope
) -> Value:
    bound = bind(a, name, wanted, node, scope)
    code = {uri: a.catalog.library(uri) for uri in program.libraries}
    pairs = [(own, bound[own.lower()]) for own, _ in wanted]
    if program.fixed is None:
        return javascript.call(name, program.body, list(code.values()), pairs, returns, program.constant)
    _without_modifiers(a, name, node)
    for arg, (own, value) in zip(node.args, pairs, strict=True):
        if own in program.fixed and not value.constant:
            a.fail(f"Argument {own} to function {name} must be a literal or query parameter", arg)
    module = javascript_modules.program(program.body, code)
    return javascript_aggregates.call(name, module, pairs, program.fixed, returns)


def stored_function(a: Analyzer, node: nodes.Call, scope: Scope) -> Value:
    """A call of a routine of the catalog; Function not found when there is none."""
    routine, _name = routine_of(a, node)
    if routine is None or routine.get("routineType", "SCALAR_FUNCTION") not in _FUNCTIONS:
        not_found(a, node, "Function")
    wanted = [
        (arg["name"], None if arg.get("argumentKind") == "ANY_TYPE" else rest_type(arg["dataType"]))
        for arg in routine.get("arguments", [])
    ]
    returns = rest_type(routine["returnType"]) if routine.get("returnType") else None
    if routine.get("language", "SQL") == "JAVASCRIPT" and returns is not None:
        constant = routine.get("determinismLevel") != "NOT_DETERMINISTIC"
        fixed = frozenset(arg["name"] for arg in routine.get("arguments", []) if arg.get("isAggregate") is False)
        program = Program(routine["definitionBody"], routine.get("importedLibraries", ()), constant,
                          fixed if routine.get("routineType") == "AGGREGATE_FUNCTION" else None)  # fmt: skip
        return _javascript(a, ".".join(node.path), program, wanted, returns, node, scope)
    if routine.get("remoteFunctionOptions"):
        a.fail("Remote functions are not supported by this emulator", node)
    if routine.get("language", "SQL") != "SQL":
        a.fail(f"Functions in {routine['language']} are not supported by this emulator", node)
    return inline(a, ".".join(node.path), routine["definitionBody"], wanted, returns, node, scope)


@statement_rule(d.CreateRoutine)
def create_routine(a: Analyzer, node: d.CreateRoutine) -> Statement:
    """CREATE FUNCTION / TABLE FUNCTION / PROCEDURE: the body is analysed once to find mistakes early."""
    if node.language not in ("SQL", "JS") or (node.language == "JS" and node.kind not in _IN_JAVASCRIPT):
        a.fail(f"{node.kind.title()}s in {node.language} are not supported by this emulator", node)
    if node.language == "JS" and (node.returns is None or any(arg.type is None for arg in node.arguments)):
        a.fail("JavaScript functions need a RETURNS type, and a type for each argument", node)
    _check(a, node)
    if node.temporary:
        _check_temporary(a, node)
        _declare(a, node)
        return Statement("CREATE_FUNCTION", text_of(a, node))
    name = a.table_name(node.name, node)
    kinds = {"FUNCTION": "SCALAR_FUNCTION", "TABLE FUNCTION": "TABLE_VALUED_FUNCTION", "PROCEDURE": "PROCEDURE",
             "AGGREGATE FUNCTION": "AGGREGATE_FUNCTION"}  # fmt: skip
    resource: dict[str, Any] = {
        "routineType": kinds[node.kind], "language": "SQL", "definitionBody": node.body,
        "arguments": [rest_argument(arg) for arg in node.arguments], **_options(a, node),
    }  # fmt: skip
    if node.language == "JS":
        resource |= {"language": "JAVASCRIPT", "importedLibraries": libraries(a, node)}
    if node.determinism is not None:
        resource["determinismLevel"] = node.determinism
    if node.returns is not None:
        resource["returnType"] = to_rest(t.of_node(node.returns))
    if node.returns_table:
        resource["returnTableType"] = {"columns": rest_columns(node.returns_table)}
    action = actions.CreateRoutine(name, resource, node.or_replace, node.if_not_exists)
    return Statement(f"CREATE_{node.kind.replace(' ', '_')}", text_of(a, node), action=action, target=name)


def _declare(a: Analyzer, node: d.CreateRoutine) -> None:
    """Keep a temporary function, once: SqlError for another one of its name, as for stored ones."""
    name, known = node.name[-1].lower(), a.environment.functions
    if name not in known or node.or_replace:
        known[name] = node
    elif not node.if_not_exists:
        a.fail(f"Function {node.name[-1]} already exists", node)


def _check_temporary(a: Analyzer, node: d.CreateRoutine) -> None:
    name = node.name[-1]
    if any(name.upper() in known for known in (SCALARS, AGGREGATES, WINDOWS, RULES)):
        a.fail(f"A temporary function cannot have the name of the built-in function {name.upper()}", node)
    for option in options_of(a, node.options).keys() - {"library"}:
        a.fail(f"Option {option} is not supported for a temporary function", node)


def _options(a: Analyzer, node: d.CreateRoutine) -> dict[str, Any]:
    given = options_of(a, node.options)
    known = {name: rest for name, (rest, kinds) in _OPTIONS.items() if node.kind in kinds}
    for name in given.keys() - known.keys() - {"library"}:
        a.fail(f"Unknown option: {name}", node)
    return {known[name]: value for name, value in given.items() if name in known and value is not None}


_OPTIONS = {
    "description": ("description", ("FUNCTION", "AGGREGATE FUNCTION", "TABLE FUNCTION", "PROCEDURE")),
    "data_governance_type": ("dataGovernanceType", ("FUNCTION",)),
    "strict_mode": ("strictMode", ("PROCEDURE",)),
}


def _check(a: Analyzer, node: d.CreateRoutine) -> None:
    """Analyse a body whose arguments all have types, and names of their own."""
    names = [arg.name.lower() for arg in node.arguments]
    for name in names:
        if names.count(name) > 1:
            a.fail(f"Duplicate argument name {name}", node)
    unknown = any(arg.type is None and not arg.columns for arg in node.arguments)
    if node.kind == "PROCEDURE" and options_of(a, node.options).get("strict_mode") is not False:
        procedures.check(a, node.body, {arg.name: t.of_node(arg.type) for arg in node.arguments if arg.type})
    if node.kind == "PROCEDURE" or node.language == "JS" or unknown:
        return
    bound = {
        arg.name.lower(): Value(f"CAST(NULL AS {t.duckdb(t.of_node(arg.type))})", t.of_node(arg.type))
        for arg in node.arguments
        if arg.type
    }
    stored = "" if node.temporary else f"A {node.kind.lower()}"
    inner = Analyzer(replace(a.environment, stored=stored), node.body)
    if node.kind == "TABLE FUNCTION":
        from emulators.bigquery.sql.analysis.table_routines import check_table_function

        check_table_function(inner, node, bound)
        return
    value = inner.expression(parse_expression(node.body), Scope(variables=bound, aggregated=True))
    if node.returns is not None:
        wanted = t.of_node(node.returns)
        if t.coerces(value.type, wanted, value.literal) is None:
            raise SqlError(
                f"Function declared to return {wanted} but the function body produces incompatible type {value.type}"
            )
