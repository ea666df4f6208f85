"""A table's partitions as the meta-table `table$__PARTITIONS_SUMMARY__` lists them."""

from typing import Any

from emulators.bigquery.state.catalog import Table
from emulators.bigquery.state.definitions.partitions import partition_id
from emulators.bigquery.state.errors import invalid
from emulators.bigquery.state.metadata.columns import fields
from emulators.bigquery.state.warehouse import Warehouse

SUMMARY = "__PARTITIONS_SUMMARY__"
SUMMARY_FIELDS = fields(
    "project_id STRING, dataset_id STRING, table_id STRING, partition_id STRING, creation_time INT64, "
    "last_modified_time INT64"
)


def partition_summary(warehouse: Warehouse, table: Table) -> list[dict[str, Any]]:
    """One row a partition; times in milliseconds are the table's own. 400 for a table without partitions."""
    text = partition_id(table)
    if text is None:
        raise invalid(f"Cannot read partition information from a table that is not partitioned: {table.name}")
    cursor = warehouse.store.cursor()
    try:
        found = cursor.execute(f"SELECT DISTINCT {text} FROM {table.physical} ORDER BY 1").fetchall()
    finally:
        cursor.close()
    name = {"project_id": table.name.project, "dataset_id": table.name.dataset, "table_id": table.name.table}
    times = {
        "creation_time": int(table.resource["creationTime"]), "last_modified_time": warehouse.catalog.modified(table),
    }  # fmt: skip
    return [name | {"partition_id": str(partition)} | times for (partition,) in found]
