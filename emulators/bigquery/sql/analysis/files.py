"""EXPORT DATA and LOAD DATA, to actions."""

from typing import Any

from emulators.bigquery.sql import actions
from emulators.bigquery.sql.analysis import fields as f
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.constants import python_value
from emulators.bigquery.sql.analysis.ddl import made
from emulators.bigquery.sql.analysis.options import options_of
from emulators.bigquery.sql.analysis.partitioning import named_by, partitioning
from emulators.bigquery.sql.analysis.statements import finish, rows_of, schema_of, statement_rule
from emulators.bigquery.sql.analysis.tables import resolve
from emulators.bigquery.sql.analysis.values import Scope
from emulators.bigquery.sql.model import Field, Statement, TableName
from emulators.bigquery.sql.syntax import definitions as d


@statement_rule(d.Export)
def export(a: Analyzer, node: d.Export) -> Statement:
    """EXPORT DATA: the query's rows go to the files that the options name."""
    assert node.query is not None
    relation = a.query(node.query, None)
    schema = schema_of(a, relation)
    sql = finish(a, rows_of(relation))
    return made(a, node, "EXPORT_DATA", actions.ExportData(options_of(a, node.options)), duckdb=sql, schema=schema)


@statement_rule(d.Load)
def load(a: Analyzer, node: d.Load) -> Statement:
    """LOAD DATA"""
    name = TableName(a.project, "_SESSION", node.name[-1]) if node.temporary else a.table_name(node.name, node)
    columns = tuple(f.field(a, c) for c in node.columns or ()) or _named_columns(a, node)
    parts = None if node.partition_columns is None else tuple(f.field(a, c) for c in node.partition_columns)
    known = columns
    if not known and (info := a.catalog.table(name)) is not None:
        known = info.fields
    known = known or named_by(node.partition_by)
    action = actions.LoadData(
        name, columns, options_of(a, node.files), node.overwrite, partitioning(a, node.partition_by, known), tuple(node.cluster_by),  # noqa: E501
        options_of(a, node.options), parts, _named_partition(a, node),
    )  # fmt: skip
    return made(a, node, "LOAD_DATA", action, name)


def _named_columns(a: Analyzer, node: d.Load) -> tuple[Field, ...]:
    """The columns of a table that is there, by their names."""
    if not node.names:
        return ()
    info = resolve(a, node.name, node)
    known = {field.name.lower(): field for field in info.fields}
    for name in node.names:
        if name.lower() not in known:
            a.fail(f"Column {name} not found in table {info.name}", node)
    return tuple(known[name.lower()] for name in node.names)


def _named_partition(a: Analyzer, node: d.Load) -> tuple[str, Any] | None:
    if node.partition is None:
        return None
    name, expression = node.partition
    value = a.expression(expression, Scope())
    if not value.constant:
        a.fail("The value in a PARTITIONS clause must be constant", expression)
    return name, python_value(value)
