"""RAISE and ASSERT: errors that a script makes."""

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.constants import evaluate
from emulators.bigquery.sql.analysis.values import Value
from emulators.bigquery.sql.model import SqlError
from emulators.bigquery.sql.scripting.interpreter import Interpreter, Steps, step_rule
from emulators.bigquery.sql.syntax import statements as s


@step_rule(s.Raise)
def _raise(script: Interpreter, node: s.Raise, text: str) -> Steps:
    """RAISE USING MESSAGE = ...; a bare RAISE raises again what is handled, where that was."""
    if node.message is None:
        message = script.environment.system.get("error.message")
        if message is None:
            raise SqlError("Cannot re-raise an existing exception outside of an exception handler")
        error = _raised(message)
        error.statement = evaluate(script.environment.system["error.statement_text"].sql)
        trace = script.environment.system["error.stack_trace"]
        error.frames = evaluate(trace.sql, trace.type)
        raise error
    raise _raised((yield from script.value(node.message, text, t.STRING)))


def _raised(message: Value) -> SqlError:
    error = SqlError(evaluate(message.sql) or "")
    error.raised = True
    return error


@step_rule(s.Assert)
def _assert(script: Interpreter, node: s.Assert, text: str) -> Steps:
    """ASSERT condition AS 'what is wrong'."""
    assert node.condition is not None
    if not (yield from script.condition(node.condition, text)):
        raise SqlError(node.message or "Assertion failed")
