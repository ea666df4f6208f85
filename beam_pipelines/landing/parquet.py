"""Rows of one part -> Parquet objects, each sorted in log order, written once."""

from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from beam_pipelines import objects
from beam_pipelines.landing.envelope import Envelope

_ROWS_IN_AN_OBJECT = 250_000
_BYTES_IN_AN_OBJECT = 128 << 20  # of Arrow memory
_ROWS_IN_A_GROUP = 64 << 10


@dataclass(frozen=True)
class Written:
    """Rows, bytes of Parquet, and the bounds of `_sort_key` (None where there are no rows)."""

    rows: int = 0
    bytes: int = 0
    min_sort_key: str | None = None
    max_sort_key: str | None = None

    def plus(self, rows: int, size: int, first: str, last: str) -> "Written":
        """With one object more."""
        lowest = min(first, self.min_sort_key or first)
        highest = max(last, self.max_sort_key or last)
        return replace(self, rows=self.rows + rows, bytes=self.bytes + size, min_sort_key=lowest, max_sort_key=highest)


class PartWriter:
    """Gathers rows and writes an object when there are enough, and at the end. Its memory is bounded."""

    def __init__(self, envelope: Envelope, number: int) -> None:
        self._envelope, self._number, self._objects = envelope, number, 0
        self._pending: list[pa.RecordBatch] = []
        self.written = Written()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._flush()

    def add(self, rows: pa.RecordBatch) -> None:
        """Takes rows of the table's bronze schema."""
        self._pending.append(rows)
        waiting = sum(batch.num_rows for batch in self._pending)
        if waiting >= _ROWS_IN_AN_OBJECT or sum(batch.nbytes for batch in self._pending) >= _BYTES_IN_AN_OBJECT:
            self._flush()

    def _flush(self) -> None:
        rows = sum(batch.num_rows for batch in self._pending)
        if rows:
            table = _in_log_order(pa.Table.from_batches(self._pending).combine_chunks())
            file = pa.BufferOutputStream()
            pq.write_table(table, file, row_group_size=_ROWS_IN_A_GROUP)
            data = file.getvalue().to_pybytes()
            objects.write_once("bronze", self._name(), data, "application/vnd.apache.parquet")
            keys = table.column("_sort_key")
            self.written = self.written.plus(rows, len(data), keys[0].as_py(), keys[-1].as_py())
            self._objects += 1
        self._pending = []

    def _name(self) -> str:
        table, batch = self._envelope.table, self._envelope.batch
        more = f"-{self._objects:05d}" if self._objects else ""
        folder = f"{table.source}/{table.name}/ingestion_date={batch.ingested_at.date()}"
        return f"{folder}/{batch.batch_id}-{self._number:05d}{more}.parquet"


def _in_log_order(table: pa.Table) -> pa.Table:
    keys = table.column("_sort_key").combine_chunks()
    if len(keys) < 2 or pc.all(pc.less_equal(keys[:-1], keys[1:])).as_py():
        return table
    return table.take(pc.sort_indices(keys))
