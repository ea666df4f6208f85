"""What strict_mode checks of a procedure's body when it is created: that the tables and columns it names are there.

What a statement before has made, changed or dropped only a run can know: from there on nothing is checked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer, Environment
from emulators.bigquery.sql.analysis.statements import analyse
from emulators.bigquery.sql.analysis.values import Scope, Value
from emulators.bigquery.sql.model import SqlError
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax import statements as s
from emulators.bigquery.sql.syntax.scripting import parse_script

_T = TypeVar("_T")
_READING = (s.QueryStatement, s.Insert, s.Update, s.Delete, s.Merge)
_HARMLESS = (s.Declare, s.Set, s.Transaction, s.Jump, s.Raise, s.Assert)


class _Unknown(Exception):
    """The statements from here on depend on what a run does."""


def check(a: Analyzer, body: str, arguments: Mapping[str, t.Type]) -> None:
    """SqlError for a table or a column of the body that is not there."""
    environment = replace(a.environment, variables={name.lower(): _unset(kind) for name, kind in arguments.items()})
    try:
        _statements(environment, body, parse_script(body))
    except _Unknown:
        return


def _unset(kind: t.Type) -> Value:
    """A variable of which only the type is known."""
    return Value(f"CAST(NULL AS {t.duckdb(kind)})", kind)


def _statements(environment: Environment, body: str, statements: Sequence[s.Statement]) -> None:
    a = Analyzer(environment, body)
    for node in statements:
        if isinstance(node, s.Block):  # a handler reads what only an error sets
            _statements(environment, body, node.body)
        elif isinstance(node, (s.If, s.CaseStatement)):
            for condition, inner in node.branches:
                _checked(partial(a.expression, condition, Scope()))
                _statements(environment, body, inner)
            _statements(environment, body, node.otherwise or ())
        elif isinstance(node, s.Loop):
            _statements(environment, body, node.body)
        elif isinstance(node, s.Declare):
            kind = t.of_node(node.type) if node.type is not None else _checked(partial(_kind, a, node.default))
            environment.variables |= {name.lower(): _unset(kind) for name in node.names}
        elif isinstance(node, _READING):
            _checked(partial(analyse, environment, body, node))
        elif not isinstance(node, _HARMLESS):
            raise _Unknown


def _kind(a: Analyzer, default: nodes.Node | None) -> t.Type:
    assert default is not None  # the parser takes no DECLARE without a type and a default
    return a.expression(default, Scope()).type


def _checked(analysis: Callable[[], _T]) -> _T:
    """What an analysis finds. SqlError for a name; after any other error nothing more is known."""
    try:
        return analysis()
    except SqlError as error:
        if error.reason == "notFound" or error.message.startswith("Unrecognized name"):
            raise
        raise _Unknown from error
