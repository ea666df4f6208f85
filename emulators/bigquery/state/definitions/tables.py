"""Tables: create, drop, and the rules that a table's resource obeys."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from emulators.bigquery.sql.model import Field, TableName
from emulators.bigquery.sql.types import quoted
from emulators.bigquery.state.catalog import Catalog, Resource, Table, now_ms
from emulators.bigquery.state.definitions.key_rules import check_keys
from emulators.bigquery.state.definitions.labels import check_labels
from emulators.bigquery.state.definitions.layout import PARTITION_TIME, create_sql, stored_sql
from emulators.bigquery.state.definitions.past import beside, drop_beside
from emulators.bigquery.state.definitions.schema import fields_from_rest, fields_to_rest, with_collation, with_rounding
from emulators.bigquery.state.errors import duplicate, invalid, not_implemented
from emulators.bigquery.state.store import Transaction

_ID = re.compile(r"[\w\- ]{1,1024}")
_INTERVAL = re.compile(r"-?\d+-\d+ -?\d+ -?\d+:\d+:\d+(?:\.\d+)?")
_GRANULARITIES = ("HOUR", "DAY", "MONTH", "YEAR")
_TIME_TYPES = ("DATE", "TIMESTAMP", "DATETIME")
_CLUSTERING_REFUSED = ("STRUCT", "BYTES", "FLOAT64", "TIME", "JSON", "INTERVAL")
_PARTITIONS = 10_000
STORED = ("TABLE", "SNAPSHOT")
_KINDS = {
    "view": "VIEW", "materializedView": "MATERIALIZED_VIEW", "externalDataConfiguration": "EXTERNAL",
    "snapshotDefinition": "SNAPSHOT",
}  # fmt: skip
OUTPUT_ONLY = (
    "kind", "id", "selfLink", "etag", "numBytes", "numRows", "numLongTermBytes", "creationTime", "lastModifiedTime",
    "location", "streamingBuffer", "tableReference", "type", "numTotalLogicalBytes", "numActiveLogicalBytes",
    "numLongTermLogicalBytes", "numPhysicalBytes", "numTotalPhysicalBytes", "numActivePhysicalBytes",
    "numLongTermPhysicalBytes", "numTimeTravelPhysicalBytes", "numCurrentPhysicalBytes", "numPartitions",
    "replicas",
)  # fmt: skip


def create_table(
    catalog: Catalog,
    transaction: Transaction,
    resource: Mapping[str, Any],
    or_replace: bool = False,
    rows: str | None = None,
) -> Table:
    """Create a table from its resource (tableReference, and schema, view or externalDataConfiguration).

    rows: a DuckDB query for its first rows, in the order of the fields; it may read the table that is replaced.
    Raises 409 when it exists and may not be replaced, 404 without its dataset, 400 for what BigQuery refuses.
    The caller holds the table's lock.
    """
    reference = resource["tableReference"]
    name = TableName(reference["projectId"], reference["datasetId"], reference["tableId"])
    if not _ID.fullmatch(name.table):
        raise invalid(f'Invalid table ID "{name.table}".')
    dataset = catalog.dataset(name.project, name.dataset, transaction)
    existing = catalog.table(name, transaction)
    if existing is not None and not or_replace:
        raise duplicate("Table", str(name))
    complete = _complete(resource, dataset)
    check_table(complete)
    table = Table(complete)
    if table.kind in STORED:
        store_rows(catalog, transaction, table, rows, existing)
    if existing is not None and existing.kind in STORED and table.kind not in STORED:
        catalog.past.retire(transaction, existing)
    if existing is not None:  # a table that is replaced loses its row access policies, and who is granted them
        _forget(catalog, transaction, f"{name}.", ("policy", "row_policy"))
    return catalog.put_table(transaction, complete)


def store_rows(
    catalog: Catalog, transaction: Transaction, table: Table, rows: str | None, replaced: Table | None
) -> None:
    """Fill a new DuckDB table beside the one that it replaces, if any, and then let it take its place."""
    scratch = beside(table.physical, "new")
    transaction.cursor.execute(create_sql(table, scratch))
    if rows is not None:
        fields = (*table.fields, *kept_arrival(transaction, table, rows))
        columns = ", ".join(quoted(field.name) for field in fields)
        transaction.cursor.execute(f"INSERT INTO {scratch} ({columns}) {stored_sql(fields, rows)}")
    if replaced is not None and replaced.kind in STORED:
        catalog.past.retire(transaction, replaced)
    transaction.cursor.execute(f"DROP TABLE IF EXISTS {table.physical}")  # an expired table's
    drop_beside(transaction, table.physical)
    transaction.cursor.execute(f"ALTER TABLE {scratch} RENAME TO {table.physical.rpartition('.')[2]}")


def kept_arrival(transaction: Transaction, table: Table, rows: str) -> tuple[Field, ...]:
    """_PARTITIONTIME, where a query for rows of an ingestion-time table has it as its last column: a copy keeps it."""
    if not table.ingestion_partitioned:
        return ()
    names = [column[0] for column in transaction.cursor.execute(f"FROM ({rows}) LIMIT 0").description or ()]
    return (PARTITION_TIME,) if names[-1] == PARTITION_TIME.name else ()


def empty_table(catalog: Catalog, transaction: Transaction, table: Table) -> int:
    """Remove all rows, which are a version then; returns how many they were."""
    count = transaction.cursor.execute(f"SELECT count(*) FROM {table.physical}").fetchall()[0][0]
    catalog.past.retire(transaction, table)
    transaction.cursor.execute(create_sql(table, table.physical))
    return int(count)


_REFRESH = {"enableRefresh": True, "refreshIntervalMs": "1800000"}  # what the service takes where nobody says


def kind_of(resource: Mapping[str, Any]) -> str:
    """What a new table's resource makes: TABLE, VIEW, MATERIALIZED_VIEW, EXTERNAL or SNAPSHOT."""
    return next((kind for part, kind in _KINDS.items() if resource.get(part) is not None), "TABLE")


