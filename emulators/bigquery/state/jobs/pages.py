"""Pages of rows: of a job's result, or of a table."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from emulators.bigquery.sql.model import Field
from emulators.bigquery.sql.types import quoted
from emulators.bigquery.state.arrow import arrow_schema, batch_rows
from emulators.bigquery.state.bignumerics import for_duckdb, from_duckdb
from emulators.bigquery.state.catalog import Table
from emulators.bigquery.state.definitions.partitions import partition_condition
from emulators.bigquery.state.definitions.tables import STORED
from emulators.bigquery.state.errors import invalid, not_found
from emulators.bigquery.state.jobs.anonymous import is_anonymous
from emulators.bigquery.state.jobs.jobs import Job
from emulators.bigquery.state.jobs.results import Result
from emulators.bigquery.state.jobs.selection import selected_fields, selected_sql, unknown_path
from emulators.bigquery.state.metadata.partition_summary import SUMMARY, SUMMARY_FIELDS, partition_summary
from emulators.bigquery.state.warehouse import Warehouse

_PAGE_ROWS = 50_000
_PAGE_BYTES = 10 << 20


@dataclass(frozen=True)
class Page:
    """Some rows with their schema; total is the number of all rows."""

    fields: Sequence[Field]
    rows: pa.Table
    total: int


def _limited(rows: pa.Table) -> pa.Table:
    """At most about 10 MB, and at least one row."""
    if rows.nbytes <= _PAGE_BYTES or rows.num_rows <= 1:
        return rows
    return rows.slice(0, max(1, rows.num_rows * _PAGE_BYTES // rows.nbytes))


def job_page(warehouse: Warehouse, job: Job, start: int, count: int | None) -> Page | None:
    """A page of a finished job's rows; None for a job that has none (DDL, DML)."""
    count = _PAGE_ROWS if count is None else min(count, _PAGE_ROWS)
    if job.table is None:
        return None
    result = warehouse.anonymous.get(str(job.table))
    if result is not None:
        return Page(result.fields, _limited(result.page(start, count)), result.rows)
    if not is_anonymous(job.table.dataset) or warehouse.catalog.table(job.table) is not None:
        return table_page(warehouse, warehouse.catalog.require(job.table), start, count, None)
    raise not_found("Table", f"{job.table}: the rows of this query are kept no longer; run it again")


def result_page(
    warehouse: Warehouse, result: Result, start: int, count: int | None, selected: Sequence[str] | None
) -> Page:
    """A page of the rows of a query, read from the anonymous table that holds them."""
    rows, fields = result.page(start, _PAGE_ROWS if count is None else count), _chosen(result.fields, selected)
    if selected:
        places = {field.name: quoted(f"c{i}") for i, field in enumerate(result.fields)}
        cursor = warehouse.store.cursor()
        try:
            cursor.register("result page", for_duckdb(rows))
            columns = ", ".join(selected_sql(places[field.name], field) for field in fields)
            rows = _slice(cursor, quoted("result page"), columns, 0, rows.num_rows)
        finally:
            cursor.close()
    return Page(fields, rows, result.rows)


def _chosen(fields: Sequence[Field], selected: Sequence[str] | None) -> list[Field]:
    """selected_fields; 400 when one is not there."""
    unknown = unknown_path(fields, selected or ())
    if unknown is not None:
        raise invalid(f"The following selected fields do not exist in the table schema: {unknown}")
    return selected_fields(fields, selected)


def table_page(
    warehouse: Warehouse, table: Table, start: int, count: int | None, selected: Sequence[str] | None,
    partition: str | None = None,
) -> Page:  # fmt: skip
    """A page of a native table, or of a partition of it, in the order in which its rows are stored."""
    if table.kind not in STORED:
        raise invalid(f"Cannot list a table of type {table.kind}.")
    if partition == SUMMARY:
        return _summary_page(warehouse, table, start, count, selected)
    count = _PAGE_ROWS if count is None else min(count, _PAGE_ROWS)
    fields = _chosen(table.fields, selected)
    columns = ", ".join(selected_sql(quoted(f.name), f) if selected else quoted(f.name) for f in fields) or "NULL"
    source = f"{table.physical}{f' WHERE {partition_condition(table, partition)}' if partition else ''}"
    cursor = warehouse.store.cursor()
    try:
        total = int(cursor.execute(f"SELECT count(*) FROM {source}").fetchall()[0][0])
        rows = _slice(cursor, source, columns, start, count)
    finally:
        cursor.close()
    return Page(fields, _limited(rows), total)


def _slice(cursor: duckdb.DuckDBPyConnection, source: str, columns: str, start: int, count: int) -> pa.Table:
    rows = cursor.execute(f"SELECT {columns} FROM {source} LIMIT {count} OFFSET {start}")
    found = rows.to_arrow_table(batch_rows(len(rows.description)))
    values = [from_duckdb(column) for column in found.columns]
    return pa.Table.from_arrays(values, [f"c{i}" for i in range(len(values))])


def _summary_page(
    warehouse: Warehouse, table: Table, start: int, count: int | None, selected: Sequence[str] | None
) -> Page:
    """A page of a table's list of partitions (table$__PARTITIONS_SUMMARY__)."""
    rows = pa.Table.from_pylist(partition_summary(warehouse, table), arrow_schema(SUMMARY_FIELDS))
    fields = _chosen(SUMMARY_FIELDS, selected)
    rows = rows.select([field.name for field in fields])
    end = rows.num_rows if count is None else count
    return Page(fields, rows.slice(start, end), rows.num_rows)
