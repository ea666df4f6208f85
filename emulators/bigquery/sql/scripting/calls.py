"""EXECUTE IMMEDIATE and CALL: statements that run other statements."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from emulators.bigquery.sql import actions
from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.constants import evaluate, value_sql
from emulators.bigquery.sql.analysis.statements import analyse
from emulators.bigquery.sql.analysis.values import Value
from emulators.bigquery.sql.model import SqlError, Statement
from emulators.bigquery.sql.rest_types import rest_type
from emulators.bigquery.sql.scripting.interpreter import Interpreter, Return, Steps, frame, step_rule
from emulators.bigquery.sql.scripting.variables import store
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax import statements as s
from emulators.bigquery.sql.syntax.scripting import parse_script


@step_rule(s.ExecuteImmediate)
def _execute_immediate(script: Interpreter, node: s.ExecuteImmediate, text: str) -> Steps:
    """EXECUTE IMMEDIATE sql INTO variables USING parameters: the sql sees no variables of the script."""
    assert node.sql is not None
    value = yield from script.value(node.sql, text, t.STRING)
    dynamic = evaluate(value.sql)
    if dynamic is None:
        raise SqlError("EXECUTE IMMEDIATE sql string cannot be NULL")
    named, positional = yield from _parameters(script, node, text)
    statements = parse_script(dynamic)
    if len(statements) != 1:
        raise SqlError("Dynamic SQL in EXECUTE IMMEDIATE must be a single statement")
    env = script.environment
    saved = env.named, env.positional, env.variables
    env.named, env.positional, env.variables = named, positional, {}
    try:
        statement = analyse(env, dynamic, statements[0])
    finally:
        env.named, env.positional, env.variables = saved
    if not node.into:
        yield statement
        return
    yield replace(statement, wants_rows=True)
    _into(script, node.into, statement, script.rows)


def _parameters(
    script: Interpreter, node: s.ExecuteImmediate, text: str
) -> Generator[Statement, None, tuple[dict[str, Value], tuple[Value, ...]]]:
    """The values of USING: by name, and by position."""
    named, positional = {}, []
    for item in node.using:
        given = yield from script.value(item.expression, text)
        if bool(item.alias) != bool(node.using[0].alias):
            raise SqlError("Cannot mix named and positional parameters")
        if item.alias:
            named[item.alias.lower()] = given
        else:
            positional.append(given)
    return named, tuple(positional)


def _into(script: Interpreter, targets: list[str], statement: Statement, rows: Sequence[Sequence[Any]]) -> None:
    wanted, found = len(targets), len(statement.schema)
    if wanted != found:
        raise SqlError(f"EXECUTE IMMEDIATE INTO has {wanted} variables but the query returns {found} columns")
    if len(rows) > 1:
        raise SqlError("EXECUTE IMMEDIATE INTO: the query returned more than one row")
    for i, (target, field) in enumerate(zip(targets, statement.schema, strict=True)):
        kind = t.of_field(field)
        store(script, target, Value(value_sql(rows[0][i] if rows else None, kind), kind))


@step_rule(s.CallStatement)
def _call(script: Interpreter, node: s.CallStatement, text: str) -> Steps:
    """CALL procedure(arguments), of the user's or of the system's."""
    path = [part.upper() for part in node.path]
    if path == ["BQ", "REFRESH_MATERIALIZED_VIEW"] and len(node.args) == 1:
        yield from _refresh(script, node, text)
    elif path == ["BQ", "ABORT_SESSION"] and len(node.args) < 2:
        yield from _abort_session(script, node, text)
    else:
        a = Analyzer(script.environment, text)
        name = a.table_name(node.path, node)
        routine = a.catalog.routine(name)
        if routine is None or routine.get("routineType") != "PROCEDURE":
            a.fail(f"Procedure not found: {'.'.join(node.path)}", node)
        yield from _procedure(script, routine, f"{name.project}.{name.dataset}.{name.table}", node, text)


def _refresh(script: Interpreter, node: s.CallStatement, text: str) -> Steps:
    value = yield from script.value(node.args[0], text, t.STRING)
    name = Analyzer(script.environment, text).table_name(str(evaluate(value.sql)).split("."), node)
    yield Statement("CALL", text[node.at : node.end], action=actions.RefreshMaterializedView(name), target=name)


def _abort_session(script: Interpreter, node: s.CallStatement, text: str) -> Steps:
    session = None
    for argument in node.args:
        session = evaluate((yield from script.value(argument, text, t.STRING)).sql)
    yield Statement("CALL", text[node.at : node.end], action=actions.AbortSession(session))


def _procedure(script: Interpreter, routine: Mapping[str, Any], name: str, node: s.CallStatement, text: str) -> Steps:
    """The body, with the arguments as its variables; what it leaves in OUT and INOUT goes to the caller's."""
    given, outputs = yield from _arguments(script, routine.get("arguments", []), node, text)
    body = routine["definitionBody"]
    with _inside(script, name, given):
        try:
            yield from script.each(parse_script(body), body)
        except Return:
            pass
        except SqlError as error:
            error.frames.append(frame(text, node.at, script.procedures[-2]))
            raise
        finished = script.environment.variables
    for argument, target in outputs.items():
        store(script, target, finished[argument])


def _arguments(
    script: Interpreter, wanted: Sequence[Mapping[str, Any]], node: s.CallStatement, text: str
) -> Generator[Statement, None, tuple[dict[str, Value], dict[str, str]]]:
    """The values of the arguments, and the caller's variables of those that give something back."""
    if len(wanted) != len(node.args):
        raise SqlError(
            f"Procedure {'.'.join(node.path)} takes {len(wanted)} arguments, but was called with {len(node.args)}"
        )
    given: dict[str, Value] = {}
    outputs: dict[str, str] = {}
    for argument, value in zip(wanted, node.args, strict=True):
        name, mode = argument["name"].lower(), argument.get("mode", "IN")
        kind = rest_type(argument["dataType"]) if "dataType" in argument else None
        if mode != "IN":
            if not isinstance(value, nodes.Path) or value.parts[0].lower() not in script.environment.variables:
                raise SqlError(f"Procedure argument {argument['name']} is {mode}: it needs a variable")
            if value.parts[0].lower() in map(str.lower, outputs.values()):
                raise SqlError(f"Variable {value.parts[0]} is passed to more than one OUT or INOUT argument")
            outputs[name] = value.parts[0]
        if mode == "OUT":
            assert kind is not None
            given[name] = Value(value_sql(None, kind), kind)
        else:
            given[name] = yield from script.value(value, text, kind)
    return given, outputs


@contextmanager
def _inside(script: Interpreter, name: str, variables: dict[str, Value]) -> Iterator[None]:
    """While a procedure runs: its own variables and blocks, and its name where errors say where they are."""
    outer, blocks = script.environment.variables, script.blocks
    script.environment.variables, script.blocks = variables, [{}]
    script.procedures.append(name)
    try:
        yield
    finally:
        script.procedures.pop()
        script.environment.variables, script.blocks = outer, blocks
