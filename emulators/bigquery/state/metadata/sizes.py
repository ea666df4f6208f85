"""How many rows and bytes a table has, and a statement reads, in BigQuery's logical sizes."""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass

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


class Sizes:
    """Row counts are exact; bytes are the mean of a sample of rows times their number."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._known: dict[str, _Size] = {}

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

    def scanned(self, scans: Iterable[TableScan]) -> int:
        """The bytes that scans read of native tables: their columns, in the partitions that the predicates leave."""
        return sum(self._scanned(scan) for scan in scans)

    def _scanned(self, scan: TableScan) -> int:
        table = self._catalog.table(scan.table)
        if table is None or table.kind not in ("TABLE", "SNAPSHOT"):
            return 0
        size = self._size(table)
        width = sum(size.widths.get(column, 0) for column in scan.columns)
        rows = self._left(table, scan.predicates) if scan.predicates and size.rows and width else size.rows
        return round(rows * width)

    def _left(self, table: Table, predicates: Iterable[str]) -> int:
        """The rows of the partitions that have a row which satisfies the predicates."""
        key = partition_key(table)
        condition = " AND ".join(f"({text})" for text in predicates)
        if '"_PARTITIONDATE"' in condition:
            condition = condition.replace('"_PARTITIONDATE"', 'CAST("_PARTITIONTIME" AS DATE)')
        physical = table.physical
        cursor = self._catalog.store.cursor()
        try:
            chosen = f"SELECT DISTINCT {key} FROM {physical} WHERE {condition}"
            return int(cursor.execute(f"SELECT count(*) FROM {physical} WHERE {key} IN ({chosen})").fetchall()[0][0])
        finally:
            cursor.close()


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
