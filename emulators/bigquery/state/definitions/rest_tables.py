"""tables.insert, patch, update and delete: a REST resource becomes a table, and changes it."""

import re
from collections.abc import Mapping
from typing import Any

import duckdb
import pyarrow as pa

from emulators.bigquery.sql import legacy
from emulators.bigquery.sql.model import SqlError, TableName
from emulators.bigquery.state.catalog import Table, now_ms
from emulators.bigquery.state.definitions.datasets import merged, require_match
from emulators.bigquery.state.definitions.defaults import default_values
from emulators.bigquery.state.definitions.evolution import evolve
from emulators.bigquery.state.definitions.key_rules import check_references
from emulators.bigquery.state.definitions.options import changed
from emulators.bigquery.state.definitions.partitions import partition_condition
from emulators.bigquery.state.definitions.past import removal
from emulators.bigquery.state.definitions.references import require_project
from emulators.bigquery.state.definitions.schema import fields_from_rest, fields_to_rest
from emulators.bigquery.state.definitions.table_layouts import require_same_partitioning
from emulators.bigquery.state.definitions.tables import OUTPUT_ONLY, check_table, create_table, drop_table, kind_of
from emulators.bigquery.state.errors import invalid, not_implemented
from emulators.bigquery.state.jobs.outcomes import Query
from emulators.bigquery.state.jobs.queries import Execution
from emulators.bigquery.state.store import Transaction
from emulators.bigquery.state.warehouse import Warehouse

_KEPT_BY_UPDATE = (*OUTPUT_ONLY, "schema", "view", "materializedView", "externalDataConfiguration", "timePartitioning",
                   "rangePartitioning", "snapshotDefinition", "cloneDefinition")  # fmt: skip
# Output only, or of no effect any more: the service ignores them.
_IGNORED = ("snapshotDefinition", "cloneDefinition", "partitionDefinition", "model")


def insert_table(warehouse: Warehouse, project: str, dataset: str, body: Mapping[str, Any]) -> Table:
    """Create a native table, a view or an external table."""
    reference = body.get("tableReference") or {}
    if not isinstance(reference.get("tableId"), str):
        raise invalid("Required parameter is missing: tableReference.tableId")
    require_project(reference.get("projectId"), project)
    name = TableName(project, dataset, reference["tableId"])
    resource = _never_is_absent({key: value for key, value in body.items() if key not in _IGNORED})
    resource["tableReference"] = {"projectId": project, "datasetId": dataset, "tableId": name.table}
    require_future(resource)
    resource = _with_schema(warehouse, resource, project)
    _check_defaults(warehouse, Table(resource | {"type": kind_of(resource)}))
    with warehouse.store.lock(str(name)), warehouse.store.transaction() as transaction:
        table = create_table(warehouse.catalog, transaction, resource)
        check_references(warehouse.catalog, transaction, table.resource)
        return table


def _check_defaults(warehouse: Warehouse, table: Table) -> None:
    """400 for a default value that is no expression, or none of its column's type."""
    for field in table.fields:
        if field.default is not None:
            try:
                default_values(warehouse, table, field, 1)
            except (SqlError, duckdb.Error, pa.ArrowException) as error:
                why = error.message if isinstance(error, SqlError) else str(error).partition("\n")[0]
                raise invalid(f"Invalid default value expression for column {field.name}: {why}") from error


def _with_schema(warehouse: Warehouse, resource: dict[str, Any], project: str) -> dict[str, Any]:
    """A view's columns come from its query; an external table's from its own configuration or its files."""
    resource = _with_dialect(resource)
    definition = resource.get("view") or resource.get("materializedView")
    if definition:
        described = resource.get("schema")
        columns = _named(_query_schema(warehouse, definition, project), definition, described)
        found = resource | {"schema": _with_descriptions(columns, described)}
        if resource.get("materializedView"):
            _check_materialized(warehouse, resource, project)
        return found
    return warehouse.external.prepare(resource) if resource.get("externalDataConfiguration") else resource