def _complete(resource: Mapping[str, Any], dataset: Resource) -> Resource:
    now = now_ms()
    found = {key: value for key, value in resource.items() if key not in OUTPUT_ONLY and value is not None}
    kind = kind_of(found)
    if kind == "TABLE":
        _inherit_lifetime(found, dataset, now)
    if kind == "TABLE" and dataset.get("defaultRoundingMode"):
        found.setdefault("defaultRoundingMode", dataset["defaultRoundingMode"])
    fields = with_rounding(fields_from_rest(found.get("schema")), found.get("defaultRoundingMode"))
    if kind == "TABLE" and dataset.get("defaultCollation"):
        found.setdefault("defaultCollation", dataset["defaultCollation"])
    fields = with_collation(fields, found.get("defaultCollation"))
    if kind == "MATERIALIZED_VIEW":
        found["materializedView"] = _REFRESH | found["materializedView"]
    return found | {
        "tableReference": dict(resource["tableReference"]),
        "type": kind,
        "schema": fields_to_rest(fields),
        "creationTime": str(now),
        "lastModifiedTime": str(now),
        "location": dataset["location"],
    }


def _inherit_lifetime(table: Resource, dataset: Resource, now: int) -> None:
    """The dataset's expirations, where the table has none of its own: that of partitions goes before that of tables."""
    time, partitions = table.get("timePartitioning"), dataset.get("defaultPartitionExpirationMs")
    lifetime = dataset.get("defaultTableExpirationMs")
    if time is not None and partitions:
        table["timePartitioning"] = {"expirationMs": str(partitions), **time}
    elif lifetime and "expirationTime" not in table:
        table["expirationTime"] = str(now + int(lifetime))
    if dataset.get("defaultEncryptionConfiguration"):
        table.setdefault("encryptionConfiguration", dataset["defaultEncryptionConfiguration"])


def drop_table(catalog: Catalog, transaction: Transaction, table: Table) -> None:
    """Drop it with its policies; its rows are a version then. The caller holds the table's lock."""
    if table.kind in STORED:
        catalog.past.retire(transaction, table)
    forget_rights(catalog, transaction, table.name)
    catalog.remove_table(transaction, table.name)


def forget_rights(catalog: Catalog, transaction: Transaction, table: TableName) -> None:
    """Drop a table's policies and indexes."""
    _forget(catalog, transaction, f"{table}.", ("policy", "row_policy", "index"))
    if catalog.get("policy", str(table), transaction) is not None:
        catalog.put(transaction, "policy", str(table), None)


def _forget(catalog: Catalog, transaction: Transaction, prefix: str, kinds: Iterable[str]) -> None:
    for kind in kinds:
        for key in catalog.keys(kind):
            if key.startswith(prefix):
                catalog.put(transaction, kind, key, None)


