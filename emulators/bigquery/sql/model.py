"""What the SQL layer promises to the state layer: a script becomes statements that DuckDB, or the catalog, can execute.

The SQL layer knows GoogleSQL and DuckDB's dialect and nothing of storage; the state layer owns tables, jobs and files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class TableName:
    """A fully qualified table: project, dataset, table (BigQuery's spelling, case-sensitive)."""

    project: str
    dataset: str
    table: str


@dataclass(frozen=True)
class Field:
    """A column in BigQuery's REST terms: type is the legacy-free name (INT64, STRING, STRUCT ...), mode NULLABLE, REQUIRED or REPEATED."""

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


@dataclass(frozen=True)
class TableInfo:
    """What the translator may know of a table.

    kind is TABLE, VIEW, MATERIALIZED_VIEW or EXTERNAL; view_query is GoogleSQL (the translator expands it in place);
    partition_columns are the columns whose constant predicates the state layer can prune by.
    """

    name: TableName
    kind: str
    fields: tuple[Field, ...]
    view_query: str | None = None
    partition_columns: tuple[str, ...] = ()
    require_partition_filter: bool = False


class Catalog(Protocol):
    """What the state layer offers while a statement is analysed."""

    def table(self, name: TableName) -> TableInfo | None: ...

    def relation(self, name: TableName, predicates: Sequence[Any]) -> str:
        """A DuckDB relation (quoted name, or a subquery in parentheses) with exactly the columns of TableInfo.fields.

        predicates: sqlglot conditions in GoogleSQL, without table qualifiers, that restrict the table's partition columns;
        they are hints: the statement still filters.
        """
        ...

    def routine(self, name: TableName) -> Mapping[str, Any] | None:
        """A stored routine in BigQuery's REST form (routineType, arguments, definitionBody ...), or None."""
        ...

    def schema_rows(self, dataset: TableName | None, view: str) -> tuple[tuple[Field, ...], Sequence[Sequence[Any]]] | None:
        """The rows of INFORMATION_SCHEMA.<view> (of a dataset: its project and dataset; or of the project), or None when unknown."""
        ...


@dataclass(frozen=True)
class Statement:
    """One statement of a script, ready to execute.

    kind: BigQuery's statementType (SELECT, INSERT, UPDATE, DELETE, MERGE, TRUNCATE_TABLE, CREATE_TABLE, CREATE_TABLE_AS_SELECT, ...).
    duckdb: the SQL to run with `parameters` bound; for a SELECT or the query part of CTAS it returns the rows.
    target: the table that is written or defined; action: for DDL the typed request (see actions.py), else None.
    reads: the tables read.
    """

    kind: str
    text: str
    duckdb: str | None = None
    parameters: tuple[Any, ...] = ()
    target: TableName | None = None
    action: Any = None
    reads: tuple[TableName, ...] = ()
    extras: Mapping[str, Any] = field(default_factory=dict)


class SqlError(Exception):
    """A mistake in the SQL, in BigQuery's words; reason is BigQuery's (invalidQuery, notFound, ...)."""

    def __init__(self, message: str, reason: str = "invalidQuery", status: int = 400) -> None:
        super().__init__(message)
        self.message, self.reason, self.status = message, reason, status
