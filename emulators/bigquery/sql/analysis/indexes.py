"""Search and vector indexes: they are kept and shown, and no query needs them."""

from emulators.bigquery.sql import actions
from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis import fields as f
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.ddl import made
from emulators.bigquery.sql.analysis.statements import statement_rule
from emulators.bigquery.sql.analysis.tables import resolve
from emulators.bigquery.sql.model import Field, Statement
from emulators.bigquery.sql.syntax import definitions as d

_VECTOR = t.array(t.FLOAT64)


@statement_rule(d.CreateIndex)
def create_index(a: Analyzer, node: d.CreateIndex) -> Statement:
    """CREATE SEARCH INDEX, CREATE VECTOR INDEX"""
    info = resolve(a, node.table, node)
    if info.kind != "TABLE":
        a.fail(f"{node.kind} can only be created on a table, but {info.name} is a {info.kind}", node)
    if node.kind == "VECTOR INDEX" and len(node.columns) != 1:
        a.fail("A VECTOR INDEX has exactly one column", node)
    known = {field.name.lower(): field for field in info.fields}
    for name in (*node.columns, *node.storing):
        if name.lower() not in known:
            a.fail(f"Column {name} not found in table {info.name}", node)
    for name in node.columns:
        if not _fits(node.kind, known[name.lower()]):
            kind = t.of_field(known[name.lower()])
            a.fail(f"Column {name} of type {kind} cannot be in a {node.kind}", node)
    columns = [known[name.lower()].name for name in node.columns]
    if node.all_columns:
        columns = [field.name for field in info.fields if _fits(node.kind, field)]
    action = actions.CreateIndex(
        node.name, info.name, node.kind, tuple(columns), f.options(a, node.options), node.text, node.or_replace,
        node.if_not_exists,
    )  # fmt: skip
    return made(a, node, f"CREATE_{node.kind.replace(' ', '_')}", action, info.name)


def _fits(index: str, field: Field) -> bool:
    """Whether an index may have the column: vectors, or what has texts, numbers or moments to be searched."""
    if index == "VECTOR INDEX":
        return t.of_field(field) == _VECTOR
    if field.type == "STRUCT":
        return any(_fits(index, inner) for inner in field.fields)
    return field.type in ("STRING", "JSON") or (field.type in ("INT64", "TIMESTAMP") and field.mode != "REPEATED")


@statement_rule(d.DropIndex)
def drop_index(a: Analyzer, node: d.DropIndex) -> Statement:
    """DROP SEARCH INDEX, DROP VECTOR INDEX"""
    info = resolve(a, node.table, node)
    action = actions.DropIndex(node.name, info.name, node.kind, node.if_exists)
    return made(a, node, f"DROP_{node.kind.replace(' ', '_')}", action, info.name)
