"""Avro's scalars as the values of columns: one row for each that is read by lanes; Unusual for every other."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.arrow import arrow_type
from emulators.bigquery.state.files.arrow_texts import Unusual
from emulators.bigquery.state.files.avro_lanes import Bytes, Fixed, Long, Reader, Values

_FIRST_DAY, _LAST_DAY, _DAY = -719_162, 2_932_896, 86_400_000_000  # 0001-01-01, 9999-12-31, in microseconds
_MOMENTS = (_FIRST_DAY * _DAY, (_LAST_DAY + 1) * _DAY - 1)
_UTC = pa.timestamp("us", "UTC")


def scalar_reader(kind: Mapping[str, Any], field: Field | None) -> Reader:
    """A reader of a scalar Avro type, for a field or (None) to pass over it."""
    base, logical = str(kind["type"]), kind.get("logicalType")
    if field is None:
        return _skipped(base, kind)
    if logical == "decimal" and base == "bytes":
        return Bytes(_decimals(int(kind.get("scale", 0)), arrow_type(field)))
    make = _READERS.get((field.type, base, logical))
    if make is None:
        raise Unusual
    return make()


def _skipped(base: str, kind: Mapping[str, Any]) -> Reader:
    if base in ("int", "long", "enum"):
        return Long(pa.array)
    if base in ("string", "bytes"):
        return Bytes(_binary)
    width = {"boolean": 1, "float": 4, "double": 8, "fixed": kind.get("size")}.get(base)
    if width is None:
        raise Unusual
    return Fixed(width, pa.nulls)


def _binary(values: pa.Array) -> pa.Array:
    return values


def _texts(values: pa.Array) -> pa.Array:
    texts = values.view(pa.string())
    texts.validate(full=True)
    return texts


def _booleans(values: Values) -> pa.Array:
    if (values > 1).any():
        raise Unusual
    return pa.array(values[:, 0] == 1)


def _floats(kind: str) -> Callable[[Values], pa.Array]:
    return lambda values: pa.array(np.ascontiguousarray(values).view(kind)[:, 0].astype(np.float64))


def _between(least: int, greatest: int, kind: pa.DataType, factor: int = 1) -> Callable[[Values], pa.Array]:
    """Integers as values of a type, whose unit is factor times theirs."""

    def finish(values: Values) -> pa.Array:
        if values.size and (values.min() < least // factor or values.max() > greatest // factor):
            raise Unusual
        return pa.array(values * factor).cast(pa.int32() if kind == pa.date32() else pa.int64()).view(kind)

    return finish


def _decimals(scale: int, wanted: pa.DataType) -> Callable[[pa.Array], pa.Array]:
    """Integers of up to 16 bytes, from the highest on, in units of 10^-scale, as NUMERIC."""
    if not pa.types.is_decimal128(wanted) or scale > wanted.scale:
        raise Unusual

    def finish(values: pa.Array) -> pa.Array:
        sizes = pc.binary_length(values).to_numpy()
        if sizes.size and (sizes.min() < 1 or sizes.max() > 16):
            raise Unusual
        ends = np.frombuffer(values.buffers()[1], np.int32)[1 : sizes.size + 1].astype(np.int64)
        content = np.frombuffer(values.buffers()[2] or b"\0", np.uint8)
        bits = np.zeros((sizes.size, 16), np.uint8)
        for place in range(16):  # from the lowest byte on, as Arrow has them
            own = place < sizes
            bits[own, place] = content[ends[own] - 1 - place]
            bits[~own, place] = np.where(bits[~own, place - 1] > 127, 255, 0)
        buffers = [None, pa.py_buffer(bits.tobytes())]
        return pa.Array.from_buffers(pa.decimal128(38, scale), sizes.size, buffers).cast(wanted)

    return finish


_READERS: dict[tuple[str, str, Any], Callable[[], Reader]] = {
    ("INT64", "int", None): lambda: Long(pa.array),
    ("INT64", "long", None): lambda: Long(pa.array),
    ("DATE", "int", "date"): lambda: Long(_between(_FIRST_DAY, _LAST_DAY, pa.date32())),
    ("TIME", "int", "time-millis"): lambda: Long(_between(0, _DAY - 1, pa.time64("us"), 1000)),
    ("TIME", "long", "time-micros"): lambda: Long(_between(0, _DAY - 1, pa.time64("us"))),
    ("TIMESTAMP", "long", "timestamp-millis"): lambda: Long(_between(*_MOMENTS, _UTC, 1000)),
    ("TIMESTAMP", "long", "timestamp-micros"): lambda: Long(_between(*_MOMENTS, _UTC)),
    ("DATETIME", "long", "local-timestamp-millis"): lambda: Long(_between(*_MOMENTS, pa.timestamp("us"), 1000)),
    ("DATETIME", "long", "local-timestamp-micros"): lambda: Long(_between(*_MOMENTS, pa.timestamp("us"))),
    ("FLOAT64", "float", None): lambda: Fixed(4, _floats("<f4")),
    ("FLOAT64", "double", None): lambda: Fixed(8, _floats("<f8")),
    ("BOOL", "boolean", None): lambda: Fixed(1, _booleans),
    ("STRING", "string", None): lambda: Bytes(_texts),
    ("JSON", "string", None): lambda: Bytes(_texts),
    ("BYTES", "bytes", None): lambda: Bytes(_binary),
}
