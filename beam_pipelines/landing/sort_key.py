"""Where a change stands in PostgreSQL's log -> text whose order is the log's order."""

from collections.abc import Mapping
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from beam_pipelines.avro.container import UnreadableFile
from beam_pipelines.avro.source_column import Path, SourceColumn

SEQUENCE: Path = ("sort_keys", 2)
_HEAD = 17  # bytes of the commit LSN and the slash
_HALF = 5  # digits; the sequence in the transaction has twice as many
_WIDTH = _HEAD + 2 * _HALF


def sort_keys(columns: Mapping[Path, SourceColumn]) -> pa.Array:
    """Commit LSN as 16 hex digits, `/`, the sequence in the transaction as 10 digits.

    Raises:
        UnreadableFile: an LSN is not X/Y in hex, or a sequence is not a number of at most 10 digits.
    """
    lsn = columns["source_metadata", "lsn"].values
    distinct = pc.dictionary_encode(lsn)
    if distinct.indices.null_count:
        raise UnreadableFile("a record without source_metadata.lsn: its place in the log is unknown")
    heads = "".join(f"{_hex(value)}/" for value in distinct.dictionary.to_pylist()).encode()
    rows = np.empty((len(lsn), _WIDTH), np.uint8)
    rows[:, :_HEAD] = np.frombuffer(heads, np.uint8).reshape(-1, _HEAD)[distinct.indices.to_numpy()]
    high, low = np.divmod(_sequences(columns, len(lsn)), 10**_HALF)
    rows[:, _HEAD : _HEAD + _HALF] = _digits()[high]
    rows[:, _HEAD + _HALF :] = _digits()[low]
    offsets = np.arange(len(lsn) + 1, dtype=np.int32) * np.int32(_WIDTH)
    return pa.Array.from_buffers(pa.string(), len(lsn), [None, pa.py_buffer(offsets), pa.py_buffer(rows)])


def _sequences(columns: Mapping[Path, SourceColumn], rows: int) -> npt.NDArray[np.int64]:
    """The third of sort_keys; 0 for rows of a backfill that have none."""
    third = columns.get(SEQUENCE)
    if third is None or third.type.kind != "long":
        return np.zeros(rows, np.int64)
    numbers: npt.NDArray[np.int64] = pc.fill_null(third.values, 0).to_numpy()
    if rows and (numbers.min() < 0 or numbers.max() >= 10 ** (2 * _HALF)):
        raise UnreadableFile(f"a sequence in sort_keys is not a number of at most {2 * _HALF} digits")
    return numbers


@cache
def _digits() -> npt.NDArray[np.uint8]:
    """The digits of each number below 10**_HALF, a row each."""
    numbers = np.arange(10**_HALF)
    return np.stack([numbers // 10**place % 10 + ord("0") for place in reversed(range(_HALF))], axis=1).astype(np.uint8)


def _hex(lsn: str | None) -> str:
    high, slash, low = (lsn or "").partition("/")
    try:
        if not slash or max(len(high), len(low)) > 8:
            raise ValueError
        return f"{int(high, 16):08X}{int(low, 16):08X}"
    except ValueError:
        raise UnreadableFile(f"source_metadata.lsn is {lsn!r}, not a PostgreSQL LSN such as 0/16B3748") from None
