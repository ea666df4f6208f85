"""DECLARE and SET: the variables of a script, and those of the system."""

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.constants import evaluate, value_sql
from emulators.bigquery.sql.analysis.fields import of_type
from emulators.bigquery.sql.analysis.limits import limited_sql
from emulators.bigquery.sql.analysis.values import Value
from emulators.bigquery.sql.model import SqlError
from emulators.bigquery.sql.scripting.interpreter import Interpreter, Steps, fitted, step_rule
from emulators.bigquery.sql.syntax import statements as s
from emulators.bigquery.sql.system_variables import assign_system, settable
from emulators.bigquery.sql.types import Type


@step_rule(s.Declare)
def _declare(script: Interpreter, node: s.Declare, text: str) -> Steps:
    """DECLARE a, b INT64 DEFAULT 1 -> variables of this block, which keep to their type's parameters."""
    kind = t.of_node(node.type) if node.type is not None else None
    for name in node.names:
        if any(name.lower() in block for block in script.blocks):
            raise SqlError(f"Variable '{name}' redeclaration is not allowed")
    if node.default is not None:
        value = yield from script.value(node.default, text, kind)
    else:
        assert kind is not None
        value = Value(value_sql(None, kind), kind)
    for name in node.names:
        declared = of_type(Analyzer(script.environment, text), name, node.type) if node.type is not None else None
        script.blocks[-1][name.lower()] = declared
        _keep(script, name, value)


@step_rule(s.Set)
def _set(script: Interpreter, node: s.Set, text: str) -> Steps:
    """SET a = 1; SET (a, b) = (1, 2): a STRUCT's fields, in order."""
    assert node.value is not None
    if not node.several:
        target = node.targets[0]
        value = yield from script.value(node.value, text, _kind(script, target))
        _keep(script, target, value)
        return
    value = yield from script.value(node.value, text)
    if value.type.kind != "STRUCT" or len(value.type.fields) != len(node.targets):
        raise SqlError(f"Number of variables ({len(node.targets)}) does not match the number of fields of {value.type}")
    for target, own, (_, kind) in zip(node.targets, t.struct_names(value.type), value.type.fields, strict=True):
        store(script, target, Value(f"struct_extract({value.sql}, {t.text(own)})", kind))


def store(script: Interpreter, target: str, value: Value) -> None:
    """Give a variable the value of a constant expression, coerced to the variable's type."""
    kind = _kind(script, target)
    found = evaluate(fitted(Analyzer(script.environment, ""), value, kind, None).sql, kind)
    _keep(script, target, Value(value_sql(found, kind), kind))


def _kind(script: Interpreter, target: str) -> Type:
    """The type of what is assigned to. Raises SqlError when there is no such variable, or it may not be set."""
    if target.startswith("@@"):
        return settable(target[2:].lower())
    known = script.environment.variables.get(target.lower())
    if known is None:
        raise SqlError(f"Undeclared variable: {target}")
    return known.type


def _keep(script: Interpreter, target: str, value: Value) -> None:
    if target.startswith("@@"):
        assign_system(script.environment, target[2:].lower(), evaluate(value.sql), script.steps_taken == 1)
        return
    field = next((block[target.lower()] for block in script.blocks if target.lower() in block), None)
    if field is not None and (limited := limited_sql(value.sql, field)) != value.sql:
        value = Value(value_sql(evaluate(limited, value.type), value.type), value.type)
    script.environment.variables[target.lower()] = value
