"""What INFORMATION_SCHEMA says of one table: itself, its columns, their nested paths, its options."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.catalog import Table
from emulators.bigquery.state.definitions.schema import sql_type
from emulators.bigquery.state.files.file_options import given_file_options
from emulators.bigquery.state.metadata.columns import moment

_KINDS = {
    "TABLE": "BASE TABLE", "VIEW": "VIEW", "MATERIALIZED_VIEW": "MATERIALIZED VIEW", "EXTERNAL": "EXTERNAL",
    "SNAPSHOT": "SNAPSHOT",
}  # fmt: skip


def table_row(table: Table, ddl: str) -> list[Any]:
    """A row of TABLES; ddl makes the table again."""
    name, resource = table.name, table.resource
    base = (resource.get("snapshotDefinition") or resource.get("cloneDefinition") or {}).get("baseTableReference", {})
    taken = (resource.get("snapshotDefinition") or {}).get("snapshotTime")
    kind = "CLONE" if "cloneDefinition" in resource else _KINDS[table.kind]
    insertable = "YES" if table.kind == "TABLE" else "NO"
    return [
        name.project,
        name.dataset,
        name.table,
        kind,
        managed_type(table),
        insertable,
        "NO",
        "NO",
        "YES" if resource.get("enableChangeHistory") else "NO",
        moment(resource["creationTime"]),
        base.get("projectId"),
        base.get("datasetId"),
        base.get("tableId"),
        datetime.fromisoformat(taken) if taken else None,
        *[None] * 5,  # of replicas, which there are none
        ddl,
        resource.get("defaultCollation") or "NULL",
        None,  # of replicas
        None,
    ]


def managed_type(table: Table) -> str:
    """managed_table_type: NATIVE for what BigQuery stores itself."""
    return "NATIVE" if table.kind == "TABLE" else ""


def column_rows(table: Table) -> Iterator[list[Any]]:
    """The rows of COLUMNS."""
    name, resource = table.name, table.resource
    partition = (resource.get("timePartitioning") or resource.get("rangePartitioning") or {}).get("field")
    clustering = [column.lower() for column in (resource.get("clustering") or {}).get("fields") or ()]
    for position, field in enumerate(table.fields, 1):
        order = clustering.index(field.name.lower()) + 1 if field.name.lower() in clustering else None
        yield [
            name.project,
            name.dataset,
            name.table,
            field.name,
            position,
            "YES" if field.mode == "NULLABLE" else "NO",
            sql_type(field),
            "NEVER",
            None,
            None,
            "NO",
            None,
            "NO",
            "YES" if field.name == partition else "NO",
            order,
            field.collation or "NULL",
            field.default or "NULL",
            field.rounding_mode,
            list(field.policy_tags),
            [],
            None,
        ]
    if table.ingestion_partitioned:
        yield [name.project, name.dataset, name.table, "_PARTITIONTIME", None, "YES", "TIMESTAMP", "NEVER", None, None,
               "YES", None, "YES", "YES", None, "NULL", "NULL", None, [], [], None]  # fmt: skip


def field_path_rows(table: Table) -> Iterator[list[Any]]:
    """The rows of COLUMN_FIELD_PATHS: columns, and the fields inside of them."""
    name = table.name
    for column in table.fields:
        for path, field in _paths(column, column.name):
            yield [
                name.project,
                name.dataset,
                name.table,
                column.name,
                path,
                sql_type(field),
                field.description,
                field.collation or "NULL",
                field.rounding_mode,
                list(field.policy_tags),
                [],
            ]


def _paths(field: Field, path: str) -> Iterator[tuple[str, Field]]:
    yield path, field
    if field.type == "STRUCT":
        for child in field.fields:
            yield from _paths(child, f"{path}.{child.name}")


def option_rows(table: Table) -> Iterator[list[Any]]:
    """The rows of TABLE_OPTIONS: what is set."""
    name, resource = table.name, table.resource
    time = resource.get("timePartitioning") or {}
    options: list[tuple[str, str, str | None]] = [
        ("description", "STRING", literal(resource.get("description"))),
        ("friendly_name", "STRING", literal(resource.get("friendlyName"))),
        ("require_partition_filter", "BOOL", "true" if resource.get("requirePartitionFilter") else None),
        ("enable_change_history", "BOOL", "true" if resource.get("enableChangeHistory") else None),
        ("labels", "ARRAY<STRUCT<STRING, STRING>>", labels_literal(resource.get("labels"))),
    ]
    if resource.get("expirationTime"):
        text = f"{moment(resource['expirationTime']):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
        options.append(("expiration_timestamp", "TIMESTAMP", f'TIMESTAMP "{text}"'))
    if time.get("expirationMs"):
        options.append(("partition_expiration_days", "FLOAT64", repr(int(time["expirationMs"]) / 86_400_000)))
    for option, kind, value in (*options, *_rarer_options(resource)):
        if value is not None:
            yield [name.project, name.dataset, name.table, option, kind, value]


def _rarer_options(resource: dict[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    view, staleness = resource.get("materializedView") or {}, resource.get("maxStaleness")
    yield "default_rounding_mode", "STRING", literal(resource.get("defaultRoundingMode"))
    yield "tags", "ARRAY<STRUCT<STRING, STRING>>", labels_literal(resource.get("resourceTags"))
    yield "kms_key_name", "STRING", literal((resource.get("encryptionConfiguration") or {}).get("kmsKeyName"))
    yield "max_staleness", "INTERVAL", f'INTERVAL "{staleness}" YEAR TO SECOND' if staleness else None
    if "enableRefresh" in view:
        yield "enable_refresh", "BOOL", str(view["enableRefresh"]).lower()
    if "refreshIntervalMs" in view:
        yield "refresh_interval_minutes", "FLOAT64", repr(int(view["refreshIntervalMs"]) / 60_000)
    if view.get("allowNonIncrementalDefinition"):
        yield "allow_non_incremental_definition", "BOOL", "true"
    for name, value in given_file_options(resource.get("externalDataConfiguration") or {}):
        yield name, *_valued(value)


def _valued(value: Any) -> tuple[str, str | None]:
    """(type, literal) of an option's value."""
    if isinstance(value, bool):
        return "BOOL", str(value).lower()
    if isinstance(value, int):
        return "INT64", str(value)
    return ("STRING", literal(value)) if isinstance(value, str) else ("ARRAY<STRING>", texts_literal(value))


def literal(text: str | None) -> str | None:
    """A text as a GoogleSQL literal."""
    if text is None:
        return None
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def texts_literal(texts: Iterable[str] | None) -> str | None:
    """Texts as a GoogleSQL array; None when there are none."""
    return f"[{', '.join(str(literal(text)) for text in texts)}]" if texts else None


def labels_literal(labels: dict[str, str] | None) -> str | None:
    """Labels as a GoogleSQL literal; None when there are none."""
    if not labels:
        return None
    return "[" + ", ".join(f'STRUCT("{key}", "{value}")' for key, value in sorted(labels.items())) + "]"
