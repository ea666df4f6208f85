"""Put the rows of a query or load into a table, by write and create disposition."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from emulators.bigquery.sql.model import Field, TableName
from emulators.bigquery.sql.types import quoted
from emulators.bigquery.state.catalog import Catalog, Table
from emulators.bigquery.state.definitions.evolution import evolve
from emulators.bigquery.state.definitions.layout import PARTITION_TIME, stored_sql
from emulators.bigquery.state.definitions.partitions import partition_condition, partition_start
from emulators.bigquery.state.definitions.past import SINCE, removal
from emulators.bigquery.state.definitions.schema import fields_to_rest, legacy_name
from emulators.bigquery.state.definitions.table_layouts import require_fitting_layout
from emulators.bigquery.state.definitions.tables import create_table, empty_table, kept_arrival
from emulators.bigquery.state.errors import ServiceError, duplicate, invalid, not_found
from emulators.bigquery.state.store import Transaction

_TABLE_SETTINGS = ("timePartitioning", "rangePartitioning", "clustering")


@dataclass(frozen=True)
class Destination:
    """Where a job writes: `table` may carry a partition decorator ($20240131)."""

    name: TableName
    partition: str | None
    write: str
    create: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    update: tuple[str, ...] = ()
    is_query: bool = False


def destination(configuration: Mapping[str, Any], default_write: str) -> Destination:
    """The destination of a query, load or copy configuration (destinationTable must be there)."""
    reference = configuration["destinationTable"]
    table, _, partition = str(reference.get("tableId", "")).partition("$")
    write = configuration.get("writeDisposition") or default_write
    create = configuration.get("createDisposition") or "CREATE_IF_NEEDED"
    settings = {key: configuration[key] for key in _TABLE_SETTINGS if configuration.get(key)}
    properties = configuration.get("destinationTableProperties") or {}
    settings |= {key: properties[key] for key in ("description", "friendlyName", "labels") if properties.get(key)}
    if configuration.get("destinationEncryptionConfiguration"):
        settings["encryptionConfiguration"] = configuration["destinationEncryptionConfiguration"]
    update = tuple(configuration.get("schemaUpdateOptions") or ())
    name = TableName(reference["projectId"], reference["datasetId"], table)
    return Destination(name, partition or None, write, create, settings, update, "query" in configuration)


def write_rows(
    catalog: Catalog, transaction: Transaction, where: Destination, fields: Sequence[Field], rows: str
) -> int:
    """Write the rows of a DuckDB query (columns in the order of fields); returns their number.

    The caller holds the table's lock.
    """
    existing = catalog.table(where.name, transaction)
    if existing is None and where.create == "CREATE_NEVER":
        catalog.dataset(where.name.project, where.name.dataset, transaction)
        raise not_found("Table", str(where.name))
    if existing is not None and existing.kind != "TABLE":
        raise invalid(f"{where.name} is a {existing.kind}; a job writes to tables only.")
    if existing is None or (where.write == "WRITE_TRUNCATE" and where.partition is None):
        return _create(catalog, transaction, where, fields, rows, existing)
    if where.write != "WRITE_TRUNCATE":
        require_fitting_layout(existing.resource, where.settings)
    if where.write == "WRITE_EMPTY" and count_rows(transaction, existing):
        raise duplicate("Table", str(where.name))
    # New columns come first: DuckDB commits none for a table that lost rows in the same transaction.
    table = _fitted(catalog, transaction, existing, where, fields)
    _clear(catalog, transaction, table, where)
    return _append(catalog, transaction, table, where, fields, rows)


def _create(
    catalog: Catalog, transaction: Transaction, where: Destination, fields: Sequence[Field], rows: str,
    existing: Table | None,
) -> int:  # fmt: skip
    name = where.name
    reference = {"projectId": name.project, "datasetId": name.dataset, "tableId": name.table}
    kept = {} if existing is None else {k: v for k, v in existing.resource.items() if k != "tableConstraints"}
    resource = {**kept, **where.settings, "schema": fields_to_rest(fields), "tableReference": reference}
    if where.partition is not None and "timePartitioning" not in resource and "rangePartitioning" not in resource:
        resource["timePartitioning"] = {"type": "DAY"}
    if where.partition is not None:
        return _append(catalog, transaction, create_table(catalog, transaction, resource), where, fields, rows)
    table = create_table(catalog, transaction, resource, existing is not None, rows)
    catalog.touch(transaction, name)
    return count_rows(transaction, table)


def count_rows(transaction: Transaction, table: Table) -> int:
    """The table's rows as the transaction sees them."""
    return int(transaction.cursor.execute(f"SELECT count(*) FROM {table.physical}").fetchall()[0][0])


