"""What a column's type promises beyond DuckDB's: lengths, precision and scale, REQUIRED inside of arrays."""

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.model import Field


def limited_sql(sql: str, field: Field, depth: int = 0) -> str:
    """The value as the column takes it: rounded to its scale, an error where it breaks a promise."""
    if not _promises(field, inside=False):
        return sql
    if field.mode == "REPEATED":
        one = f"limited{depth}"
        return f"list_transform({sql}, lambda {one}: {_element(one, field, depth + 1)})"
    return _element(sql, field, depth)


def _promises(field: Field, inside: bool) -> bool:
    """Whether there is anything to check; inside: within an array, where a table's own constraints do not reach."""
    repeated = inside or field.mode == "REPEATED"
    if field.type == "STRUCT":
        return any(_promises(child, repeated) or (repeated and child.mode == "REQUIRED") for child in field.fields)
    return field.max_length is not None or field.precision is not None


def _element(sql: str, field: Field, depth: int) -> str:
    if field.type == "STRUCT":
        members = ", ".join(f"{t.quoted(f.name)} := {_member(sql, f, depth)}" for f in field.fields)
        return f"CASE WHEN {sql} IS NULL THEN NULL ELSE struct_pack({members}) END"
    if field.max_length is not None:
        return f"bq.limit_{field.type.lower()}({sql}, {field.max_length})"
    if field.precision is not None:
        even = "_even" if field.rounding_mode == "ROUND_HALF_EVEN" else ""
        return f"bq.limit_{field.type.lower()}{even}({sql}, {field.precision}, {field.scale or 0})"
    return sql


def _member(sql: str, field: Field, depth: int) -> str:
    found = limited_sql(f"struct_extract({sql}, {t.text(field.name)})", field, depth)
    if field.mode != "REQUIRED":
        return found
    kind = t.duckdb(t.of_field(field))
    message = t.text(f"Required field {field.name} cannot be null")
    return f"COALESCE({found}, CAST(CAST(bq.fail({message}) AS VARCHAR) AS {kind}))"
