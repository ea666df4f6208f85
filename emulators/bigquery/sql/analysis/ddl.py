"""DDL of tables, views and datasets to actions."""

from typing import Any

from emulators.bigquery.sql import actions
from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis import fields as f
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.casts import convert
from emulators.bigquery.sql.analysis.coercion import coerce
from emulators.bigquery.sql.analysis.constants import python_value
from emulators.bigquery.sql.analysis.dml import limited
from emulators.bigquery.sql.analysis.materialized import check_materialized
from emulators.bigquery.sql.analysis.options import options_of
from emulators.bigquery.sql.analysis.partitioning import partitioning
from emulators.bigquery.sql.analysis.statements import finish, rows_of, schema_of, statement_rule, text_of
from emulators.bigquery.sql.analysis.tables import resolve
from emulators.bigquery.sql.analysis.values import Relation, Scope, Value
from emulators.bigquery.sql.model import Field, SqlError, Statement, TableName
from emulators.bigquery.sql.syntax import definitions as d
from emulators.bigquery.sql.syntax import nodes
from emulators.bigquery.sql.syntax import statements as s


def made(
    a: Analyzer, node: s.Statement, kind: str, action: Any, target: TableName | None = None, **more: Any
) -> Statement:
    return Statement(kind, text_of(a, node), action=action, target=target, reads=tuple(a.shared.reads), **more)


def dataset_name(a: Analyzer, path: list[str]) -> tuple[str, str]:
    if len(path) > 2:
        raise SqlError(f"Invalid dataset name {'.'.join(path)}", "invalid")
    return (a.project, path[0]) if len(path) == 1 else (path[0], path[1])


@statement_rule(d.Create)
def create(a: Analyzer, node: d.Create) -> Statement:
    """CREATE of a schema, table, view, external table or snapshot."""
    if node.kind == "SCHEMA":
        project, dataset = dataset_name(a, node.name)
        action = actions.CreateSchema(project, dataset, node.if_not_exists, options_of(a, node.options))
        return made(a, node, "CREATE_SCHEMA", action)
    if node.temporary and len(node.name) > 1 and node.name[:-1] != ["_SESSION"]:
        a.fail(f"CREATE TEMP TABLE statements with qualified names are not allowed: {'.'.join(node.name)}", node)
    name = TableName(a.project, "_SESSION", node.name[-1]) if node.temporary else a.table_name(node.name, node)
    if node.kind in ("VIEW", "MATERIALIZED VIEW"):
        return _view(a, node, name)
    if node.kind == "EXTERNAL TABLE":
        columns = tuple(f.field(a, c) for c in node.columns or ())
        parts = None if node.partition_columns is None else tuple(f.field(a, c) for c in node.partition_columns)
        external = actions.CreateExternalTable(
            name, columns, options_of(a, node.options), parts, node.or_replace, node.if_not_exists
        )
        return made(a, node, "CREATE_EXTERNAL_TABLE", external, name)
    return _table(a, node, name)


def _table(a: Analyzer, node: d.Create, name: TableName) -> Statement:
    duckdb: str | None = None
    schema: tuple[Field, ...] = ()
    source: TableName | None = None
    method = {"": "create"}.get(node.method, node.method.lower())
    if node.kind == "SNAPSHOT TABLE":
        method = "snapshot"
    if node.method:
        info = resolve(a, node.source, node)
        if info.kind in ("VIEW", "MATERIALIZED_VIEW", "EXTERNAL"):
            what = info.kind.replace("_", " ")
            a.fail(f"{node.method} needs a table or a snapshot, but {info.name} is a {what}", node)
        source, schema = info.name, info.fields
        a.shared.reads[info.name] = None
    if node.columns is not None:
        schema = tuple(f.field(a, c) for c in node.columns)
        _unique_names(a, schema, node)
    if node.query is not None:
        relation = a.query(node.query, None)
        duckdb, schema = _filled(a, node, relation, schema)
    elif node.columns is None and not node.method:
        a.fail("CREATE TABLE needs a column list or a query", node)
    _check_clustering(a, node, schema)
    layout = partitioning(a, node.partition_by, schema)
    if layout is not None and layout.kind == "ingestion" and node.query is not None:
        a.fail("PARTITION BY ingestion time cannot be used with an AS query clause", node.partition_by)
    action = actions.CreateTable(
        name, schema, node.or_replace, node.if_not_exists, node.temporary, layout,
        tuple(node.cluster_by), options_of(a, node.options), tuple(node.primary_key),
        tuple(foreign_key(a, key) for key in node.foreign_keys), method, source, _moment(a, node.as_of),
    )  # fmt: skip
    kind = "CREATE_SNAPSHOT_TABLE" if method == "snapshot" else "CREATE_TABLE_AS_SELECT" if duckdb else "CREATE_TABLE"
    return made(a, node, kind, action, name, duckdb=duckdb, schema=schema)


def _check_clustering(a: Analyzer, node: d.Create, schema: tuple[Field, ...]) -> None:
    """SqlError for a column twice, and for one that is compared by a collation."""
    for place, column in enumerate(node.cluster_by):
        if column.lower() in (other.lower() for other in node.cluster_by[:place]):
            a.fail(f"Duplicate column {column} in CLUSTER BY", node)
        if any(field.collation and field.name.lower() == column.lower() for field in schema):
            a.fail(f"CLUSTER BY cannot have the column {column}, which has a collation", node)


def _named(a: Analyzer, node: d.Create, relation: Relation) -> None:
    for i, column in enumerate(relation.columns):
        if not column.name and not relation.value_table:
            a.fail(f"CREATE {node.kind} columns must be named, but column {i + 1} has no name", node.query)


