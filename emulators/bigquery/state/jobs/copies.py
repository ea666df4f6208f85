"""Copy jobs: tables into a table, a snapshot or a clone of a table, and a snapshot back into a table."""

import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from emulators.bigquery.sql.model import Field, TableName
from emulators.bigquery.sql.types import quoted
from emulators.bigquery.state.access.row_policies import copy_policies, require_all_rows
from emulators.bigquery.state.catalog import Catalog, Resource, Table
from emulators.bigquery.state.definitions.clones import copied_resource
from emulators.bigquery.state.definitions.layout import PARTITION_TIME
from emulators.bigquery.state.definitions.partitions import partition_condition
from emulators.bigquery.state.definitions.references import require_choice
from emulators.bigquery.state.definitions.tables import STORED, create_table
from emulators.bigquery.state.definitions.writes import Destination, count_rows, destination, write_rows
from emulators.bigquery.state.errors import ServiceError, duplicate, invalid
from emulators.bigquery.state.jobs.jobs import Job
from emulators.bigquery.state.store import Transaction
from emulators.bigquery.state.warehouse import Warehouse

_KEPT = ("timePartitioning", "rangePartitioning", "clustering", "description", "labels")
# What each operation reads; all but SNAPSHOT make ordinary tables.
_SOURCES = {"COPY": STORED, "CLONE": STORED, "SNAPSHOT": STORED, "RESTORE": ("SNAPSHOT",)}


@dataclass(frozen=True)
class Source:
    """A table to copy: a partition of it where the condition says so, as it was at a moment."""

    table: Table
    condition: str
    moment: datetime | None
    rows: str

    def select(self, columns: str) -> str:
        """A DuckDB query for its rows."""
        return f"SELECT {columns} FROM {self.rows} WHERE {self.condition}"


def run_copy(warehouse: Warehouse, job: Job) -> None:
    """Copy one or more tables (partition and time decorators allowed) into one."""
    configuration = job.resource["configuration"]["copy"]
    given = configuration.get("sourceTables") or [configuration.get("sourceTable")]
    if not all(given) or not configuration.get("destinationTable"):
        raise invalid("Required parameter is missing: sourceTables and destinationTable")
    operation = _operation(configuration)
    sources = [source_of(warehouse, entry, job) for entry in given]
    _check_sources(operation, sources)
    kept = {key: sources[0].table.resource[key] for key in _KEPT if key in sources[0].table.resource}
    where = destination({**kept, **configuration}, "WRITE_EMPTY")
    if keys := sources[0].table.resource.get("tableConstraints"):  # a table that is made, or replaced, has them too
        where = replace(where, settings={**where.settings, "tableConstraints": keys})
    with warehouse.store.lock(str(where.name)), warehouse.store.transaction() as transaction:
        made, count = _write(warehouse, transaction, operation, sources, where)
        _expire(warehouse, transaction, made, configuration.get("destinationExpirationTime"))
        for source in sources:
            copy_policies(warehouse.catalog, transaction, source.table.name, made)
        size = logical_bytes(warehouse, sources)
        job.statistics["copy"] = {"copiedRows": str(count)} | ({} if size is None else {"copiedLogicalBytes": size})
        transaction.record("job", job.key, job.resource | {"status": {"state": "DONE"}})


def _operation(configuration: Mapping[str, Any]) -> str:
    given = configuration.get("operationType") or "COPY"
    operation = "COPY" if given == "OPERATION_TYPE_UNSPECIFIED" else str(given)
    require_choice("operationType", operation, _SOURCES)
    return operation


def _check_sources(operation: str, sources: Sequence[Source]) -> None:
    """400 unless the operation can read these tables."""
    first = sources[0].table
    for source in sources:
        if source.table.kind not in _SOURCES[operation]:
            raise invalid(f"{source.table.name} is a {source.table.kind}, which operation {operation} cannot read.")
        if [field.name for field in source.table.fields] != [field.name for field in first.fields]:
            raise invalid("The source tables of a copy job have different schemas.")
    if operation != "COPY" and (len(sources) > 1 or sources[0].condition != "true"):
        raise invalid(f"Operation {operation} takes one whole table; several tables and partitions can be copied only.")


