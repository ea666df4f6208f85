"""Partition ids such as 20240131, and the rows they name."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from emulators.bigquery.sql.types import quoted
from emulators.bigquery.state.catalog import Table
from emulators.bigquery.state.errors import invalid

_FORMATS = {"HOUR": "%Y%m%d%H", "DAY": "%Y%m%d", "MONTH": "%Y%m", "YEAR": "%Y"}


def partition_key(table: Table) -> str:
    """A DuckDB expression that is the same for rows of one partition; a constant for a table without partitions."""
    numbers = table.resource.get("rangePartitioning")
    if numbers is not None:
        start, end, step = (int(numbers["range"][key]) for key in ("start", "end", "interval"))
        column = quoted(numbers["field"])  # what is outside of the range is in one partition
        return f"CASE WHEN {column} < {start} OR {column} >= {end} THEN -1 ELSE ({column} - {start}) // {step} END"
    time = table.resource.get("timePartitioning")
    if time is None:
        return "1"
    return f"date_trunc('{time.get('type', 'DAY').lower()}', {quoted(time.get('field') or '_PARTITIONTIME')})"


def partition_id(table: Table) -> str | None:
    """A DuckDB expression for the id of a row's partition, as PARTITIONS shows it; None without partitions."""
    numbers = table.resource.get("rangePartitioning")
    if numbers is not None:
        column = quoted(numbers["field"])
        start, end, step = (int(numbers["range"][key]) for key in ("start", "end", "interval"))
        return (
            f"CASE WHEN {column} IS NULL THEN '__NULL__' WHEN {column} < {start} OR {column} >= {end} "
            f"THEN '__UNPARTITIONED__' ELSE CAST({start} + (({column} - {start}) // {step}) * {step} AS VARCHAR) END"
        )
    time = table.resource.get("timePartitioning")
    if time is None:
        return None
    column = quoted(time.get("field") or "_PARTITIONTIME")
    return f"coalesce(strftime({column}, '{_FORMATS[time.get('type', 'DAY')]}'), '__NULL__')"


def unexpired(table: Table) -> str | None:
    """A DuckDB condition for the rows of partitions that have not expired; None when they never do.

    A partition expires when its end is longer ago than the table's expiration.
    """
    time = table.resource.get("timePartitioning") or {}
    if not time.get("expirationMs"):
        return None
    oldest = datetime.now(UTC) - timedelta(milliseconds=int(time["expirationMs"]))
    column, unit = quoted(time.get("field") or "_PARTITIONTIME"), time.get("type", "DAY").lower()
    moment = oldest.strftime("%Y-%m-%d %H:%M:%S")
    return f"({column} IS NULL OR {column} >= date_trunc('{unit}', TIMESTAMP '{moment}'))"


def partition_condition(table: Table, partition: str) -> str:
    """A DuckDB condition for the rows of one partition ($id); 400 when the id does not fit the table."""
    numbers = table.resource.get("rangePartitioning")
    if numbers is not None and partition == "__NULL__":
        return f"{quoted(numbers['field'])} IS NULL"
    if numbers is not None:
        if not re.fullmatch(r"-?\d+", partition):
            raise invalid(f"Invalid partition decorator ${partition} for table {table.name}: an integer is needed.")
        start, step = int(partition), int(numbers["range"]["interval"])
        column = quoted(numbers["field"])
        return f"{column} >= {start} AND {column} < {start + step}"
    time = table.resource.get("timePartitioning")
    if time is None:
        raise invalid(f"Table {table.name} is not partitioned, so ${partition} names nothing.")
    column = quoted(time.get("field") or "_PARTITIONTIME")
    if partition == "__NULL__":
        return f"{column} IS NULL"
    # The column's own type (DATE, DATETIME or TIMESTAMP, in UTC) decides how the literal is read.
    return f"date_trunc('{time.get('type', 'DAY').lower()}', {column}) = '{partition_start(table, partition)}'"


def partition_of(resource: Mapping[str, Any], column: str, value: Any) -> str:
    """The id of the partition that a value of the partitioning column is in; 400 where that is another column."""
    time, numbers = resource.get("timePartitioning"), resource.get("rangePartitioning")
    own = (numbers or time or {}).get("field") or "_PARTITIONTIME"
    if (time is None and numbers is None) or own.lower() != column.lower().replace("_partitiondate", "_partitiontime"):
        raise invalid(f"PARTITIONS names {column}, by which the table is not partitioned.")
    if isinstance(value, date):
        return value.strftime(_FORMATS[(time or {}).get("type", "DAY")])
    return str(value)


def partition_start(table: Table, partition: str) -> str:
    """When a partition of time ($id) begins, in UTC; 400 when the id does not fit the table."""
    unit = table.resource["timePartitioning"].get("type", "DAY")
    try:
        start = datetime.strptime(partition, _FORMATS[unit]).replace(tzinfo=UTC)
    except ValueError:
        raise invalid(
            f"Invalid partition decorator ${partition} for table {table.name}, partitioned by {unit}."
        ) from None
    return start.strftime("%Y-%m-%d %H:%M:%S")
