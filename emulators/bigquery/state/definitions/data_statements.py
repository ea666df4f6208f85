"""Statements that move data or rights: CREATE EXTERNAL TABLE, LOAD DATA, EXPORT DATA, GRANT, REVOKE."""

from typing import Any

from emulators.bigquery.sql import actions
from emulators.bigquery.sql.model import SqlError, Statement, TableName
from emulators.bigquery.state.access.policies import change_bindings
from emulators.bigquery.state.definitions.options import partitioning_resource, with_options
from emulators.bigquery.state.definitions.partitions import partition_of
from emulators.bigquery.state.definitions.schema import fields_to_rest
from emulators.bigquery.state.definitions.tables import create_table
from emulators.bigquery.state.definitions.writes import Destination
from emulators.bigquery.state.files.avro_rows import CIVIL_TYPES
from emulators.bigquery.state.files.extracts import export_rows
from emulators.bigquery.state.files.file_options import file_options
from emulators.bigquery.state.jobs.loads import plan_load, write_load
from emulators.bigquery.state.jobs.performed import Performed
from emulators.bigquery.state.jobs.query_jobs import reference
from emulators.bigquery.state.jobs.results import read_result
from emulators.bigquery.state.jobs.temporary import ensure_temporary
from emulators.bigquery.state.store import Transaction
from emulators.bigquery.state.view import SESSION, View
from emulators.bigquery.state.warehouse import Warehouse

_EXPORT = ("uri", "format", "compression", "overwrite", "header", "field_delimiter", "use_avro_logical_types")


class DataStatements:
    """The actions that need more than the catalog."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        warehouse.ddl.handlers |= {
            actions.CreateExternalTable: self.create_external,
            actions.LoadData: self.load,
            actions.ExportData: self.export,
            actions.Grant: self.grant,
            actions.RefreshMaterializedView: self.refresh,
            actions.AbortSession: self.abort_session,
        }

    def create_external(self, statement: Statement, view: View, transaction: Transaction) -> Performed:
        """CREATE EXTERNAL TABLE."""
        action: actions.CreateExternalTable = statement.action
        catalog, name = self._warehouse.catalog, action.name
        existing = catalog.table(name, transaction)
        if existing is not None and action.if_not_exists:
            return Performed("SKIP", name)
        configuration, settings = file_options(action.options, action.partition_columns)
        configuration.setdefault("autodetect", not action.fields)
        reference = {"projectId": name.project, "datasetId": name.dataset, "tableId": name.table}
        resource: dict[str, Any] = {"tableReference": reference, "externalDataConfiguration": configuration, **settings}
        if action.fields:
            resource["schema"] = fields_to_rest(action.fields)
        create_table(catalog, transaction, self._warehouse.external.prepare(resource), action.or_replace)
        return Performed("REPLACE" if existing is not None else "CREATE", name)

    def load(self, statement: Statement, view: View, transaction: Transaction) -> Performed:
        """LOAD DATA INTO | OVERWRITE."""
        action: actions.LoadData = statement.action
        configuration, _ = file_options(action.files, action.partition_columns)
        configuration |= {"autodetect": not action.fields}
        if action.fields:
            configuration["schema"] = fields_to_rest(action.fields)
        settings = with_options(partitioning_resource(action.partitioning), action.options)
        if action.clustering:
            settings["clustering"] = {"fields": list(action.clustering)}
        write = "WRITE_TRUNCATE" if action.overwrite else "WRITE_APPEND"
        target = view.resolve(action.name)
        if action.name.dataset == SESSION:
            ensure_temporary(self._warehouse.catalog, view, transaction, action.name.project)
        partition = None
        if action.partition is not None:
            existing = self._warehouse.catalog.table(target, transaction)
            partition = partition_of(settings if existing is None else existing.resource, *action.partition)
        where = Destination(target, partition, write, "CREATE_IF_NEEDED", settings)
        load = plan_load(self._warehouse, configuration, where)
        rows = write_load(self._warehouse, transaction, load)
        done = {"inputFiles": str(len(load.files)), "inputFileBytes": str(load.size), "outputRows": str(rows),
                "badRecords": str(load.bad_records)}  # fmt: skip
        return Performed("LOAD", where.name, affected={"INSERT": rows}, statistics={"loadQueryStatistics": done})

    def export(self, statement: Statement, view: View, transaction: Transaction) -> Performed:
        """EXPORT DATA AS query."""
        options = statement.action.options
        unknown = [name for name in options if name not in _EXPORT]
        if unknown:
            raise SqlError(f"Unknown option: {unknown[0]}")
        if not options.get("uri") or not options.get("format"):
            raise SqlError("EXPORT DATA needs the options uri and format")
        if "*" not in options["uri"]:
            raise SqlError("Option 'uri' value must be a wild card URI")
        assert statement.duckdb is not None
        view.cursor.execute(statement.duckdb)
        result = read_result(view.cursor, statement.schema, self._warehouse.results)
        form, settings = str(options["format"]).upper(), dict(options)
        plain = options.get("use_avro_logical_types") is False
        settings |= {"delimiter": options.get("field_delimiter"), "header": options.get("header", False),
                     "overwrite": options.get("overwrite", False),
                     "texts": (*CIVIL_TYPES, "TIMESTAMP") if plain else ()}  # fmt: skip
        files = export_rows(self._warehouse.objects, result.table, result.fields, [options["uri"]], form, settings)
        done = {"fileCount": str(sum(files)), "rowCount": str(result.rows)}
        return Performed("EXPORT", statistics={"exportDataStatistics": done})

    def grant(self, statement: Statement, view: View, transaction: Transaction) -> Performed:
        """GRANT and REVOKE: the bindings of a dataset's or table's policy."""
        action: actions.Grant = statement.action
        name: TableName = action.name
        if action.resource == "SCHEMA":
            self._warehouse.catalog.dataset(name.project, name.dataset, transaction)
            key, target = f"{name.project}:{name.dataset}", "dclTargetDataset"
            named = {"projectId": name.project, "datasetId": name.dataset}
        else:
            table = self._warehouse.catalog.require(name, transaction)
            key, target = str(table.name), "dclTargetView" if table.kind == "VIEW" else "dclTargetTable"
            named = reference(table.name)
        change_bindings(self._warehouse.catalog, transaction, key, action.roles, action.principals, action.revoke)
        return Performed("REVOKE" if action.revoke else "GRANT", statistics={target: named})

    def refresh(self, statement: Statement, view: View, transaction: Transaction) -> Performed:
        """CALL BQ.REFRESH_MATERIALIZED_VIEW: a materialised view here is computed at each read, so it is fresh."""
        found = self._warehouse.catalog.require(statement.action.name, transaction)
        if found.kind != "MATERIALIZED_VIEW":
            raise SqlError(
                f"{found.name} is a {found.kind.replace('_', ' ')}; only a materialized view can be refreshed."
            )
        return Performed("REFRESH", statement.action.name)

    def abort_session(self, statement: Statement, view: View, transaction: Transaction) -> Performed:
        """CALL BQ.ABORT_SESSION: the session ends when its running jobs are done."""
        given = statement.action.session
        if given is None and not view.temporary.startswith("_session"):
            raise SqlError("There is no session to abort: this query runs in none, and gives no session ID")
        self._warehouse.sessions.abort(given or view.temporary.removeprefix("_session"))
        return Performed("ABORT_SESSION")


def install(warehouse: Warehouse) -> None:
    """Let the warehouse's DDL know these statements."""
    DataStatements(warehouse)
