"""Where a long run of bytes occurs in a buffer, by looking at few of its bytes.

Of every len(mark) - 7 bytes one word of eight is looked at: each occurrence of the mark has exactly one of them whole
inside it, and a table tells at which place of the mark.
"""

import numpy as np
import numpy.typing as npt

from beam_pipelines.avro.varints import Bytes, Positions

_WORD_BYTES = 8
_SHIFT = np.uint64(48)  # a table of 2**16 places
_FACTORS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93, 0xFF51AFD7ED558CCD)
_FEW = 1024  # candidates that are compared at once


def occurrences(buffer: Bytes, mark: bytes) -> Positions | None:
    """The positions in their order; None for a mark that is short, or has the same eight bytes twice."""
    stride = len(mark) - _WORD_BYTES + 1
    if stride < _WORD_BYTES or len(mark) > buffer.size:
        return None
    words: npt.NDArray[np.uint64] = np.ndarray(stride, "<u8", mark, strides=(1,))
    factor = next((each for each in map(np.uint64, _FACTORS) if _are_distinct(words, each)), None)
    if factor is None:
        return None
    table = np.zeros(1 << 16, np.int64)
    table[(words * factor) >> _SHIFT] = np.arange(1, stride + 1)
    number = (buffer.size - _WORD_BYTES) // stride + 1
    looked_at: npt.NDArray[np.uint64] = np.ndarray(number, "<u8", buffer.data, strides=(stride,))
    place = table[(looked_at * factor) >> _SHIFT]
    found = np.flatnonzero(place)
    starts = found * stride - (place[found] - 1)
    starts = starts[(starts >= 0) & (starts <= buffer.size - len(mark))]
    template = np.frombuffer(mark, np.uint8)
    same = [
        (buffer.rows(starts[at : at + _FEW], len(mark)) == template).all(axis=1) for at in range(0, len(starts), _FEW)
    ]
    whole: Positions = starts[np.concatenate(same)] if same else starts
    return whole


def _are_distinct(words: npt.NDArray[np.uint64], factor: np.uint64) -> bool:
    return len(set(((words * factor) >> _SHIFT).tolist())) == len(words)  # np.unique would import numpy.ma first
