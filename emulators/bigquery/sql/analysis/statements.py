"""Statements to model.Statement: one rule for each kind of syntax node."""

import importlib
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.analyzer import Analyzer, Environment
from emulators.bigquery.sql.analysis.values import Relation, Scan
from emulators.bigquery.sql.functions.registry import load
from emulators.bigquery.sql.model import Field, SqlError, Statement, TableScan
from emulators.bigquery.sql.registering import registering
from emulators.bigquery.sql.reserved_names import refusal
from emulators.bigquery.sql.syntax import statements as s

StatementRule = Callable[[Analyzer, Any], Statement]
_RULES = (
    "access", "alter", "calls", "casts", "change_history", "ddl", "dml", "files", "gap_fill", "indexes", "literals",
    "membership", "merge", "names", "operators", "ranges", "routines", "subqueries", "vector_search",
)  # fmt: skip
STATEMENTS: dict[type[s.Statement], StatementRule] = {}


def statement_rule(*kinds: type[s.Statement]) -> Callable[[StatementRule], StatementRule]:
    """Register the rule for some kinds of statements."""
    return registering(STATEMENTS, *kinds)


@cache
def load_rules() -> None:
    """Import the modules that register rules."""
    for name in _RULES:
        importlib.import_module(f"emulators.bigquery.sql.analysis.{name}")
    load()


def analyse(environment: Environment, text: str, node: s.Statement) -> Statement:
    """One statement, ready to run."""
    load_rules()
    rule = STATEMENTS.get(type(node))
    a = Analyzer(environment, text)
    if rule is None:
        a.fail(f"Statement not supported: {type(node).__name__}", node)
    try:
        return replace(rule(a, node), scans=tuple(a.shared.scanned), routines=tuple(a.shared.routines))
    except RecursionError:
        raise SqlError("The query is too deeply nested to be analysed") from None


def finish(a: Analyzer, sql: str) -> str:
    """Put each scan's relation, pruned by its predicates, in the place of its marker."""
    for scan in a.shared.scans:
        if scan.marker in sql:
            sql = sql.replace(scan.marker, _relation(a, scan, sql))
    return sql


def _relation(a: Analyzer, scan: Scan, sql: str) -> str:
    """The relation of a scan; noted with the columns that the statement names."""
    predicates = [text for text, guards in scan.predicates if all(g.uses == 1 for g in guards)]
    filtered = any(all(g.uses == 1 for g in guards) for guards in scan.filters)
    if scan.info.require_partition_filter and not filtered:
        columns = "', '".join(scan.info.partition_columns)
        raise SqlError(
            f"Cannot query over table '{scan.info.name.project}.{scan.info.name.dataset}.{scan.info.name.table}' without a filter over "  # noqa: E501
            f"column(s) '{columns}' that can be used for partition elimination"
        )
    alias = scan.marker.strip("\x01")
    named = tuple(f.name for f in scan.info.fields if f"{alias}.{t.quoted(f.name)}" in sql)
    a.shared.scanned.append(TableScan(scan.info.name, named, tuple(predicates)))
    return a.catalog.relation(scan.info.name, predicates, scan.as_of)


def text_of(a: Analyzer, node: s.Statement) -> str:
    return a.text[node.at : node.end]


def schema_of(a: Analyzer, relation: Relation) -> tuple[Field, ...]:
    """The result's columns: names made up for those without one; a name twice is refused, and one that BigQuery keeps
    for itself, as the pseudo-columns have."""
    if relation.value_table and relation.columns[0].type.kind == "STRUCT":
        members = [(name or "", kind) for name, kind in relation.columns[0].type.fields]
    else:
        members = [(c.name, c.type) for c in relation.columns]
    fields, anonymous, seen = [], 0, set[str]()
    for name, kind in members:
        if not name:
            name, anonymous = f"f{anonymous}_", anonymous + 1
        if name.lower() in seen:
            raise SqlError(f"Duplicate column names in the result are not supported. Found duplicate(s): {name}")
        if (message := refusal(name)) is not None:
            raise SqlError(message, "invalid")
        seen.add(name.lower())
        fields.append(t.to_field(name, kind))
    return tuple(fields)


def rows_of(relation: Relation) -> str:
    """The SQL of a finished query; a value table of structs is spread out into columns."""
    if relation.value_table and relation.columns[0].type.kind == "STRUCT":
        name = t.quoted(relation.names[0])
        members = ", ".join(
            f"struct_extract({name}, {t.text(n)}) AS {t.quoted(n)}" for n in t.struct_names(relation.columns[0].type)
        )
        return f"SELECT {members} FROM ({relation.sql})"
    return relation.sql


@statement_rule(s.QueryStatement)
def select(a: Analyzer, node: s.QueryStatement) -> Statement:
    """A query: its rows are the result."""
    assert node.query is not None
    relation = a.query(node.query, None)
    schema = schema_of(a, relation)
    sql = finish(a, rows_of(relation))
    return Statement("SELECT", text_of(a, node), sql, schema=schema, reads=tuple(a.shared.reads))


@statement_rule(s.Transaction)
def transaction(a: Analyzer, node: s.Transaction) -> Statement:
    """BEGIN, COMMIT, ROLLBACK: the state layer's work alone."""
    return Statement(f"{node.action}_TRANSACTION", text_of(a, node))
