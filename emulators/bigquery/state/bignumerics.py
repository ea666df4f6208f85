"""BIGNUMERIC in Arrow: decimal256(76, 38), whose 256 bits are the value times 10^38, as DuckDB's BIGNUM is.

Arrow keeps the values of 77 digits as well, but makes none from Python and casts none: both are done here.
DuckDB gives and takes a BIGNUM as bytes (arrow.opaque); in our Parquet files it is a text, marked as such.
"""

from collections.abc import Callable, Iterable, Sequence
from decimal import Context, Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from emulators.bigquery.sql.functions.bignums import IN_DUCKDB, decoded, encoded

HELD = pa.decimal256(76, 38)
IN_PARQUET = pa.opaque(pa.string(), "bignumeric", "sluice")
_LEAST, _GREATEST = -(2**255), 2**255 - 1
_EXACT = Context(prec=200)
Leaf = Callable[[pa.Array], pa.Array]


def holds(kind: pa.DataType, wanted: pa.DataType = HELD) -> bool:
    """Whether there is a BIGNUMERIC, in this representation, anywhere in a type."""
    if pa.types.is_list(kind):
        return holds(kind.value_type, wanted)
    if pa.types.is_struct(kind):
        return any(holds(part.type, wanted) for part in kind)
    return bool(kind == wanted)


def from_duckdb(column: Any) -> Any:
    """A column as DuckDB gives it, with HELD for each BIGNUM; the same column when it has none."""
    return _changed(column, IN_DUCKDB, lambda values: _held(_if_any(decoded, values.storage.to_pylist())))


def for_duckdb(rows: pa.Table) -> pa.Table:
    """A table as DuckDB takes it."""
    return _all(rows, lambda values: pa.array(_if_any(encoded, _integers(values)), pa.binary()), IN_DUCKDB)


def for_parquet(rows: pa.Table) -> pa.Table:
    """A table as our own Parquet files have it."""
    return _all(rows, _texts, IN_PARQUET)


def parquet_type(kind: pa.DataType) -> pa.DataType:
    """The type that for_parquet makes of a type."""
    return _replaced(kind, HELD, IN_PARQUET)


def held_type(kind: pa.DataType) -> pa.DataType:
    """The type that from_duckdb makes of a type."""
    return _replaced(kind, IN_DUCKDB, HELD)


def _replaced(kind: pa.DataType, one: pa.DataType, other: pa.DataType) -> pa.DataType:
    if not holds(kind, one):
        return kind
    if pa.types.is_list(kind):
        return pa.list_(pa.field("item", _replaced(kind.value_type, one, other)))
    if pa.types.is_struct(kind):
        return pa.struct([part.with_type(_replaced(part.type, one, other)) for part in kind])
    return other


