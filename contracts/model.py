"""What a contract says, as plain values: the only form in which other rooms see it."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

Capture = Literal["cdc", "stream"]
History = Literal["latest", "versions", "append"]
Enforcement = Literal["pipeline", "topic"]


@dataclass(frozen=True)
class Column:
    """One column. `bigquery_type` is its type in silver: INT64, JSON, ARRAY<STRING>, ... (contracts/types.py)."""

    name: str
    logical_type: str
    physical_type: str | None
    bigquery_type: str
    required: bool
    primary_key: bool
    classification: str | None
    description: str | None


@dataclass(frozen=True)
class Comparison:
    """`observed <operator> value`. `between` and `not between` take a pair of bounds, both included."""

    operator: Literal["=", "!=", ">", ">=", "<", "<=", "between", "not between"]
    value: Any


@dataclass(frozen=True)
class QualityRule:
    """One measurable expectation: a figure (`metric`, or what `query` returns) and the comparisons that must all hold.

    `metric` is rowCount, nullValues, missingValues, invalidValues, duplicateValues or sql. `unit` is rows or percent.
    `blocking` says whether what comes after the table must wait (severity error) or not (severity warning).
    """

    name: str
    table: str
    metric: str
    columns: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    unit: Literal["rows", "percent"]
    blocking: bool
    valid_values: tuple[Any, ...] = ()
    missing_values: tuple[Any, ...] = ()
    pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    query: str | None = None
    description: str | None = None


@dataclass(frozen=True)
class Freshness:
    """The newest value of `column` may be at most `max_age` old."""

    column: str
    max_age: timedelta


@dataclass(frozen=True)
class Database:
    """Where cdc tables live. `type` is postgresql; host and secrets: names.database_url_variable."""

    type: str
    schema: str


@dataclass(frozen=True)
class Table:
    """A table or an event of a source. `physical_name` is its name in the source, `name` everywhere else.

    `retention_days`: for how long bronze keeps an event's rows; None where the contract does not bound it.
    """

    source: str
    name: str
    description: str | None
    physical_name: str
    capture: Capture
    history: History
    event_time: str | None
    enforcement: Enforcement
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    quality: tuple[QualityRule, ...] = ()
    freshness: Freshness | None = None
    retention_days: int | None = None

    def column(self, name: str) -> Column:
        """The column of that name. Raises KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.source}.{self.name} has no column {name!r}")


@dataclass(frozen=True)
class Contract:
    """One source: one file. `retired` names tables that it once had, and that may be deleted."""

    id: str
    version: str
    name: str
    description: str | None
    database: Database | None
    tables: tuple[Table, ...]
    file: Path
    retired: tuple[str, ...] = ()

    def table(self, name: str) -> Table:
        """The table or event of that name. Raises KeyError when there is none."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(f"contract {self.id!r} has no table {name!r}")
