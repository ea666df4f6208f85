"""Tables and views: CREATE, ALTER, DROP, TRUNCATE."""

from typing import Any

from emulators.bigquery.sql import actions, alterations
from emulators.bigquery.sql.model import SqlError, Statement, TableName
from emulators.bigquery.sql.types import quoted
from emulators.bigquery.state.access.row_policies import copy_policies, require_all_rows
from emulators.bigquery.state.catalog import Catalog, Resource, Table
from emulators.bigquery.state.definitions.alter import alter_table
from emulators.bigquery.state.definitions.clones import copied_resource
from emulators.bigquery.state.definitions.key_rules import check_references
from emulators.bigquery.state.definitions.layout import PARTITION_TIME
from emulators.bigquery.state.definitions.options import foreign_key_resource, partitioning_resource, with_options
from emulators.bigquery.state.definitions.schema import fields_to_rest
from emulators.bigquery.state.definitions.table_layouts import require_same_layout
from emulators.bigquery.state.definitions.tables import create_table, drop_table, empty_table, kind_of
from emulators.bigquery.state.errors import invalid, not_found
from emulators.bigquery.state.jobs.performed import Handler, Performed
from emulators.bigquery.state.jobs.query_jobs import reference
from emulators.bigquery.state.jobs.temporary import ensure_temporary
from emulators.bigquery.state.store import Transaction
from emulators.bigquery.state.view import SESSION, View

_DROPS = {
    "TABLE": ("TABLE",),
    "VIEW": ("VIEW",),
    "MATERIALIZED VIEW": ("MATERIALIZED_VIEW",),
    "EXTERNAL TABLE": ("EXTERNAL",),
    "SNAPSHOT TABLE": ("SNAPSHOT",),
}


def _create_table(catalog: Catalog, statement: Statement, view: View, transaction: Transaction) -> Performed:
    action: actions.CreateTable = statement.action
    resource: Resource = {"schema": fields_to_rest(action.fields)} | partitioning_resource(action.partitioning)
    rows = statement.duckdb
    if action.method != "create":
        resource, rows = _copied(action, view)
        assert action.source is not None
        if action.method != "like":
            require_all_rows(catalog, view.resolve(action.source), view.user, "copying it")
            view.require_clear(catalog.require(view.resolve(action.source), transaction))
    if action.clustering:
        resource["clustering"] = {"fields": list(action.clustering)}
    if constraints := _constraints(action):
        resource["tableConstraints"] = constraints
    resource = with_options(resource, action.options)
    done = _create(catalog, view, transaction, action.name, resource, action.or_replace, action.if_not_exists, rows)
    if done.operation == "SKIP":
        return done
    made = catalog.require(view.resolve(action.name), transaction)
    if action.foreign_keys:
        check_references(catalog, transaction, made.resource)
    if action.source is not None and action.method != "like":
        copy_policies(catalog, transaction, view.resolve(action.source), made)
    return done


def _constraints(action: actions.CreateTable) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if action.primary_key:
        found["primaryKey"] = {"columns": list(action.primary_key)}
    if action.foreign_keys:
        name = action.name.table
        found["foreignKeys"] = [foreign_key_resource(key, name, i + 1) for i, key in enumerate(action.foreign_keys)]
    return found


def _copied(action: actions.CreateTable, view: View) -> tuple[Resource, str | None]:
    """CLONE, COPY, LIKE or SNAPSHOT of a table: its resource, and its rows."""
    assert action.source is not None
    source = view.find(action.source)
    if source is None:
        raise not_found("Table", str(action.source))
    if action.as_of is not None:
        source = view.at(action.source, action.as_of)[0]
    resource = copied_resource(source, action.method, action.as_of)
    if action.method == "like":
        return resource, None
    arrival = (PARTITION_TIME,) if source.ingestion_partitioned else ()
    columns = ", ".join(quoted(field.name) for field in (*source.fields, *arrival))
    return resource, f"SELECT {columns or 'NULL'} FROM {view.relation(action.source, (), action.as_of)}"


def _create_view(catalog: Catalog, statement: Statement, view: View, transaction: Transaction) -> Performed:
    action: actions.CreateView = statement.action
    kind = "materializedView" if action.materialized else "view"
    definition: dict[str, Any] = {"query": action.query}
    if not action.materialized:
        definition["useLegacySql"] = False
    resource: Resource = {"schema": fields_to_rest(action.fields), kind: definition}
    resource |= partitioning_resource(action.partitioning)
    if action.clustering:
        resource["clustering"] = {"fields": list(action.clustering)}
    resource = with_options(resource, action.options)
    return _create(catalog, view, transaction, action.name, resource, action.or_replace, action.if_not_exists)


def _create(
    catalog: Catalog, view: View, transaction: Transaction, name: TableName, resource: Resource,
    replace: bool, skip: bool, rows: str | None = None,
) -> Performed:  # fmt: skip
    if name.dataset == SESSION:
        ensure_temporary(catalog, view, transaction, name.project)
    target = view.resolve(name)
    existing = catalog.table(target, transaction)
    if existing is not None and skip and not replace:
        return Performed("SKIP", target)
    if existing is not None and replace:
        _require_same_kind(existing, resource)
    reference = {"projectId": target.project, "datasetId": target.dataset, "tableId": target.table}
    create_table(catalog, transaction, resource | {"tableReference": reference}, replace, rows)
    return Performed("REPLACE" if existing is not None else "CREATE", target)


def _drop_table(catalog: Catalog, statement: Statement, view: View, transaction: Transaction) -> Performed:
    action: actions.DropTable = statement.action
    target = view.resolve(action.name)
    table = catalog.table(target, transaction)
    if table is None and action.if_exists:
        return Performed("SKIP", target)
    table = catalog.require(target, transaction) if table is None else table
    if table.kind not in _DROPS[action.kind]:
        raise SqlError(
            f"Cannot drop {table.name}, which has type {table.kind}: use DROP {table.kind.replace('_', ' ')}."
        )
    drop_table(catalog, transaction, table)
    return Performed("DROP", target)


def _truncate(catalog: Catalog, statement: Statement, view: View, transaction: Transaction) -> Performed:
    target = view.resolve(statement.action.name)
    view.writable(statement.action.name)
    rows = empty_table(catalog, transaction, catalog.require(target, transaction))
    catalog.touch(transaction, target)
    return Performed("TRUNCATE", target, "table", {"DELETE": rows})


def _alter_table(catalog: Catalog, statement: Statement, view: View, transaction: Transaction) -> Performed:
    action: alterations.AlterTable = statement.action
    target = view.resolve(action.name)
    if action.if_exists and catalog.table(target, transaction) is None:
        return Performed("SKIP", target)
    table = catalog.require(target, transaction)
    altered = alter_table(catalog, transaction, table, action.changes)
    renamed = altered.name != table.name
    return Performed("ALTER", target, statistics={"ddlDestinationTable": reference(altered.name)} if renamed else {})


def _require_same_kind(existing: Table, resource: Resource) -> None:
    """400 unless CREATE OR REPLACE makes what is there already, partitioned and clustered as it is."""
    if kind_of(resource) != existing.kind:
        what = existing.kind.replace("_", " ")
        raise invalid(f"{existing.name} is not allowed for this operation because it is currently a {what}.")
    if existing.kind == "TABLE":
        require_same_layout(existing.resource, resource)


TABLES: dict[type, Handler] = {
    actions.CreateTable: _create_table,
    actions.CreateView: _create_view,
    actions.DropTable: _drop_table,
    actions.TruncateTable: _truncate,
    alterations.AlterTable: _alter_table,
}
