"""Avro values by numpy, many at once: a lane is a block of the file, and all lanes read their next value together.

Each reader is fed with the positions of its values in the data and returns those of what follows. Raises Unusual, or
IndexError, where the data is not what it should be.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from emulators.bigquery.state.files.arrow_texts import Unusual

_MOST_ITEMS = 1000  # of an array: each costs all lanes a step
Positions = np.ndarray[Any, np.dtype[np.int64]]
Data = np.ndarray[Any, np.dtype[np.uint8]]
Values = np.ndarray[Any, Any]


class Reader(Protocol):
    """Reads values of one Avro type."""

    def read(self, data: Data, at: Positions) -> Positions:
        """Read a value at each position; returns where each ends."""

    def array(self, data: Data) -> pa.Array:
        """All that was read, in order."""


class Fixed:
    """Values of one width, in bytes."""

    def __init__(self, width: int, finish: Callable[[Values], pa.Array]) -> None:
        self._width, self._finish, self._chunks = np.arange(width), finish, [np.empty((0, width), np.uint8)]

    def read(self, data: Data, at: Positions) -> Positions:
        self._chunks.append(data[at[:, None] + self._width])
        return at + self._width.size

    def array(self, data: Data) -> pa.Array:
        return self._finish(np.concatenate(self._chunks))


class Long:
    """int and long."""

    def __init__(self, finish: Callable[[Values], pa.Array]) -> None:
        self._finish, self._chunks = finish, [np.empty(0, np.int64)]

    def read(self, data: Data, at: Positions) -> Positions:
        values, at = longs(data, at)
        self._chunks.append(values)
        return at

    def array(self, data: Data) -> pa.Array:
        return self._finish(np.concatenate(self._chunks))


class Bytes:
    """bytes and string: a length, then so many bytes."""

    def __init__(self, finish: Callable[[pa.Array], pa.Array]) -> None:
        self._finish = finish
        self._starts, self._sizes = [np.empty(0, np.int64)], [np.empty(0, np.int64)]

    def read(self, data: Data, at: Positions) -> Positions:
        sizes, at = longs(data, at)
        if sizes.size and (sizes.min() < 0 or (at + sizes).max() > data.size):
            raise Unusual
        self._starts.append(at)
        self._sizes.append(sizes)
        return at + sizes

    def array(self, data: Data) -> pa.Array:
        starts, sizes = np.concatenate(self._starts), np.concatenate(self._sizes)
        offsets = np.concatenate([[0], np.cumsum(sizes)])
        content = data[np.repeat(starts - offsets[:-1], sizes) + np.arange(offsets[-1])]
        buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(content)]
        return self._finish(pa.Array.from_buffers(pa.binary(), sizes.size, buffers))


class Optional:
    """A union with null: nulls is its place there."""

    def __init__(self, inner: Reader, nulls: int) -> None:
        self._inner, self._nulls, self._chunks = inner, nulls, [np.empty(0, np.bool_)]

    def read(self, data: Data, at: Positions) -> Positions:
        branches, at = longs(data, at)
        if ((branches != 0) & (branches != 1)).any():
            raise Unusual
        present = branches != self._nulls
        self._chunks.append(present)
        if present.any():
            at[present] = self._inner.read(data, at[present])
        return at

    def array(self, data: Data) -> pa.Array:
        present, inner = np.concatenate(self._chunks), self._inner.array(data)
        return inner if present.all() else inner.take(pa.array(np.cumsum(present) - 1, mask=~present))


class Record:
    """Fields, one after the other; `array` has those that are wanted, by their names there, in that order."""

    def __init__(self, fields: Mapping[str, Reader], wanted: Mapping[str, str | pa.DataType]) -> None:
        self._fields, self._wanted, self._count = fields, wanted, 0

    def read(self, data: Data, at: Positions) -> Positions:
        self._count += at.size
        for field in self._fields.values():
            at = field.read(data, at)
        return at

    def array(self, data: Data) -> pa.Array:
        parts = [
            self._fields[source].array(data) if isinstance(source, str) else pa.nulls(self._count, source)
            for source in self._wanted.values()
        ]
        return pa.StructArray.from_arrays(parts, names=list(self._wanted))


class Items:
    """An array: counts, each before so many items, until one is 0."""

    def __init__(self, item: Reader) -> None:
        self._item, self._lists = item, 0
        self._sizes, self._owners = [np.empty(0, np.int64)], [np.empty(0, np.int64)]

    def read(self, data: Data, at: Positions) -> Positions:
        sizes, lanes = np.zeros(at.size, np.int64), np.arange(at.size)
        at = at.copy()
        while lanes.size:
            counts, at[lanes] = longs(data, at[lanes])
            sized = lanes[counts < 0]  # a negative count is followed by the size of its items in bytes
            at[sized] = longs(data, at[sized])[1]
            lanes, counts = lanes[counts != 0], np.abs(counts[counts != 0])
            sizes[lanes] += counts
            if counts.size and sizes.max() > _MOST_ITEMS:
                raise Unusual
            self._read_items(data, at, lanes, counts)
        self._sizes.append(sizes)
        self._lists += sizes.size
        return at

    def _read_items(self, data: Data, at: Positions, lanes: Positions, counts: Values) -> None:
        for number in range(int(counts.max(initial=0))):
            left = lanes[counts > number]
            at[left] = self._item.read(data, at[left])
            self._owners.append(self._lists + left)

    def array(self, data: Data) -> pa.Array:
        order = np.argsort(np.concatenate(self._owners), kind="stable")
        offsets = np.concatenate([[0], np.cumsum(np.concatenate(self._sizes))]).astype(np.int32)
        items = self._item.array(data).take(pa.array(order))
        if items.null_count:
            raise Unusual  # an array may not hold NULL
        return pa.ListArray.from_arrays(pa.array(offsets), items)


def longs(data: Data, at: Positions) -> tuple[Values, Positions]:
    """The varint at each position, and where it ends."""
    byte = data[at]
    value, at, shift = (byte & 127).astype(np.uint64), at + 1, 7
    more = np.flatnonzero(byte > 127)
    while more.size:
        if shift > 63:
            raise Unusual
        byte = data[at[more]]
        value[more] |= (byte & 127).astype(np.uint64) << np.uint64(shift)
        at[more] += 1
        more, shift = more[byte > 127], shift + 7
    return (value >> np.uint64(1)).astype(np.int64) ^ -(value & np.uint64(1)).astype(np.int64), at


def read_blocks(reader: Reader, blocks: Sequence[tuple[int, bytes]]) -> pa.Array:
    """The values of blocks, each how many and their bytes, in the file's order."""
    order = sorted(range(len(blocks)), key=lambda i: -blocks[i][0])
    counts = np.array([blocks[i][0] for i in order])
    data = np.frombuffer(b"".join(blocks[i][1] for i in order), np.uint8)
    ends = np.cumsum([len(blocks[i][1]) for i in order])
    at = np.concatenate([[0], ends[:-1]])
    lanes = []
    for step in range(int(counts.max(initial=0))):
        left = int((counts > step).sum())
        at[:left] = reader.read(data, at[:left])
        lanes.append(np.array(order[:left]))
    if (at != ends).any():
        raise Unusual
    return reader.array(data).take(pa.array(np.argsort(np.concatenate(lanes), kind="stable")))