def _write(
    warehouse: Warehouse, transaction: Transaction, operation: str, sources: Sequence[Source], where: Destination
) -> tuple[Table, int]:
    """The table that is made, and the number of its rows."""
    catalog, first = warehouse.catalog, sources[0]
    columns = ", ".join(quoted(field.name) for field in (*first.table.fields, *_arrival(catalog, sources, where)))
    rows = " UNION ALL ".join(source.select(columns) for source in sources)
    if operation in ("COPY", "RESTORE"):
        count = write_rows(catalog, transaction, where, first.table.fields, rows)
        return catalog.require(where.name, transaction), count
    existing = catalog.table(where.name, transaction)
    if existing is not None and (operation == "SNAPSHOT" or where.write != "WRITE_TRUNCATE"):
        raise duplicate("Table", str(where.name))
    name = where.name
    resource: Resource = copied_resource(first.table, operation.lower(), first.moment)
    resource["tableReference"] = {"projectId": name.project, "datasetId": name.dataset, "tableId": name.table}
    resource |= where.settings
    made = create_table(catalog, transaction, resource, existing is not None, rows)
    return made, count_rows(transaction, made)


def _arrival(catalog: Catalog, sources: Sequence[Source], where: Destination) -> tuple[Field, ...]:
    """_PARTITIONTIME, where the rows keep it: not in a partition that the job names, nor in a table that has none."""
    existing = catalog.table(where.name) if where.write != "WRITE_TRUNCATE" else None
    fits = where.partition is None and (existing is None or existing.ingestion_partitioned)
    return (PARTITION_TIME,) if fits and all(source.table.ingestion_partitioned for source in sources) else ()


def logical_bytes(warehouse: Warehouse, sources: Sequence[Source]) -> str | None:
    """The bytes of whole tables; of a partition, or of the past, they are not known."""
    if any(source.condition != "true" or source.moment is not None for source in sources):
        return None
    return str(sum(warehouse.sizes.of(source.table)[1] for source in sources))


def _expire(warehouse: Warehouse, transaction: Transaction, table: Table, at: Any) -> None:
    """destinationExpirationTime: RFC 3339, as the service takes it, or milliseconds."""
    if at is None:
        return
    text = str(at)
    try:
        moment = int(text) if text.isdigit() else int(datetime.fromisoformat(text).timestamp() * 1000)
    except ValueError:
        raise invalid(f"Invalid value for destinationExpirationTime: {text!r} is not a timestamp") from None
    warehouse.catalog.put_table(transaction, table.resource | {"expirationTime": str(moment)})


def source_of(warehouse: Warehouse, entry: Mapping[str, Any], job: Job) -> Source:
    """The table that a job names as its source; 404 without it, 403 unless the caller may read all its rows."""
    table_id, _, moment = str(entry["tableId"]).partition("@")
    table_id, _, partition = table_id.partition("$")
    name = TableName(entry["projectId"], entry["datasetId"], table_id)
    taken = _moment(moment, name) if moment else None
    table, rows = _as_it_was(warehouse, name, taken)
    if table.kind not in STORED:
        raise invalid(f"{table.name} is a {table.kind} and cannot be copied or extracted.")
    require_all_rows(warehouse.catalog, table.name, job.resource["user_email"], "copying it")
    names = [field.name for field in table.fields]
    warehouse.tags.require(table, job.resource["user_email"], names, clear=True)
    return Source(table, partition_condition(table, partition) if partition else "true", taken, rows)


def _as_it_was(warehouse: Warehouse, name: TableName, taken: datetime | None) -> tuple[Table, str]:
    """The table and its rows, now or at a moment: then it may be one that was dropped since."""
    current = warehouse.catalog.table(name)
    if taken is not None and (current is None or current.kind in STORED):
        with closing(warehouse.store.cursor()) as cursor:
            moment = warehouse.catalog.at(name, taken, cursor)
        if moment is not None:
            return Table(moment.resource), moment.rows
    table = warehouse.catalog.require(name)
    return table, table.physical


def _moment(decorator: str, table: TableName) -> datetime:
    """A time decorator: milliseconds since the epoch, or before now when it is negative."""
    if not re.fullmatch(r"-?\d{1,15}", decorator):
        raise ServiceError(400, "invalid", f"Invalid time decorator @{decorator} for table {table}.")
    now, given = datetime.now(UTC), timedelta(milliseconds=int(decorator))
    return now + given if int(decorator) <= 0 else datetime.fromtimestamp(0, UTC) + given
