"""The catalog as one script sees it: its own uncommitted changes, its temporary tables, and what it has read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb

from emulators.bigquery.sql import legacy
from emulators.bigquery.sql.model import Field, SqlError, Statement, TableInfo, TableName
from emulators.bigquery.sql.types import quoted
from emulators.bigquery.state.access.policy_tags import PolicyTags
from emulators.bigquery.state.access.row_policies import require_all_rows, row_filter
from emulators.bigquery.state.bignumerics import for_duckdb
from emulators.bigquery.state.catalog import Catalog, Table
from emulators.bigquery.state.definitions.change_history import Asked, changed, noted
from emulators.bigquery.state.definitions.layout import hidden_fields, relation_sql
from emulators.bigquery.state.definitions.past import removal
from emulators.bigquery.state.definitions.tables import STORED
from emulators.bigquery.state.files.external import External
from emulators.bigquery.state.jobs.results import Result
from emulators.bigquery.state.metadata.information_schema import InformationSchema
from emulators.bigquery.state.store import Transaction

SESSION = "_SESSION"
_REWRITES = ("UPDATE", "DELETE", "MERGE")


@dataclass
class Read:
    """What a statement reads of external tables: files opened and their bytes."""

    files: int = 0
    bytes: int = 0
    tables: set[str] = field(default_factory=set)


class View:
    """Implements the SQL layer's Catalog for one script; `transaction` is its open one, if any.

    temporary: the dataset that holds its temporary tables (hidden, dropped with the script or session);
    user: who asks, for row access policies and, by tags, for columns.
    """

    def __init__(
        self,
        catalog: Catalog,
        external: External,
        information: InformationSchema,
        cursor: duckdb.DuckDBPyConnection,
        temporary: str,
        anonymous: Mapping[str, Result],
        user: str,
        tags: PolicyTags,
    ) -> None:
        self.catalog, self.cursor, self.temporary, self.user = catalog, cursor, temporary, user
        self.tags = tags
        self.transaction: Transaction | None = None
        self.read = Read()
        self.place: str | None = None  # where the job runs, when its caller has said so: nothing else is found
        self._defined: dict[str, Table] = {}
        self._external, self._information, self._anonymous = external, information, anonymous

    def resolve(self, name: TableName) -> TableName:
        """A temporary table's real name; others as they are."""
        return TableName(name.project, self.temporary, name.table) if name.dataset == SESSION else name

    def define(self, name: TableName, definition: Mapping[str, Any]) -> None:
        """An external table for this script alone (tableDefinitions); 400 for a definition that is wrong."""
        reference = {"projectId": name.project, "datasetId": name.dataset, "tableId": name.table}
        resource = {"tableReference": reference, "type": "EXTERNAL", "externalDataConfiguration": definition}
        self._defined[str(name)] = Table(self._external.prepare(resource))

    def find(self, name: TableName) -> Table | None:
        """The table with its resource, or None."""
        defined = self._defined.get(str(name))
        if defined is not None:
            return defined
        found = self.catalog.table(self.resolve(name), self.transaction)
        if found is None or name.dataset == SESSION:
            return found
        return None if self._elsewhere(str(found.resource["location"])) else found

    def _elsewhere(self, location: str) -> bool:
        return self.place is not None and location.lower() != self.place.lower()

    def table(self, name: TableName, as_of: datetime | None = None) -> TableInfo | None:
        anonymous = self._anonymous.get(str(name))
        if anonymous is not None:
            return TableInfo(name, "TABLE", anonymous.fields)
        found = self.find(name)
        if found is not None and as_of is not None:
            found, _ = self.at(name, as_of)
        if found is None:
            return None
        definition = found.resource.get("view") or found.resource.get("materializedView") or {}
        query = definition.get("query")
        if query and definition.get("useLegacySql"):
            query = legacy.translate(query)
        partitions, hidden, required = _partition_columns(found), hidden_fields(found), _filter_required(found)
        if found.kind == "EXTERNAL":
            partitions, hidden, required = self._external.describe(found)
        allowed = row_filter(self.catalog, found.name, self.user)
        return TableInfo(name, found.kind, found.fields, query, partitions, required, hidden, allowed)

    def tables(self, project: str, dataset: str, prefix: str) -> Sequence[TableName]:
        return [table.name for table in self.catalog.tables(project, dataset) if table.name.table.startswith(prefix)]

    def location(self, project: str, dataset: str) -> str | None:
        if dataset == SESSION:
            return "US"
        found = self.catalog.get("dataset", f"{project}:{dataset}", self.transaction)
        return None if found is None or self._elsewhere(str(found["location"])) else str(found["location"])

    def relation(self, name: TableName, predicates: Sequence[str], as_of: datetime | None = None) -> str:
        anonymous = self._anonymous.get(str(name))
        if anonymous is not None:
            return self._register(name, anonymous)
        found = self.find(name)
        if found is None:
            raise SqlError(f"Not found: Table {name}", "notFound", 404)
        self.read.tables.add(str(found.name))
        if found.kind == "EXTERNAL":
            scan = self._external.scan(found, predicates)
            self.read.files += scan.files
            self.read.bytes += scan.bytes
            return self.tags.relation(found, self.user, scan.relation)
        if as_of is not None:
            then, rows = self.at(name, as_of)
            return self.tags.relation(then, self.user, relation_sql(then, rows))
        return self.tags.relation(found, self.user, relation_sql(found))

    def at(self, name: TableName, as_of: datetime) -> tuple[Table, str]:
        """A stored table as it was, and a DuckDB relation with its rows."""
        found = self.find(name)
        temporary = self.resolve(name).dataset == self.temporary
        if found is not None and (temporary or found.kind not in STORED):
            kind = "temporary table" if temporary else found.kind.lower().replace("_", " ")
            raise SqlError(f"FOR SYSTEM_TIME AS OF is not supported for {kind} {name}: it keeps no earlier versions.")
        moment = self.catalog.at(self.resolve(name), as_of, self.cursor, self.transaction)
        if moment is None:
            raise SqlError(f"Not found: Table {name}", "notFound", 404)
        return Table(moment.resource), moment.rows

    def changed(self, function: str, name: TableName, start: datetime | None, end: datetime | None) -> str:
        found = self.find(name)
        assert found is not None  # the analysis has found it
        if self.transaction is not None or self.resolve(name).dataset == self.temporary:
            raise SqlError(f"{function} cannot be used in a multi-statement transaction, nor on a temporary table.")
        self.require_clear(found)
        self.read.tables.add(str(found.name))
        return changed(found, self.catalog.past.versions(found.name), Asked(function, start, end), self.cursor)

    def _register(self, name: TableName, result: Result) -> str:
        columns = ", ".join(f"c{i} AS {quoted(field.name)}" for i, field in enumerate(result.fields))
        self.cursor.register(f"result {name.table}", for_duckdb(result.table))
        return f"(SELECT {columns} FROM {quoted(f'result {name.table}')})"

    def writable(self, name: TableName) -> str:
        found = self.find(name)
        if found is None:
            raise SqlError(f"Not found: Table {name}", "notFound", 404)
        if found.kind != "TABLE":
            label = found.kind.lower().replace("_", " ")
            raise SqlError(f"Cannot modify {name}: DML over {label} is not allowed.", "invalidQuery", 400)
        require_all_rows(self.catalog, found.name, self.user, "changing it")
        return found.physical

    def removal(self, name: TableName, rowids: str) -> Sequence[str]:
        found = self.find(name)
        assert found is not None  # writable has found it
        return removal(found, f"w.rowid IN ({rowids})")

    def noted(self, name: TableName, made: str, columns: Sequence[str]) -> Sequence[str]:
        found = self.find(name)
        if found is None or self.transaction is not None:  # the service tells no changes of such a transaction either
            return ()
        return noted(found, made, columns)

    def require_readable(self, statement: Statement) -> None:
        """403 unless the caller may read the columns that a statement names; what it changes it must read clearly."""
        for scan in statement.scans:
            table = self.find(scan.table)
            if table is not None:
                self.tags.require(table, self.user, scan.columns, clear=False)
        target = self.find(statement.target) if statement.target and statement.kind in _REWRITES else None
        if target is not None:
            self.require_clear(target)

    def require_clear(self, table: Table) -> None:
        """403 unless the caller reads every column of a table as it is."""
        self.tags.require(table, self.user, [field.name for field in table.fields], clear=True)

    def routine(self, name: TableName) -> Mapping[str, Any] | None:
        return self.catalog.get("routine", str(self.resolve(name)), self.transaction)

    def library(self, uri: str) -> str:
        return self._external.text(uri)

    def schema_rows(self, dataset: TableName, view: str) -> tuple[tuple[Field, ...], Sequence[Sequence[Any]]] | None:
        return self._information.rows(dataset, view, self.user)


def _partition_columns(table: Table) -> tuple[str, ...]:
    time = table.resource.get("timePartitioning")
    if time is not None:
        return (time["field"],) if time.get("field") else tuple(field.name for field in hidden_fields(table))
    numbers = table.resource.get("rangePartitioning")
    return (numbers["field"],) if numbers is not None else ()


def _filter_required(table: Table) -> bool:
    time = table.resource.get("timePartitioning") or {}
    return bool(table.resource.get("requirePartitionFilter") or time.get("requirePartitionFilter"))
