"""Copy jobs, and extract jobs: a table into another, and into files on gs://."""

from collections.abc import Mapping
from typing import Any

from emulators.bigquery.sql.model import TableName
from emulators.bigquery.state.catalog import Table, quote
from emulators.bigquery.state.errors import invalid, not_implemented
from emulators.bigquery.state.extracts import export_rows
from emulators.bigquery.state.jobs import Job
from emulators.bigquery.state.partitions import partition_condition
from emulators.bigquery.state.row_policies import copy_policies, require_all_rows
from emulators.bigquery.state.warehouse import Warehouse
from emulators.bigquery.state.writes import destination, write_rows

_KEPT = ("timePartitioning", "rangePartitioning", "clustering", "description", "labels")


def run_copy(warehouse: Warehouse, job: Job) -> None:
    """Copy one or more tables (partition decorators allowed) into one."""
    configuration = job.resource["configuration"]["copy"]
    given = configuration.get("sourceTables") or [configuration.get("sourceTable")]
    if not all(given) or not configuration.get("destinationTable"):
        raise invalid("Required parameter is missing: sourceTables and destinationTable")
    if configuration.get("operationType", "COPY") not in ("COPY", "CLONE", "SNAPSHOT", "OPERATION_TYPE_UNSPECIFIED"):
        raise not_implemented(f"Copy operation {configuration['operationType']}")
    sources = [_source(warehouse, entry, job) for entry in given]
    first = sources[0][0]
    if any([f.name for f in table.fields] != [f.name for f in first.fields] for table, _ in sources):
        raise invalid("The source tables of a copy job have different schemas.")
    where = destination(
        {**{k: first.resource[k] for k in _KEPT if k in first.resource}, **configuration}, "WRITE_EMPTY"
    )
    columns = ", ".join(quote(field.name) for field in first.fields)
    rows = " UNION ALL ".join(
        f"SELECT {columns} FROM {table.physical} WHERE {condition}" for table, condition in sources
    )
    with warehouse.store.lock(str(where.name)), warehouse.store.transaction() as transaction:
        count = write_rows(warehouse.catalog, transaction, where, first.fields, rows)
        made = warehouse.catalog.require(where.name, transaction)
        for table, _ in sources:
            copy_policies(warehouse.catalog, transaction, table.name, made)
        job.statistics["copy"] = {"copiedRows": str(count), "copiedLogicalBytes": "0"}
        transaction.record("job", job.key, job.resource | {"status": {"state": "DONE"}})


def _source(warehouse: Warehouse, entry: Mapping[str, Any], job: Job) -> tuple[Table, str]:
    table_id, _, partition = str(entry["tableId"]).partition("$")
    table = warehouse.catalog.require(TableName(entry["projectId"], entry["datasetId"], table_id))
    if table.kind not in ("TABLE", "SNAPSHOT"):
        raise invalid(f"{table.name} is a {table.kind} and cannot be copied.")
    require_all_rows(warehouse.catalog, table.name, job.resource["user_email"], "copying it")
    return table, partition_condition(table, partition) if partition else "true"


def run_extract(warehouse: Warehouse, job: Job) -> None:
    """Write a table to gs:// as CSV, JSON lines or Parquet."""
    configuration = job.resource["configuration"]["extract"]
    source, uris = configuration.get("sourceTable"), configuration.get("destinationUris") or []
    if not source or not uris:
        raise invalid("Required parameter is missing: an extract job needs sourceTable and destinationUris")
    if len(uris) > 1:
        raise not_implemented("Extract to several URIs (a wildcard makes several files)")
    table, condition = _source(warehouse, source, job)
    cursor = warehouse.store.cursor()
    try:
        columns = ", ".join(quote(field.name) for field in table.fields)
        rows = cursor.execute(f"SELECT {columns} FROM {table.physical} WHERE {condition}").to_arrow_table()
    finally:
        cursor.close()
    form = str(configuration.get("destinationFormat") or "CSV").upper()
    options = {"compression": configuration.get("compression"), "header": configuration.get("printHeader", True),
               "delimiter": configuration.get("fieldDelimiter")}  # fmt: skip
    files = export_rows(warehouse.objects, rows, table.fields, uris[0], form, options)
    job.statistics["extract"] = {"destinationUriFileCounts": [str(files)], "inputBytes": str(rows.nbytes)}
