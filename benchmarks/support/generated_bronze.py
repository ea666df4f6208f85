"""Bronze of the saas source, made up: as many rows a table as wanted, then batches of changes to some of them."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from beam_pipelines.columns.arrow_schema import arrow_schema
from contracts import names
from contracts.bronze import bronze_columns
from contracts.model import Column, Table

DAY = date(2026, 6, 1)
BEGIN = 1_700_000_000_000_000  # microseconds: November 2023
WORDS = {"plan": ["free", "pro", "enterprise"], "status": ["active", "trialing"], "currency": ["EUR"]}


def land(table: Table, batch: int, first: int, rows: int, change: str) -> None:
    """One file of a batch: a change of each of `rows` keys from `first` on."""
    keys = pa.array(np.arange(first, first + rows))
    now = datetime(2026, 6, 1, 12, batch, tzinfo=UTC)
    metadata = {
        "_change_type": pa.repeat(change, rows),
        "_sort_key": pc.binary_join_element_wise(f"{batch:016X}", pc.utf8_lpad(keys.cast(pa.string()), 10, "0"), "/"),
        "_batch_id": pa.repeat(f"{batch:010d}", rows),
        "_source_timestamp": pa.repeat(pa.scalar(now, pa.timestamp("us", "UTC")), rows),
        "_ingested_at": pa.repeat(pa.scalar(now, pa.timestamp("us", "UTC")), rows),
    }
    values = {column.name: _values(column, table, keys, batch) for column in table.columns}
    schema = arrow_schema(bronze_columns(table))
    arrays = [(values | metadata).get(field.name, pa.nulls(rows, field.type)) for field in schema]
    file = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), file, row_group_size=1 << 16)
    name = Path(table.source) / table.name / f"ingestion_date={DAY}" / f"{batch:010d}-00000.parquet"
    client = storage.Client(project=names.project(), credentials=AnonymousCredentials())
    client.bucket(names.bucket("bronze")).blob(str(name)).upload_from_string(file.getvalue().to_pybytes())


def _values(column: Column, table: Table, keys: pa.Array, batch: int) -> Any:
    """Each type's values from the key; an account for each ten rows of the others."""
    if column.name in table.primary_key:
        return keys if column.name != "position" else pa.repeat(1, len(keys))
    if column.name == "account_id":
        return pc.divide(keys, 10)
    if column.name in WORDS:
        words = pa.array(WORDS[column.name])
        return words.take(pa.array(keys.to_numpy() % len(words)))
    days = pc.multiply(pa.array(keys.to_numpy() % 700), 86_400_000_000)
    moments = pc.add(days, BEGIN + batch * 86_400_000_000).view(pa.timestamp("us", "UTC"))
    match column.bigquery_type:
        case "INT64":
            return pa.array(keys.to_numpy() % 50)
        case "NUMERIC":
            return pa.array(keys.to_numpy() % 1000).cast(pa.decimal128(38, 9))
        case "BOOL":
            return pa.repeat(True, len(keys))
        case "DATE":
            return pa.nulls(len(keys), pa.date32()) if column.name == "ended_on" else moments.cast(pa.date32())
        case "TIMESTAMP":
            return moments
        case "JSON":
            return pa.repeat('{"theme": "dark"}', len(keys))
        case _:
            return pc.binary_join_element_wise(column.name, keys.cast(pa.string()), str(batch), " ")
