"""Avro's decimals (big-endian two's complement of any length) -> Arrow decimals where they are short, else text."""

from decimal import Decimal

import numpy as np
import pyarrow as pa

_MOST_SHORT = 8  # bytes: these are shifted out of one word, all at once
_MOST_SCALE = 19  # with the 19 digits of a word: what Arrow rescales to 38 digits after the point without a wrong digit


def short_decimals(values: pa.Array, scale: int) -> pa.Array | None:
    """Binary -> decimal128(38, scale); None when one is longer than 8 bytes: Arrow's own casts are not exact beyond."""
    offsets = np.frombuffer(values.buffers()[1], np.int32)[values.offset : values.offset + len(values) + 1]
    if not 0 <= scale <= _MOST_SCALE or (len(values) and np.diff(offsets).max() > _MOST_SHORT):
        return None
    return _short(values, offsets.astype(np.int64), scale)


def decimal_texts(values: pa.Array, scale: int) -> pa.Array:
    """Binary -> each number as text, all of its digits."""
    short = short_decimals(values, scale)
    if short is not None:
        return short.cast(pa.string())
    return pa.array([None if value is None else _text(value, scale) for value in values.to_pylist()], pa.string())


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


def _text(value: bytes, scale: int) -> str:
    sign, digits, _ = Decimal(int.from_bytes(value, "big", signed=True)).as_tuple()
    return str(Decimal((sign, digits, -scale)))
