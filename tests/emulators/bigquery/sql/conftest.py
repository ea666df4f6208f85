"""A warehouse small enough to test the SQL layer alone: a real DuckDB, tables by name, scripts run as the contract
says."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb
import pytest

from emulators.bigquery.sql import actions
from emulators.bigquery.sql.analysis.constants import plain
from emulators.bigquery.sql.errors import from_duckdb
from emulators.bigquery.sql.model import Field, QueryParameter, SqlError, Statement, TableInfo, TableName
from emulators.bigquery.sql.translate import duckdb_type, install, translate
from emulators.bigquery.sql.types import of_field


class Warehouse:
    """Keeps tables in DuckDB under their own names; notes the predicates that scans were given."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.user = "ada@example.com"
        self.place: str | None = None
        self.infos: dict[TableName, TableInfo] = {}
        self.routines: dict[TableName, Mapping[str, Any]] = {}
        self.predicates: list[tuple[str, ...]] = []
        self.actions: list[Any] = []
        self.statements: list[Statement] = []
        self.schema: tuple[Field, ...] = ()

    # --- the catalog ---------------------------------------------------------------------------------------------
    def table(self, name: TableName, as_of: datetime | None = None) -> TableInfo | None:
        return self.infos.get(name)

    def tables(self, project: str, dataset: str, prefix: str) -> Sequence[TableName]:
        return [n for n in self.infos if (n.project, n.dataset) == (project, dataset) and n.table.startswith(prefix)]

    def location(self, project: str, dataset: str) -> str | None:
        return "EU" if dataset in ("d", "_SESSION") else None

    def relation(self, name: TableName, predicates: Sequence[str], as_of: datetime | None = None) -> str:
        self.predicates.append(tuple(predicates))
        for predicate in predicates:
            self.connection.execute(f"SELECT * FROM {self.writable(name)} WHERE {predicate}")
        return self.writable(name)

    def writable(self, name: TableName) -> str:
        return f'"{name.dataset}.{name.table}"'

    def removal(self, name: TableName, rowids: str) -> Sequence[str]:
        return [f"DELETE FROM {self.writable(name)} WHERE rowid IN ({rowids})"]

    def noted(self, name: TableName, made: str, columns: Sequence[str]) -> Sequence[str]:
        return ()

    def routine(self, name: TableName) -> Mapping[str, Any] | None:
        return self.routines.get(name)

    def library(self, uri: str) -> str:
        return {
            "gs://b/twice.js": "function twice(x) { return x * 2; }",
            "gs://b/halves.js": "export default function half(x) { return x / 2; }\n"
            "export const unit = 10; export const name = 'ten';",
        }[uri]

    def schema_rows(self, dataset: TableName, view: str) -> tuple[tuple[Field, ...], Sequence[Sequence[Any]]] | None:
        if view != "TABLES":
            return None
        return (Field("table_name", "STRING"),), [(n.table,) for n in self.infos]

    # --- running -------------------------------------------------------------------------------------------------
    def run(self, text: str, parameters: Sequence[QueryParameter] = ()) -> list[tuple[Any, ...]]:
        """Run a script; the rows of its last SELECT."""
        rows: list[tuple[Any, ...]] = []
        script = translate(text, self, "p", "d", parameters)
        for statement in script:
            try:
                found = self._execute(statement)
            except SqlError as error:
                if not script.failed(error):
                    raise
                continue
            script.done(found, len(found))
            if statement.kind == "SELECT" and not statement.wants_rows:
                rows, self.schema = found, statement.schema
        return rows

    def _execute(self, statement: Statement) -> list[tuple[Any, ...]]:
        """One statement in a transaction of its own."""
        self.statements.append(statement)
        self.connection.execute("BEGIN")
        try:
            rows = self._perform(statement)
        except duckdb.Error as error:
            self.connection.execute("ROLLBACK")
            raise from_duckdb(error) from error
        self.connection.execute("COMMIT")
        return rows

    def _perform(self, statement: Statement) -> list[tuple[Any, ...]]:
        for sql in statement.prepare:
            self.connection.execute(sql).fetchall()
        if statement.action is not None:
            self._act(statement)
        if statement.action is not None or statement.duckdb is None:
            return []
        kinds = [of_field(field) for field in statement.schema]
        found = self.connection.execute(statement.duckdb).fetchall()
        rows = [tuple(map(plain, row, kinds)) if kinds else tuple(row) for row in found]
        for sql in statement.cleanup:
            self.connection.execute(sql)
        return rows

    def _act(self, statement: Statement) -> None:
        action = statement.action
        self.actions.append(action)
        if isinstance(action, actions.CreateTable):
            self.create(action.name, action.fields)
            if statement.duckdb is not None:
                self.connection.execute(f"INSERT INTO {self.writable(action.name)} {statement.duckdb}")
        elif isinstance(action, actions.CreateView):
            self.infos[action.name] = TableInfo(action.name, "VIEW", action.fields, action.query)
        elif isinstance(action, actions.CreateRoutine):
            self.routines[action.name] = action.resource
        elif isinstance(action, actions.DropTable):
            self.infos.pop(action.name, None)

    def create(self, name: TableName, fields: tuple[Field, ...], **more: Any) -> None:
        """A table with these columns; more goes into its TableInfo."""
        columns = ", ".join(f'"{f.name}" {duckdb_type(f)}{" NOT NULL" if f.mode == "REQUIRED" else ""}' for f in fields)
        self.connection.execute(f"CREATE OR REPLACE TABLE {self.writable(name)} ({columns})")
        self.infos[name] = TableInfo(name, "TABLE", fields, **more)


@pytest.fixture(scope="session")
def instance() -> duckdb.DuckDBPyConnection:
    """One DuckDB for all tests of the session; each test gets its own warehouse on it."""
    connection = duckdb.connect(config={"threads": 1})
    install(connection)
    return connection


@pytest.fixture
def warehouse(instance: duckdb.DuckDBPyConnection) -> Warehouse:
    return Warehouse(instance)
