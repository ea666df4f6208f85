"""Default values of columns, for writers that leave columns out: load jobs, insertAll and the Storage Write API."""

from collections.abc import Iterable, Sequence
from contextlib import closing

import pyarrow as pa

from emulators.bigquery.sql.analysis.analyzer import Analyzer, Environment
from emulators.bigquery.sql.analysis.dml import default_of
from emulators.bigquery.sql.analysis.statements import load_rules
from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.arrow import arrow_type
from emulators.bigquery.state.bignumerics import from_duckdb
from emulators.bigquery.state.catalog import Table
from emulators.bigquery.state.warehouse import Warehouse


def defaulted(table: Table, present: Iterable[str]) -> list[Field]:
    """The columns with a default that are not among the present ones."""
    given = {name.lower() for name in present}
    return [field for field in table.fields if field.default is not None and field.name.lower() not in given]


def default_sql(warehouse: Warehouse, table: Table, field: Field, user: str) -> str:
    """DuckDB SQL for a column's default value, in the column's type."""
    load_rules()
    view = warehouse.view(user)
    with closing(view.cursor):
        return default_of(Analyzer(Environment(view, table.name.project, None), str(field.default)), field).sql


def default_values(warehouse: Warehouse, table: Table, field: Field, rows: int, user: str = "") -> pa.ChunkedArray:
    """A default value for each of some rows."""
    with closing(warehouse.store.cursor()) as cursor:
        sql = f"SELECT {default_sql(warehouse, table, field, user)} AS v FROM range({rows})"
        found = from_duckdb(cursor.execute(sql).to_arrow_table()["v"])
    return found.cast(arrow_type(field))


def with_defaults(
    warehouse: Warehouse, table: Table, rows: pa.Table, columns: Sequence[str], wanted: Iterable[Field],
    missing_is_null: bool,
) -> tuple[pa.Table, list[str]]:  # fmt: skip
    """Rows with the defaults of the wanted columns: where one is absent, and (missing_is_null) where it is NULL."""
    names = list(columns)
    for field in wanted:
        if field.name not in names:
            values = default_values(warehouse, table, field, rows.num_rows)
            names, rows = [*names, field.name], rows.append_column(f"c{len(names)}", values)
        elif missing_is_null and rows.column(names.index(field.name)).null_count:
            at = names.index(field.name)
            values = default_values(warehouse, table, field, rows.num_rows)
            column = rows.column(at)
            filled = pa.compute.if_else(column.is_null(), values, column)
            rows = rows.set_column(at, f"c{at}", filled)
    return rows, names
