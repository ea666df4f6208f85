"""Parquet files whose decimals DuckDB would not read as BigQuery does: read from a copy that has texts instead."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from emulators.bigquery.sql.functions.formatting import decimal_text
from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.arrow import arrow_type
from emulators.bigquery.state.bignumerics import exact, for_parquet
from emulators.bigquery.state.errors import invalid, not_implemented
from emulators.bigquery.state.files.objects import made_once
from emulators.bigquery.state.files.parquet_files import file_schema, fits

_MOST_DIGITS = 38  # of DuckDB's DECIMAL: it reads a wider one as DOUBLE


def readable(uri: str, path: Path, fields: Sequence[Field]) -> Path:
    """The file, or a copy in which a BIGNUMERIC is what bignumerics makes of it; 400 when a value is too large for it.

    What does not fit its field at all stays as it is: parquet_relation refuses it.
    """
    wide = _wide(path, uri, tuple(fields))
    if not wide:
        return path
    digest = hashlib.md5(repr(sorted(wide.items())).encode(), usedforsecurity=False).hexdigest()[:12]
    target = path.with_name(f"{path.name}.{digest}.wide.parquet")
    try:
        return made_once(target, lambda part: _write(part, path, wide))
    except pa.ArrowException as error:
        raise invalid(f"Error while reading data, error message: {error}. File: {uri}", uri) from error


@lru_cache(maxsize=10_000)
def _wide(path: Path, uri: str, fields: tuple[Field, ...]) -> Mapping[str, Field]:
    """The columns to change, each with its field; 400 when the file is no Parquet."""
    known = {field.name.lower(): field for field in fields}
    found = {}
    for part in file_schema(path, uri):
        field = known.get(part.name.lower())
        if field is None or not fits(part.type, field):
            continue
        is_wide = pa.types.is_decimal(part.type) and part.type.precision > _MOST_DIGITS
        if (field.type == "STRING" and is_wide) or _has_bignumeric(field):
            found[part.name] = field
    return found


def _has_bignumeric(field: Field) -> bool:
    return field.type == "BIGNUMERIC" or any(map(_has_bignumeric, field.fields))


def _write(target: Path, path: Path, wide: Mapping[str, Field]) -> None:
    source = pq.ParquetFile(path)
    empty = _changed(source.schema_arrow.empty_table(), wide)
    with pq.ParquetWriter(target, empty.schema) as writer:
        for batch in source.iter_batches():
            writer.write_table(_changed(pa.Table.from_batches([batch]), wide))


def _changed(rows: pa.Table, wide: Mapping[str, Field]) -> pa.Table:
    for name, field in wide.items():
        at = rows.column_names.index(name)
        column = rows.column(at).combine_chunks()
        made = _texts(column) if field.type == "STRING" else exact(column, _target(column.type, field), _kept)
        rows = rows.set_column(at, pa.field(name, made.type), made)
    return for_parquet(rows)


def _texts(column: pa.Array) -> pa.Array:
    return pa.array([None if value is None else decimal_text(value) for value in column.to_pylist()], pa.string())


def _kept(column: Any, wanted: pa.DataType) -> Any:
    return column


def _target(kind: pa.DataType, field: Field) -> pa.DataType:
    """The file's own type, but for what is a BIGNUMERIC in the field."""
    if pa.types.is_map(kind) and _has_bignumeric(field):
        raise not_implemented(f"BIGNUMERIC in field {field.name}, which is a map in the file,")
    if pa.types.is_large_list(kind) or pa.types.is_list(kind):
        return pa.list_(_target(kind.value_type, Field(field.name, field.type, "NULLABLE", field.fields)))
    if pa.types.is_struct(kind):
        inner = {child.name.lower(): child for child in field.fields}
        return pa.struct(
            [p.with_type(_target(p.type, inner[p.name.lower()])) if p.name.lower() in inner else p for p in kind]
        )
    return arrow_type(field) if field.type == "BIGNUMERIC" else kind
