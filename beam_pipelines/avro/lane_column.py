"""The values of one field while they are gathered: each branch of its union adds those of its lanes."""

from typing import Any

import numpy as np
import pyarrow as pa

from beam_pipelines.avro.source_column import SourceColumn
from beam_pipelines.avro.types import AvroType
from beam_pipelines.avro.varints import Bytes, Matrix, Positions, Unaligned

ALL = slice(None)
_ARROW_TYPES = {"long": pa.int64(), "double": pa.float64(), "boolean": pa.bool_(), "bytes": pa.binary()}


class LaneColumn:
    """Values by lane; a lane that nothing is added for is null. Lanes are an array of their numbers, or ALL."""

    def __init__(self, kind: AvroType, records: int) -> None:
        self.type, self.records = kind, records
        self._numbers: np.ndarray[Any, Any] | None = None
        self._has_number: np.ndarray[Any, Any] | None = None  # None: all of them
        self._spans: dict[str, tuple[Any, Positions, Positions]] = {}
        self._alike: tuple[str, Matrix] | None = None

    def add_numbers(self, lanes: Any, values: Any) -> None:
        """Longs, doubles or booleans."""
        if lanes is ALL:
            self._numbers = values
            return
        if self._numbers is None:
            self._numbers = np.zeros(self.records, values.dtype)
            self._has_number = np.zeros(self.records, np.bool_)
        self._numbers[lanes] = values
        if self._has_number is not None:
            self._has_number[lanes] = True

    def add_spans(self, branch: str, lanes: Any, starts: Positions, ends: Positions) -> None:
        """Where strings or bytes begin and end. Lanes of one branch come in their order, and once."""
        self._spans[branch] = (lanes, starts, ends)

    def add_alike(self, branch: str, rows: Matrix) -> None:
        """Strings or bytes of one size in all lanes: a row each, or one row for all."""
        self._alike = (branch, rows)

    def to_arrow(self, buffer: Bytes) -> SourceColumn:
        """The values, and the raw text beside them. Raises Unaligned for a string that is not UTF-8."""
        arrow_type = _ARROW_TYPES.get(self.type.kind, pa.string())
        if self._numbers is not None:
            mask = None if self._has_number is None else ~self._has_number
            values = pa.array(np.ascontiguousarray(self._numbers), mask=mask)
        else:
            values = self._text(buffer, self.type.kind, arrow_type)
        text = self._text(buffer, "string", pa.string()) if self.type.has_text and self._has("string") else None
        return SourceColumn(self.type, values, text)

    def _has(self, branch: str) -> bool:
        return branch in self._spans or (self._alike is not None and self._alike[0] == branch)

    def _text(self, buffer: Bytes, branch: str, arrow_type: pa.DataType) -> pa.Array:
        try:
            if self._alike is not None and self._alike[0] == branch:
                return _fixed(self._alike[1], self.records).cast(arrow_type)
            if branch in self._spans:
                return _gathered(buffer, *self._spans[branch], self.records).cast(arrow_type)
        except pa.ArrowInvalid as error:  # not UTF-8
            raise Unaligned from error
        return pa.nulls(self.records, arrow_type)


def _fixed(rows: Matrix, records: int) -> pa.Array:
    """Byte strings of one size."""
    size = rows.shape[1]
    offsets = np.arange(len(rows) + 1, dtype=np.int32) * np.int32(size)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(rows))]
    values = pa.Array.from_buffers(pa.binary(), len(rows), buffers)
    return values if len(rows) == records else pa.repeat(values[0], records)


def _gathered(buffer: Bytes, lanes: Any, starts: Positions, ends: Positions, records: int) -> pa.Array:
    """Values and the gaps between them are one binary array over the buffer; every second element is a value."""
    offsets = np.empty(2 * len(starts), np.int32)
    offsets[0::2], offsets[1::2] = starts, ends
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(buffer.data)]
    both = pa.Array.from_buffers(pa.binary(), len(offsets) - 1, buffers)
    places = 2 * np.arange(len(starts), dtype=np.int32)
    if lanes is ALL:
        return both.take(pa.array(places))
    order, valid = np.zeros(records, np.int32), np.zeros(records, np.bool_)
    order[lanes], valid[lanes] = places, True
    return both.take(pa.array(order, mask=~valid))
