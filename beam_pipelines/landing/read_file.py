"""A landing file's bytes -> rows of bronze, a few megabytes at a time."""

from collections.abc import Iterator

import pyarrow as pa

from beam_pipelines.avro.container import Header, UnreadableFile, read_blocks, read_header
from beam_pipelines.avro.decode import decode
from beam_pipelines.landing.envelope import Envelope, is_needed

_BYTES_AT_ONCE = 8 << 20
# What a header that is JSON, and not Avro's or not Datastream's, makes of the code that walks through it.
_UNEXPECTED = (KeyError, TypeError, AttributeError, IndexError, ValueError, NotImplementedError, RecursionError)


def read_file(data: bytes, envelope: Envelope) -> Iterator[pa.RecordBatch]:
    """The file's rows, in its order.

    Raises:
        UnreadableFile: at any batch, the last one too. Nothing of such a file is to be kept.
    """
    try:
        header = read_header(data)
        envelope.check(header.schema)
        for block, count in _large_blocks(data, header):
            yield envelope.rows(decode(block, count, header.schema, is_needed))
    except _UNEXPECTED as error:
        raise UnreadableFile(f"not a file of Datastream: {type(error).__name__}: {error}") from error


def _large_blocks(data: bytes, header: Header) -> Iterator[tuple[bytes, int]]:
    """Neighbouring blocks as one: (their records' bytes, how many records)."""
    pending: list[bytes] = []
    count = size = 0
    for block in read_blocks(data, header):
        if block.records > len(block.data):  # no record of Datastream's; empty ones could be counted for ever
            raise UnreadableFile(f"a block of {block.records} records in {len(block.data)} bytes")
        pending.append(block.data)
        count, size = count + block.records, size + len(block.data)
        if size >= _BYTES_AT_ONCE:
            yield b"".join(pending), count
            pending, count, size = [], 0, 0
    if count:
        yield b"".join(pending), count
    elif size:
        raise UnreadableFile(f"{size} bytes in blocks of no records")
