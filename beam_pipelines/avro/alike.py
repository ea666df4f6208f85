"""A run of fields that all records lay out alike: the envelope, most of which is the same bytes in each record.

Where the bytes that say how long things are (lengths, branches of unions, the continuation bits of numbers) are the
same in all lanes, each field stands at the same distance from the run's beginning. So the first lane is read, and of
the others only what differs.
"""

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from beam_pipelines.avro.container import UnreadableFile, read_long
from beam_pipelines.avro.types import read_type
from beam_pipelines.avro.varints import Bytes, Matrix, Positions, Unaligned

_LANES_AT_ONCE = 1024  # what they are compared in stays in the processor's cache
_FIXED = {"double": 8, "float": 4, "boolean": 1}


class Found(NamedTuple):
    """A scalar in all lanes: its union's branch, and where its bytes are in the run."""

    branch: str
    first: int
    last: int


class Run:
    """`width` bytes from each position on. Raises Unaligned where they reach beyond the buffer."""

    def __init__(self, buffer: Bytes, positions: Positions, width: int) -> None:
        self.buffer, self.positions, self.width = buffer, positions, width
        self.template: Matrix = buffer.rows(positions[:1], width)[0]
        self._bytes = self.template.tobytes()

    @cached_property
    def varies(self) -> npt.NDArray[np.uint8]:
        """By byte, the bits that are not the same in all lanes."""
        bits = np.zeros(self.width, np.uint8)
        for start in range(0, len(self.positions), _LANES_AT_ONCE):
            rows = self.buffer.rows(self.positions[start : start + _LANES_AT_ONCE], self.width)
            bits |= np.bitwise_or.reduce(rows ^ self.template, axis=0)
        return bits

    def bytes_of(self, found: Found) -> Matrix:
        """The field's bytes: a row for each lane, or one for all of them."""
        if not self.varies[found.first : found.last].any():
            return self.template.reshape(1, -1)[:, found.first : found.last]
        return self.buffer.rows(self.positions + found.first, found.last - found.first)

    def scalar(self, schema: Any, place: int) -> Found:
        """The scalar at a place of the run. Raises Unaligned when the lanes do not have it alike."""
        branches = read_type(schema).branches
        branch = branches[0]
        if len(branches) > 1:
            choice, place = self._same_long(place)
            if not 0 <= choice < len(branches):
                raise Unaligned
            branch = branches[choice]
        if branch == "null":
            return Found(branch, place, place)
        if branch in ("string", "bytes"):
            size, place = self._same_long(place)
            return self._found(branch, place, size)
        if branch in ("long", "int"):
            size = self._long(place)[1] - place
            if (self.varies[place : place + size] & 0x80).any():
                raise Unaligned
            return self._found(branch, place, size)
        if branch not in _FIXED:
            raise Unaligned
        return self._found(branch, place, _FIXED[branch])

    def count(self, place: int) -> tuple[int, int]:
        """The length of an array's block -> (length, next place)."""
        return self._same_long(place)

    def _found(self, branch: str, first: int, size: int) -> Found:
        if size < 0 or first + size > self.width:
            raise Unaligned
        return Found(branch, first, first + size)

    def _same_long(self, place: int) -> tuple[int, int]:
        value, after = self._long(place)
        if self.varies[place:after].any():
            raise Unaligned
        return value, after

    def _long(self, place: int) -> tuple[int, int]:
        try:
            return read_long(self._bytes, place)
        except UnreadableFile as error:
            raise Unaligned from error


def skip(data: bytes, position: int, schema: Any) -> int:
    """The position after a value of one record. Raises Unaligned, UnreadableFile."""
    if isinstance(schema, dict) and schema.get("type") == "record":
        for field in schema["fields"]:
            position = skip(data, position, field["type"])
        return position
    if isinstance(schema, dict) and schema.get("type") == "array":
        return _skip_array(data, position, schema["items"])
    branches, choice = read_type(schema).branches, 0
    if len(branches) > 1:
        choice, position = read_long(data, position)
    if not 0 <= choice < len(branches):
        raise Unaligned
    branch = branches[choice]
    if branch in ("string", "bytes"):
        size, position = read_long(data, position)
        if size < 0:
            raise Unaligned
        return position + size
    if branch in ("long", "int"):
        return read_long(data, position)[1]
    if branch != "null" and branch not in _FIXED:
        raise Unaligned
    return position + _FIXED.get(branch, 0)


def _skip_array(data: bytes, position: int, items: Any) -> int:
    while True:
        left, position = read_long(data, position)
        if left == 0:
            return position
        if left < 0 or left > len(data):
            raise Unaligned
        for _ in range(left):
            position = skip(data, position, items)
