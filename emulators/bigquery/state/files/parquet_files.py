"""Parquet files as one DuckDB relation of a given schema; what does not fit is an error that names file and column."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from emulators.bigquery.sql.model import Field
from emulators.bigquery.sql.types import quoted
from emulators.bigquery.state.bignumerics import IN_PARQUET
from emulators.bigquery.state.definitions.schema import duckdb_type
from emulators.bigquery.state.errors import invalid


@lru_cache(maxsize=100_000)
def _schema(path: str) -> pa.Schema:
    return pq.read_schema(path)


def file_schema(path: Path, uri: str) -> pa.Schema:
    """The Arrow schema of a file; 400 when it is no Parquet."""
    try:
        return _schema(str(path))
    except (pa.ArrowException, OSError) as error:
        raise invalid(
            f"Error while reading data, error message: Input file is not in Parquet format. File: {uri}; {error}", uri
        ) from error


def parquet_relation(
    files: Sequence[tuple[str, Path]], fields: Sequence[Field], keys: Sequence[Field], table: str
) -> str:
    """A subquery with the fields, the hive keys and _FILE_NAME over files given as (gs:// URI, local path).

    A column that a file does not have is NULL (400 when it is REQUIRED); a type that does not fit is 400.
    """
    present: dict[str, pa.DataType] = {}
    schemas = set()
    for uri, path in files:
        schema = file_schema(path, uri)
        present |= _check(schema, fields, uri, table)
        schemas.add(tuple((name.lower(), str(kind)) for name, kind in zip(schema.names, schema.types, strict=True)))
    options = ["filename = true", f"union_by_name = {'true' if len(schemas) > 1 else 'false'}"]
    if keys:
        kinds = ", ".join(f"{_text(key.name)}: {duckdb_type(key)}" for key in keys)
        options += ["hive_partitioning = true", f"hive_types = {{{kinds}}}"]
    else:
        options.append("hive_partitioning = false")
    columns = [f"{_value(field, present)} AS {quoted(field.name)}" for field in fields]
    # DuckDB 1.5 fails inside on min and max of a bare hive key; it prunes files through COALESCE all the same.
    columns += [f"COALESCE(CAST({quoted(key.name)} AS {duckdb_type(key)}), NULL) AS {quoted(key.name)}" for key in keys]
    columns.append(f"{_uri(files)} AS _FILE_NAME")
    paths = ", ".join(_text(str(path)) for _, path in files)
    return f"(SELECT {', '.join(columns)} FROM read_parquet([{paths}], {', '.join(options)}))"


def _value(field: Field, present: Mapping[str, pa.DataType]) -> str:
    kind = present.get(field.name.lower())
    source = "NULL" if kind is None else quoted(field.name)
    if kind is not None and pa.types.is_map(kind):
        entries = f"map_entries({source})"
        source = entries if field.mode == "REPEATED" else f"struct_pack(key_value := {entries})"
    if kind is not None and pa.types.is_decimal(kind) and field.type == "STRING":
        return f"bq.decimal_text({source})"
    if field.type == "GEOGRAPHY" and field.mode != "REPEATED":
        return f"bq_st_geogfromtext(CAST({source} AS VARCHAR))"
    if field.type == "INTERVAL":
        return f"bq.to_interval(CAST({source} AS VARCHAR))"
    return f"CAST({source} AS {duckdb_type(field)})"


def _uri(files: Sequence[tuple[str, Path]]) -> str:
    pairs = ", ".join(f"{_text(str(path))}: {_text(uri)}" for uri, path in files)
    return f"MAP {{{pairs}}}[filename]"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _check(schema: pa.Schema, fields: Sequence[Field], uri: str, table: str) -> dict[str, pa.DataType]:
    have = {name.lower(): kind for name, kind in zip(schema.names, schema.types, strict=True)}
    prefix = f"Error while reading table: {table}, error message:"
    for field in fields:
        kind = have.get(field.name.lower())
        if kind is None and field.mode == "REQUIRED":
            raise invalid(f"{prefix} Required column '{field.name}' is missing. File: {uri}", uri)
        if kind is not None and not fits(kind, field):
            wanted = f"{field.type}{' (REPEATED)' if field.mode == 'REPEATED' else ''}"
            what = f"Parquet column '{field.name}' has type {kind} which does not match the target type {wanted}."
            raise invalid(f"{prefix} {what} File: {uri}", uri)
    return {field.name.lower(): have[field.name.lower()] for field in fields if field.name.lower() in have}


def fits(kind: pa.DataType, field: Field) -> bool:
    """Whether values of an Arrow type are values of a field without loss."""
    if pa.types.is_dictionary(kind):
        return fits(kind.value_type, field)
    if pa.types.is_null(kind):
        return True
    if pa.types.is_map(kind):
        return _fits_map(kind, field)
    if field.mode == "REPEATED":
        element = Field(field.name, field.type, "NULLABLE", field.fields)
        return (pa.types.is_list(kind) or pa.types.is_large_list(kind)) and fits(kind.value_type, element)
    if field.type == "STRUCT":
        inner = {child.name.lower(): child for child in field.fields}
        return pa.types.is_struct(kind) and all(
            part.name.lower() not in inner or fits(part.type, inner[part.name.lower()]) for part in kind
        )
    return _SCALARS[field.type](kind) if field.type in _SCALARS else False


def _fits_map(kind: pa.DataType, field: Field) -> bool:
    """A map is a RECORD with a repeated key_value, or (from Avro) a repeated RECORD, of key and value."""
    if field.type == "STRUCT" and [child.name for child in field.fields] == ["key_value"]:
        field = field.fields[0]
    names = [child.name for child in field.fields]
    return field.mode == "REPEATED" and names == ["key", "value"] and fits(kind.item_type, field.fields[1])


def _decimal(kind: pa.DataType, integer: int, scale: int) -> bool:
    return bool(pa.types.is_decimal(kind)) and kind.scale <= scale and kind.precision - kind.scale <= integer


def _string(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


_SCALARS = {
    "INT64": lambda kind: pa.types.is_integer(kind) and kind != pa.uint64(),
    "FLOAT64": pa.types.is_floating,
    "NUMERIC": lambda kind: _decimal(kind, 29, 9),
    "BIGNUMERIC": lambda kind: _decimal(kind, 39, 38) or kind == IN_PARQUET,
    "BOOL": pa.types.is_boolean,
    "STRING": lambda kind: _string(kind) or pa.types.is_decimal(kind),
    "GEOGRAPHY": _string,
    "RANGE": lambda kind: pa.types.is_struct(kind) and [part.name for part in kind] == ["start", "end"],
    "JSON": _string,
    "INTERVAL": _string,
    "BYTES": lambda kind: (
        pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    ),
    "DATE": pa.types.is_date,
    "TIME": pa.types.is_time,
    "DATETIME": lambda kind: pa.types.is_timestamp(kind) and kind.tz is None,
    "TIMESTAMP": pa.types.is_timestamp,
}
