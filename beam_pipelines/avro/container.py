"""An Avro object container file -> its schema and its blocks (Avro 1.11 specification, "Object Container Files")."""

import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

MAGIC = b"Obj\x01"
_MOST_IN_A_BLOCK = 256 << 20  # bytes, plain
_MOST_METADATA = 10_000  # entries; a header with more is not one


class UnreadableFile(Exception):
    """A file that is not what landing should hold; the message says what is wrong and where."""


@dataclass(frozen=True)
class Header:
    """`start` is the offset of the first block."""

    schema: Any
    codec: str
    sync: bytes
    start: int


@dataclass(frozen=True)
class Block:
    """`data` holds `records` records, decompressed."""

    records: int
    data: bytes


@dataclass(frozen=True)
class PackedBlock:
    """A block as it is in the file, from byte `start` on."""

    start: int
    records: int
    packed: memoryview

    def unpack(self, header: Header) -> Block:
        """The block, decompressed. Raises UnreadableFile where it is damaged."""
        try:
            return Block(self.records, _CODECS[header.codec](self.packed))
        except (zlib.error, OSError, ValueError) as error:
            raise UnreadableFile(f"damaged block at byte {self.start}: {header.codec}: {error}") from error


def read_header(data: bytes | memoryview) -> Header:
    """The head of a file. Raises UnreadableFile."""
    if len(data) == 0:
        raise UnreadableFile("the file is empty")
    if bytes(data[:4]) != MAGIC:
        raise UnreadableFile(f"not an Avro file: it begins with {bytes(data[:4])!r}, an Avro file with {MAGIC!r}")
    metadata, position = _read_metadata(data, 4)
    sync = bytes(data[position : position + 16])
    if len(sync) < 16:
        raise UnreadableFile(f"cut off in the header, at byte {len(data)}")
    try:
        schema = json.loads(metadata.get("avro.schema", b""))
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(f"the header's avro.schema is not JSON: {error}") from error
    return Header(schema, metadata.get("avro.codec", b"null").decode("latin-1"), sync, position + 16)


def read_blocks(data: bytes | memoryview, header: Header) -> Iterator[Block]:
    """The blocks, one after the other. Raises UnreadableFile where a block is cut off, damaged or of another codec."""
    return (packed.unpack(header) for packed in packed_blocks(data, header))


def packed_blocks(data: bytes | memoryview, header: Header) -> Iterator[PackedBlock]:
    """The blocks as they are in the file. Raises UnreadableFile where a block is cut off, or the codec is not known."""
    if header.codec not in _CODECS:
        raise UnreadableFile(f"codec {header.codec!r} is not supported; known are {', '.join(_CODECS)}")
    position, end, view = header.start, len(data), memoryview(data)
    while position < end:
        start = position
        records, position = read_long(data, position)
        size, position = read_long(data, position)
        if records < 0 or size < 0:
            raise UnreadableFile(f"damaged block at byte {start}: {records} records in {size} bytes")
        if position + size + 16 > end:
            raise UnreadableFile(
                f"cut off in the block at byte {start}: {end - position} of {size + 16} bytes are there"
            )
        if view[position + size : position + size + 16] != header.sync:
            raise UnreadableFile(f"damaged block at byte {start}: no sync marker after it")
        yield PackedBlock(start, records, view[position : position + size])
        position += size + 16


def read_long(data: bytes | memoryview, position: int) -> tuple[int, int]:
    """A zigzag varint at a position -> (value, next position). Raises UnreadableFile beyond the end or 10 bytes."""
    value = shift = 0
    for offset in range(10):
        if position + offset >= len(data):
            raise UnreadableFile(f"cut off at byte {len(data)}")
        byte = data[position + offset]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1), position + offset + 1
        shift += 7
    raise UnreadableFile(f"not a number at byte {position}")


def write_long(value: int) -> bytes:
    """A zigzag varint."""
    rest, written = (value << 1) ^ (value >> 63), bytearray()
    while rest > 0x7F:
        written.append(rest & 0x7F | 0x80)
        rest >>= 7
    written.append(rest)
    return bytes(written)


def _read_metadata(data: bytes | memoryview, position: int) -> tuple[dict[str, bytes], int]:
    """The header's map of bytes -> (map, next position)."""
    metadata: dict[str, bytes] = {}
    while True:
        count, position = read_long(data, position)
        if count == 0:
            return metadata, position
        if count < 0:  # a block that says its size in bytes
            _, position = read_long(data, position)
        if abs(count) > _MOST_METADATA:
            raise UnreadableFile(f"a header of {abs(count)} entries")
        for _ in range(abs(count)):
            key, position = _read_bytes(data, position)
            value, position = _read_bytes(data, position)
            metadata[key.decode("utf-8", "replace")] = value


def _read_bytes(data: bytes | memoryview, position: int) -> tuple[bytes, int]:
    size, position = read_long(data, position)
    if size < 0 or position + size > len(data):
        raise UnreadableFile(f"cut off in the header, at byte {len(data)}")
    return bytes(data[position : position + size]), position + size


def _inflate(data: bytes | memoryview) -> bytes:
    inflate = zlib.decompressobj(wbits=-15)
    plain = inflate.decompress(data, _MOST_IN_A_BLOCK)
    if not inflate.eof:
        raise ValueError("cut off" if len(plain) < _MOST_IN_A_BLOCK else f"more than {_MOST_IN_A_BLOCK} bytes")
    return plain


def _unsnap(data: bytes | memoryview) -> bytes:
    """Snappy with Avro's trailing CRC32 of the plain bytes."""
    import pyarrow

    plain_size, shift = 0, 0
    for byte in data[:5]:
        plain_size |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    if plain_size > _MOST_IN_A_BLOCK:
        raise ValueError(f"more than {_MOST_IN_A_BLOCK} bytes")
    plain = bytes(pyarrow.Codec("snappy").decompress(data[:-4], plain_size, asbytes=True))
    if zlib.crc32(plain) != int.from_bytes(data[-4:], "big"):
        raise ValueError("the checksum differs")
    return plain


_CODECS: dict[str, Callable[[bytes | memoryview], bytes]] = {
    "null": bytes,
    "deflate": _inflate,
    "snappy": _unsnap,
}
