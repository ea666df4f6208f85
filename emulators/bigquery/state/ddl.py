"""DDL: the SQL layer's typed actions, done to the catalog and the tables."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from emulators.bigquery.sql import actions
from emulators.bigquery.sql.model import SqlError, Statement, TableName
from emulators.bigquery.sql.types import quoted
from emulators.bigquery.state.alter import alter_table
from emulators.bigquery.state.catalog import Catalog, Resource, Table, now_ms
from emulators.bigquery.state.clones import copied_resource
from emulators.bigquery.state.datasets import change_dataset, create_dataset, delete_dataset, undelete_dataset
from emulators.bigquery.state.errors import ServiceError, invalid, not_found
from emulators.bigquery.state.indexes import create_index, drop_index
from emulators.bigquery.state.layout import PARTITION_TIME
from emulators.bigquery.state.options import dataset_options, foreign_key_resource, partitioning_resource, table_options
from emulators.bigquery.state.row_policies import (
    copy_policies,
    drop_policy,
    policies_of,
    put_policy,
    require_all_rows,
)
from emulators.bigquery.state.schema import fields_to_rest
from emulators.bigquery.state.store import Transaction
from emulators.bigquery.state.table_layouts import require_same_layout
from emulators.bigquery.state.tables import create_table, drop_table, empty_table, kind_of
from emulators.bigquery.state.view import SESSION, View

_DROPS = {
    "TABLE": ("TABLE",),
    "VIEW": ("VIEW",),
    "MATERIALIZED VIEW": ("MATERIALIZED_VIEW",),
    "EXTERNAL TABLE": ("EXTERNAL",),
    "SNAPSHOT TABLE": ("SNAPSHOT",),
}


@dataclass
class Performed:
    """What DDL did: operation is CREATE, REPLACE, SKIP, ALTER or DROP; affected counts rows of TRUNCATE and LOAD.

    kind: table, routine, schema or policy (of its target); statistics: what else a job's statistics.query says of it.
    """

    operation: str
    target: TableName | None = None
    kind: str = "table"
    affected: dict[str, int] | None = None
    statistics: dict[str, Any] = field(default_factory=dict)


def _require_same_kind(existing: Table, resource: Resource) -> None:
    """400 unless CREATE OR REPLACE makes what is there already, partitioned and clustered as it is."""
    if kind_of(resource) != existing.kind:
        what = existing.kind.replace("_", " ")
        raise invalid(f"{existing.name} is not allowed for this operation because it is currently a {what}.")
    if existing.kind == "TABLE":
        require_same_layout(existing.resource, resource)


class Ddl:
    """Applies actions; data_statements adds those that need more than the catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.handlers: dict[type, Callable[[Statement, View, Transaction], Performed]] = {
            actions.CreateTable: self._create_table,
            actions.CreateView: self._create_view,
            actions.CreateSchema: self._create_schema,
            actions.AlterSchema: self._alter_schema,
            actions.DropSchema: self._drop_schema,
            actions.UndropSchema: self._undrop_schema,
            actions.DropTable: self._drop_table,
            actions.CreateRoutine: self._create_routine,
            actions.DropRoutine: self._drop_routine,
            actions.TruncateTable: self._truncate,
            actions.AlterTable: self._alter_table,
            actions.RowAccessPolicy: self._create_row_policy,
            actions.DropRowAccessPolicy: self._drop_row_policy,
            actions.CreateIndex: self._create_index,
            actions.DropIndex: self._drop_index,
        }

    def apply(self, statement: Statement, view: View, transaction: Transaction) -> Performed:
        """Do a statement's action in the transaction; ServiceError or SqlError in BigQuery's words."""
        handler = self.handlers.get(type(statement.action))
        if handler is None:
            raise SqlError(f"{statement.kind} is not supported by this emulator.", "notImplemented", 501)
        return handler(statement, view, transaction)

    def _create(
        self, view: View, transaction: Transaction, name: TableName, resource: Resource, replace: bool, skip: bool,
        rows: str | None = None,
    ) -> Performed:  # fmt: skip
        if name.dataset == SESSION:
            self._ensure_temporary(view, transaction, name.project)
        target = view.resolve(name)
        existing = self.catalog.table(target, transaction)
        if existing is not None and skip and not replace:
            return Performed("SKIP", target)
        if existing is not None and replace:
            _require_same_kind(existing, resource)
        reference = {"projectId": target.project, "datasetId": target.dataset, "tableId": target.table}
        create_table(self.catalog, transaction, resource | {"tableReference": reference}, replace, rows)
        return Performed("REPLACE" if existing is not None else "CREATE", target)

    def _ensure_temporary(self, view: View, transaction: Transaction, project: str) -> None:
        if self.catalog.get("dataset", f"{project}:{view.temporary}", transaction) is None:
            body = {"datasetReference": {"datasetId": view.temporary}, "location": view.place}
            create_dataset(self.catalog, project, body, transaction)

    def _create_table(self, statement: Statement, view: View, transaction: Transaction) -> Performed:
        action: actions.CreateTable = statement.action
        resource: Resource = {"schema": fields_to_rest(action.fields)} | partitioning_resource(action.partitioning)
        rows = statement.duckdb
        if action.method != "create":
            resource, rows = self._copied(action, view)
            assert action.source is not None
            if action.method != "like":
                require_all_rows(self.catalog, view.resolve(action.source), view.user, "copying it")
                view.require_clear(self.catalog.require(view.resolve(action.source), transaction))
        if action.clustering:
            resource["clustering"] = {"fields": list(action.clustering)}
        constraints: dict[str, Any] = {}
        if action.primary_key:
            constraints["primaryKey"] = {"columns": list(action.primary_key)}
        if action.foreign_keys:
            constraints["foreignKeys"] = [
                foreign_key_resource(key, action.name.table, i + 1) for i, key in enumerate(action.foreign_keys)
            ]
        if constraints:
            resource["tableConstraints"] = constraints
        resource = with_options(resource, action.options)
        done = self._create(view, transaction, action.name, resource, action.or_replace, action.if_not_exists, rows)
        if action.source is not None and action.method != "like" and done.operation != "SKIP":
            made = self.catalog.require(view.resolve(action.name), transaction)
            copy_policies(self.catalog, transaction, view.resolve(action.source), made)
        return done

    def _copied(self, action: actions.CreateTable, view: View) -> tuple[Resource, str | None]:
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

    def _create_view(self, statement: Statement, view: View, transaction: Transaction) -> Performed:
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
        return self._create(view, transaction, action.name, resource, action.or_replace, action.if_not_exists)

    def _create_schema(self, statement: Statement, view: View, transaction: Transaction) -> Performed:
        action: actions.CreateSchema = statement.action
        name = TableName(action.project, action.dataset, "")
        if self.catalog.get("dataset", f"{action.project}:{action.dataset}", transaction) and action.if_not_exists:
            return Performed("SKIP", name, "schema")
        body = {"datasetReference": {"datasetId": action.dataset}, "location": view.place}
        body |= dataset_options(action.options)
        create_dataset(self.catalog, action.project, body, transaction)
        return Performed("CREATE", name, "schema")

    def _alter_schema(self, statement: Statement, view: View, transaction: Transaction) -> Performed:
        action: actions.AlterSchema = statement.action
        if action.if_exists and self.catalog.get("dataset", f"{action.project}:{action.dataset}", transaction) is None:
            return Performed("SKIP", None, "schema")
        change = dataset_options(action.options)
        change_dataset(self.catalog, action.project, action.dataset, change, False, transaction=transaction)
        return Performed("ALTER", TableName(action.project, action.dataset, ""), "schema")

    def _drop_schema(self, statement: Statement, view: View, transaction: Transaction) -> Performed:
        action: actions.DropSchema = statement.action
        if action.if_exists and self.catalog.get("dataset", f"{action.project}:{action.dataset}", transaction) is None:
            return Performed("SKIP", None, "schema")
        delete_dataset(self.catalog, action.project, action.dataset, action.cascade, transaction)
        return Performed("DROP", TableName(action.project, action.dataset, ""), "schema")

    def _undrop_schema(self, statement: Statement, view: View, transaction: Transaction) -> Performed:
        action: actions.UndropSchema = statement.action
        name = TableName(action.project, action.dataset, "")
        there = self.catalog.get("dataset", f"{action.project}:{action.dataset}", transaction) is not None
        undelete_dataset(self.catalog, action.project, action.dataset, transaction, action.if_not_exists)
        return Performed("SKIP" if there else "UNDROP", name, "schema")

    def _drop_table(self, statement: Statement, view: View, transaction: Transaction) -> Performed:
        action: actions.DropTable = statement.action
        target = view.resolve(action.name)
        table = self.catalog.table(target, transaction)
        if table is None and action.if_exists:
            return Performed("SKIP", target)
        table = self.catalog.require(target, transaction) if table is None else table
        if table.kind not in _DROPS[action.kind]:
            raise SqlError(
                f"Cannot drop {table.name}, which has type {table.kind}: use DROP {table.kind.replace('_', ' ')}."
            )
        drop_table(self.catalog, transaction, table)
        return Performed("DROP", target)

    def _create_routine(self, statement: Statement, view: View, transaction: Transaction) -> Performed:
        action: actions.CreateRoutine = statement.action
        if action.name.dataset == SESSION:
            self._ensure_temporary(view, transaction, action.name.project)
        target = view.resolve(action.name)
        self.catalog.dataset(target.project, target.dataset, transaction)
        existing = self.catalog.get("routine", str(target), transaction)
        if existing is not None and action.if_not_exists:
            return Performed("SKIP", target, "routine")
        if existing is not None and not action.or_replace:
            raise ServiceError(409, "duplicate", f"Already Exists: Routine {target}")
        now = str(now_ms())
        reference = {"projectId": target.project, "datasetId": target.dataset, "routineId": target.table}
        created = existing["creationTime"] if existing else now
        resource = action.resource | {"routineReference": reference, "creationTime": created, "lastModifiedTime": now}
        self.catalog.put(transaction, "routine", str(target), resource)
        return Performed("REPLACE" if existing else "CREATE", target, "routine")

    def _drop_routine(self, statement: Statement, view: View, transaction: Transaction) -> Performed:
        action: actions.DropRoutine = statement.action
        target = view.resolve(action.name)
        if self.catalog.get("routine", str(target), transaction) is None:
            if action.if_exists:
                return Performed("SKIP", target, "routine")
            raise not_found("Routine", str(target))
        self.catalog.put(transaction, "routine", str(target), None)
        return Performed("DROP", target, "routine")

    def _truncate(self, statement: Statement, view: View, transaction: Transaction) -> Performed:
        target = view.resolve(statement.action.name)
        view.writable(statement.action.name)
        rows = empty_table(self.catalog, transaction, self.catalog.require(target, transaction))
        self.catalog.touch(transaction, target)
        return Performed("TRUNCATE", target, "table", {"DELETE": rows})

    def _alter_table(self, statement: Statement, view: View, transaction: Transaction) -> Performed:
        action: actions.AlterTable = statement.action
        target = view.resolve(action.name)
        if action.if_exists and self.catalog.table(target, transaction) is None:
            return Performed("SKIP", target)
        table = self.catalog.require(target, transaction)
        alter_table(self.catalog, transaction, table, action.changes)
        return Performed("ALTER", target)

    def _create_row_policy(self, statement: Statement, view: View, transaction: Transaction) -> Performed:
        action: actions.RowAccessPolicy = statement.action
        table = self.catalog.require(view.resolve(action.table), transaction)
        existing = self.catalog.get("row_policy", f"{table.name}.{action.name}", transaction)
        if existing is not None and action.if_not_exists:
            return _policy_done("SKIP", table.name, action.name)
        if existing is not None and not action.or_replace:
            raise ServiceError(409, "duplicate", f"Already Exists: Row access policy {action.name} on {table.name}")
        put_policy(self.catalog, transaction, table, action.name, action.filter, action.grantees)
        return _policy_done("REPLACE" if existing else "CREATE", table.name, action.name)

    def _drop_row_policy(self, statement: Statement, view: View, transaction: Transaction) -> Performed:
        """DROP ROW ACCESS POLICY name, or DROP ALL ROW ACCESS POLICIES."""
        action: actions.DropRowAccessPolicy = statement.action
        table = view.resolve(action.table)
        if action.name is None:
            names = [p["rowAccessPolicyReference"]["policyId"] for p in policies_of(self.catalog, table)]
        else:
            missing = self.catalog.get("row_policy", f"{table}.{action.name}", transaction) is None
            names = [] if missing and action.if_exists else [action.name]
        for name in names:
            drop_policy(self.catalog, transaction, table, name)
        done = "DROP" if names else "SKIP"
        if action.name is not None:
            return _policy_done(done, table, action.name)
        return Performed(done, table, statistics={"ddlAffectedRowAccessPolicyCount": str(len(names))})

    def _create_index(self, statement: Statement, view: View, transaction: Transaction) -> Performed:
        table = self.catalog.require(view.resolve(statement.action.table), transaction)
        return Performed(create_index(self.catalog, transaction, table, statement.action), table.name)

    def _drop_index(self, statement: Statement, view: View, transaction: Transaction) -> Performed:
        table = view.resolve(statement.action.table)
        return Performed(drop_index(self.catalog, transaction, table, statement.action), table)


def _policy_done(operation: str, table: TableName, name: str) -> Performed:
    target = {"projectId": table.project, "datasetId": table.dataset, "tableId": table.table, "policyId": name}
    return Performed(operation, table, "policy", statistics={"ddlTargetRowAccessPolicy": target})


def with_options(resource: Resource, options: actions.Options) -> Resource:
    """The resource with the effect of OPTIONS(...)."""
    change = table_options(options)
    expiration = change.pop("partitionExpiration", None)
    if expiration is not None and "timePartitioning" in resource:
        change["timePartitioning"] = resource["timePartitioning"] | {"expirationMs": expiration}
    if "materializedView" in change:
        change["materializedView"] = resource.get("materializedView", {}) | change["materializedView"]
    return resource | {key: value for key, value in change.items() if value is not None}
