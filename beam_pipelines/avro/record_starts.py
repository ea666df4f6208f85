"""Where the records of a buffer begin. Avro says it nowhere.

But the fields object, read_method, stream_name and schema_key are the same in all records of a file, so their bytes
mark each record. That is a guess, which is proved by reading: each record must end where the next begins.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beam_pipelines.avro.alike import skip
from beam_pipelines.avro.marks import occurrences
from beam_pipelines.avro.varints import Bytes, Positions, Unaligned

_CONSTANT = ("object", "read_method", "stream_name", "schema_key")


def record_starts(buffer: Bytes, records: int, schema: Any) -> Positions:
    """The position of each record.

    Raises:
        Unaligned: the marks are not as many, or not where they should be.
        UnreadableFile: the first record is cut off.
    """
    begin, end = _first_mark(buffer.data, schema)
    if not begin < end <= buffer.size:
        raise Unaligned
    starts = _occurrences(buffer, buffer.data[begin:end]) - begin
    if len(starts) != records or starts[0] != 0:
        raise Unaligned
    return starts


def _occurrences(buffer: Bytes, mark: bytes) -> Positions:
    quick = occurrences(buffer, mark)
    if quick is not None:
        return quick
    buffers = [None, pa.py_buffer(np.array([0, buffer.size], np.int32)), pa.py_buffer(buffer.data)]
    between = pc.split_pattern(pa.Array.from_buffers(pa.binary(), 1, buffers), mark).values
    offsets = np.frombuffer(between.buffers()[1], np.int32)[: len(between)].astype(np.int64)
    return offsets[1:] + len(mark) * np.arange(len(offsets) - 1)


def _first_mark(data: bytes, schema: Any) -> tuple[int, int]:
    """Where the first record's constant fields begin and end."""
    begin, position = -1, 0
    for field in schema["fields"]:
        is_constant = field["name"] in _CONSTANT
        if is_constant and begin < 0:
            begin = position
        elif begin >= 0 and not is_constant:
            break
        position = skip(data, position, field["type"])
    return begin, position
