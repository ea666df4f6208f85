"""Avro records -> Arrow columns, all records of a buffer at once: the fast way, where the files are Datastream's.

Avro says nowhere where a record begins. But the fields object, read_method, stream_name and schema_key are the same in
all records of a file, so their bytes mark each record. That is a guess, and it is proved: every record must end where
the next begins, and the last at the end of the buffer; then these are the records. Otherwise Unaligned is raised, and
the caller reads one record after the other (records.py).
"""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from beam_pipelines.avro.source_column import Path, SourceColumn
from beam_pipelines.avro.types import AvroType, read_type
from beam_pipelines.avro.varints import Bytes, Positions, Unaligned

_CONSTANT = ("object", "read_method", "stream_name", "schema_key")
_MOST_ITEMS = 64  # in an array; longer ones are read record by record


def decode(
    data: bytes, records: int, schema: Any, is_needed: Callable[[Path], bool] = lambda path: True
) -> dict[Path, SourceColumn]:
    """The scalars of each record that are needed, by path; an array's items as (name, index).

    Raises:
        Unaligned: this is not the shape of data that this way can read.
    """
    if records == 0:
        raise Unaligned
    buffer = Bytes(data)
    starts = _record_starts(buffer, data, records, schema)
    walk = _Walk(buffer, records)
    ends = walk.record(schema, (), starts)
    if not np.array_equal(ends, np.append(starts[1:], len(data))):
        raise Unaligned
    return {path: column.to_arrow(buffer) for path, column in walk.columns.items() if is_needed(path)}


def _record_starts(buffer: Bytes, data: bytes, records: int, schema: Any) -> Positions:
    """Where the records begin, if the first one's constant fields mark them all."""
    position, begin = np.zeros(1, np.int64), None
    first = _Walk(buffer, 1)
    for field in schema["fields"]:
        if field["name"] in _CONSTANT and begin is None:
            begin = int(position[0])
        elif field["name"] not in _CONSTANT and begin is not None:
            break
        position = first.value(field["type"], (field["name"],), position)
    if begin is None:
        raise Unaligned
    mark = data[begin : int(position[0])]
    starts = np.array([match.start() for match in re.finditer(re.escape(mark), data)], np.int64) - begin
    if len(starts) != records or starts[0] != 0:
        raise Unaligned
    return starts


class _Column:
    """The values of one path while they are gathered: each branch of a union adds those of its lanes."""

    def __init__(self, kind: AvroType, records: int) -> None:
        self.type, self.records = kind, records
        self.numbers: np.ndarray[Any, Any] | None = None
        self.valid = np.zeros(records, np.bool_)
        self.spans: dict[str, tuple[Positions, Positions, np.ndarray[Any, Any]]] = {}

    def add_numbers(self, lanes: Any, values: Any) -> None:
        if self.numbers is None:
            self.numbers = np.zeros(self.records, values.dtype)
        self.numbers[lanes], self.valid[lanes] = values, True

    def add_spans(self, branch: str, lanes: Any, starts: Positions, ends: Positions) -> None:
        first, last, valid = self.spans.setdefault(
            branch,
            (np.zeros(self.records, np.int64), np.zeros(self.records, np.int64), np.zeros(self.records, np.bool_)),
        )
        first[lanes], last[lanes], valid[lanes] = starts, ends, True

    def to_arrow(self, buffer: Bytes) -> SourceColumn:
        main = {"long": pa.int64(), "double": pa.float64(), "boolean": pa.bool_(), "bytes": pa.binary()}
        arrow_type = main.get(self.type.kind, pa.string())
        if self.numbers is not None:
            values = pa.array(self.numbers, mask=~self.valid)
        elif self.type.kind in self.spans:
            values = self._text(buffer, self.type.kind, arrow_type)
        else:
            values = pa.nulls(self.records, arrow_type)
        has_text = self.type.has_text and "string" in self.spans
        return SourceColumn(self.type, values, self._text(buffer, "string", pa.string()) if has_text else None)

    def _text(self, buffer: Bytes, branch: str, arrow_type: pa.DataType) -> pa.Array:
        """Values and the gaps between them are one binary array over the buffer; every second element is a value."""
        starts, ends, valid = self.spans[branch]
        lanes = np.flatnonzero(valid)
        offsets = np.empty(2 * len(lanes), np.int32)
        offsets[0::2], offsets[1::2] = starts[lanes], ends[lanes]
        parts = [None, pa.py_buffer(offsets), pa.py_buffer(buffer.padded)]
        both = pa.Array.from_buffers(pa.binary(), len(offsets) - 1, parts)
        order = np.zeros(self.records, np.int64)
        order[lanes] = np.arange(0, 2 * len(lanes), 2)
        try:
            return both.take(pa.array(order, mask=~valid)).cast(arrow_type)
        except pa.ArrowInvalid as error:  # not UTF-8
            raise Unaligned from error


