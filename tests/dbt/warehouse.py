"""The saas source's bronze, written by hand, and dbt over it."""

import datetime as dt
import io
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from dbt.cli.main import dbtRunner
from google.cloud import bigquery, storage

from contracts import names
from contracts.bronze import BronzeColumn, bronze_columns
from contracts.model import Table
from contracts.reader import load

ROOT = Path(__file__).parents[2]
NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
Row = dict[str, Any]
_ARROW = {
    "INT64": pa.int64(),
    "STRING": pa.string(),
    "BOOL": pa.bool_(),
    "NUMERIC": pa.decimal128(38, 9),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us", "UTC"),
    "DATETIME": pa.timestamp("us"),
    "TIME": pa.time64("us"),
    "FLOAT64": pa.float64(),
    "BIGNUMERIC": pa.decimal256(76, 38),
    "BYTES": pa.binary(),
}


def _arrow(column: BronzeColumn) -> pa.DataType:
    kind = _ARROW[column.bigquery_type]
    return pa.list_(kind) if column.mode == "REPEATED" else kind


class Warehouse:
    """The saas source's bronze, and dbt over it."""

    def __init__(self, project: Path, environment: Mapping[str, str]) -> None:
        self.project, self.environment = project, environment
        self.bigquery, self.storage = bigquery.Client(), storage.Client()
        self.saas = next(contract for contract in load(ROOT / "contracts") if contract.id == "saas")

    def land(
        self, table: str | Table, batch: int, rows: Sequence[Row], day: str = "2026-01-01", part: str = ""
    ) -> None:
        """Writes rows as one file of a batch. Columns that a row does not name are NULL. A name is a table of saas."""
        found, name = self.saas.table(table) if isinstance(table, str) else table, f"{batch:010d}"
        at = dt.datetime.fromisoformat(f"{day}T12:00:00+00:00")
        stamps = {"_batch_id": name, "_ingested_at": at, "_source_timestamp": at, "_change_type": "INSERT"}
        schema = pa.schema([(column.name, _arrow(column)) for column in bronze_columns(found)])
        empty = dict.fromkeys(schema.names)
        data = pa.Table.from_pylist([{**empty, **stamps, **row} for row in rows], schema=schema)
        content = io.BytesIO()
        pq.write_table(data, content)
        path = f"{found.source}/{found.name}/ingestion_date={day}/{name}{part}.parquet"
        self.storage.bucket(names.bucket("bronze")).blob(path).upload_from_string(content.getvalue())

    def stream(self, table: str | Table, rows: Sequence[Row]) -> None:
        """Appends rows to an event's native table."""
        found = self.saas.table(table) if isinstance(table, str) else table
        schema = [bigquery.SchemaField(*column[:2], mode=column.mode) for column in bronze_columns(found)]
        now = dt.datetime.now(dt.UTC).isoformat()
        stamps = {"_ingested_at": now, "_source_timestamp": now, "_batch_id": "b"}
        config = bigquery.LoadJobConfig(schema=schema)
        target = f"{self.bigquery.project}.{names.dataset('bronze')}.{names.table(found.source, found.name)}"
        self.bigquery.load_table_from_json([{**stamps, **row} for row in rows], target, job_config=config).result()

    def query(self, sql: str) -> list[Row]:
        """The rows of a query; datasets have their plain names."""
        return [dict(row) for row in self.bigquery.query(sql).result(timeout=60)]

    def dbt(self, *arguments: str) -> None:
        """Runs dbt to the end, in this process as starting one costs more than the run; fails with its messages."""
        messages: list[str] = []
        runner = dbtRunner(callbacks=[lambda event: messages.append(getattr(event.info, "msg", ""))])
        outcome = runner.invoke(self.command(*arguments)[1:])
        assert outcome.success, "\n".join([*messages[-60:], str(outcome.exception or "")])

    def command(self, *arguments: str) -> list[str]:
        """dbt's command line over this warehouse's copy of the project."""
        executable = shutil.which("dbt", path=str(Path(sys.executable).parent)) or "dbt"
        return [executable, *arguments, *located(self.project)]


def located(project: Path) -> list[str]:
    """The options that tell dbt where a project is."""
    return ["--project-dir", str(project), "--profiles-dir", str(project)]
