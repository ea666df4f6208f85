"""Load jobs: files from gs:// or from an upload, into a table."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.catalog import quote
from emulators.bigquery.state.detection import detect_fields
from emulators.bigquery.state.errors import invalid, not_found
from emulators.bigquery.state.hive import Hive, hive_of
from emulators.bigquery.state.jobs import Job
from emulators.bigquery.state.parquet_files import parquet_relation
from emulators.bigquery.state.query_jobs import reference
from emulators.bigquery.state.schema import fields_from_rest, fields_to_rest
from emulators.bigquery.state.source_formats import as_parquet
from emulators.bigquery.state.warehouse import Warehouse
from emulators.bigquery.state.writes import Destination, destination, refuse_update_options, write_rows

Files = list[tuple[str, Path]]


def run_load(warehouse: Warehouse, job: Job, uploaded: Path | None = None) -> None:
    """Do a load job; `uploaded` is the file of a media upload. Raises ServiceError; nothing is written then."""
    configuration = job.resource["configuration"]["load"]
    if not configuration.get("destinationTable"):
        raise invalid("Required parameter is missing: destinationTable")
    where = destination(configuration, "WRITE_APPEND")
    refuse_update_options(where)
    hive = hive_of(configuration, warehouse.objects) if uploaded is None else None
    files = [("upload", uploaded)] if uploaded is not None else _sources(warehouse, configuration, hive)
    own = _fields(warehouse, configuration, where, files, hive)
    keys = hive.columns if hive else ()
    relation = parquet_relation(as_parquet(configuration, files, own), own, keys, str(where.name))
    fields = (*own, *keys)
    columns = ", ".join(quote(field.name) for field in fields)
    job.table = None
    with warehouse.store.lock(str(where.name)), warehouse.store.transaction() as transaction:
        try:
            count = write_rows(warehouse.catalog, transaction, where, fields, f"SELECT {columns} FROM {relation}")
        except duckdb.Error as error:
            raise invalid(f"Error while loading into {where.name}, error message: {error}") from error
        _describe(job, files, count)
        configuration["destinationTable"] = reference(where.name)
        transaction.record("job", job.key, job.resource | {"status": {"state": "DONE"}})


def _sources(warehouse: Warehouse, configuration: Mapping[str, Any], hive: Hive | None) -> Files:
    uris = configuration.get("sourceUris")
    if not isinstance(uris, list) or not uris:
        raise invalid("Required parameter is missing: sourceUris")
    found = warehouse.external.files(uris, hive, ())
    if not found:
        raise not_found("URI", ", ".join(uris))
    return [(item.uri, warehouse.objects.local(item)) for item in found]


def _fields(
    warehouse: Warehouse, configuration: dict[str, Any], where: Destination, files: Files, hive: Hive | None
) -> Sequence[Field]:
    """The files' columns: as given, or the table's, or detected."""
    keys = {key.name.lower() for key in hive.columns} if hive else set()
    given = fields_from_rest(configuration.get("schema"))
    existing = warehouse.catalog.table(where.name)
    if not given and (existing is None or not existing.fields or where.write == "WRITE_TRUNCATE" or where.update):
        return detect_fields(configuration, files)
    fields: Sequence[Field] = given or (existing.fields if existing else ())
    if not given and str(configuration.get("sourceFormat")).upper() in ("PARQUET", "AVRO"):
        # A file that describes itself may have fewer columns than the table, and must not have others.
        present = {field.name.lower(): field for field in detect_fields(configuration, files)}
        known = {field.name.lower() for field in fields}
        unknown = [field for name, field in present.items() if name not in known]
        return [field for field in fields if field.name.lower() in present or field.mode == "REQUIRED"] + unknown
    return [field for field in fields if field.name.lower() not in keys]


def _describe(job: Job, files: Files, rows: int) -> None:
    size = sum(path.stat().st_size for _, path in files)
    job.statistics["load"] = {
        "inputFiles": str(len(files)), "inputFileBytes": str(size), "outputRows": str(rows), "outputBytes": str(size),
        "badRecords": "0",
    }  # fmt: skip
    job.resource["configuration"]["load"].setdefault("schema", fields_to_rest(()))
