"""Runs the statements of a script: one rule for each kind that is the script's own; the others go to the state layer.

A rule is a generator: it yields the statements that have to run, and is resumed when they have. It finds the rows of
those that want them in `script.rows`; an error of one is raised where it was yielded.
"""

import importlib
from collections.abc import Callable, Generator, Iterable, Sequence
from functools import cache
from typing import Any

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer, Environment
from emulators.bigquery.sql.analysis.coercion import assign
from emulators.bigquery.sql.analysis.constants import evaluate, value_sql
from emulators.bigquery.sql.analysis.statements import analyse, finish
from emulators.bigquery.sql.analysis.values import Scope, Value
from emulators.bigquery.sql.model import Field, SqlError, Statement
from emulators.bigquery.sql.registering import registering
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax import statements as s
from emulators.bigquery.sql.types import Type

Steps = Generator[Statement, None, None]
StepRule = Callable[["Interpreter", Any, str], Steps]
_RULES = ("calls", "control_flow", "exceptions", "variables")
_STEPS: dict[type[s.Statement], StepRule] = {}
_ASSIGN = "Cannot coerce expression of type {source} to type {target}"


def step_rule(kind: type[s.Statement]) -> Callable[[StepRule], StepRule]:
    """Register the rule for one kind of statement: (interpreter, node, the text that the node is in)."""
    return registering(_STEPS, kind)


@cache
def _load_rules() -> None:
    for name in _RULES:
        importlib.import_module(f"emulators.bigquery.sql.scripting.{name}")


class Break(Exception):
    """BREAK or LEAVE: out of the loop or block of that label, or of the innermost loop."""

    def __init__(self, label: str | None) -> None:
        self.label = label

    def leaves(self, label: str | None) -> bool:
        """Whether a loop with this label is the one that is meant."""
        return self.label is None or self.label.lower() == (label or "").lower()


class Continue(Break):
    """CONTINUE or ITERATE: to the next round of the loop."""


class Return(Exception):
    """RETURN: out of the procedure or the script."""


class Interpreter:
    """A running script.

    rows: of the statement last yielded, when it wanted them. blocks: the variables that the blocks around declare, with
    their type as a column where it is written.
    procedures: the names of those that run, innermost last; None is the script itself.
    """

    def __init__(self, environment: Environment) -> None:
        _load_rules()
        self.environment = environment
        self.rows: Sequence[Sequence[Any]] = ()
        self.blocks: list[dict[str, Field | None]] = [{}]
        self.procedures: list[str | None] = [None]
        self.steps_taken = 0

    def run(self, statements: Iterable[s.Statement], text: str) -> Steps:
        """The whole script. Raises SqlError when no handler takes it."""
        try:
            yield from self.each(statements, text)
        except Return:
            return
        except Break as jump:
            word = "CONTINUE is" if isinstance(jump, Continue) else "BREAK without label is"
            raise SqlError(f"{word} only allowed inside of a loop body") from None

    def each(self, statements: Iterable[s.Statement], text: str) -> Steps:
        """Statements in order; an error learns which of them it comes from."""
        for node in statements:
            self.steps_taken += 1
            try:
                yield from self._one(node, text)
            except SqlError as error:
                if error.statement is None:
                    error.statement = text[node.at : node.end]
                    error.frames.append(frame(text, node.at, self.procedures[-1]))
                raise

    def _one(self, node: s.Statement, text: str) -> Steps:
        rule = _STEPS.get(type(node))
        if rule is not None:
            yield from rule(self, node, text)
            return
        statement = analyse(self.environment, text, node)
        if statement.action is not None or statement.duckdb is not None or isinstance(node, s.Transaction):
            yield statement

    def value(self, node: nodes.Node, text: str, wanted: Type | None = None) -> Generator[Statement, None, Value]:
        """The value of an expression, as a literal; read from DuckDB by the state layer when it needs tables."""
        a = Analyzer(self.environment, text)
        value = a.expression(node, Scope())
        kind = t.INT64 if value.type.kind == "NULL" else value.type
        if wanted is not None:
            value, kind = fitted(a, value, wanted, node), wanted
        sql = value.sql if kind != t.INTERVAL else f"CAST({value.sql} AS VARCHAR)"
        if not a.shared.scans:
            found = evaluate(sql, kind)
        else:
            schema = (t.to_field("v", kind),)
            yield reading(a, f"SELECT {finish(a, sql)} AS v", text[node.at :], schema)
            found = self.rows[0][0] if self.rows else None
        return Value(value_sql(found, kind), kind)

    def condition(self, node: nodes.Node, text: str) -> Generator[Statement, None, bool]:
        """Whether a condition is TRUE."""
        value = yield from self.value(node, text, t.BOOL)
        return bool(evaluate(value.sql))


def fitted(a: Analyzer, value: Value, wanted: Type, node: nodes.Node | None) -> Value:
    """A value coerced to a variable's type."""
    return assign(a, value, wanted, _ASSIGN, node)


def reading(a: Analyzer, sql: str, text: str, schema: tuple[Any, ...] = ()) -> Statement:
    """A query of the script's own, whose rows it wants to see."""
    return Statement(
        "SELECT", text, sql, schema=schema, reads=tuple(a.shared.reads), scans=tuple(a.shared.scanned), wants_rows=True
    )


def frame(text: str, at: int, procedure: str | None) -> dict[str, Any]:
    """Where a statement is, in a procedure or in the script itself; lines and columns count from 1."""
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return {"line": line, "column": column, "filename": None, "location": procedure}
