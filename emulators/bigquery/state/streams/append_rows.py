"""Rows of an append, Arrow or protobuf, as an Arrow table that fits the BigQuery table."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.arrow import arrow_type
from emulators.bigquery.state.bignumerics import exact, holds
from emulators.bigquery.state.decimals import exact_cast
from emulators.bigquery.state.files.parquet_files import fits
from emulators.bigquery.state.streams.streams import StreamError

_FIRST_MICROSECOND, _LAST_MICROSECOND = -62_135_596_800_000_000, 253_402_300_799_999_999
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896


def from_arrow(
    schema: bytes, batch: bytes, columns_of: Sequence[Field], optional: frozenset[str] = frozenset()
) -> tuple[pa.Table, list[str]]:
    """An IPC schema and batch -> (rows in the columns' types, their names); StreamError when they do not fit.

    optional: columns (lower case) that may be absent though they are REQUIRED.
    """
    try:
        writer = pa.ipc.read_schema(pa.py_buffer(schema))
        rows = pa.ipc.read_record_batch(pa.py_buffer(batch), writer)
        rows.validate()
    except (pa.ArrowException, OSError) as error:
        raise StreamError("INVALID_ARGUMENT", f"Arrow data cannot be read: {error}") from error
    return fit_columns(pa.Table.from_batches([rows]), columns_of, optional)


def fit_columns(rows: pa.Table, columns_of: Sequence[Field], optional: frozenset[str]) -> tuple[pa.Table, list[str]]:
    """Cast by name to the columns; one that is absent will be NULL."""
    fields = {field.name.lower(): field for field in columns_of}
    columns: list[pa.ChunkedArray] = []
    names: list[str] = []
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        field = fields.pop(name.lower(), None)
        if field is None:
            raise StreamError(
                "INVALID_ARGUMENT",
                f"Input schema has more fields than BigQuery schema, extra fields: '{name}'",
                "SCHEMA_MISMATCH_EXTRA_FIELDS",
            )
        columns.append(_fit(column, field))
        names.append(field.name)
    missing = [field.name for name, field in fields.items() if field.mode == "REQUIRED" and name not in optional]
    if missing:
        raise StreamError("INVALID_ARGUMENT", f"The required field {missing[0]} is missing in the input schema.")
    return pa.table(columns, names=[f"c{i}" for i in range(len(columns))]), names


def _fit(column: pa.ChunkedArray, field: Field) -> pa.ChunkedArray:
    if not fits(column.type, field):
        raise StreamError(
            "INVALID_ARGUMENT",
            f"Field {field.name}: Arrow type {column.type} does not fit {field.type} ({field.mode}).",
        )
    if field.mode == "REQUIRED" and column.null_count:
        empty = pc.indices_nonzero(column.is_null()).to_pylist()
        errors = [(int(index), f"Field {field.name} is REQUIRED and has no value.") for index in empty]
        raise StreamError(
            "INVALID_ARGUMENT", f"Errors found while processing rows: field {field.name} is required.", rows=errors
        )
    wanted = arrow_type(field)
    try:
        found = column if column.type == wanted else _cast(column, wanted)
    except pa.ArrowException as error:
        raise StreamError("INVALID_ARGUMENT", f"Field {field.name}: {error}") from error
    _check_range(found, field)
    return found


def _cast(column: pa.ChunkedArray, wanted: pa.DataType) -> Any:
    if not holds(wanted):
        return exact_cast(column, wanted)
    return pa.chunked_array([exact(column.combine_chunks(), wanted, exact_cast)])


def _check_range(column: pa.ChunkedArray, field: Field) -> None:
    """BigQuery's calendar is 0001-01-01 to 9999-12-31."""
    if field.mode == "REPEATED" or field.type not in ("DATE", "DATETIME", "TIMESTAMP") or not len(column):
        return
    days = field.type == "DATE"
    low, high = (_FIRST_DAY, _LAST_DAY) if days else (_FIRST_MICROSECOND, _LAST_MICROSECOND)
    numbers = column.cast(pa.int32() if days else pa.int64())
    wrong = pc.or_(pc.less(numbers, low), pc.greater(numbers, high)).fill_null(False)
    if pc.any(wrong).as_py():
        rows = [
            (int(i), f"Field {field.name}: {field.type} is out of range.")
            for i in pc.indices_nonzero(wrong).to_pylist()
        ]
        raise StreamError(
            "INVALID_ARGUMENT", f"Errors found while processing rows: field {field.name} is out of range.", rows=rows
        )
