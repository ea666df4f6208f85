"""Arrow types of columns, and rows into DuckDB."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from emulators.bigquery.sql.analysis.constants import value_sql
from emulators.bigquery.sql.model import Field
from emulators.bigquery.sql.types import of_field, quoted
from emulators.bigquery.state import bignumerics
from emulators.bigquery.state.definitions.layout import stored_sql
from emulators.bigquery.state.errors import not_implemented

_BATCH_ROWS, _BATCH_VALUES, _LEAST_ROWS = 65_536, 1 << 20, 2_048
_FEW = 500  # values that are sooner parsed as SQL than handed over by Arrow
_ARROW = {
    "INT64": pa.int64(), "FLOAT64": pa.float64(), "NUMERIC": pa.decimal128(38, 9), "BIGNUMERIC": bignumerics.HELD,
    "BOOL": pa.bool_(), "STRING": pa.string(), "BYTES": pa.binary(), "DATE": pa.date32(), "TIME": pa.time64("us"),
    "DATETIME": pa.timestamp("us"), "TIMESTAMP": pa.timestamp("us", "UTC"), "JSON": pa.string(),
    "INTERVAL": pa.month_day_nano_interval(), "GEOGRAPHY": pa.string(),
}  # fmt: skip


def batch_rows(columns: int) -> int:
    """How many rows at once to take from DuckDB by Arrow: before it has one, it reserves a batch's memory for all of
    the columns, by its own default 8 MB for each."""
    return max(_LEAST_ROWS, min(_BATCH_ROWS, _BATCH_VALUES // max(columns, 1)))


def arrow_type(field: Field) -> pa.DataType:
    """The Arrow type in which a column's values enter and leave."""
    if field.mode == "REPEATED":
        return pa.list_(pa.field("item", arrow_type(Field(field.name, field.type, "NULLABLE", field.fields))))
    if field.type == "STRUCT":
        return pa.struct([pa.field(child.name, arrow_type(child)) for child in field.fields])
    if field.type == "RANGE":
        limit = arrow_type(field.fields[0])
        return pa.struct([pa.field("start", limit), pa.field("end", limit)])
    if field.type not in _ARROW:
        raise not_implemented(f"Type {field.type}")
    return _ARROW[field.type]


def arrow_schema(fields: Sequence[Field]) -> pa.Schema:
    """The Arrow schema of columns; REQUIRED is not nullable."""
    return pa.schema([pa.field(f.name, arrow_type(f), nullable=f.mode != "REQUIRED") for f in fields])


def append_arrow(cursor: duckdb.DuckDBPyConnection, table: str, rows: pa.Table, fields: Sequence[Field]) -> int:
    """Append an Arrow table, whose columns are the fields in order, to a DuckDB table; returns the number of rows.

    Raises duckdb.ConstraintException or ConversionException where REQUIRED or another promise of a field is broken.
    """
    if not rows.num_rows:  # an INSERT of none could harm: see Transaction.write_again
        return 0
    name = f"batch {uuid.uuid4().hex}"
    cursor.register(name, bignumerics.for_duckdb(rows))
    try:
        wanted = ", ".join(quoted(field.name) for field in fields)
        cursor.execute(f"INSERT INTO {table} ({wanted}) {stored_sql(fields, f'SELECT * FROM {quoted(name)}')}")
    finally:
        cursor.unregister(name)
    return int(rows.num_rows)


def _literal(fields: Sequence[Field]) -> bool:
    """Whether the values of fields can be written as SQL literals."""
    return all(field.type not in ("RANGE", "INTERVAL") and _literal(field.fields) for field in fields)


def append_rows(
    cursor: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]], fields: Sequence[Field]
) -> None:
    """Append rows (values by the fields' names) to a DuckDB table; raises as append_arrow does."""
    if len(rows) * len(fields) > _FEW or not _literal(fields):
        append_arrow(cursor, table, bignumerics.table(list(rows), arrow_schema(fields)), fields)
        return
    kinds = [of_field(field) for field in fields]
    values = ", ".join(
        f"({', '.join(value_sql(row[field.name], kind) for field, kind in zip(fields, kinds, strict=True))})"
        for row in rows
    )
    wanted = ", ".join(quoted(field.name) for field in fields)
    cursor.execute(f"INSERT INTO {table} ({wanted}) {stored_sql(fields, f'VALUES {values}')}")
