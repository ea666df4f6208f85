"""What the SQL layer promises to the state layer: a script becomes statements that DuckDB, or the catalog, can execute.

The SQL layer knows GoogleSQL and DuckDB's dialect and nothing of storage; the state layer owns tables, jobs and files.

How values look in DuckDB (tables, results, parameters): INT64 BIGINT, FLOAT64 DOUBLE, NUMERIC DECIMAL(38,9),
BIGNUMERIC BIGNUM (the value times 10^38; nothing else is a BIGNUM), BOOL BOOLEAN, STRING VARCHAR, BYTES BLOB,
DATE DATE, TIME TIME, DATETIME TIMESTAMP, TIMESTAMP TIMESTAMPTZ (the session's TimeZone is UTC), JSON JSON,
INTERVAL INTERVAL, ARRAY<T> T[], STRUCT<...> STRUCT(...), RANGE<T> STRUCT("start" T, "end" T), GEOGRAPHY VARCHAR (WKT);
see types.duckdb.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class TableName:
    """A fully qualified table: project, dataset, table (BigQuery's spelling, case-sensitive).

    A temporary table of the running script or session has the dataset "_SESSION".
    """

    project: str
    dataset: str
    table: str

    def __str__(self) -> str:
        return f"{self.project}:{self.dataset}.{self.table}"


@dataclass(frozen=True)
class Field:
    """A column in BigQuery's REST terms.

    type is the name without legacy spelling (INT64, STRING, STRUCT, RANGE ...), mode NULLABLE, REQUIRED or REPEATED;
    a RANGE has its element type as the only entry of `fields`, named "element".
    """

    name: str
    type: str
    mode: str = "NULLABLE"
    fields: tuple["Field", ...] = ()
    description: str | None = None
    precision: int | None = None
    scale: int | None = None
    max_length: int | None = None
    default: str | None = None
    policy_tags: tuple[str, ...] = ()
    rounding_mode: str | None = None
    collation: str | None = None  # of a STRING: "und:ci", "" for none whatever the default is, None for the default


@dataclass(frozen=True)
class TableInfo:
    """What the translator may know of a table.

    kind is TABLE, VIEW, MATERIALIZED_VIEW, SNAPSHOT or EXTERNAL; view_query is GoogleSQL of a VIEW (expanded in place;
    a MATERIALIZED_VIEW is read through `relation` when view_query is None);
    partition_columns are the columns whose constant predicates the state layer can prune by;
    hidden are pseudo-columns that can be named but are not part of `*` (_PARTITIONTIME, _PARTITIONDATE, _FILE_NAME):
    `relation` yields them after the fields; row_filter is GoogleSQL for the rows that the caller may read (None: all).
    """

    name: TableName
    kind: str
    fields: tuple[Field, ...]
    view_query: str | None = None
    partition_columns: tuple[str, ...] = ()
    require_partition_filter: bool = False
    hidden: tuple[Field, ...] = ()
    row_filter: str | None = None


class Catalog(Protocol):
    """What the state layer offers while a statement is analysed."""

    @property
    def user(self) -> str:
        """The e-mail address of whoever asks."""
        ...

    @property
    def place(self) -> str | None:
        """Where the query runs, when its caller has said so."""
        ...

    def table(self, name: TableName, as_of: datetime | None = None) -> TableInfo | None:
        """The table, or None when it (or its dataset) does not exist. Temporary tables: dataset "_SESSION".

        as_of: as it was then; SqlError for a moment of which nothing is known.
        """
        ...

    def tables(self, project: str, dataset: str, prefix: str) -> Sequence[TableName]:
        """The tables of a dataset whose name starts with prefix, for wildcard tables."""
        ...

    def location(self, project: str, dataset: str) -> str | None:
        """The dataset's location (EU, US, europe-west1 ...), or None when there is no such dataset."""
        ...

    def relation(self, name: TableName, predicates: Sequence[str], as_of: datetime | None = None) -> str:
        """A DuckDB relation to read: a quoted name, or a subquery in parentheses; columns as TableInfo.fields, then
        hidden.

        predicates: DuckDB conditions over the partition columns alone (e.g. `"day" >= DATE '2024-01-01'`), all of which
        the statement requires: hints for pruning; the statement still filters. as_of: FOR SYSTEM_TIME AS OF.
        """
        ...

    def changed(self, function: str, name: TableName, start: datetime | None, end: datetime | None) -> str:
        """A DuckDB subquery for APPENDS or CHANGES: the fields, _CHANGE_TYPE and _CHANGE_TIMESTAMP (and, of CHANGES,
        _CHANGE_IS_FOR_UPDATE) of what happened from start on, before end.

        SqlError for a time that cannot be read; refuses what is not known exactly.
        """
        ...

    def writable(self, name: TableName) -> str:
        """The quoted name of the DuckDB base table that DML on `name` changes (SqlError when it cannot be changed)."""
        ...

    def removal(self, name: TableName, rowids: str) -> Sequence[str]:
        """The DuckDB statements that remove rows of a base table, the DELETE last; rowids: a query for which ones."""
        ...

    def noted(self, name: TableName, made: str, columns: Sequence[str]) -> Sequence[str]:
        """The DuckDB statements that keep for CHANGES what an UPDATE or MERGE is about to do: its table of changes has
        rowid r, kind k and the new values c0, c1 ... of the columns."""
        ...

    def routine(self, name: TableName) -> Mapping[str, Any] | None:
        """A stored routine in BigQuery's REST form (routineType, arguments, definitionBody ...), or None."""
        ...

    def library(self, uri: str) -> str:
        """The text of an object of Cloud Storage (gs://...): a library that a JavaScript function names."""
        ...

    def schema_rows(self, dataset: TableName, view: str) -> tuple[tuple[Field, ...], Sequence[Sequence[Any]]] | None:
        """The rows of INFORMATION_SCHEMA.<view>, as Python values in the order of the fields; None when unknown.

        dataset: its project and dataset, table empty (for `region-eu.INFORMATION_SCHEMA.X` the dataset is "region-eu").
        view is upper case; "__TABLES__" asks for the legacy meta-table.
        """
        ...


@dataclass(frozen=True)
class QueryParameter:
    """A query parameter: name None when positional; field gives the type; value as REST sends it, already unwrapped.

    Scalars are strings (or None); arrays lists; structs dicts by field name; ranges {"start": ..., "end": ...}.
    """

    name: str | None
    field: Field
    value: Any


@dataclass(frozen=True)
class TableScan:
    """What a statement reads of a table: columns, and predicates (DuckDB's, over partition columns) that prune it."""

    table: TableName
    columns: tuple[str, ...]
    predicates: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """One statement of a script, ready to execute.

    kind: BigQuery's statementType (SELECT, INSERT, UPDATE, DELETE, MERGE, TRUNCATE_TABLE, CREATE_TABLE,
        CREATE_TABLE_AS_SELECT, BEGIN_TRANSACTION ...; see translate.py); text: the GoogleSQL of this statement.
    prepare: SQL to run first, in the same transaction (they check, or make temporary tables); cleanup: to run last.
    duckdb: the SQL to run; for a SELECT, or the query part of CTAS, EXPORT DATA ..., it returns rows as `schema` says;
        for INSERT, UPDATE and DELETE DuckDB returns the count; for MERGE it returns one row per changed row with one
        column: 'INSERT', 'UPDATE' or 'DELETE'.
    schema: the result's columns, in BigQuery's types.
    target: the table that is written or defined; action: for DDL the typed request (see actions.py), else None.
    reads: the tables read, views included; scans: what of the stored ones; routines: the stored functions called.
    wants_rows: the script needs this statement's rows (`Script.result`) before it can go on; they are no query result.
    """

    kind: str
    text: str
    duckdb: str | None = None
    prepare: tuple[str, ...] = ()
    cleanup: tuple[str, ...] = ()
    schema: tuple[Field, ...] = ()
    target: TableName | None = None
    action: Any = None
    reads: tuple[TableName, ...] = ()
    wants_rows: bool = False
    scans: tuple[TableScan, ...] = ()
    routines: tuple[TableName, ...] = ()


class SqlError(Exception):
    """A mistake in the SQL, in BigQuery's words; reason is BigQuery's (invalidQuery, notFound, ...).

    statement: the text of the script's statement that failed, once a script has seen it; frames: where that is, and
    where the procedures that it is in were called (line, column, filename, location), innermost first; raised: whether
    RAISE made it, so that a handler reads the message as it is.
    """

    def __init__(self, message: str, reason: str = "invalidQuery", status: int = 400) -> None:
        super().__init__(message)
        self.message, self.reason, self.status = message, reason, status
        self.statement: str | None = None
        self.frames: list[dict[str, Any]] = []
        self.raised = False