class _Walk:
    """Goes through a record's schema with one position for each record (a lane)."""

    def __init__(self, buffer: Bytes, records: int) -> None:
        self._buffer, self._records = buffer, records
        self.columns: dict[Path, _Column] = {}

    def record(self, schema: Any, path: Path, positions: Positions) -> Positions:
        for field in schema["fields"]:
            positions = self.value(field["type"], (*path, field["name"]), positions)
        return positions

    def value(self, schema: Any, path: Path, positions: Positions) -> Positions:
        """Any field, of all lanes -> the positions after it."""
        if isinstance(schema, dict) and schema.get("type") == "record":
            return self.record(schema, path, positions)
        if isinstance(schema, dict) and schema.get("type") == "array":
            return self._array(schema["items"], path, positions)
        kind = read_type(schema)
        if kind.kind in ("array", "other"):
            raise Unaligned
        column = self.columns.setdefault(path, _Column(kind, self._records))
        return self._scalar(column, slice(None), positions)

    def _scalar(self, column: _Column, lanes: Any, positions: Positions) -> Positions:
        branches = column.type.branches
        if len(branches) == 1:
            return self._branch(column, branches[0], lanes, positions)
        choice, positions = self._buffer.longs(positions)
        if len(choice) == 0 or choice.min() < 0 or choice.max() >= len(branches):
            raise Unaligned
        if choice.min() == choice.max():
            return self._branch(column, branches[choice[0]], lanes, positions)
        everywhere = np.arange(self._records)[lanes]
        for index in np.unique(choice):
            chosen = np.flatnonzero(choice == index)
            positions[chosen] = self._branch(column, branches[index], everywhere[chosen], positions[chosen])
        return positions

    def _branch(self, column: _Column, branch: str, lanes: Any, positions: Positions) -> Positions:
        if branch == "null":
            return positions
        if branch in ("string", "bytes"):
            starts, after = self._buffer.spans(positions)
            column.add_spans(branch, lanes, starts, after)
            return after
        reader = _READERS.get(branch)
        if reader is None:
            raise Unaligned
        values, after = reader(self._buffer, positions)
        column.add_numbers(lanes, values)
        return after

    def _array(self, items: Any, path: Path, positions: Positions) -> Positions:
        """An array's items become columns (path, index), with nulls in the records whose array is shorter."""
        kind = read_type(items)
        if kind.kind in ("array", "other") or path[0] == "payload":  # there an array is one value
            raise Unaligned
        left, positions = self._buffer.longs(positions)
        for index in range(_MOST_ITEMS):
            if left.min() < 0:  # blocks that say their size: allowed, and nobody writes them
                raise Unaligned
            lanes = np.flatnonzero(left)
            if len(lanes) == 0:
                return positions
            column = self.columns.setdefault((*path, index), _Column(kind, self._records))
            positions[lanes] = self._scalar(column, lanes, positions[lanes])
            left[lanes] -= 1
            ended = lanes[left[lanes] == 0]
            left[ended], positions[ended] = self._buffer.longs(positions[ended])
        raise Unaligned


_READERS = {
    "long": Bytes.longs, "int": Bytes.longs, "double": Bytes.doubles, "float": Bytes.floats, "boolean": Bytes.booleans,
}  # fmt: skip
