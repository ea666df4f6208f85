"""Many Avro values at once: the bytes at many positions of one buffer, decoded with numpy.

The buffer is looked at as one 64-bit word at each byte, so a varint of up to 8 bytes is one look-up and a few shifts.
"""

import numpy as np
import numpy.typing as npt

from beam_pipelines.avro.container import read_long

Positions = npt.NDArray[np.int64]
Matrix = npt.NDArray[np.uint8]
_WORD = np.uint64
_CONTINUES = _WORD(0x8080808080808080)
_WORD_BYTES = 8
_ONE_BYTE = (np.arange(256) >> 1) ^ -(np.arange(256) & 1)  # what a varint of one byte is


class Unaligned(Exception):
    """The positions are not where such values begin."""


class Bytes:
    """A buffer, and the values at positions of it. Positions beyond the end raise Unaligned."""

    def __init__(self, data: bytes) -> None:
        self.size, self.data = len(data), data
        self._bytes = np.frombuffer(data, np.uint8)
        whole = data if len(data) >= _WORD_BYTES else data.ljust(_WORD_BYTES, b"\0")
        self._last_word = len(whole) - _WORD_BYTES
        self._all_words: npt.NDArray[np.uint64] = np.ndarray(self._last_word + 1, "<u8", whole, strides=(1,))

    def longs(self, positions: Positions) -> tuple[npt.NDArray[np.int64], Positions]:
        """Zigzag varints -> (values, positions after them)."""
        first = self._first(positions)
        if len(first) == 0 or first.max() < 0x80:
            return _ONE_BYTE.take(first), positions + 1
        word = self._words(positions)
        stop = ~word & _CONTINUES
        below = (stop & (~stop + _WORD(1))) - _WORD(1)  # all bits under the last byte's free one
        values = _squeeze(word & below)
        after = positions + ((np.bitwise_count(below).astype(np.int64) + 1) >> 3)
        for lane in np.flatnonzero(stop == 0):  # 9 or 10 bytes: rare
            values[lane], after[lane] = read_long(self.data, int(positions[lane]))
        return values, after

    def choices(self, positions: Positions) -> tuple[int | npt.NDArray[np.int64], Positions]:
        """Like longs; one number where it is the same at all positions."""
        first = self._first(positions)
        if len(first) and first.max() == first.min() < 0x80:
            return int(_ONE_BYTE[first[0]]), positions + 1
        return self.longs(positions)

    def doubles(self, positions: Positions) -> tuple[npt.NDArray[np.float64], Positions]:
        """IEEE 754 doubles -> (values, positions after them)."""
        return self._words(positions).view(np.float64), positions + 8

    def floats(self, positions: Positions) -> tuple[npt.NDArray[np.float64], Positions]:
        """IEEE 754 singles -> (values as doubles, positions after them)."""
        words = (self._words(positions) & _WORD(0xFFFFFFFF)).astype(np.uint32)
        return words.view(np.float32).astype(np.float64), positions + 4

    def booleans(self, positions: Positions) -> tuple[npt.NDArray[np.bool_], Positions]:
        """Bytes 0 and 1 -> (values, positions after them)."""
        values = self._first(positions)
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

    def rows(self, positions: Positions, width: int) -> Matrix:
        """So many bytes from each position on, a row each."""
        if width <= 0 or len(positions) == 0 or positions.min() < 0 or positions.max() + width > self.size:
            raise Unaligned
        pieces: npt.NDArray[np.void] = np.ndarray(self.size - width + 1, f"V{width}", self.data, strides=(1,))
        return pieces[positions].view(np.uint8).reshape(len(positions), width)

    def _first(self, positions: Positions) -> Matrix:
        """The byte at each position."""
        if len(positions) and (positions.max() >= self.size or positions.min() < 0):
            raise Unaligned
        return self._bytes[positions]

    def _words(self, positions: Positions) -> npt.NDArray[np.uint64]:
        """The eight bytes from each position on; zeros beyond the end."""
        last = positions.max() if len(positions) else 0
        if last <= self._last_word:
            return self._all_words[positions]
        if last >= self.size:
            raise Unaligned
        there = np.minimum(positions, self._last_word)
        return self._all_words[there] >> ((positions - there) << 3).astype(np.uint64)


def _squeeze(word: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Eight groups of 7 bits, one a byte -> the zigzag number that they make."""
    word = (word & _WORD(0x007F007F007F007F)) | ((word & _WORD(0x7F007F007F007F00)) >> _WORD(1))
    word = (word & _WORD(0x00003FFF00003FFF)) | ((word & _WORD(0x3FFF00003FFF0000)) >> _WORD(2))
    word = (word & _WORD(0x000000000FFFFFFF)) | ((word & _WORD(0x0FFFFFFF00000000)) >> _WORD(4))
    number = word.view(np.int64)
    return (number >> 1) ^ -(number & 1)
