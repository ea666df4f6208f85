"""State that an earlier version wrote, brought to this one's form when it is opened."""

from typing import Any

import duckdb

from emulators.bigquery.sql.types import quoted, text

_EARLIER_BIGNUMERIC = "DECIMAL(38,18)"  # a type of nothing else
_FIND = (
    f"SELECT DISTINCT schema_name, table_name FROM duckdb_columns() WHERE contains(data_type, '{_EARLIER_BIGNUMERIC}')"
)


def upgrade(database: duckdb.DuckDBPyConnection) -> None:
    """Give each BIGNUMERIC the type BIGNUM, all of them or none; durable when it returns."""
    tables = database.execute(_FIND).fetchall()
    if not tables:
        return
    database.execute("BEGIN TRANSACTION")
    for schema, table in tables:
        _convert(database, schema, table)
    database.execute("COMMIT")
    database.execute("CHECKPOINT")


def _convert(database: duckdb.DuckDBPyConnection, schema: str, table: str) -> None:
    own = f"schema_name = {text(schema)} AND table_name = {text(table)}"
    ((definition,),) = database.execute(f"SELECT sql FROM duckdb_tables() WHERE {own}").fetchall()
    name, earlier = f"{quoted(schema)}.{quoted(table)}", f"{table} ^before"  # no name of BigQuery's has a ^
    columns = database.execute(f"SELECT * FROM {name} LIMIT 0").description
    database.execute(f"ALTER TABLE {name} RENAME TO {quoted(earlier)}")
    database.execute(definition.replace(_EARLIER_BIGNUMERIC, "BIGNUM"))
    values = ", ".join(_value(quoted(column[0]), column[1], 0) for column in columns)
    database.execute(f"INSERT INTO {name} SELECT {values} FROM {quoted(schema)}.{quoted(earlier)}")
    database.execute(f"DROP TABLE {quoted(schema)}.{quoted(earlier)}")


def _value(sql: str, kind: Any, depth: int) -> str:
    """A value of a DuckDBPyType with its BIGNUMERICs times 10^38."""
    if _EARLIER_BIGNUMERIC not in str(kind):
        return sql
    if kind.id == "list":
        one = f"one{depth}"
        return f"list_transform({sql}, lambda {one}: {_value(one, kind.children[0][1], depth + 1)})"
    if kind.id == "struct":
        parts = ((name, f"struct_extract({sql}, {text(name)})", own) for name, own in kind.children)
        members = ", ".join(f"{quoted(name)} := {_value(part, own, depth)}" for name, part, own in parts)
        return f"CASE WHEN {sql} IS NULL THEN NULL ELSE struct_pack({members}) END"
    return f"CAST(replace(CAST({sql} AS VARCHAR), '.', '') || repeat('0', 20) AS BIGNUM)"
