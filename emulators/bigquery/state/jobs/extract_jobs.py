"""Extract jobs: a table into files on gs://."""

import pyarrow as pa

from emulators.bigquery.sql.types import quoted
from emulators.bigquery.state.arrow import batch_rows
from emulators.bigquery.state.bignumerics import from_duckdb
from emulators.bigquery.state.errors import invalid, not_found
from emulators.bigquery.state.files.avro_rows import CIVIL_TYPES
from emulators.bigquery.state.files.extracts import export_rows
from emulators.bigquery.state.jobs.copies import logical_bytes, source_of
from emulators.bigquery.state.jobs.jobs import Job
from emulators.bigquery.state.warehouse import Warehouse


def run_extract(warehouse: Warehouse, job: Job) -> None:
    """Write a table, or a partition of it, to gs:// as CSV, JSON lines, Avro or Parquet."""
    configuration = job.resource["configuration"]["extract"]
    given, uris = configuration.get("sourceTable"), configuration.get("destinationUris") or []
    if configuration.get("sourceModel"):
        model = configuration["sourceModel"]
        warehouse.catalog.dataset(str(model.get("projectId")), str(model.get("datasetId")))
        raise not_found("Model", f"{model['projectId']}:{model['datasetId']}.{model.get('modelId')}")
    uris = uris or ([configuration["destinationUri"]] if configuration.get("destinationUri") else [])
    if not given or not uris:
        raise invalid("Required parameter is missing: an extract job needs sourceTable and destinationUris")
    source = source_of(warehouse, given, job)
    cursor = warehouse.store.cursor()
    try:
        columns = ", ".join(quoted(field.name) for field in source.table.fields)
        found = cursor.execute(source.select(columns)).to_arrow_table(batch_rows(len(source.table.fields)))
        rows = pa.Table.from_arrays([from_duckdb(column) for column in found.columns], found.column_names)
    finally:
        cursor.close()
    form = str(configuration.get("destinationFormat") or "CSV").upper()
    options = {"compression": configuration.get("compression"), "header": configuration.get("printHeader", True),
               "delimiter": configuration.get("fieldDelimiter"),
               "texts": () if configuration.get("useAvroLogicalTypes") else CIVIL_TYPES}  # fmt: skip
    files = export_rows(warehouse.objects, rows, source.table.fields, uris, form, options)
    counts = [str(count) for count in files]
    size = logical_bytes(warehouse, [source])
    job.statistics["extract"] = {"destinationUriFileCounts": counts} | ({} if size is None else {"inputBytes": size})
