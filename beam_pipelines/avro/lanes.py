"""Avro records -> Arrow columns, all records of a buffer at once: the fast way, where the files are Datastream's.

A lane is a record. Its beginning is a guess (record_starts.py), and it is proved: every record must end where the next
begins, and the last at the end of the buffer; then these are the records. Otherwise Unaligned is raised, and the caller
reads one record after the other (records.py).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from beam_pipelines.avro.alike import Run, skip
from beam_pipelines.avro.lane_column import ALL, LaneColumn
from beam_pipelines.avro.record_starts import record_starts
from beam_pipelines.avro.source_column import Path, SourceColumn
from beam_pipelines.avro.types import AvroType, read_type
from beam_pipelines.avro.varints import Bytes, Positions, Unaligned

_MOST_ITEMS = 64  # in an array; longer ones are read record by record
_PAYLOAD = "payload"


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
    starts = record_starts(buffer, records, schema)
    walk = _Walk(buffer, records, is_needed)
    ends = walk.whole(schema, starts)
    if not np.array_equal(ends, np.append(starts[1:], len(data))):
        raise Unaligned
    return {path: column.to_arrow(buffer) for path, column in walk.columns.items()}


class _Walk:
    """Goes through a record's schema with all lanes together. `columns` are those that are needed."""

    def __init__(self, buffer: Bytes, records: int, is_needed: Callable[[Path], bool]) -> None:
        self._buffer, self._records, self._is_needed = buffer, records, is_needed
        self.columns: dict[Path, LaneColumn] = {}

    def whole(self, schema: Any, positions: Positions) -> Positions:
        """A record -> the positions after it: runs of fields that are alike, and what is not alike by itself."""
        fields = list(schema["fields"])
        while fields:
            fields, positions = self._run(fields, positions)
            if fields:
                field, *fields = fields
                positions = self._value(field["type"], (field["name"],), positions)
        return positions

    def _run(self, fields: list[Any], positions: Positions) -> tuple[list[Any], Positions]:
        """As many fields before the payload as are alike -> (the others, the positions after the run)."""
        width, data, first = 0, self._buffer.data, int(positions[0])
        names = [field["name"] for field in fields]
        envelope = fields[: names.index(_PAYLOAD)] if _PAYLOAD in names else fields
        for field in envelope:
            width = skip(data, first + width, field["type"]) - first
        try:
            run, place, taken = Run(self._buffer, positions, width), 0, 0
        except Unaligned:
            return fields, positions
        for field in envelope:
            before = dict(self.columns)
            try:
                place = self._alike(run, field["type"], (field["name"],), place)
            except Unaligned:
                self.columns = before
                break
            taken += 1
        return fields[taken:], positions + place

    def _alike(self, run: Run, schema: Any, path: Path, place: int) -> int:
        """A field of a run -> the place after it. Raises Unaligned when the lanes do not have it alike."""
        if isinstance(schema, dict) and schema.get("type") == "record":
            for field in schema["fields"]:
                place = self._alike(run, field["type"], (*path, field["name"]), place)
            return place
        if isinstance(schema, dict) and schema.get("type") == "array":
            return self._alike_array(run, schema["items"], path, place)
        found = run.scalar(schema, place)
        column = self._column(path, read_type(schema))
        if column is None or found.branch == "null":
            return found.last
        rows = run.bytes_of(found)
        if found.branch in ("string", "bytes"):
            column.add_alike(found.branch, rows)
        else:
            positions = rows.shape[1] * np.arange(len(rows), dtype=np.int64)
            values, _ = _READERS[found.branch](Bytes(rows.tobytes()), positions)
            column.add_numbers(ALL, values if len(values) > 1 else np.full(self._records, values[0]))
        return found.last

    def _alike_array(self, run: Run, items: Any, path: Path, place: int) -> int:
        left, place = run.count(place)
        if not 0 <= left <= _MOST_ITEMS:
            raise Unaligned
        for index in range(left):
            place = self._alike(run, items, (*path, index), place)
        end, place = run.count(place) if left else (0, place)
        if end:
            raise Unaligned
        return place

    def _column(self, path: Path, kind: AvroType) -> LaneColumn | None:
        """The column at a path; None when it is not needed."""
        if kind.kind in ("array", "other"):
            raise Unaligned
        if not self._is_needed(path):
            return None
        return self.columns.setdefault(path, LaneColumn(kind, self._records))

    def _value(self, schema: Any, path: Path, positions: Positions) -> Positions:
        """Any field, of all lanes -> the positions after it."""
        if isinstance(schema, dict) and schema.get("type") == "record":
            for field in schema["fields"]:
                positions = self._value(field["type"], (*path, field["name"]), positions)
            return positions
        if isinstance(schema, dict) and schema.get("type") == "array":
            return self._array(schema["items"], path, positions)
        kind = read_type(schema)
        return self._scalar(kind.branches, self._column(path, kind), ALL, positions)

    def _scalar(self, branches: tuple[str, ...], column: LaneColumn | None, lanes: Any, at: Positions) -> Positions:
        if len(branches) == 1:
            return self._branch(branches[0], column, lanes, at)
        choice, at = self._buffer.choices(at)
        if isinstance(choice, int):
            if not 0 <= choice < len(branches):
                raise Unaligned
            return self._branch(branches[choice], column, lanes, at)
        if len(choice) == 0 or choice.min() < 0 or choice.max() >= len(branches):
            raise Unaligned
        everywhere = np.arange(self._records)[lanes]
        for index in np.flatnonzero(np.bincount(choice)):
            chosen = np.flatnonzero(choice == index)
            at[chosen] = self._branch(branches[index], column, everywhere[chosen], at[chosen])
        return at

    def _branch(self, branch: str, column: LaneColumn | None, lanes: Any, positions: Positions) -> Positions:
        if branch == "null":
            return positions
        if branch in ("string", "bytes"):
            starts, after = self._buffer.spans(positions)
            if column is not None:
                column.add_spans(branch, lanes, starts, after)
            return after
        reader = _READERS.get(branch)
        if reader is None:
            raise Unaligned
        values, after = reader(self._buffer, positions)
        if column is not None:
            column.add_numbers(lanes, values)
        return after

    def _array(self, items: Any, path: Path, positions: Positions) -> Positions:
        """An array's items become columns (path, index), with nulls in the records whose array is shorter."""
        kind = read_type(items)
        if kind.kind in ("array", "other") or path[0] == _PAYLOAD:  # there an array is one value
            raise Unaligned
        left, positions = self._buffer.longs(positions)
        for index in range(_MOST_ITEMS):
            if left.min() < 0:  # blocks that say their size: allowed, and nobody writes them
                raise Unaligned
            lanes = np.flatnonzero(left)
            if len(lanes) == 0:
                return positions
            column = self._column((*path, index), kind)
            positions[lanes] = self._scalar(kind.branches, column, lanes, positions[lanes])
            left[lanes] -= 1
            ended = lanes[left[lanes] == 0]
            left[ended], positions[ended] = self._buffer.longs(positions[ended])
        raise Unaligned


_READERS = {
    "long": Bytes.longs, "int": Bytes.longs, "double": Bytes.doubles, "float": Bytes.floats, "boolean": Bytes.booleans,
}  # fmt: skip
