"""Blocks, branches, loops, and the jumps out of them."""

from collections.abc import Generator

from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.constants import value_sql
from emulators.bigquery.sql.analysis.statements import finish, rows_of
from emulators.bigquery.sql.analysis.values import Value
from emulators.bigquery.sql.model import SqlError, Statement
from emulators.bigquery.sql.scripting.interpreter import Break, Continue, Interpreter, Return, Steps, reading, step_rule
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax import statements as s
from emulators.bigquery.sql.system_variables import forget_error, keep_error
from emulators.bigquery.sql.types import Type

_MAX_STEPS = 100_000
_BREATH = 100  # so often a loop that asks for nothing lets the state layer look whether the job is cancelled


@step_rule(s.Block)
def _block(script: Interpreter, node: s.Block, text: str) -> Steps:
    """BEGIN ... EXCEPTION WHEN ERROR THEN ... END, with the variables that it declares."""
    script.blocks.append({})
    try:
        yield from script.each(node.body, text)
    except SqlError as error:
        if node.handler is None:
            raise
        before = keep_error(script.environment, error)
        try:
            yield from script.each(node.handler, text)
        finally:
            forget_error(script.environment, before)
    except Break as jump:
        if jump.label is None or not jump.leaves(node.label) or isinstance(jump, Continue):
            raise
    finally:
        for name in script.blocks.pop():
            script.environment.variables.pop(name, None)


@step_rule(s.If)
def _if(script: Interpreter, node: s.If, text: str) -> Steps:
    """IF ... THEN ... ELSEIF ... ELSE ... END IF."""
    for condition, body in node.branches:
        if (yield from script.condition(condition, text)):
            yield from script.each(body, text)
            return
    yield from script.each(node.otherwise, text)


@step_rule(s.CaseStatement)
def _case(script: Interpreter, node: s.CaseStatement, text: str) -> Steps:
    """CASE ... WHEN ... THEN ... END CASE."""
    for condition, body in node.branches:
        test = condition if node.operand is None else nodes.Binary(condition.at, "=", node.operand, condition)
        if (yield from script.condition(test, text)):
            yield from script.each(body, text)
            return
    if node.otherwise is not None:
        yield from script.each(node.otherwise, text)


@step_rule(s.Loop)
def _loop(script: Interpreter, node: s.Loop, text: str) -> Steps:
    """LOOP, WHILE ... DO and REPEAT ... UNTIL."""
    for step in range(1, _MAX_STEPS + 1):
        if step % _BREATH == 0:
            yield Statement("SELECT", "", "SELECT 1", wants_rows=True)
        if node.kind == "WHILE" and not (yield from _holds(script, node, text)):
            return
        if (yield from _round(script, node, text)):
            return
        if node.kind == "REPEAT" and (yield from _holds(script, node, text)):
            return
    raise SqlError(f"The loop ran {_MAX_STEPS} times without an end")


def _round(script: Interpreter, node: s.Loop | s.For, text: str) -> Generator[Statement, None, bool]:
    """A loop's body once; whether it leaves the loop."""
    try:
        yield from script.each(node.body, text)
    except Break as jump:
        if not jump.leaves(node.label):
            raise
        return not isinstance(jump, Continue)
    return False


def _holds(script: Interpreter, node: s.Loop, text: str) -> Generator[Statement, None, bool]:
    assert node.condition is not None
    return (yield from script.condition(node.condition, text))


@step_rule(s.For)
def _for(script: Interpreter, node: s.For, text: str) -> Steps:
    """FOR row IN (query) DO ... END FOR: the rows are those of the beginning."""
    assert node.query is not None
    a = Analyzer(script.environment, text)
    relation = a.query(node.query, None)
    kind = Type("STRUCT", None, tuple((c.name or None, c.type) for c in relation.columns))
    yield reading(a, finish(a, rows_of(relation)), text[node.query.at :])
    variables, name = script.environment.variables, node.variable.lower()
    if name in variables:
        raise SqlError(f"Variable '{node.variable}' redeclaration is not allowed")
    for row in list(script.rows):
        variables[name] = Value(value_sql(list(row), kind), kind)
        if (yield from _round(script, node, text)):
            break
    variables.pop(name, None)


@step_rule(s.Jump)
def _jump(script: Interpreter, node: s.Jump, text: str) -> Steps:
    """BREAK, LEAVE, CONTINUE, ITERATE, RETURN."""
    yield from ()
    if node.kind == "RETURN":
        raise Return
    raise (Continue if node.kind == "CONTINUE" else Break)(node.label)
