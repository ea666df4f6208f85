"""Buckets, datasets and tables."""

from collections.abc import Iterable, Iterator
from typing import Any

from contracts import names, ops
from contracts.bronze import PARTITION_COLUMN, BronzeColumn, bronze_columns
from contracts.model import Contract, Table
from emulators.provision.resource import Resource, location

BUCKETS = ("landing", "bronze", "temp")
DATASETS = ("bronze", "silver", "gold", "ops")
_CLUSTERING_COLUMNS = 4  # BigQuery takes no more
# BigQuery's API answers with these names, whatever it was asked with.
_API_TYPES = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN"}
_CLUSTERABLE = ("INT64", "STRING", "BOOL", "DATE", "DATETIME", "TIMESTAMP", "NUMERIC", "BIGNUMERIC")


def buckets() -> Iterator[Resource]:
    """Landing (what sources deliver), bronze (Parquet and manifests), temp (what pipelines stage)."""
    for role in BUCKETS:
        body = {
            "name": names.bucket(role),
            "location": location(),
            "storageClass": "STANDARD",
            "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}, "publicAccessPrevention": "enforced"},
        }
        yield Resource("bucket", names.bucket(role), body)


def datasets() -> Iterator[Resource]:
    """One dataset a layer."""
    for layer in DATASETS:
        reference = {"projectId": names.project(), "datasetId": names.dataset(layer)}
        name = f"projects/{names.project()}/datasets/{names.dataset(layer)}"
        yield Resource("dataset", name, {"datasetReference": reference, "location": location()})


def tables(contracts: Iterable[Contract]) -> Iterator[Resource]:
    """Bronze: an external table for each changing table, a native one for each event. Ops: dead letters, archives."""
    for contract in contracts:
        for table in contract.tables:
            if table.capture == "cdc":
                yield _change_log(table)
            else:
                yield from (_native(table), _archive(table))
    yield _table(
        "ops",
        ops.DEAD_LETTERS,
        {
            "schema": {"fields": [_field(column) for column in ops.DEAD_LETTER_COLUMNS]},
            "timePartitioning": {"type": "DAY", "field": ops.DEAD_LETTERS_PARTITION},
            "clustering": {"fields": ["source", "object", "reason"]},
        },
    )


def _change_log(table: Table) -> Resource:
    """A changing table's change log: what landing_to_bronze writes."""
    body = {"schema": _schema(table), "externalDataConfiguration": _parquet(f"{table.source}/{table.name}")}
    return _table("bronze", names.table(table.source, table.name), body, table.description)


def _archive(table: Table) -> Resource:
    """An event's raw messages: what events_to_bronze archives."""
    body = {
        "schema": {"fields": [_field(column) for column in ops.ARCHIVE_COLUMNS]},
        "externalDataConfiguration": _parquet(f"_archive/{table.source}/{table.name}"),
    }
    return _table("ops", names.archive(table.source, table.name), body)


def _parquet(path: str) -> dict[str, Any]:
    """Parquet in the bronze bucket, one folder a day."""
    folder = f"gs://{names.bucket('bronze')}/{path}"
    return {
        "sourceFormat": "PARQUET",
        "sourceUris": [f"{folder}/*"],
        "hivePartitioningOptions": {
            "mode": "CUSTOM",
            "sourceUriPrefix": f"{folder}/{{{PARTITION_COLUMN}:DATE}}",
            "requirePartitionFilter": False,
        },
    }


def _native(table: Table) -> Resource:
    """Rows by the day on which they were ingested, and within it by what identifies them."""
    types = {column.name: column.bigquery_type for column in table.columns}
    keys = [name for name in table.primary_key if types[name] in _CLUSTERABLE][:_CLUSTERING_COLUMNS]
    days = table.retention_days
    expiry = {"expirationMs": str(days * 24 * 60 * 60 * 1000)} if days else {}
    body = {
        "schema": _schema(table),
        "timePartitioning": {"type": "DAY", "field": "_ingested_at", **expiry},
        **({"clustering": {"fields": keys}} if keys else {}),
    }
    return _table("bronze", names.table(table.source, table.name), body, table.description)


def _table(layer: str, name: str, body: dict[str, Any], description: str | None = None) -> Resource:
    reference = {"projectId": names.project(), "datasetId": names.dataset(layer), "tableId": name}
    described = {"description": description} if description else {}
    path = f"projects/{names.project()}/datasets/{names.dataset(layer)}/tables/{name}"
    return Resource("table", path, {"tableReference": reference, **described, **body})


def _schema(table: Table) -> dict[str, Any]:
    descriptions = {column.name: column.description for column in table.columns}
    return {"fields": [_field(column, descriptions.get(column.name)) for column in bronze_columns(table)]}


def _field(column: BronzeColumn, description: str | None = None) -> dict[str, Any]:
    kind = _API_TYPES.get(column.bigquery_type, column.bigquery_type)
    field = {"name": column.name, "type": kind, "mode": column.mode}
    return {**field, "description": description} if description else field
