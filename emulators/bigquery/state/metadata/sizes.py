"""How many rows and bytes a table has, and a statement reads, in BigQuery's logical sizes."""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import duckdb

from emulators.bigquery.sql.model import Field, TableScan
from emulators.bigquery.sql.types import quoted
from emulators.bigquery.state.catalog import Catalog, Table
from emulators.bigquery.state.definitions.partitions import partition_key
from emulators.bigquery.state.definitions.past import SINCE

_FIXED = {"INT64": 8, "FLOAT64": 8, "BOOL": 1, "NUMERIC": 16, "BIGNUMERIC": 32, "DATE": 8, "TIME": 8, "DATETIME": 8,
          "TIMESTAMP": 8, "INTERVAL": 16, "RANGE": 16}  # fmt: skip
_SAMPLE = 2_000
_MANY = 100_000
_MEGABYTE = 1 << 20
_LEAST_BILLED = 10 * _MEGABYTE


@dataclass(frozen=True)
class _Size:
    """Of one state of a table (the time of its last change): rows, and each column's mean bytes."""

    modified: int
    rows: int
    widths: dict[str, float]


class Reading(NamedTuple):
    """The bytes that are read, and the partitions of partitioned tables."""

    bytes: int
    partitions: int


NOTHING_READ = Reading(0, 0)


class Sizes:
    """Row counts are exact; bytes are the mean of a sample of rows times their number."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._known: dict[str, _Size] = {}
        self._partitions: dict[str, tuple[int, int]] = {}  # when the table was changed last, and how many

    def of(self, table: Table) -> tuple[int, int]:
        """(rows, bytes) of a native table; (0, 0) for others."""
        if table.kind not in ("TABLE", "SNAPSHOT"):
            return 0, 0
        size = self._size(table)
        return size.rows, round(size.rows * sum(size.widths.values()))

    def _size(self, table: Table) -> _Size:
        modified = self._catalog.modified(table)
        known = self._known.get(str(table.name))
        if known is not None and known.modified == modified:
            return known
        with contextlib.closing(self._catalog.store.cursor()) as cursor:
            rows = int(cursor.execute(f"SELECT count(*) FROM {table.physical}").fetchall()[0][0])
            widths = _widths(cursor, table, rows) if rows and table.fields else {}
        found = self._known[str(table.name)] = _Size(modified, rows, widths)
        return found

    def partitions(self, table: Table) -> int:
        """How many partitions a partitioned native table has; 0 for others."""
        if not table.partitioned or table.kind not in ("TABLE", "SNAPSHOT"):
            return 0
        modified, known = self._catalog.modified(table), self._partitions.get(str(table.name))
        if known is None or known[0] != modified:
            with contextlib.closing(self._catalog.store.cursor()) as cursor:
                keys = f"SELECT DISTINCT {partition_key(table)} FROM {table.physical}"
                count = int(cursor.execute(f"SELECT count(*) FROM ({keys})").fetchall()[0][0])
            known = self._partitions[str(table.name)] = (modified, count)
        return known[1]

    def scanned(self, scans: Iterable[TableScan]) -> Reading:
        """What scans read of native tables: their columns, in the partitions that the predicates leave."""
        found = [self._scanned(scan) for scan in scans]
        return Reading(sum(one.bytes for one in found), sum(one.partitions for one in found))

    def _scanned(self, scan: TableScan) -> Reading:
        table = self._catalog.table(scan.table)
        if table is None or table.kind not in ("TABLE", "SNAPSHOT"):
            return NOTHING_READ
        size = self._size(table)
        width = sum(size.widths.get(column, 0) for column in scan.columns)
        if scan.predicates and size.rows:
            rows, partitions = self._left(table, scan.predicates)
        else:
            rows, partitions = size.rows, self.partitions(table)
        return Reading(round(rows * width), partitions)

    def _left(self, table: Table, predicates: Iterable[str]) -> tuple[int, int]:
        """The rows of the partitions that have a row which satisfies the predicates, and how many these are."""
        key = partition_key(table)
        condition = " AND ".join(f"({text})" for text in predicates)
        if '"_PARTITIONDATE"' in condition:
            condition = condition.replace('"_PARTITIONDATE"', 'CAST("_PARTITIONTIME" AS DATE)')
        physical = table.physical
        chosen = f"SELECT DISTINCT {key} FROM {physical} WHERE {condition}"
        with contextlib.closing(self._catalog.store.cursor()) as cursor:
            counts = f"SELECT count(*), count(DISTINCT {key}) FROM {physical} WHERE {key} IN ({chosen})"
            rows, partitions = cursor.execute(counts).fetchall()[0]
        return int(rows), int(partitions) if table.partitioned else 0


def billed(processed: int, tables: int) -> int:
    """Bytes billed: whole megabytes, at least ten for each table; nothing when no table is read."""
    if not tables:
        return 0
    return max(-(-processed // _MEGABYTE) * _MEGABYTE, tables * _LEAST_BILLED)


def _widths(cursor: duckdb.DuckDBPyConnection, table: Table, rows: int) -> dict[str, float]:
    """Each column's mean bytes in a sample."""
    sums = ", ".join(_bytes(field, quoted(field.name)) for field in table.fields)
    sample = table.physical if rows <= _SAMPLE else f"(SELECT * FROM {table.physical} LIMIT {_SAMPLE})"
    found = cursor.execute(f"SELECT {sums} FROM {sample}").fetchall()[0]
    return {f.name: float(size or 0) / min(rows, _SAMPLE) for f, size in zip(table.fields, found, strict=True)}


def written_bytes(cursor: duckdb.DuckDBPyConnection, table: Table, rows: int) -> int:
    """The bytes of so many rows that the cursor's transaction has written into a table; of very many by a sample."""
    sums = " + ".join(f"coalesce({_bytes(field, quoted(field.name))}, 0)" for field in table.fields)
    written = f"(FROM {table.physical} WHERE {SINCE} = now() LIMIT {_MANY})"
    found = cursor.execute(f"SELECT {sums or 0} FROM {written}").fetchall()
    return int(found[0][0]) * rows // min(rows, _MANY) if rows else 0


def _bytes(field: Field, path: str) -> str:
    """The bytes of a column's values: text and bytes have two more than their length."""
    if field.mode == "REPEATED" or field.type in ("STRUCT", "JSON"):
        return f"sum(strlen(CAST({path} AS VARCHAR)))"
    if field.type in _FIXED:
        return f"{_FIXED[field.type]} * count({path})"
    return f"sum({'octet_length' if field.type == 'BYTES' else 'strlen'}({path}) + 2)"
