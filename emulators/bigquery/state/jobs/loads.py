"""Load jobs: files from gs:// or from an upload, into a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from emulators.bigquery.sql.errors import from_duckdb
from emulators.bigquery.sql.model import Field
from emulators.bigquery.sql.types import quoted
from emulators.bigquery.state.definitions.defaults import default_sql, defaulted
from emulators.bigquery.state.definitions.schema import fields_from_rest
from emulators.bigquery.state.definitions.writes import Destination, destination, refuse_update_options, write_rows
from emulators.bigquery.state.errors import invalid, not_found
from emulators.bigquery.state.files.detection import detect_fields
from emulators.bigquery.state.files.hive import Hive, hive_of
from emulators.bigquery.state.files.parquet_files import parquet_relation
from emulators.bigquery.state.files.source_formats import as_parquet, bad_records, source_format
from emulators.bigquery.state.jobs.jobs import Job
from emulators.bigquery.state.jobs.query_jobs import reference
from emulators.bigquery.state.metadata.sizes import written_bytes
from emulators.bigquery.state.store import Transaction
from emulators.bigquery.state.warehouse import Warehouse

_UPLOADED = "file-00000000"  # what the service calls a file that came with the request
Files = list[tuple[str, Path]]


@dataclass(frozen=True)
class Load:
    """What a load will write: files as (URI, local path), the columns, and a DuckDB query for the rows."""

    where: Destination
    files: Files
    fields: tuple[Field, ...]
    rows: str
    bad_records: int = 0
    errors: Sequence[dict[str, str]] = ()

    @property
    def size(self) -> int:
        """Bytes of the files."""
        return sum(path.stat().st_size for _, path in self.files)


def run_load(warehouse: Warehouse, job: Job, uploaded: Path | None = None) -> None:
    """Do a load job; `uploaded` is the file of a media upload. Raises ServiceError; nothing is written then."""
    configuration = job.resource["configuration"]["load"]
    if not configuration.get("destinationTable"):
        raise invalid("Required parameter is missing: destinationTable")
    where = destination(configuration, "WRITE_APPEND")
    refuse_update_options(where)
    load = plan_load(warehouse, configuration, where, uploaded)
    with warehouse.store.lock(str(where.name)), warehouse.store.transaction() as transaction:
        count = write_load(warehouse, transaction, load)
        made = warehouse.catalog.require(where.name, transaction)
        job.statistics["load"] = {
            "inputFiles": str(len(load.files)), "inputFileBytes": str(load.size), "outputRows": str(count),
            "outputBytes": str(written_bytes(transaction.cursor, made, count)),
            "badRecords": str(load.bad_records),
        }  # fmt: skip
        configuration["destinationTable"] = reference(where.name)
        job.warnings.extend(load.errors)
        transaction.record("job", job.key, job.resource | {"status": job.final_status()})


def plan_load(
    warehouse: Warehouse, configuration: dict[str, Any], where: Destination, uploaded: Path | None = None
) -> Load:
    """Fetch the files and fit them to the destination; 400 or 404 names what is wrong."""
    hive = hive_of(configuration, warehouse.objects) if uploaded is None else None
    files = [(_UPLOADED, uploaded)] if uploaded is not None else _sources(warehouse, configuration, hive)
    own = _fields(warehouse, configuration, where, files, hive)
    keys = hive.columns if hive else ()
    readable = as_parquet(configuration, files, own)
    bad, errors = bad_records(configuration, readable)
    relation = parquet_relation(readable, own, keys, str(where.name))
    fields = (*own, *keys)
    columns = [quoted(field.name) for field in fields]
    existing = warehouse.catalog.table(where.name)
    if existing is not None and where.write != "WRITE_TRUNCATE":
        for field in defaulted(existing, [field.name for field in fields]):
            fields = (*fields, field)
            columns.append(default_sql(warehouse, existing, field, ""))
    return Load(where, files, fields, f"SELECT {', '.join(columns)} FROM {relation}", bad, errors)


def write_load(warehouse: Warehouse, transaction: Transaction, load: Load) -> int:
    """Write a planned load; returns the number of rows. The caller holds the table's lock."""
    try:
        return write_rows(warehouse.catalog, transaction, load.where, load.fields, load.rows)
    except duckdb.Error as error:
        raise invalid(
            f"Error while loading into {load.where.name}, error message: {from_duckdb(error).message}"
        ) from error


def _sources(warehouse: Warehouse, configuration: Mapping[str, Any], hive: Hive | None) -> Files:
    uris = configuration.get("sourceUris")
    if not isinstance(uris, list) or not uris:
        raise invalid("Required parameter is missing: sourceUris")
    found = warehouse.external.files(warehouse.external.named(uris, configuration), hive, ())
    if not found:
        raise not_found("URI", ", ".join(uris))
    return [(item.uri, warehouse.objects.local(item)) for item in found]


def _fields(
    warehouse: Warehouse, configuration: dict[str, Any], where: Destination, files: Files, hive: Hive | None
) -> Sequence[Field]:
    """The files' columns: as given, or the table's, or detected (in the reference file, when there is one)."""
    if configuration.get("referenceFileSchemaUri"):
        model = warehouse.external.files([str(configuration["referenceFileSchemaUri"])], None, ())
        files = [(item.uri, warehouse.objects.local(item)) for item in model]
    keys = {key.name.lower() for key in hive.columns} if hive else set()
    given = fields_from_rest(configuration.get("schema"))
    if given:
        return [field for field in given if field.name.lower() not in keys]
    existing = warehouse.catalog.table(where.name)
    replaced = where.write == "WRITE_TRUNCATE" and where.partition is None
    if existing is None or not existing.fields or replaced or where.update:
        return detect_fields(configuration, files)
    fields = [field for field in existing.fields if field.name.lower() not in keys]
    if configuration.get("autodetect") and source_format(configuration) == "CSV":
        return _by_header(configuration, files, fields)
    if str(configuration.get("sourceFormat")).upper() not in ("PARQUET", "ORC", "AVRO"):
        return fields
    # A file that describes itself may have fewer columns than the table, and must not have others.
    present = {field.name.lower(): field for field in detect_fields(configuration, files)}
    known = {field.name.lower() for field in fields}
    extra = [field for name, field in present.items() if name not in known and name not in keys]
    return [field for field in fields if field.name.lower() in present or field.mode == "REQUIRED"] + extra


def _by_header(configuration: dict[str, Any], files: Files, fields: Sequence[Field]) -> Sequence[Field]:
    """The table's columns in the order of the header that a CSV file is found to have; as they are without one."""
    known = {field.name.lower(): field for field in fields}
    found = detect_fields(configuration, files)
    if not configuration.get("skipLeadingRows"):
        return fields
    present = {field.name.lower() for field in found}
    missing = [field for field in fields if field.mode == "REQUIRED" and field.name.lower() not in present]
    return [known.get(field.name.lower(), field) for field in found] + missing
