"""What INFORMATION_SCHEMA says of materialised views, snapshots, routines' parameters and datasets' options."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from emulators.bigquery.sql.model import Field
from emulators.bigquery.sql.rest_types import argument_type, rest_type
from emulators.bigquery.state.catalog import Catalog, Resource, Table
from emulators.bigquery.state.metadata.columns import fields, moment
from emulators.bigquery.state.metadata.rows import labels_literal, literal
from emulators.bigquery.state.projects import project_number

_STATUS = Field("last_refresh_status", "STRUCT", fields=fields("reason STRING, location STRING, message STRING"))
MATERIALIZED_VIEWS = (
    *fields(
        "table_catalog STRING, table_schema STRING, table_name STRING, last_refresh_time TIMESTAMP, "
        "refresh_watermark TIMESTAMP"
    ),
    _STATUS,
)
SNAPSHOTS = fields(
    "table_catalog STRING, table_schema STRING, table_name STRING, base_table_catalog STRING, base_table_schema "
    "STRING, base_table_name STRING, snapshot_time TIMESTAMP"
)
PARAMETERS = fields(
    "specific_catalog STRING, specific_schema STRING, specific_name STRING, ordinal_position INT64, parameter_mode "
    "STRING, is_result STRING, parameter_name STRING, data_type STRING, parameter_default STRING, is_aggregate STRING"
)
SCHEMATA_OPTIONS = fields(
    "catalog_name STRING, schema_name STRING, option_name STRING, option_type STRING, option_value STRING"
)
CONSTRAINT_COLUMNS = fields(
    "table_catalog STRING, table_schema STRING, table_name STRING, column_name STRING, constraint_catalog STRING, "
    "constraint_schema STRING, constraint_name STRING"
)
PRIVILEGES = fields(
    "object_catalog STRING, object_schema STRING, object_name STRING, object_type STRING, privilege_type STRING, "
    "grantee STRING"
)

EFFECTIVE_OPTIONS = fields(
    "project_id STRING, project_number INT64, option_name STRING, option_description STRING, option_type STRING, "
    "option_set_level STRING, option_set_on_id STRING, option_value STRING"
)
_HOUR = 3_600_000
_PROJECT_OPTIONS = (
    ("default_batch_query_queue_timeout_ms", "How long a batch query is queued.", "INT64", str(24 * _HOUR)),
    ("default_interactive_query_queue_timeout_ms", "How long an interactive query is queued.", "INT64", str(6 * _HOUR)),
    ("default_query_job_timeout_ms", "When a query job times out.", "INT64", str(6 * _HOUR)),
    ("default_time_zone", "The time zone of functions that are not told one.", "STRING", "UTC"),
)


def effective_option_rows(project: str) -> Iterator[list[Any]]:
    """The rows of EFFECTIVE_PROJECT_OPTIONS: every project has the defaults."""
    for name, description, kind, value in _PROJECT_OPTIONS:
        yield [project, project_number(project), name, description, kind, "DEFAULT", None, value]


def materialized_view_rows(table: Table) -> Iterator[list[Any]]:
    """A row of MATERIALIZED_VIEWS: they are computed at each read here, so they are as fresh as now."""
    if table.kind == "MATERIALIZED_VIEW":
        now = datetime.now(UTC)
        yield [table.name.project, table.name.dataset, table.name.table, now, now, None]


def snapshot_rows(table: Table) -> Iterator[list[Any]]:
    """A row of TABLE_SNAPSHOTS."""
    definition = table.resource.get("snapshotDefinition")
    if definition:
        base, name = definition["baseTableReference"], table.name
        yield [name.project, name.dataset, name.table, base["projectId"], base["datasetId"], base["tableId"],
               datetime.fromisoformat(definition["snapshotTime"])]  # fmt: skip


def parameter_rows(routine: Resource) -> Iterator[list[Any]]:
    """The rows of PARAMETERS: the result is at position 0."""
    own = routine["routineReference"]
    name = [own["projectId"], own["datasetId"], own["routineId"]]
    if routine.get("returnType"):
        yield [*name, 0, None, "YES", None, str(rest_type(routine["returnType"])), None, None]
    for position, argument in enumerate(routine.get("arguments") or (), 1):
        kind = argument_type(argument)
        yield [*name, position, argument.get("mode"), "NO", argument.get("name"), kind, None, None]


def schema_rows(dataset: Resource) -> Iterator[list[Any]]:
    """The row of SCHEMATA."""
    own = dataset["datasetReference"]
    yield [own["projectId"], own["datasetId"], None, moment(dataset["creationTime"]),
           moment(dataset["lastModifiedTime"]), dataset["location"], dataset_ddl(dataset),
           dataset.get("defaultCollation") or "NULL", None]  # fmt: skip


def dataset_option_rows(dataset: Resource) -> Iterator[list[Any]]:
    """The rows of SCHEMATA_OPTIONS: what is set."""
    own = dataset["datasetReference"]
    options = [
        ("description", "STRING", literal(dataset.get("description"))),
        ("friendly_name", "STRING", literal(dataset.get("friendlyName"))),
        ("location", "STRING", literal(dataset["location"])),
        ("labels", "ARRAY<STRUCT<STRING, STRING>>", labels_literal(dataset.get("labels"))),
        ("default_table_expiration_days", "FLOAT64", _days(dataset.get("defaultTableExpirationMs"))),
        ("default_partition_expiration_days", "FLOAT64", _days(dataset.get("defaultPartitionExpirationMs"))),
        ("is_case_insensitive", "BOOL", "true" if dataset.get("isCaseInsensitive") else None),
        ("max_time_travel_hours", "INT64", _text(dataset.get("maxTimeTravelHours"))),
        ("storage_billing_model", "STRING", literal(dataset.get("storageBillingModel"))),
        ("default_rounding_mode", "STRING", literal(dataset.get("defaultRoundingMode"))),
    ]
    for name, kind, value in options:
        if value is not None:
            yield [own["projectId"], own["datasetId"], name, kind, value]


def dataset_ddl(dataset: Resource) -> str:
    """The statement that would make a dataset again."""
    own = dataset["datasetReference"]
    options = ",\n".join(f"  {name}={value}" for *_, name, _kind, value in dataset_option_rows(dataset))
    collation = dataset.get("defaultCollation")
    collated = f'DEFAULT COLLATE "{collation}"\n' if collation else ""
    return f"CREATE SCHEMA `{own['projectId']}.{own['datasetId']}`\n{collated}OPTIONS(\n{options}\n);"


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _days(milliseconds: Any) -> str | None:
    return None if milliseconds is None else repr(int(milliseconds) / 86_400_000)


def privilege_rows(catalog: Catalog, dataset: Resource) -> Iterator[list[Any]]:
    """The rows of OBJECT_PRIVILEGES: what IAM policies of a dataset and of its tables grant."""
    own = dataset["datasetReference"]
    project, name = own["projectId"], own["datasetId"]
    yield from _granted(catalog, f"{project}:{name}", [project, name, name, "SCHEMA"])
    for table in catalog.tables(project, name):
        kind = {"TABLE": "TABLE", "VIEW": "VIEW"}.get(table.kind, table.kind.replace("_", " "))
        yield from _granted(catalog, str(table.name), [project, name, table.name.table, kind])


def _granted(catalog: Catalog, key: str, what: list[Any]) -> Iterator[list[Any]]:
    for binding in (catalog.get("policy", key) or {}).get("bindings") or ():
        for member in binding["members"]:
            yield [*what, binding["role"], member]


def routines_of(catalog: Catalog, dataset: Resource) -> list[Resource]:
    """A dataset's routines, by name."""
    reference = dataset["datasetReference"]
    return catalog.resources("routine", f"{reference['projectId']}:{reference['datasetId']}.")
