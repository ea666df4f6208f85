"""Avro's decimals (big-endian two's complement of any length) -> Arrow decimals."""

import numpy as np
import pyarrow as pa

_MOST_SHORT = 8  # bytes: these are shifted out of one word, all at once
_MOST_DIGITS = 76


def to_decimal(values: pa.Array, scale: int) -> pa.Array:
    """Binary -> decimal128(38, scale) when all have up to 8 bytes, else decimal256(76, scale); null where longer."""
    offsets = np.frombuffer(values.buffers()[1], np.int32)[values.offset : values.offset + len(values) + 1]
    if len(values) == 0 or np.diff(offsets).max() <= _MOST_SHORT:
        return _short(values, offsets.astype(np.int64), scale)
    return pa.array([_long(value, scale) for value in values.to_pylist()], pa.decimal256(_MOST_DIGITS, scale))


def _short(values: pa.Array, offsets: np.ndarray, scale: int) -> pa.Array:
    data = bytes(values.buffers()[2] or b"") + bytes(8)
    words = np.ndarray((len(data) - 7,), ">i8", data, strides=(1,))[offsets[:-1]].astype(np.int64)
    size = np.diff(offsets)
    numbers = np.where(size == 0, 0, words >> (64 - 8 * np.maximum(size, 1)))
    halves = np.empty((len(values), 2), np.int64)  # little-endian 128 bits: low, then the sign
    halves[:, 0], halves[:, 1] = numbers, numbers >> 63
    valid = values.is_valid()
    plain = pa.Array.from_buffers(pa.decimal128(38, scale), len(values), [None, pa.py_buffer(halves)])
    return plain if values.null_count == 0 else pa.compute.if_else(valid, plain, pa.scalar(None, plain.type))


def _long(value: bytes | None, scale: int) -> object:
    from decimal import Context, Decimal

    if value is None:
        return None
    number = int.from_bytes(value, "big", signed=True)
    if abs(number) >= 10**_MOST_DIGITS:
        return None
    return Decimal(number).scaleb(-scale, Context(prec=_MOST_DIGITS + 4))