def _clear(catalog: Catalog, transaction: Transaction, table: Table, where: Destination) -> None:
    if where.write not in ("WRITE_TRUNCATE", "WRITE_TRUNCATE_DATA"):
        return
    if where.partition is None:
        empty_table(catalog, transaction, table)
        return
    for sql in removal(table, partition_condition(table, where.partition)):
        transaction.cursor.execute(sql)


def _append(
    catalog: Catalog, transaction: Transaction, table: Table, where: Destination, fields: Sequence[Field], rows: str
) -> int:
    own = {field.name.lower(): field for field in table.fields}
    filled = [*(own[field.name.lower()] for field in fields), *kept_arrival(transaction, table, rows)]
    columns = ", ".join(quoted(field.name) for field in filled)
    stored = stored_sql(filled, rows)
    if where.partition is not None and table.ingestion_partitioned:
        columns += f", {quoted(PARTITION_TIME.name)}"
        stored = f"SELECT *, TIMESTAMPTZ '{partition_start(table, where.partition)}+00' FROM ({stored})"
    inserted = transaction.cursor.execute(f"INSERT INTO {table.physical} ({columns}) {stored}").fetchall()
    if where.partition is not None:
        _require_partition(transaction, table, where.partition)
    catalog.touch(transaction, where.name)
    return int(inserted[0][0])


def _require_partition(transaction: Transaction, table: Table, partition: str) -> None:
    """400 unless all rows that the transaction has written are of a partition."""
    inside = partition_condition(table, partition)
    outside = f"SELECT 1 FROM {table.physical} WHERE {SINCE} = now() AND ({inside}) IS NOT TRUE LIMIT 1"
    if transaction.cursor.execute(outside).fetchall():
        raise invalid(f"Some rows belong to different partitions rather than destination partition {partition}")


def _fitted(
    catalog: Catalog, transaction: Transaction, table: Table, where: Destination, fields: Sequence[Field]
) -> Table:
    """The table with the schema updates that the job allows; 400 when the rows do not fit it."""
    have = {known.name.lower(): known for known in table.fields}
    prefix = "Invalid schema update." if where.is_query else f"Provided Schema does not match Table {table.name}."
    merged = list(table.fields)
    for new in fields:
        old = have.get(new.name.lower())
        if old is None:
            if "ALLOW_FIELD_ADDITION" not in where.update:
                raise invalid(f"{prefix} Cannot add fields (field: {new.name})")
            merged.append(replace(new, mode="NULLABLE" if new.mode == "REQUIRED" else new.mode))
        elif old.type != new.type or (old.mode == "REPEATED") != (new.mode == "REPEATED"):
            raise invalid(f"{prefix} Field {new.name} has changed type from {legacy_name(old.type)} to "
                          f"{legacy_name(new.type)}")  # fmt: skip
        elif old.mode == "REQUIRED" and new.mode == "NULLABLE" and "ALLOW_FIELD_RELAXATION" in where.update:
            merged[merged.index(old)] = replace(old, mode="NULLABLE")
    if tuple(merged) == table.fields:
        return table
    return evolve(catalog, transaction, table, tuple(merged))


def refuse_update_options(where: Destination) -> None:
    """schemaUpdateOptions make sense where a table keeps its schema: not for WRITE_EMPTY, nor for WRITE_TRUNCATE."""
    truncates_part = where.write == "WRITE_TRUNCATE" and where.partition
    if where.update and where.write not in ("WRITE_APPEND", "WRITE_TRUNCATE_DATA") and not truncates_part:
        raise ServiceError(
            400,
            "invalid",
            "Schema update options should only be specified with WRITE_APPEND disposition, "
            "or with WRITE_TRUNCATE disposition on a table partition.",
        )
