"""ALTER to actions."""

from emulators.bigquery.sql import actions, alterations
from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis import fields as f
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.ddl import dataset_name, foreign_key, made
from emulators.bigquery.sql.analysis.options import options_of
from emulators.bigquery.sql.analysis.statements import statement_rule
from emulators.bigquery.sql.analysis.tables import not_found
from emulators.bigquery.sql.model import SqlError, Statement, TableInfo
from emulators.bigquery.sql.syntax import definitions as d

_VIEWS = ("VIEW", "MATERIALIZED_VIEW")


@statement_rule(d.Alter)
def alter(a: Analyzer, node: d.Alter) -> Statement:
    """ALTER SCHEMA / TABLE / VIEW / MATERIALIZED VIEW"""
    if node.kind == "SCHEMA":
        project, dataset = dataset_name(a, node.name)
        if any(c.what != "SET OPTIONS" for c in node.changes):
            a.fail("ALTER SCHEMA supports only SET OPTIONS", node)
        options = {name: value for c in node.changes for name, value in options_of(a, c.options).items()}
        return made(a, node, "ALTER_SCHEMA", actions.AlterSchema(project, dataset, options, node.if_exists))
    name = a.table_name(node.name, node)
    info = a.catalog.table(name)
    if not node.if_exists and info is None:
        not_found(a, name)
    if info is not None and (info.kind if info.kind in _VIEWS else "TABLE") != node.kind.replace(" ", "_"):
        what = info.kind.replace("_", " ")
        raise SqlError(f"{name} is not allowed for this operation because it is currently a {what}.", "invalid")
    changes = tuple(_change(a, c, info) for c in node.changes)
    action = alterations.AlterTable(name, changes, node.kind, node.if_exists)
    return made(a, node, f"ALTER_{node.kind.replace(' ', '_')}", action, name)


def _change(a: Analyzer, c: d.ChangeNode, info: TableInfo | None) -> alterations.Change:
    if c.what == "COLUMN DEFAULT" and c.default is not None:
        for field in info.fields if info is not None else ():
            if field.name.lower() == c.name.lower():
                f.check_default(a, c.default, t.of_field(field), field.mode == "REQUIRED")
    if c.column is not None:
        field = f.field(a, c.column)
        if field.mode == "REQUIRED":
            a.fail(f"Adding a REQUIRED column {field.name} to an existing table is not allowed", c)
        return alterations.AddColumn(field, c.guarded)
    if c.foreign_key is not None:
        return alterations.AddForeignKey(foreign_key(a, c.foreign_key), c.guarded)
    simple: dict[str, alterations.Change] = {
        "DROP COLUMN": alterations.DropColumn(c.name, c.guarded),
        "RENAME COLUMN": alterations.RenameColumn(c.name, c.new_name, c.guarded),
        "RENAME TO": alterations.RenameTable(c.new_name),
        "ADD PRIMARY KEY": alterations.AddPrimaryKey(tuple(c.columns)),
        "DROP PRIMARY KEY": alterations.DropPrimaryKey(c.guarded),
        "DROP CONSTRAINT": alterations.DropConstraint(c.name, c.guarded),
        "DROP NOT NULL": alterations.AlterColumn(c.name, c.guarded, drop_not_null=True),
        "DROP DEFAULT": alterations.AlterColumn(c.name, c.guarded, drop_default=True),
        "COLUMN DEFAULT": alterations.AlterColumn(c.name, c.guarded, default=c.text),
    }
    if c.what in simple:
        return simple[c.what]
    if c.what == "COLUMN TYPE":
        assert c.type is not None
        return alterations.AlterColumn(c.name, c.guarded, type=f.of_type(a, c.name, c.type))
    options = options_of(a, c.options)
    if "allow_non_incremental_definition" in options:
        a.fail("The option allow_non_incremental_definition cannot be changed", c)
    return (
        alterations.SetOptions(options)
        if c.what == "SET OPTIONS"
        else alterations.AlterColumn(c.name, c.guarded, options=options)
    )
