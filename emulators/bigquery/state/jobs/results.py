"""The rows of a query: Arrow in memory while small, an Arrow file mapped from disk when not."""

import shutil
import time
import uuid
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import duckdb
import pyarrow as pa

from emulators.bigquery.sql.model import Field, SqlError
from emulators.bigquery.state import bignumerics
from emulators.bigquery.state.arrow import arrow_type, batch_rows
from emulators.bigquery.state.errors import ServiceError

_IN_MEMORY_BYTES = 1 << 20  # hundreds are kept; what is on disk is read from the system's cache
_ON_A_FULL_DISK = 32 << 20


class Result:
    """Rows with their BigQuery schema; columns are by position, their Arrow names c0, c1 ..."""

    def __init__(self, fields: Sequence[Field], table: pa.Table) -> None:
        self.fields, self.table, self.made = tuple(fields), table, int(time.time() * 1000)
        self.size = int(table.nbytes)  # bytes of the rows

    @property
    def rows(self) -> int:
        return int(self.table.num_rows)

    def page(self, start: int, count: int) -> pa.Table:
        """Rows start .. start + count, without a copy."""
        return self.table.slice(start, count)


def read_result(cursor: duckdb.DuckDBPyConnection, fields: Sequence[Field], folder: Path) -> Result:
    """Fetch what the cursor's last SELECT returns; large results go to a file in the folder."""
    rows = batch_rows(len(fields))
    reader = cursor.to_arrow_reader(rows)
    kinds = [_held(field.type, fields[i : i + 1]) for i, field in enumerate(reader.schema)]
    require_exact(kinds, fields)
    schema = pa.schema([pa.field(f"c{i}", kind) for i, kind in enumerate(kinds)])
    batches, size, made = [], 0, _made(reader, schema, fields)
    for batch in made:
        batches.append(batch if batch.num_rows > rows // 2 else _copy(batch))
        size += batch.nbytes
        if size > _IN_MEMORY_BYTES and (size > _ON_A_FULL_DISK or _has_room(folder)):
            return Result(fields, _spill(batches, made, schema, folder))
    return Result(fields, pa.Table.from_batches(batches, schema))


def _made(reader: pa.RecordBatchReader, schema: pa.Schema, fields: Sequence[Field]) -> Iterator[pa.RecordBatch]:
    """The reader's batches as BigQuery's values."""
    try:
        for batch in reader:
            _refuse_null_elements(batch, fields)
            yield pa.RecordBatch.from_arrays(_columns(batch, schema), schema=schema)
    except OSError as error:  # DuckDB's own errors, through Arrow
        if "Out of Memory Error" in str(error):
            raise duckdb.OutOfMemoryException(str(error)) from error
        raise


def _copy(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows in no more memory than they need: DuckDB reserves for each column as if the batch were full, 5 MB for
    one row of ten columns."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return pa.ipc.open_stream(sink.getvalue()).read_next_batch()


def _held(kind: pa.DataType, own: Sequence[Field]) -> pa.DataType:
    """The Arrow type of a column; DuckDB gives a NULL that it has computed ahead the type INTEGER, which no field
    has."""
    return arrow_type(own[0]) if own and pa.types.is_int32(kind) else bignumerics.held_type(kind)


def require_exact(kinds: Sequence[pa.DataType], fields: Sequence[Field]) -> None:
    """A BIGNUMERIC, and nothing else, is a BIGNUM: what DuckDB computes of one by itself is mostly a DOUBLE."""
    for kind, field in zip(kinds, fields, strict=False):
        if bignumerics.holds(kind) != bignumerics.holds(arrow_type(field)):
            message = f"An internal error occurred: column {field.name} of type {field.type} was computed as {kind}"
            raise ServiceError(500, "internalError", message)


def _columns(batch: pa.RecordBatch, schema: pa.Schema) -> list[pa.Array]:
    return [
        _as(bignumerics.from_duckdb(column), field.type) for column, field in zip(batch.columns, schema, strict=True)
    ]


def _as(column: pa.Array, kind: pa.DataType) -> pa.Array:
    if column.type == kind or not pa.types.is_int32(column.type):
        return column
    return pa.nulls(len(column), kind) if column.null_count == len(column) else column.cast(kind)


def _refuse_null_elements(batch: pa.RecordBatch, fields: Sequence[Field]) -> None:
    """An array may hold NULL while a query runs, but not in its result."""
    for field, column in zip(fields, batch.columns, strict=False):
        if _has_null_element(column):
            raise SqlError(f"Array cannot have a null element; error in writing field {field.name}")


def _has_null_element(column: pa.Array) -> bool:
    if pa.types.is_list(column.type):
        elements = column.flatten()
        return bool(elements.null_count) or _has_null_element(elements)
    if pa.types.is_struct(column.type):
        return any(_has_null_element(part) for part in column.flatten())
    return False


def _has_room(folder: Path) -> bool:
    """Whether a result may go to the disk: on a full one it is read all the same."""
    return shutil.disk_usage(folder.parent).free > _ON_A_FULL_DISK


def _spill(batches: list[pa.RecordBatch], rest: Iterator[pa.RecordBatch], schema: pa.Schema, folder: Path) -> pa.Table:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{uuid.uuid4().hex}.arrow"
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        for batch in chain(batches, rest):
            writer.write_batch(batch)
    source = pa.memory_map(str(path))
    path.unlink()  # the mapping keeps the rows for as long as somebody holds the result
    return pa.ipc.open_file(source).read_all()
