"""Checksummed records in append-only files: what a process wrote before it was killed is there, a torn tail is not.

A record is a header (payload length, CRC-32, time in microseconds) and the payload. A reply that waits for append()
survives kill -9, because the bytes are then the operating system's. Power loss is not promised.
"""

import mmap
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

HEADER = struct.Struct("<IIQ")
_SEED = 0x51A1CE  # so that a run of zeros is not a valid empty record


def checksum(payload: bytes | memoryview, time_us: int) -> int:
    """CRC-32 over a record's time and payload."""
    return zlib.crc32(payload, (_SEED ^ time_us ^ (time_us >> 32)) & 0xFFFFFFFF)


def frame(payload: bytes, time_us: int = 0) -> bytes:
    """One record, ready to append."""
    return HEADER.pack(len(payload), checksum(payload, time_us), time_us) + payload


def scan(data: "bytes | mmap.mmap", start: int = 0) -> Iterator[tuple[int, int, bytes]]:
    """(position, time in microseconds, payload) of each whole record; ends at the first that is torn or damaged."""
    position, end = start, len(data)
    while position + HEADER.size <= end:
        length, crc, time_us = HEADER.unpack_from(data, position)
        payload = data[position + HEADER.size : position + HEADER.size + length]
        if len(payload) < length or checksum(payload, time_us) != crc:
            return
        yield position, time_us, payload
        position += HEADER.size + length


class RecordFile:
    """An append-only file of records. Each append is all or nothing, also when the disk is full.

    Attributes:
        size: bytes of whole records.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        self.size = os.fstat(self._fd).st_size

    def records(self) -> Iterator[tuple[int, int, bytes]]:
        """All records from the start; what follows the last whole one (a torn tail) is cut off at the end."""
        end = 0
        if self.size:
            with mmap.mmap(self._fd, self.size, prot=mmap.PROT_READ) as data:
                for position, time_us, payload in scan(data):
                    end = position + HEADER.size + len(payload)
                    yield position, time_us, payload
        if end != self.size:
            os.ftruncate(self._fd, end)
            self.size = end

    def append(self, data: bytes) -> None:
        """Hands framed records to the operating system.

        Raises:
            OSError: the disk is full or broken; nothing was appended.
        """
        try:
            written = os.write(self._fd, data)
            while written < len(data):
                written += os.write(self._fd, data[written:])
        except OSError:
            os.ftruncate(self._fd, self.size)
            raise
        self.size += len(data)

    def read(self, position: int, length: int) -> bytes:
        """Bytes at a position."""
        return os.pread(self._fd, length, position)

    def close(self) -> None:
        """Closes the file; what was appended stays."""
        os.close(self._fd)
        self._fd = -1  # the number may soon be another file's


def replace_file(path: Path, data: bytes) -> None:
    """Writes a whole file so that a reader, or the next start, sees the old or the new content and nothing between."""
    temporary = path.with_suffix(path.suffix + ".new")
    temporary.write_bytes(data)
    temporary.replace(path)
