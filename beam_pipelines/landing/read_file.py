"""A landing file's bytes -> rows of bronze, a few megabytes at a time."""

from collections.abc import Iterator

import pyarrow as pa

from beam_pipelines.ahead import map_ahead
from beam_pipelines.avro.container import Header, PackedBlock, UnreadableFile, packed_blocks, read_header
from beam_pipelines.avro.decode import decode
from beam_pipelines.avro.schema import check
from beam_pipelines.landing.envelope import Envelope, is_needed

_RECORDS_AT_ONCE = 8_000
_BYTES_AT_ONCE = {"deflate": 256 << 10}  # as they are in the file: deflate packs up to a thousand times
_BYTES_AT_ONCE_OF_OTHERS = 2 << 20


def read_file(data: bytes, envelope: Envelope) -> Iterator[pa.RecordBatch]:
    """The file's rows, in its order.

    Raises:
        UnreadableFile: at any batch, the last one too. Nothing of such a file is to be kept.
    """
    header = read_header(data)
    check(header.schema)
    envelope.check(header.schema)

    def rows(blocks: list[PackedBlock]) -> pa.RecordBatch:
        return envelope.rows(decode(*_unpack(blocks, header), header.schema, is_needed))

    yield from map_ahead(rows, _groups(data, header))


def _groups(data: bytes, header: Header) -> Iterator[list[PackedBlock]]:
    """Neighbouring blocks that are read together, with at least one record."""
    group: list[PackedBlock] = []
    records = size = 0
    most = _BYTES_AT_ONCE.get(header.codec, _BYTES_AT_ONCE_OF_OTHERS)
    for block in packed_blocks(data, header):
        group.append(block)
        records, size = records + block.records, size + len(block.packed)
        if records and (records >= _RECORDS_AT_ONCE or size >= most):
            yield group
            group, records, size = [], 0, 0
    if records:
        yield group
    elif size and sum(len(block.unpack(header).data) for block in group):
        raise UnreadableFile("bytes in blocks of no records")


def _unpack(blocks: list[PackedBlock], header: Header) -> tuple[bytes, int]:
    """(The blocks' records, how many they are)."""
    plain = [block.unpack(header) for block in blocks]
    for block in plain:
        if block.records > len(block.data):  # no record of Datastream's; empty ones could be counted for ever
            raise UnreadableFile(f"a block of {block.records} records in {len(block.data)} bytes")
    data = plain[0].data if len(plain) == 1 else b"".join(block.data for block in plain)
    return data, sum(block.records for block in plain)
