"""The analyzer: GoogleSQL's tree in, typed DuckDB SQL out. Its rules live in the sibling modules, one theme each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.values import Relation, Scan, Scope, SharedQuery, Value
from emulators.bigquery.sql.model import Catalog, SqlError, TableName, TableScan
from emulators.bigquery.sql.registering import registering
from emulators.bigquery.sql.syntax import definitions as d
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax.lexer import position


@dataclass
class Environment:
    """What a whole script shares: catalog, defaults, parameters, variables, temporary functions."""

    catalog: Catalog
    project: str
    dataset: TableName | None
    named: Mapping[str, Value] = field(default_factory=dict)
    positional: tuple[Value, ...] = ()
    variables: dict[str, Value] = field(default_factory=dict)
    system: dict[str, Value] = field(default_factory=dict)
    functions: dict[str, d.CreateRoutine] = field(default_factory=dict)
    used_positional: int = 0
    stored: str = ""  # what the text is stored as: a view, which nothing of this script outlives


@dataclass
class Shared:
    """What one statement collects while it is analysed: aliases given out, scans, tables read, routines called.

    changed: the table that DML changes. moments: what each FOR SYSTEM_TIME AS OF says, which is the same all along.
    """

    counter: int = 0
    scans: list[Scan] = field(default_factory=list)
    reads: dict[TableName, None] = field(default_factory=dict)
    routines: dict[TableName, None] = field(default_factory=dict)
    views: tuple[str, ...] = ()
    scanned: list[TableScan] = field(default_factory=list)
    changed: TableName | None = None
    moments: dict[str, Any] = field(default_factory=dict)

    def alias(self, prefix: str = "t") -> str:
        self.counter += 1
        return f"{prefix}{self.counter}"


ExpressionRule = Callable[["Analyzer", Any, Scope], Value]
EXPRESSIONS: dict[type[nodes.Node], ExpressionRule] = {}


def expression_rule(kind: type[nodes.Node]) -> Callable[[ExpressionRule], ExpressionRule]:
    """Register the rule that analyses one kind of expression."""
    return registering(EXPRESSIONS, kind)


class Analyzer:
    """Analyses the expressions and queries of one text (a statement, a view, a function's body)."""

    def __init__(self, environment: Environment, text: str, shared: Shared | None = None) -> None:
        self.environment = environment
        self.catalog = environment.catalog
        self.text = text
        self.shared = shared or Shared()
        self.ctes: dict[str, SharedQuery] = {}
        self.project, self.dataset = environment.project, environment.dataset

    def fail(self, message: str, node: nodes.Node | None = None) -> NoReturn:
        where = "" if node is None else f" at {position(self.text, node.at)}"
        raise SqlError(message + where)

    def storing(self, what: str, text: str | None = None) -> "Analyzer":
        """An analyzer of a text that is stored: it can use nothing that ends with this script or session."""
        return Analyzer(replace(self.environment, stored=what), text or self.text, self.shared)

    def passing(self, what: str, node: nodes.Node) -> None:
        """SqlError when something that ends with the script or session is used in a text that is stored."""
        if self.environment.stored:
            self.fail(f"{self.environment.stored} cannot use {what}, which is gone after the query or session", node)

    def expression(self, node: nodes.Node, scope: Scope) -> Value:
        rule = EXPRESSIONS.get(type(node))
        if rule is None:
            self.fail(f"Syntax error: Unexpected {type(node).__name__}", node)
        return rule(self, node, scope)

    def condition(self, node: nodes.Node, scope: Scope, clause: str) -> Value:
        """A boolean expression of a clause."""
        value = self.expression(node, scope)
        if value.type.kind == "NULL":
            return value.with_sql("CAST(NULL AS BOOLEAN)", t.BOOL)
        if value.type != t.BOOL:
            self.fail(f"{clause} should return type BOOL, but returns {value.type}", node)
        return value

    def query(self, node: nodes.Query, parent: Scope | None) -> Relation:
        from emulators.bigquery.sql.analysis.queries import query

        return query(self, node, parent)

    def table_name(self, path: list[str], node: nodes.Node) -> TableName:
        """A written path as a full name."""
        if len(path) == 1:
            if self.dataset is None or not self.dataset.dataset:
                self.fail(f'Table "{path[0]}" must be qualified with a dataset (e.g. dataset.table).')
            return TableName(self.dataset.project, self.dataset.dataset, path[0])
        if len(path) == 2:
            return TableName(self.dataset.project if self.dataset else self.project, path[0], path[1])
        if len(path) == 3:
            return TableName(path[0], path[1], path[2])
        raise SqlError(f'Invalid value: Table name "{".".join(path)}" is not valid', "invalid")