def _with_dialect(resource: dict[str, Any]) -> dict[str, Any]:
    """Legacy SQL is noted of a view that is written in it, where nobody says so as well."""
    view = resource.get("view")
    if view and legacy.is_meant(str(view.get("query", "")), view.get("useLegacySql")):
        return resource | {"view": view | {"useLegacySql": True}}
    return resource


def _query_schema(warehouse: Warehouse, definition: Mapping[str, Any], project: str) -> dict[str, Any]:
    if not definition.get("query"):
        raise invalid("Required parameter is missing: query of the view")
    for unknown in ("privacyPolicy", "userDefinedFunctionResources"):
        if definition.get(unknown):
            raise not_implemented(f"A view with {unknown}")
    view = warehouse.view("")
    try:
        execution = Execution(view, warehouse.ddl, warehouse.results)
        text = str(definition.get("query", ""))
        text = legacy.translate(text) if definition.get("useLegacySql") else text
        found = execution.dry_run(Query(project, text))
    finally:
        view.cursor.close()
    if found.kind != "SELECT":
        raise invalid(f"The query of a view is one SELECT statement, not {found.kind.replace('_', ' ')}.")
    if found.undeclared:
        raise invalid("The query of a view cannot use query parameters.")
    return fields_to_rest(found.schema)


def _check_materialized(warehouse: Warehouse, resource: Mapping[str, Any], project: str) -> None:
    """SqlError for a query that no materialised view can have."""
    definition, staleness = resource["materializedView"], resource.get("maxStaleness")
    options = ["allow_non_incremental_definition = true"] if definition.get("allowNonIncrementalDefinition") else []
    options += [f"max_staleness = INTERVAL '{staleness}' YEAR TO SECOND"] if staleness else []
    dataset = resource["tableReference"]["datasetId"]
    text = f"CREATE MATERIALIZED VIEW `{project}.{dataset}.checked` OPTIONS ({', '.join(options)}) AS"
    view = warehouse.view("")
    try:
        query = Query(project, f"{text} {definition['query']}")
        Execution(view, warehouse.ddl, warehouse.results).dry_run(query)
    except SqlError as error:
        # Where it is in that statement is nowhere in the caller's.
        raise invalid(re.sub(r" at \[\d+:\d+\]$", "", error.message)) from error
    finally:
        view.cursor.close()


def check_condition(warehouse: Warehouse, table: TableName, text: Any) -> None:
    """SqlError unless the text is a condition over the table's columns."""
    view = warehouse.view("")
    try:
        path = f"`{table.project}.{table.dataset}.{table.table}`"
        sql = f"CREATE ROW ACCESS POLICY checked ON {path} FILTER USING ({text}\n)"
        Execution(view, warehouse.ddl, warehouse.results).dry_run(Query(table.project, sql))
    finally:
        view.cursor.close()


