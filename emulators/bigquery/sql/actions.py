"""DDL as typed requests: the SQL layer says what is wanted, the state layer does it.

Options are a dict of OPTIONS(...) with lower-case names and Python values: str, int, float, Decimal, bool, None,
datetime, lists, and for labels and tags a list of (key, value) pairs.
if_exists / if_not_exists / or_replace are the clauses as written; the state layer answers accordingly
(Already Exists: Table p:d.t, reason duplicate 409; Not found: Table p:d.t was not found in location L, reason notFound 404).
"""  # noqa: E501

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from emulators.bigquery.sql.model import Field, TableName

Options = dict[str, Any]


@dataclass(frozen=True)
class Partitioning:
    """PARTITION BY: kind "time" (column, granularity), "ingestion" (granularity) or "range" (column, start, end, step).

    granularity is HOUR, DAY, MONTH or YEAR.
    """

    kind: str
    column: str | None = None
    granularity: str = "DAY"
    start: int = 0
    end: int = 0
    step: int = 0


@dataclass(frozen=True)
class ForeignKey:
    """FOREIGN KEY (columns) REFERENCES table (referenced), NOT ENFORCED."""

    name: str | None
    columns: tuple[str, ...]
    table: TableName
    referenced: tuple[str, ...]


@dataclass(frozen=True)
class CreateTable:
    """CREATE TABLE. With a query (Statement.duckdb not None) the rows come from Statement.duckdb, in order of `fields`.

    fields are complete in either case (declared, or the query's); clone: CLONE / COPY / LIKE / SNAPSHOT source.
    method: "create", "clone", "copy", "like" or "snapshot".
    """

    name: TableName
    fields: tuple[Field, ...]
    or_replace: bool = False
    if_not_exists: bool = False
    temporary: bool = False
    partitioning: Partitioning | None = None
    clustering: tuple[str, ...] = ()
    options: Options = field(default_factory=dict)
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    method: str = "create"
    source: TableName | None = None
    as_of: datetime | None = None


@dataclass(frozen=True)
class CreateView:
    """CREATE [MATERIALIZED] VIEW: query is its GoogleSQL, names in it as written; fields what it returns."""

    name: TableName
    query: str
    fields: tuple[Field, ...]
    materialized: bool = False
    or_replace: bool = False
    if_not_exists: bool = False
    options: Options = field(default_factory=dict)
    partitioning: Partitioning | None = None
    clustering: tuple[str, ...] = ()


@dataclass(frozen=True)
class CreateExternalTable:
    """CREATE EXTERNAL TABLE: fields empty means autodetect; options as written (format, uris,
    hive_partition_uri_prefix ...).

    partition_columns: WITH PARTITION COLUMNS; None when the clause is absent, () when it has no list (AUTO detection).
    """

    name: TableName
    fields: tuple[Field, ...]
    options: Options
    partition_columns: tuple[Field, ...] | None = None
    or_replace: bool = False
    if_not_exists: bool = False


@dataclass(frozen=True)
class CreateSchema:
    project: str
    dataset: str
    if_not_exists: bool = False
    options: Options = field(default_factory=dict)


@dataclass(frozen=True)
class AlterSchema:
    project: str
    dataset: str
    options: Options
    if_exists: bool = False


@dataclass(frozen=True)
class DropSchema:
    project: str
    dataset: str
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True)
class UndropSchema:
    project: str
    dataset: str
    if_not_exists: bool = False
    location: str | None = None


@dataclass(frozen=True)
class DropTable:
    """DROP TABLE / VIEW / MATERIALIZED VIEW / EXTERNAL TABLE / SNAPSHOT TABLE: kind is one of those, with spaces."""

    name: TableName
    kind: str = "TABLE"
    if_exists: bool = False


@dataclass(frozen=True)
class CreateRoutine:
    """CREATE [AGGREGATE] FUNCTION / TABLE FUNCTION / PROCEDURE: resource is the REST form (routineType, arguments
    ...)."""

    name: TableName
    resource: dict[str, Any]
    or_replace: bool = False
    if_not_exists: bool = False


@dataclass(frozen=True)
class DropRoutine:
    """DROP FUNCTION / TABLE FUNCTION / PROCEDURE."""

    name: TableName
    kind: str = "FUNCTION"
    if_exists: bool = False


@dataclass(frozen=True)
class TruncateTable:
    name: TableName


@dataclass(frozen=True)
class Grant:
    """GRANT / REVOKE roles ON resource (SCHEMA, TABLE or VIEW) TO / FROM principals; for a schema name.table is
    empty."""

    name: TableName
    resource: str
    roles: tuple[str, ...]
    principals: tuple[str, ...]
    revoke: bool = False


@dataclass(frozen=True)
class RowAccessPolicy:
    """CREATE ROW ACCESS POLICY: filter is GoogleSQL over the table's columns."""

    name: str
    table: TableName
    grantees: tuple[str, ...]
    filter: str
    or_replace: bool = False
    if_not_exists: bool = False


@dataclass(frozen=True)
class DropRowAccessPolicy:
    """DROP ROW ACCESS POLICY name, or all of them (name None)."""

    name: str | None
    table: TableName
    if_exists: bool = False


@dataclass(frozen=True)
class CreateIndex:
    """CREATE SEARCH INDEX or VECTOR INDEX (kind); ddl: the statement as it is written."""

    name: str
    table: TableName
    kind: str
    columns: tuple[tuple[str, Options], ...]
    options: Options
    ddl: str
    or_replace: bool = False
    if_not_exists: bool = False


@dataclass(frozen=True)
class DropIndex:
    """DROP SEARCH INDEX or VECTOR INDEX (kind)."""

    name: str
    table: TableName
    kind: str
    if_exists: bool = False


@dataclass(frozen=True)
class ExportData:
    """EXPORT DATA OPTIONS(uri, format, overwrite, header, ...) AS query: the rows are Statement.duckdb's."""

    options: Options


@dataclass(frozen=True)
class LoadData:
    """LOAD DATA INTO / OVERWRITE table [(columns)] FROM FILES(options).

    partition: the partitioning column and its value in the one partition that is written.
    """

    name: TableName
    fields: tuple[Field, ...]
    files: Options
    overwrite: bool = False
    partitioning: Partitioning | None = None
    clustering: tuple[str, ...] = ()
    options: Options = field(default_factory=dict)
    partition_columns: tuple[Field, ...] | None = None
    partition: tuple[str, Any] | None = None


@dataclass(frozen=True)
class AbortSession:
    """CALL BQ.ABORT_SESSION([id]): the session of the script itself without an id."""

    session: str | None


@dataclass(frozen=True)
class RefreshMaterializedView:
    """CALL BQ.REFRESH_MATERIALIZED_VIEW(name)."""

    name: TableName