def _unique_names(a: Analyzer, schema: tuple[Field, ...], node: nodes.Node) -> None:
    seen: set[str] = set()
    for field in schema:
        if field.name.lower() in seen:
            a.fail(f"Duplicate column name {field.name} in CREATE TABLE", node)
        seen.add(field.name.lower())


def _moment(a: Analyzer, node: nodes.Node | None) -> Any:
    return None if node is None else python_value(a.expression(node, Scope()))


def _filled(
    a: Analyzer, node: d.Create, relation: Relation, declared: tuple[Field, ...]
) -> tuple[str, tuple[Field, ...]]:
    """The query of CTAS, coerced to the declared columns when there are any."""
    own = schema_of(a, relation)
    if not declared:
        _named(a, node, relation)
    sql = rows_of(relation)
    if not declared:
        return finish(a, sql), own
    if len(own) != len(declared):
        a.fail(
            "The number of columns in the column definition list does not match those that the query produces",
            node,
        )
    names = t.struct_names(relation.columns[0].type) if relation.value_table else relation.names
    items = []
    for field, given, produced in zip(declared, own, names, strict=True):
        value = Value(t.quoted(produced), t.of_field(given), literal=True)
        wanted = t.of_field(field)
        if t.coerces(value.type, wanted, False) is None and not (
            value.type.kind == "INT64" and field.type in t.NUMBERS
        ):
            a.fail(
                f"CREATE TABLE column {field.name} has type {wanted} but the query's column has type {value.type}", node
            )
        value = (
            coerce(a, value, wanted)
            if t.coerces(value.type, wanted, True) is not None
            else convert(a, value, wanted, node)
        )
        items.append(f"{limited(value, field).sql} AS {t.quoted(field.name)}")
    return finish(a, f"SELECT {', '.join(items)} FROM ({sql})"), declared


def _view(a: Analyzer, node: d.Create, name: TableName) -> Statement:
    assert node.query is not None
    given = options_of(a, node.options)
    relation = a.storing("A view").query(node.query, None)
    if node.kind == "MATERIALIZED VIEW":
        check_materialized(a, node.query, given, node.partition_by)
    schema = schema_of(a, relation)
    if node.columns is None:
        _named(a, node, relation)
    else:
        if len(node.columns) != len(schema):
            a.fail(f"View column list has {len(node.columns)} columns but the query has {len(schema)}", node)
        schema = tuple(f.described(a, c, own) for c, own in zip(node.columns, schema, strict=True))
    materialized = node.kind == "MATERIALIZED VIEW"
    action = actions.CreateView(
        name, node.query_text, schema, materialized, node.or_replace, node.if_not_exists, given,
        partitioning(a, node.partition_by, schema), tuple(node.cluster_by),
    )  # fmt: skip
    sql = finish(a, rows_of(relation))
    kind = "CREATE_MATERIALIZED_VIEW" if materialized else "CREATE_VIEW"
    return made(a, node, kind, action, name, schema=schema, duckdb=sql if materialized else None)


def foreign_key(a: Analyzer, key: nodes.ForeignKeyNode) -> actions.ForeignKey:
    return actions.ForeignKey(key.name, tuple(key.columns), a.table_name(key.table, key), tuple(key.referenced))


@statement_rule(d.Drop)
def drop(a: Analyzer, node: d.Drop) -> Statement:
    """DROP SCHEMA / TABLE / VIEW / FUNCTION ..."""
    if node.kind == "SCHEMA":
        project, dataset = dataset_name(a, node.name)
        return made(a, node, "DROP_SCHEMA", actions.DropSchema(project, dataset, node.if_exists, node.cascade))
    if node.kind.endswith(("FUNCTION", "PROCEDURE")):
        if len(node.name) == 1 and a.environment.functions.pop(node.name[0].lower(), None) is not None:
            return made(a, node, "DROP_FUNCTION", None)
        name = a.table_name(node.name, node)
        kind = f"DROP_{node.kind.replace(' ', '_')}"
        return made(a, node, kind, actions.DropRoutine(name, node.kind, node.if_exists), name)
    name = (
        a.table_name(node.name, node)
        if len(node.name) > 1 or a.dataset
        else TableName(a.project, "_SESSION", node.name[0])
    )
    session = TableName(a.project, "_SESSION", node.name[-1])
    if len(node.name) == 1 and a.catalog.table(session) is not None:
        name = session
    return made(
        a, node, f"DROP_{node.kind.replace(' ', '_')}", actions.DropTable(name, node.kind, node.if_exists), name
    )


@statement_rule(d.UndropSchema)
def undrop_schema(a: Analyzer, node: d.UndropSchema) -> Statement:
    """UNDROP SCHEMA"""
    project, dataset = dataset_name(a, node.name)
    options = options_of(a, node.options)
    for name in options.keys() - {"location"}:
        a.fail(f"Unknown option: {name}", node)
    action = actions.UndropSchema(project, dataset, node.if_not_exists, options.get("location"))
    return made(a, node, "UNDROP_SCHEMA", action)


@statement_rule(d.Truncate)
def truncate(a: Analyzer, node: d.Truncate) -> Statement:
    """TRUNCATE TABLE"""
    info = resolve(a, node.name, node)
    if info.kind != "TABLE":
        raise SqlError(f"TRUNCATE TABLE is not allowed on {info.name}, which is no table")
    return made(a, node, "TRUNCATE_TABLE", actions.TruncateTable(info.name), info.name)
