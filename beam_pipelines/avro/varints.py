"""Many Avro values at once: the bytes at many positions of one buffer, decoded with numpy.

The buffer is looked at as one 64-bit word at each byte, so a varint of up to 8 bytes is one look-up and a few shifts.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from beam_pipelines.avro.container import read_long

Positions = npt.NDArray[np.int64]
_WORD = np.uint64
_CONTINUES = _WORD(0x8080808080808080)
_PADDING = 32


class Unaligned(Exception):
    """The positions are not where such values begin."""


class Bytes:
    """A buffer, and the values at positions of it. Positions beyond the end raise Unaligned."""

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        self.padded = data + bytes(_PADDING)
        self._bytes = np.frombuffer(self.padded, np.uint8)
        words = (len(self.padded) - 8,)
        self._words: npt.NDArray[np.uint64] = np.ndarray(words, "<u8", self.padded, strides=(1,))

    def longs(self, positions: Positions) -> tuple[npt.NDArray[np.int64], Positions]:
        """Zigzag varints -> (values, positions after them)."""
        first = self._at(self._bytes, positions)
        if len(first) == 0 or first.max() < 0x80:
            small = first.astype(np.int64)
            return (small >> 1) ^ -(small & 1), positions + 1
        word = self._words[positions]
        stop = ~word & _CONTINUES
        below = (stop & (~stop + _WORD(1))) - _WORD(1)  # all bits under the last byte's free one
        values = _squeeze(word & below)
        after = positions + ((np.bitwise_count(below).astype(np.int64) + 1) >> 3)
        for lane in np.flatnonzero(stop == 0):  # 9 or 10 bytes: rare
            values[lane], after[lane] = read_long(self.padded, int(positions[lane]))
        return values, after

    def doubles(self, positions: Positions) -> tuple[npt.NDArray[np.float64], Positions]:
        """IEEE 754 doubles -> (values, positions after them)."""
        return self._at(self._words, positions).view(np.float64), positions + 8

    def floats(self, positions: Positions) -> tuple[npt.NDArray[np.float64], Positions]:
        """IEEE 754 singles -> (values as doubles, positions after them)."""
        words = (self._at(self._words, positions) & _WORD(0xFFFFFFFF)).astype(np.uint32)
        return words.view(np.float32).astype(np.float64), positions + 4

    def booleans(self, positions: Positions) -> tuple[npt.NDArray[np.bool_], Positions]:
        """Bytes 0 and 1 -> (values, positions after them)."""
        values = self._at(self._bytes, positions)
        if len(values) and values.max() > 1:
            raise Unaligned
        return values.astype(np.bool_), positions + 1

    def spans(self, positions: Positions) -> tuple[Positions, Positions]:
        """Strings or bytes -> (where each begins, where each ends)."""
        sizes, starts = self.longs(positions)
        ends = starts + sizes
        if len(sizes) and (sizes.min() < 0 or ends.max() > self.size):
            raise Unaligned
        return starts, ends

    def _at(self, values: npt.NDArray[Any], positions: Positions) -> npt.NDArray[Any]:
        if len(positions) and (positions.max() > self.size or positions.min() < 0):
            raise Unaligned
        return values[positions]


def _squeeze(word: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Eight groups of 7 bits, one a byte -> the zigzag number that they make."""
    word = (word & _WORD(0x007F007F007F007F)) | ((word & _WORD(0x7F007F007F007F00)) >> _WORD(1))
    word = (word & _WORD(0x00003FFF00003FFF)) | ((word & _WORD(0x3FFF00003FFF0000)) >> _WORD(2))
    word = (word & _WORD(0x000000000FFFFFFF)) | ((word & _WORD(0x0FFFFFFF00000000)) >> _WORD(4))
    number = word.view(np.int64)
    return (number >> 1) ^ -(number & 1)