def arrays(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Python values, Decimals among them, as an array of the type; ArrowInvalid for what BIGNUMERIC cannot hold."""
    if not holds(kind):
        return pa.array(values, kind)
    if pa.types.is_list(kind):
        inner = arrays([item for value in values for item in value or ()], kind.value_type)
        return _list([None if value is None else len(value) for value in values], inner)
    if pa.types.is_struct(kind):
        parts = [arrays([None if v is None else v[part.name] for v in values], part.type) for part in kind]
        return pa.StructArray.from_arrays(parts, fields=list(kind), mask=pa.array([v is None for v in values]))
    return _held(None if value is None else unscaled(Decimal(value)) for value in values)


def table(rows: Sequence[Any], schema: pa.Schema) -> pa.Table:
    """Rows by the columns' names, as Table.from_pylist takes them."""
    if not any(map(holds, schema.types)):
        return pa.Table.from_pylist(rows, schema)
    columns = [arrays([row[field.name] for row in rows], field.type) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def exact(column: pa.Array, wanted: pa.DataType, cast: Callable[[pa.Array, pa.DataType], pa.Array]) -> pa.Array:
    """An array in a type that holds BIGNUMERICs, from decimals of any kind; cast: for all that is none."""
    if not holds(wanted) or column.type == wanted:
        return cast(column, wanted)
    if pa.types.is_list(wanted):
        inner = exact(column.flatten(), wanted.value_type, cast)
        return _list(pc.list_value_length(column).to_pylist(), inner)
    if pa.types.is_struct(wanted):
        parts = dict(zip([part.name for part in column.type], column.flatten(), strict=True))
        found = [exact(parts.get(f.name, pa.nulls(len(column), f.type)), f.type, cast) for f in wanted]
        return pa.StructArray.from_arrays(found, fields=list(wanted), mask=column.is_null())
    if pa.types.is_decimal(column.type):
        return _held(None if one is None else unscaled(one) for one in column.to_pylist())
    return cast(column, wanted)


def unscaled(value: Decimal) -> int:
    """The value times 10^38; ArrowInvalid where BIGNUMERIC cannot hold it."""
    shifted = value.scaleb(38, _EXACT) if value.is_finite() else Decimal("0.5")
    if shifted != shifted.to_integral_value() or not _LEAST <= shifted <= _GREATEST:
        raise pa.ArrowInvalid(f"{value} is no BIGNUMERIC: it has more than 38 digits after the point, or is too large")
    return int(shifted)


def _all(rows: pa.Table, leaf: Leaf, wanted: pa.DataType) -> pa.Table:
    for i, kind in enumerate(rows.schema.types):
        if holds(kind):
            made = _changed(rows.column(i), HELD, lambda v: pa.ExtensionArray.from_storage(wanted, leaf(v)))
            rows = rows.set_column(i, rows.schema.field(i).with_type(made.type), made)
    return rows


def _changed(column: Any, kind: pa.DataType, leaf: Leaf) -> Any:
    if not holds(column.type, kind):
        return column
    if isinstance(column, pa.ChunkedArray):
        chunks = [_changed(chunk, kind, leaf) for chunk in column.chunks]
        return pa.chunked_array(chunks or [_changed(pa.array([], column.type), kind, leaf)])
    if pa.types.is_list(column.type):
        return _list(pc.list_value_length(column).to_pylist(), _changed(column.flatten(), kind, leaf))
    if pa.types.is_struct(column.type):
        parts = [_changed(part, kind, leaf) for part in column.flatten()]
        fields = [field.with_type(part.type) for field, part in zip(column.type, parts, strict=True)]
        return pa.StructArray.from_arrays(parts, fields=fields, mask=column.is_null())
    return leaf(column)


def _list(lengths: Sequence[int | None], values: pa.Array) -> pa.Array:
    offsets, at = [], 0
    for length in lengths:
        offsets.append(None if length is None else at)
        at += length or 0
    made = pa.ListArray.from_arrays(pa.array([*offsets, at], pa.int32()), values)
    return made.cast(pa.list_(pa.field("item", values.type)))


def _held(integers: Iterable[int | None]) -> pa.Array:
    """Integers as the bits of decimal256(76, 38), whose precision is not looked at so."""
    bits = pa.array(
        [None if one is None else one.to_bytes(32, "little", signed=True) for one in integers], pa.binary(32)
    )
    return pa.Array.from_buffers(HELD, len(bits), bits.buffers())


def _integers(values: pa.Array) -> Iterable[int | None]:
    bits = memoryview(values.buffers()[1] or b"")[32 * values.offset :]
    for i, valid in enumerate(values.is_valid().to_pylist()):
        yield int.from_bytes(bits[32 * i : 32 * (i + 1)], "little", signed=True) if valid else None


def _texts(values: pa.Array) -> pa.Array:
    return pa.array(_if_any(str, _integers(values)), pa.string())


def _if_any(function: Callable[[Any], Any], values: Iterable[Any]) -> Iterable[Any]:
    """Of each value, and None of None."""
    return (None if value is None else function(value) for value in values)
