"""The tools that copy a Postgres table to Parquet: each in an environment of its own, a process for each query."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.support.environments import environment
from benchmarks.support.processes import Failed, Measured, measured
from benchmarks.support.values import plain

PEERS = Path(__file__).parents[1] / "peers"


@dataclass(frozen=True)
class Reader:
    """A tool: `script` is in peers/, `requirements` are pinned; failures of a slow one are not looked into."""

    name: str
    script: str
    requirements: tuple[str, ...]
    is_slow: bool = False

    def copy(self, url: str, table: str, columns: str, condition: str, file: Path) -> tuple[Measured, list[str]]:
        """Copies; what it took, and the files. Raises NotInstallable, Failed."""
        python = environment(*self.requirements)
        command = [str(python), str(PEERS / self.script), url, table, columns, condition, str(file)]
        found = measured(command, file.with_suffix(".log"))
        return found, found.said.get("files", [str(file)])


READERS = (
    Reader(
        "DuckDB's postgres reader 1.5.5",
        "duckdb_reader.py",
        ("duckdb==1.5.5", "duckdb-extensions==1.5.5", "duckdb-extension-postgres-scanner==1.5.5"),
    ),
    Reader(
        "ADBC 1.13.0",
        "adbc_reader.py",
        ("adbc-driver-postgresql==1.13.0", "adbc-driver-manager==1.13.0", "pyarrow==25.0.1"),
    ),
    Reader("connectorx 0.4.6", "connectorx_reader.py", ("connectorx==0.4.6", "pyarrow==25.0.1")),
    Reader(
        "dlt 1.31.0 (connectorx)",
        "dlt_reader.py",
        ("dlt[sql_database,filesystem,parquet]==1.31.0", "connectorx==0.4.6", "psycopg2-binary==2.9.12"),
        is_slow=True,
    ),
)


def read(files: list[str]) -> pa.Table:
    """What a tool wrote."""
    return pa.concat_tables([pq.read_table(file) for file in files], promote_options="default")


def column_values(reader: Reader, url: str, column: str, rows: Mapping[int, str]) -> dict[int, Any]:
    """id -> what the tool wrote for the column, or the exception with which it ended.

    All rows at once; where that fails, each by itself, if the tool is fast enough.
    """

    def some(condition: str) -> dict[int, Any]:
        with tempfile.TemporaryDirectory() as folder:
            _, files = reader.copy(url, "awkward", f"id, {column}", condition, Path(folder) / "column.parquet")
            table = read(files)
            values = plain(table.column(column)) if column in table.column_names else [None] * len(table)
            return dict(zip(table.column("id").to_pylist(), values, strict=True))

    try:
        return some(f"id BETWEEN {min(rows)} AND {max(rows)}")
    except (Failed, pa.ArrowException) as problem:
        if reader.is_slow:
            return dict.fromkeys(rows, problem)
        found: dict[int, Any] = {}
        for number in rows:
            try:
                found.update(some(f"id = {number}"))
            except (Failed, pa.ArrowException) as error:
                found[number] = error
        return found
