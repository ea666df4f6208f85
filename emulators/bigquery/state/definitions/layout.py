"""How a table's columns are laid out in DuckDB, with the constraints that BigQuery promises."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from emulators.bigquery.sql.analysis.limits import limited_sql
from emulators.bigquery.sql.model import Field
from emulators.bigquery.sql.types import quoted
from emulators.bigquery.state.catalog import Table
from emulators.bigquery.state.definitions.partitions import unexpired
from emulators.bigquery.state.definitions.past import SINCE
from emulators.bigquery.state.definitions.schema import duckdb_type

PARTITION_TIME = Field("_PARTITIONTIME", "TIMESTAMP")
PARTITION_DATE = Field("_PARTITIONDATE", "DATE")


def create_sql(table: Table, name: str) -> str:
    """CREATE TABLE with types, NOT NULL and checks; an ingestion-time table keeps _PARTITIONTIME as a column."""
    columns = [_column(field) for field in table.fields]
    if table.ingestion_partitioned:
        unit = table.resource["timePartitioning"].get("type", "DAY").lower()
        columns.append(f"{quoted(PARTITION_TIME.name)} TIMESTAMPTZ DEFAULT date_trunc('{unit}', now())")
    columns.append(f"{SINCE} TIMESTAMPTZ DEFAULT now()")
    return f"CREATE TABLE {name} ({', '.join([*columns, *checks(table.fields)])})"


def stored_sql(fields: Sequence[Field], rows: str) -> str:
    """The rows of a query (columns in the order of the fields) as the columns take them: rounded, or refused."""
    names = [quoted(f"c{i}") for i in range(len(fields))]
    values = [limited_sql(name, field) for name, field in zip(names, fields, strict=True)]
    return rows if values == names else f"SELECT {', '.join(values)} FROM ({rows}) AS given({', '.join(names)})"


def _column(field: Field) -> str:
    return f"{quoted(field.name)} {duckdb_type(field)}{' NOT NULL' if field.mode == 'REQUIRED' else ''}"


def checks(fields: Sequence[Field]) -> list[str]:
    """CHECK constraints for what a type cannot say: lengths, no NULL in an array, REQUIRED inside of a STRUCT."""
    return [f"CHECK ({condition})" for field in fields for condition in _conditions(field, quoted(field.name))]


def _conditions(field: Field, path: str) -> Iterator[str]:
    if (
        field.mode == "REPEATED"
    ):  # DuckDB allows no lambda here, so what is inside of an array's elements is not checked
        yield f"{path} IS NULL OR list_aggregate({path}, 'count') = len({path})"
        return
    if field.max_length is not None:
        measure = "octet_length" if field.type == "BYTES" else "length"
        yield f"{path} IS NULL OR {measure}({path}) <= {field.max_length}"
    if field.type != "STRUCT":
        return
    for child in field.fields:
        name = child.name.replace("'", "''")
        inner = f"struct_extract({path}, '{name}')"
        if child.mode == "REQUIRED":
            yield f"{path} IS NULL OR {inner} IS NOT NULL"
        for condition in _conditions(child, inner):
            yield f"{path} IS NULL OR ({condition})"


def hidden_fields(table: Table) -> tuple[Field, ...]:
    """The pseudo-columns of an ingestion-time partitioned table."""
    if not table.ingestion_partitioned:
        return ()
    unit = table.resource["timePartitioning"].get("type", "DAY")
    arrival = replace(PARTITION_TIME, default=f"TIMESTAMP_TRUNC(CURRENT_TIMESTAMP(), {unit})")
    return (arrival, PARTITION_DATE) if unit == "DAY" else (arrival,)


def relation_sql(table: Table, rows: str | None = None) -> str:
    """The relation to read, with the fields and the pseudo-columns; rows: those of the table, unless they are given."""
    hidden, condition, rows = hidden_fields(table), unexpired(table), rows or table.physical
    if not hidden:
        if condition is not None:
            return f"(SELECT * FROM {rows} WHERE {condition})"
        return rows if table.fields else f"(SELECT NULL AS nothing FROM {rows})"
    columns = [quoted(field.name) for field in table.fields] + [quoted(PARTITION_TIME.name)]
    if len(hidden) == 2:
        columns.append(f"CAST({quoted(PARTITION_TIME.name)} AS DATE) AS {quoted(PARTITION_DATE.name)}")
    return f"(SELECT {', '.join(columns)} FROM {rows}{f' WHERE {condition}' if condition else ''})"