def check_table(resource: Mapping[str, Any]) -> None:
    """400 invalid unless labels, partitioning, clustering and constraints fit the schema."""
    check_labels(resource.get("labels"))
    for unknown in ("biglakeConfiguration", "tableReplicationInfo"):
        if resource.get(unknown):
            raise not_implemented(f"A table with {unknown}")
    if resource.get("managedTableType") == "BIGLAKE":
        raise not_implemented("A table with managedTableType BIGLAKE")
    staleness = resource.get("maxStaleness")
    if staleness and not _INTERVAL.fullmatch(staleness):
        raise invalid(f"Invalid value for maxStaleness: {staleness!r} is no interval, such as 0-0 0 4:0:0.")
    interval = (resource.get("materializedView") or {}).get("refreshIntervalMs")
    if interval is not None and not 60_000 <= int(interval) <= 7 * 86_400_000:
        raise invalid(f"Invalid value for refreshIntervalMs: {interval}; use one minute to seven days.")
    fields = {field.name.lower(): field for field in fields_from_rest(resource.get("schema"))}
    if resource.get("timePartitioning") and resource.get("rangePartitioning"):
        raise invalid("Only one of timePartitioning and rangePartitioning can be specified for a table.")
    if resource.get("timePartitioning") is not None:
        _check_time_partitioning(resource["timePartitioning"], fields)
    if resource.get("rangePartitioning") is not None:
        _check_range_partitioning(resource["rangePartitioning"], fields)
    _check_clustering((resource.get("clustering") or {}).get("fields") or (), fields)
    check_keys(resource, fields)


def _check_time_partitioning(partitioning: Mapping[str, Any], fields: Mapping[str, Field]) -> None:
    if partitioning.get("type") not in _GRANULARITIES:
        raise invalid(
            f"Invalid value for timePartitioning.type: {partitioning.get('type')!r}; use HOUR, DAY, MONTH or YEAR."
        )
    if int(partitioning.get("expirationMs") or 0) < 0:
        raise invalid(f"Invalid value for timePartitioning.expirationMs: {partitioning['expirationMs']} is below zero.")
    column = partitioning.get("field")
    if not column:
        return
    field = fields.get(column.lower())
    if field is None:
        raise invalid(f"The field specified for partitioning cannot be found in the schema. Invalid field: {column}")
    if field.type not in _TIME_TYPES or field.mode == "REPEATED":
        raise invalid(
            f"The field specified for partitioning can only be of type TIMESTAMP, DATE, or DATETIME. The type "
            f"found is: {field.type}."
        )
    if field.type == "DATE" and partitioning["type"] == "HOUR":
        raise invalid(f"The field {column} of type DATE cannot be partitioned by HOUR; use DAY, MONTH or YEAR.")


def _check_range_partitioning(partitioning: Mapping[str, Any], fields: Mapping[str, Field]) -> None:
    field = fields.get(str(partitioning.get("field")).lower())
    if field is None or field.type != "INT64" or field.mode == "REPEATED":
        raise invalid(f"rangePartitioning.field {partitioning.get('field')!r} must be an INTEGER column of the schema.")
    limits = partitioning.get("range") or {}
    if not all(str(limits.get(key, "")).lstrip("-").isdigit() for key in ("start", "end", "interval")):
        raise invalid("rangePartitioning.range needs the integers start, end and interval.")
    start, end, step = (int(limits[key]) for key in ("start", "end", "interval"))
    if step <= 0 or end <= start:
        raise invalid(f"rangePartitioning.range from {start} to {end} by {step} has no partitions.")
    if (count := -((start - end) // step)) > _PARTITIONS:
        raise invalid(
            f"Too many partitions: rangePartitioning.range makes {count}, and a table can have {_PARTITIONS}."
        )


def _check_clustering(columns: Any, fields: Mapping[str, Field]) -> None:
    if len(columns) > 4:
        raise invalid(f"Too many fields specified for clustering: {len(columns)}. The maximum is 4.")
    for column in columns:
        field = fields.get(str(column).lower())
        if field is None:
            raise invalid(f"The field specified for clustering cannot be found in the schema. Invalid field: {column}")
        if field.mode == "REPEATED" or field.type in _CLUSTERING_REFUSED:
            raise invalid(f"Field {column} is of type {field.type}, which cannot be used for clustering.")
