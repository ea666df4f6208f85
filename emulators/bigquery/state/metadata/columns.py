"""The columns of the INFORMATION_SCHEMA views."""

from datetime import UTC, datetime
from typing import Any

from emulators.bigquery.sql.model import Field
from emulators.bigquery.sql.syntax.types import TypeParser
from emulators.bigquery.sql.types import of_node, to_field


def moment(milliseconds: Any) -> datetime:
    """Milliseconds since the epoch as a TIMESTAMP."""
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)


def fields(text: str) -> tuple[Field, ...]:
    """`name TYPE, ...` in SQL's words as Fields."""
    kind = of_node(TypeParser(f"STRUCT<{text}>").type())
    return tuple(to_field(str(name), member) for name, member in kind.fields)


TABLES = fields(
    "table_catalog STRING, table_schema STRING, table_name STRING, table_type STRING, managed_table_type STRING, "
    "is_insertable_into STRING, is_fine_grained_mutations_enabled STRING, is_typed STRING, "
    "is_change_history_enabled STRING, creation_time TIMESTAMP, base_table_catalog STRING, base_table_schema "
    "STRING, base_table_name STRING, snapshot_time_ms TIMESTAMP, replica_source_catalog STRING, "
    "replica_source_schema STRING, replica_source_name STRING, replication_status STRING, replication_error STRING, "
    "ddl STRING, default_collation_name STRING, sync_status JSON, upsert_stream_apply_watermark TIMESTAMP"
)
COLUMNS = fields(
    "table_catalog STRING, table_schema STRING, table_name STRING, column_name STRING, ordinal_position INT64, "
    "is_nullable STRING, data_type STRING, is_generated STRING, generation_expression STRING, is_stored STRING, "
    "is_hidden STRING, is_updatable STRING, is_system_defined STRING, is_partitioning_column STRING, "
    "clustering_ordinal_position INT64, collation_name STRING, column_default STRING, rounding_mode STRING, "
    "policy_tags ARRAY<STRING>, data_policies ARRAY<STRUCT<name STRING>>, async_generation_status "
    "STRUCT<last_completion_time TIMESTAMP, error_time TIMESTAMP, blocking_error STRUCT<reason STRING, location "
    "STRING, message STRING>>"
)
COLUMN_FIELD_PATHS = fields(
    "table_catalog STRING, table_schema STRING, table_name STRING, column_name STRING, field_path STRING, "
    "data_type STRING, description STRING, collation_name STRING, rounding_mode STRING, policy_tags ARRAY<STRING>, "
    "data_policies ARRAY<STRUCT<name STRING>>"
)
TABLE_OPTIONS = fields(
    "table_catalog STRING, table_schema STRING, table_name STRING, option_name STRING, option_type STRING, "
    "option_value STRING"
)
SCHEMATA = fields(
    "catalog_name STRING, schema_name STRING, schema_owner STRING, creation_time TIMESTAMP, last_modified_time "
    "TIMESTAMP, location STRING, ddl STRING, default_collation_name STRING, sync_status JSON"
)
VIEWS = fields(
    "table_catalog STRING, table_schema STRING, table_name STRING, view_definition STRING, check_option STRING, "
    "use_standard_sql STRING"
)
STORAGE = fields(
    "project_id STRING, project_number INT64, table_catalog STRING, table_schema STRING, table_name STRING, "
    "creation_time TIMESTAMP, total_rows INT64, total_partitions INT64, total_logical_bytes INT64, "
    "active_logical_bytes INT64, long_term_logical_bytes INT64, current_physical_bytes INT64, total_physical_bytes "
    "INT64, active_physical_bytes INT64, long_term_physical_bytes INT64, time_travel_physical_bytes INT64, "
    "storage_last_modified_time TIMESTAMP, deleted BOOL, table_type STRING, managed_table_type STRING, "
    "fail_safe_physical_bytes INT64, last_metadata_index_refresh_time TIMESTAMP, table_deletion_reason STRING, "
    "table_deletion_time TIMESTAMP"
)
PARTITIONS = fields(
    "table_catalog STRING, table_schema STRING, table_name STRING, partition_id STRING, total_rows INT64, "
    "total_logical_bytes INT64, total_billable_bytes INT64, last_modified_time TIMESTAMP, storage_tier STRING"
)
CONSTRAINTS = fields(
    "constraint_catalog STRING, constraint_schema STRING, constraint_name STRING, table_catalog STRING, "
    "table_schema STRING, table_name STRING, constraint_type STRING, is_deferrable STRING, initially_deferred "
    "STRING, enforced STRING"
)
KEYS = fields(
    "constraint_catalog STRING, constraint_schema STRING, constraint_name STRING, table_catalog STRING, "
    "table_schema STRING, table_name STRING, column_name STRING, ordinal_position INT64, "
    "position_in_unique_constraint INT64"
)
LEGACY_SUMMARY = fields("project_id STRING, dataset_id STRING, table_id STRING, creation_time INT64, type INT64")
LEGACY = fields(
    "project_id STRING, dataset_id STRING, table_id STRING, creation_time INT64, last_modified_time INT64, "
    "row_count INT64, size_bytes INT64, type INT64"
)
