"""Files of JSON lines by Arrow, block by block: those that text_formats.json_rows would read alike, but faster."""

import gzip
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.arrow import arrow_type
from emulators.bigquery.state.files.arrow_texts import Unusual, from_texts, plain, require_known

_BLOCK_BYTES = 8 << 20
_OWN = ("INT64", "FLOAT64", "BOOL", "STRING")  # what JSON has a type for; values of other types are texts
_NESTED = ("INT64", "BOOL", "STRING")


def json_tables(path: Path, fields: Sequence[Field], configuration: Mapping[str, Any]) -> Iterator[pa.Table]:
    """The rows as Arrow tables, columns in the order of the fields; Unusual, at any time, when in doubt."""
    require_known(configuration)
    shape = pa.schema([(field.name, _type(field)) for field in fields])
    with _source(path) as source:
        lines = sum(1 for line in source if line.strip())
    rows = 0
    with _source(path) as source:
        options = pyarrow.json.ParseOptions(explicit_schema=shape, unexpected_field_behavior="error")
        try:
            for batch in pyarrow.json.open_json(source, pyarrow.json.ReadOptions(block_size=_BLOCK_BYTES), options):
                batch.validate(full=True)
                rows += batch.num_rows
                columns = [_column(pa.chunked_array([batch.column(field.name)]), field) for field in fields]
                yield pa.table(columns, names=shape.names)
        except (pa.ArrowInvalid, UnicodeDecodeError) as error:
            raise Unusual from error
    if rows != lines:  # Arrow takes two objects in a line, and one in two lines
        raise Unusual


def _source(path: Path) -> IO[bytes]:
    with path.open("rb") as probe:
        compressed = probe.read(2) == b"\x1f\x8b"
    return gzip.open(path) if compressed else path.open("rb")  # type: ignore[return-value]


def _type(field: Field) -> pa.DataType:
    """How JSON spells a field; Unusual where its values need more than that."""
    if field.mode != "REPEATED" and field.type != "STRUCT" and plain(field):
        return arrow_type(field) if field.type in _OWN else pa.string()
    parts = field.fields if field.type == "STRUCT" and field.mode != "REPEATED" else (replace(field, mode="NULLABLE"),)
    if all(part.type in _NESTED and part.mode == "NULLABLE" and plain(part) for part in parts):
        return arrow_type(field)
    raise Unusual


def _column(values: pa.ChunkedArray, field: Field) -> pa.ChunkedArray:
    if field.mode == "REPEATED":
        if values.null_count or pc.list_flatten(values).null_count:
            raise Unusual  # no array is an empty one, and an array may not hold NULL
        return values
    if field.mode == "REQUIRED" and values.null_count:
        raise Unusual
    if field.type == "FLOAT64" and not pc.all(pc.is_finite(values), min_count=0).as_py():
        raise Unusual  # NaN is no JSON
    return values if field.type in _OWN or field.type == "STRUCT" else from_texts(values, field)
