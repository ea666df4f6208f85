"""Avro's binary encoding, a column at a time (Avro specification 1.11, "Binary Encoding" and "Object Container Files").

A record is its fields' encodings one after the other. So each column is encoded as an Arrow array of byte strings, and
Arrow joins the arrays row by row: the joined buffer is the body of a block, without a Python object per value.
"""

import hashlib
import json
import zlib
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from emulators.varints import avro_long, avro_string

Json: TypeAlias = dict[str, Any]
MAGIC = b"Obj\x01"
SYNC_BYTES = 16


def binary_array(lengths: npt.NDArray[np.int64], data: npt.NDArray[np.uint8]) -> pa.Array:
    """Byte strings of the given lengths, cut one after the other from data."""
    offsets = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    return pa.Array.from_buffers(pa.binary(), len(lengths), [None, pa.py_buffer(offsets), pa.py_buffer(data)])


def fixed_array(rows: npt.NDArray[np.uint8]) -> pa.Array:
    """Byte strings of equal length: rows is (number, length)."""
    number, width = rows.shape
    return binary_array(np.full(number, width, np.int64), np.ascontiguousarray(rows).reshape(-1))


def encode_longs(values: npt.NDArray[np.int64], branch: int | None = None) -> pa.Array:
    """A column of longs; with the index of a union's branch before each when `branch` is given."""
    rest = ((values << 1) ^ (values >> 63)).view(np.uint64)
    sizes = np.ones(len(values), np.int64)
    for byte in range(1, 10):
        more = rest >> np.uint64(7 * byte) != 0
        if not more.any():
            break
        sizes += more
    head = 0 if branch is None else 1
    if len(sizes) and sizes.min() == sizes.max():
        return _encode_alike(rest, int(sizes[0]), branch)
    lengths = sizes + head
    starts = np.cumsum(lengths) - lengths
    data = np.empty(int(lengths.sum()), np.uint8)
    if branch is not None:
        data[starts] = branch << 1
    for byte in range(int(sizes.max(initial=0))):
        here = sizes > byte if byte else slice(None)
        last = sizes[here] == byte + 1
        part = (rest[here] >> np.uint64(7 * byte)).astype(np.uint8) & np.uint8(0x7F)
        data[starts[here] + (head + byte)] = np.where(last, part, part | np.uint8(0x80))
    return binary_array(lengths, data)


def _encode_alike(rest: npt.NDArray[np.uint64], size: int, branch: int | None) -> pa.Array:
    """Zigzag longs that all take so many bytes."""
    head = 0 if branch is None else 1
    rows = np.empty((len(rest), head + size), np.uint8)
    if branch is not None:
        rows[:, 0] = branch << 1
    for byte in range(size):
        rows[:, head + byte] = (rest >> np.uint64(7 * byte)).astype(np.uint8) | np.uint8(0x80)
    rows[:, -1] &= 0x7F
    return fixed_array(rows)


def join(columns: Sequence[pa.Array | pa.Scalar]) -> pa.Array:
    """Byte strings joined row by row; a null counts as an empty string, a scalar stands in each row."""
    merged: list[pa.Array | pa.Scalar] = []
    for alike, group in groupby(columns, lambda column: isinstance(column, pa.Scalar)):
        found = list(group)
        merged += [pa.scalar(b"".join(scalar.as_py() for scalar in found), pa.binary())] if alike else found
    return pc.binary_join_element_wise(
        *merged, pa.scalar(b"", pa.binary()), null_handling="replace", null_replacement=b""
    )


def fingerprint(schema: Json) -> str:
    """The key by which a schema is known: 32 hexadecimal digits."""
    return hashlib.blake2b(json.dumps(schema, sort_keys=True).encode(), digest_size=16).hexdigest()


_SNAPPY = pa.Codec("snappy")


def packed(records: pa.Array) -> bytes:
    """Encoded records as one block, up to its sync marker."""
    first, last = records.offset, records.offset + len(records)
    offsets = np.frombuffer(records.buffers()[1], np.int32)
    body = memoryview(records.buffers()[2])[int(offsets[first]) : int(offsets[last])]
    block: bytes = _SNAPPY.compress(body, asbytes=True) + zlib.crc32(body).to_bytes(4, "big")
    return avro_long(len(records)) + avro_long(len(block)) + block


class ContainerFile:
    """An Avro object container file that is being written to disk.

    Blocks are packed by Snappy, one of the codecs that BigQuery reads. The envelope, equal in all records, shrinks to
    almost nothing, for a fraction of the CPU that deflate takes.
    """

    def __init__(self, path: Path, schema: Json) -> None:
        self.path = path
        self.rows = 0
        self.size = 0
        self._sync = hashlib.blake2b(path.name.encode(), digest_size=SYNC_BYTES).digest()
        self._file: BinaryIO = path.open("wb")
        entries = {"avro.schema": json.dumps(schema).encode(), "avro.codec": b"snappy"}
        body = b"".join(avro_string(key) + avro_long(len(value)) + value for key, value in entries.items())
        self._write(MAGIC + avro_long(len(entries)) + body + b"\x00" + self._sync)

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self.size += len(data)

    def append(self, records: pa.Array) -> None:
        """Write encoded records as one block."""
        if len(records):
            self.append_packed(packed(records), len(records))

    def append_packed(self, block: bytes, rows: int) -> None:
        """Write a block that is packed already, of so many records."""
        self._write(block + self._sync)
        self.rows += rows

    def close(self) -> None:
        """Hand everything to the operating system."""
        self._file.close()
