"""Rows of one part -> Parquet objects, each sorted in log order, written once."""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import TracebackType
from typing import NamedTuple, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from beam_pipelines import objects
from beam_pipelines.ahead import begin
from beam_pipelines.landing.envelope import Envelope

_ROWS_IN_AN_OBJECT = 250_000
_BYTES_IN_AN_OBJECT = 128 << 20  # of Arrow memory
_ROWS_IN_A_GROUP = 64 << 10
_WRITES_AT_ONCE = 4
_SAMPLE = 1_000  # rows that tell whether a column is worth a dictionary


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


class Encoded(NamedTuple):
    """An object to be: Parquet, its rows, and their first and last `_sort_key`."""

    data: bytes
    rows: int
    first: str
    last: str


class PartWriter:
    """Gathers rows and writes an object when there are enough, and at the end. Its memory is bounded.

    write: what writes an object, given as objects.write_once is, from several threads; `names` are those that were
    written, all of them when the writer has been left.
    """

    def __init__(
        self, envelope: Envelope, number: int, write: Callable[[str, str, bytes, str], bool] = objects.write_once
    ) -> None:
        self._envelope, self._number, self._write = envelope, number, write
        self.names: list[str] = []
        self._pending: list[pa.RecordBatch] = []
        self._pending_rows = self._pending_bytes = 0
        self._held: list[Future[Encoded]] | None = None
        self._encoding: Future[Encoded] | None = None
        self._writes = ThreadPoolExecutor(_WRITES_AT_ONCE, "write")
        self._writing: deque[Future[bool]] = deque()
        self.written = Written()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._flush()
                self._wait_for_writes(0)
        finally:
            self._writes.shutdown(cancel_futures=True)

    def add_whole(self, file: Iterable[pa.RecordBatch]) -> None:
        """Takes all rows of a file, of the table's bronze schema; none of them where `file` raises before its end.

        What is full before that is held back as Parquet, which is not larger than the file.
        """
        before, self._held = (list(self._pending), self._pending_rows, self._pending_bytes), []
        try:
            for rows in file:
                self._add(rows)
        except BaseException:
            (self._pending, self._pending_rows, self._pending_bytes), self._held = before, None
            raise
        held, self._held = self._held, None
        for encoding in held:
            self._store(encoding.result())

    def _add(self, rows: pa.RecordBatch) -> None:
        self._pending.append(rows)
        self._pending_rows += rows.num_rows
        self._pending_bytes += rows.nbytes
        if self._pending_rows >= _ROWS_IN_AN_OBJECT or self._pending_bytes >= _BYTES_IN_AN_OBJECT:
            self._flush()

    def _flush(self) -> None:
        """Has what is pending encoded, once what was pending before is."""
        if not self._pending:
            return
        if self._encoding is not None:
            self._encoding.result()
        self._encoding = begin(_encode, self._pending)
        self._pending, self._pending_rows, self._pending_bytes = [], 0, 0
        if self._held is None:
            self._store(self._encoding.result())
        else:
            self._held.append(self._encoding)

    def _store(self, encoded: Encoded) -> None:
        name = part_name(self._envelope, self._number, len(self.names))
        self._wait_for_writes(_WRITES_AT_ONCE - 1)
        self._writing.append(
            self._writes.submit(self._write, "bronze", name, encoded.data, "application/vnd.apache.parquet")
        )
        self.names.append(name)
        self.written = self.written.plus(encoded.rows, len(encoded.data), encoded.first, encoded.last)

    def _wait_for_writes(self, left: int) -> None:
        """Until no more than so many are under way. Raises what a write raised."""
        while len(self._writing) > left:
            self._writing.popleft().result()


def part_name(envelope: Envelope, number: int, place: int = 0) -> str:
    """The object of a part's rows; one that is too long for a single object has more of them, by their place."""
    return f"{part_prefix(envelope, number)}{f'-{place:05d}' if place else ''}.parquet"


def part_prefix(envelope: Envelope, number: int) -> str:
    """What the names of all objects of a part begin with."""
    table, batch = envelope.table, envelope.batch
    folder = f"{table.source}/{table.name}/ingestion_date={batch.ingested_at.date()}"
    return f"{folder}/{batch.batch_id}-{number:05d}"


def _encode(batches: list[pa.RecordBatch]) -> Encoded:
    table = _in_log_order(pa.Table.from_batches(batches))
    file = pa.BufferOutputStream()
    pq.write_table(table, file, row_group_size=_ROWS_IN_A_GROUP, use_dictionary=_worth_a_dictionary(table))
    keys = table.column("_sort_key")
    return Encoded(file.getvalue().to_pybytes(), table.num_rows, keys[0].as_py(), keys[-1].as_py())


def _worth_a_dictionary(table: pa.Table) -> list[str]:
    """The columns, as Parquet names them, in which values are often equal; the others are larger with a dictionary."""
    sample = table.slice(table.num_rows // 2, _SAMPLE)
    names = []
    for field, column in zip(table.schema, sample.columns, strict=True):
        is_list = pa.types.is_list(field.type)
        values = pc.list_flatten(column) if is_list else column
        if 2 * pc.count_distinct(values, mode="all").as_py() <= len(values):
            names.append(f"{field.name}.list.element" if is_list else field.name)
    return names


def _in_log_order(table: pa.Table) -> pa.Table:
    keys = table.column("_sort_key").combine_chunks()
    if len(keys) < 2 or pc.all(pc.less_equal(keys[:-1], keys[1:])).as_py():
        return table
    return table.take(pc.sort_indices(keys))
