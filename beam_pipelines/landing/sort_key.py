"""Where a change stands in PostgreSQL's log -> text whose order is the log's order."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from beam_pipelines.avro.container import UnreadableFile
from beam_pipelines.avro.source_column import Path, SourceColumn

SEQUENCE: Path = ("sort_keys", 2)
_DIGITS = 10  # of the sequence in its transaction


def sort_keys(columns: Mapping[Path, SourceColumn]) -> pa.Array:
    """Commit LSN as 16 hex digits, `/`, the sequence in the transaction as 10 digits.

    Raises:
        UnreadableFile: an LSN is not X/Y in hex, or a sequence is not a number of at most 10 digits.
    """
    lsn = columns["source_metadata", "lsn"].values
    distinct = pc.dictionary_encode(lsn)
    keys = pa.array([_hex(value) for value in distinct.dictionary.to_pylist()], pa.string())
    if distinct.indices.null_count:
        raise UnreadableFile("a record without source_metadata.lsn: its place in the log is unknown")
    return pc.binary_join_element_wise(keys.take(distinct.indices), _sequences(columns, len(lsn)), "/")


def _sequences(columns: Mapping[Path, SourceColumn], rows: int) -> pa.Array:
    """The third of sort_keys; 0 for rows of a backfill that have none."""
    third = columns.get(SEQUENCE)
    if third is None or third.type.kind != "long":
        return pa.repeat("0" * _DIGITS, rows)
    numbers = pc.fill_null(third.values, 0)
    if rows and (pc.min(numbers).as_py() < 0 or pc.max(numbers).as_py() >= 10**_DIGITS):
        raise UnreadableFile(f"a sequence in sort_keys is not a number of at most {_DIGITS} digits")
    distinct = pc.dictionary_encode(numbers)
    padded = pc.utf8_lpad(distinct.dictionary.cast(pa.string()), _DIGITS, "0")
    return padded.take(distinct.indices)


def _hex(lsn: str | None) -> str:
    high, slash, low = (lsn or "").partition("/")
    try:
        if not slash or max(len(high), len(low)) > 8:
            raise ValueError
        return f"{int(high, 16):08X}{int(low, 16):08X}"
    except ValueError:
        raise UnreadableFile(f"source_metadata.lsn is {lsn!r}, not a PostgreSQL LSN such as 0/16B3748") from None