def _named(
    schema: dict[str, Any], definition: Mapping[str, Any], described: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The query's columns, under the names that the caller gives where useExplicitColumnNames says that it does."""
    if not definition.get("useExplicitColumnNames"):
        return schema
    given = fields_from_rest(described)
    if len(given) != len(schema["fields"]):
        raise invalid(f"The view has {len(given)} column names, but its query has {len(schema['fields'])} columns.")
    pairs = zip(schema["fields"], given, strict=True)
    return {"fields": [entry | {"name": field.name} for entry, field in pairs]}


def _with_descriptions(schema: dict[str, Any], described: Mapping[str, Any] | None) -> dict[str, Any]:
    """The query's columns with the descriptions and policy tags that the caller gives."""
    given = {entry["name"].lower(): entry for entry in (described or {}).get("fields") or () if "name" in entry}
    for entry in schema["fields"]:
        extra = given.get(entry["name"].lower(), {})
        entry |= {key: extra[key] for key in ("description", "policyTags") if extra.get(key)}
    return schema


def change_table(
    warehouse: Warehouse, name: TableName, body: Mapping[str, Any], replace: bool, if_match: str | None
) -> Table:
    """Patch or replace a table's settings; the schema may gain and relax columns; 412 when if_match is not its etag."""
    catalog = warehouse.catalog
    with warehouse.store.lock(str(name)), warehouse.store.transaction() as transaction:
        table = catalog.require(name, transaction)
        require_match(if_match, table.resource)
        change = {key: value for key, value in body.items() if key not in OUTPUT_ONLY and key != "schema"}
        change = _never_is_absent(change)
        kept = {key: table.resource[key] for key in _KEPT_BY_UPDATE if key in table.resource}
        resource = merged(kept if replace else table.resource, change)
        _require_kept(table, resource, change)
        if change.get("view"):
            resource = _with_dialect(resource)
            found = _query_schema(warehouse, resource["view"], name.project)
            found = _named(found, resource["view"], body.get("schema") or resource.get("schema"))
            resource["schema"] = _with_descriptions(found, body.get("schema"))
        if table.resource.get("externalDataConfiguration"):
            # Nothing is stored, so any schema will do; the partition keys stay last, whether they are named or not.
            resource["schema"] = body.get("schema") or table.resource["schema"]
            resource = warehouse.external.prepare(resource)
        elif body.get("schema") and not change.get("view"):
            _check_defaults(warehouse, Table(table.resource | {"schema": body["schema"]}))
            table = _evolved(warehouse, transaction, table, body["schema"])
            resource["schema"] = table.resource["schema"]
        check_table(resource)
        check_references(catalog, transaction, resource, table.resource)
        return catalog.put_table(transaction, changed(resource, {"lastModifiedTime": str(now_ms())}))


def _require_kept(table: Table, resource: Mapping[str, Any], change: Mapping[str, Any]) -> None:
    """400 for a change of what a table is for good: its kind and its partitioning."""
    if change.get("expirationTime") != table.resource.get("expirationTime"):
        require_future(change)
    for key in ("view", "materializedView", "externalDataConfiguration"):
        if change.get(key) and key not in table.resource:
            raise invalid(f"Table {table.name} is a {table.kind}, and {key} cannot be set on it.")
    own = table.resource.get("materializedView")
    if own and (resource.get("materializedView") or own).get("query", own["query"]) != own["query"]:
        raise invalid(f"The query of materialized view {table.name} cannot be changed.")
    if table.kind == "TABLE":
        require_same_partitioning(table.resource, resource)


def _never_is_absent(resource: dict[str, Any]) -> dict[str, Any]:
    """A table whose expirationTime is 0 never expires."""
    return resource | {"expirationTime": None} if str(resource.get("expirationTime")) == "0" else resource


def require_future(resource: Mapping[str, Any]) -> None:
    """400 for an expirationTime that is over."""
    at = resource.get("expirationTime")
    if at is not None and int(at) <= now_ms():
        raise invalid(f"Invalid value for expirationTime: {at} is in the past; a table expires in the future.")


def _evolved(warehouse: Warehouse, transaction: Transaction, table: Table, schema: Mapping[str, Any]) -> Table:
    if table.kind in ("VIEW", "MATERIALIZED_VIEW"):
        described = _with_descriptions(fields_to_rest(table.fields), schema)
        return Table(table.resource | {"schema": described})
    return evolve(warehouse.catalog, transaction, table, fields_from_rest(schema))


def delete_table(warehouse: Warehouse, name: TableName, partition: str | None = None) -> None:
    """Drop a table, view or external table, or the rows of a partition; 404 when it is not there."""
    with warehouse.store.lock(str(name)), warehouse.store.transaction() as transaction:
        if partition is not None:
            table = warehouse.catalog.require(name, transaction)
            condition = partition_condition(table, partition)
            for sql in removal(table, condition):
                transaction.cursor.execute(sql)
            warehouse.catalog.touch(transaction, name)
            return
        drop_table(warehouse.catalog, transaction, warehouse.catalog.require(name, transaction))
