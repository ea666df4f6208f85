"""Avro's codecs snappy and zstandard, by Arrow: fastavro has them only with packages of their own."""

import io
import zlib
from importlib import import_module
from typing import Any

import pyarrow as pa

from emulators.varints import avro_long

_SNAPPY = pa.Codec("snappy")


def install() -> None:
    """Let fastavro read and write files with snappy, and read those with zstandard."""
    writers: dict[str, Any] = import_module("fastavro._write").BLOCK_WRITERS
    readers: dict[str, Any] = import_module("fastavro._read").BLOCK_READERS
    writers["snappy"] = _write_snappy
    readers |= {"snappy": _read_snappy, "zstandard": _read_zstandard}


def _write_snappy(target: Any, block: bytes, level: Any) -> None:
    packed = _SNAPPY.compress(block, asbytes=True)
    target.write(avro_long(len(packed) + 4) + packed + zlib.crc32(block).to_bytes(4, "big"))


def _read_snappy(source: Any) -> io.BytesIO:
    packed = source.read(_read_long(source))[:-4]
    size = _unsigned(io.BytesIO(packed))  # snappy begins with the size of what is packed
    return io.BytesIO(_SNAPPY.decompress(packed, size, asbytes=True))


def _read_zstandard(source: Any) -> io.BytesIO:
    packed = pa.BufferReader(source.read(_read_long(source)))
    return io.BytesIO(pa.CompressedInputStream(packed, "zstd").read())


def _read_long(source: Any) -> int:
    value = _unsigned(source)
    return (value >> 1) ^ -(value & 1)


def _unsigned(source: Any) -> int:
    value, shift = 0, 0
    while True:
        byte: bytes = source.read(1)
        if not byte:
            raise EOFError
        value |= (byte[0] & 0x7F) << shift
        shift += 7
        if byte[0] < 0x80:
            return value
