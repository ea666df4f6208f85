"""INFORMATION_SCHEMA views of what a project on a laptop has none of: reservations, replicas, advice."""

_PROJECT = "project_id STRING, project_number INT64"
_LABELS = "labels ARRAY<STRUCT<key STRING, value STRING>>"
_AUTOSCALE = "autoscale STRUCT<current_slots INT64, max_slots INT64>"
_RESERVATION = f"{_PROJECT}, reservation_name STRING, ignore_idle_slots BOOL"
_PLACES = (
    f"{_AUTOSCALE}, edition STRING, primary_location STRING, secondary_location STRING, original_primary_location "
    f"STRING, {_LABELS}, reservation_group_path ARRAY<STRING>, max_slots INT64, scaling_mode STRING"
)
_ASSIGNMENT = (
    f"{_PROJECT}, assignment_id STRING, reservation_name STRING, job_type STRING, assignee_id STRING, assignee_number "
    "INT64, assignee_type STRING"
)
_COMMITMENT = f"{_PROJECT}, capacity_commitment_id STRING, commitment_plan STRING, state STRING, slot_count INT64"
_REPLICA = (
    "catalog_name STRING, schema_name STRING, replica_name STRING, location STRING, replica_primary_assigned BOOL, "
    "replica_primary_assignment_complete BOOL, creation_time TIMESTAMP, creation_complete BOOL, replication_time "
    "TIMESTAMP, sync_status JSON, replica_primary_assignment_time TIMESTAMP, "
    "replica_primary_assignment_completion_time TIMESTAMP"
)
_USAGE = ", ".join(f"billable_{age}_{kind}_usage INT64" for kind in ("logical", "physical")
                   for age in ("total", "active", "long_term"))  # fmt: skip

ABSENT = {
    "ASSIGNMENTS": f"ddl STRING, {_ASSIGNMENT}",
    "ASSIGNMENT_CHANGES": f"change_timestamp TIMESTAMP, {_ASSIGNMENT}, action STRING, user_email STRING, state STRING",
    "BI_CAPACITIES": f"{_PROJECT}, bi_capacity_name STRING, size INT64, preferred_tables ARRAY<STRING>",
    "BI_CAPACITY_CHANGES": f"change_timestamp TIMESTAMP, {_PROJECT}, bi_capacity_name STRING, size INT64, user_email "
    "STRING, preferred_tables ARRAY<STRING>",
    "CAPACITY_COMMITMENTS": f"ddl STRING, {_COMMITMENT}, edition STRING, is_flat_rate BOOL, renewal_plan STRING",
    "CAPACITY_COMMITMENT_CHANGES": f"change_timestamp TIMESTAMP, {_COMMITMENT}, action STRING, user_email STRING, "
    "commitment_start_time TIMESTAMP, commitment_end_time TIMESTAMP, failure_status STRUCT<code INT64, message "
    "STRING>, renewal_plan STRING, edition STRING, is_flat_rate BOOL",
    "INSIGHTS": "insight_id STRING, insight_type STRING, subtype STRING, project_id STRING, project_number STRING, "
    "description STRING, last_updated_time TIMESTAMP, category STRING, target_resources ARRAY<STRING>, state STRING, "
    "severity STRING, associated_recommendation_ids ARRAY<STRING>, additional_details STRUCT<content JSON, "
    "state_metadata JSON, observation_period_seconds INT64>",
    "PROJECT_OPTIONS": f"{_PROJECT}, option_name STRING, option_description STRING, option_type STRING, "
    "option_value STRING",
    "PROJECT_OPTIONS_CHANGES": f"update_time TIMESTAMP, username STRING, updated_options JSON, {_PROJECT}",
    "PROPERTY_GRAPHS": "property_graph_catalog STRING, property_graph_schema STRING, property_graph_name STRING, "
    "property_graph_metadata_json JSON, ddl STRING",
    "RECOMMENDATIONS": "recommendation_id STRING, recommender STRING, subtype STRING, project_id STRING, "
    "project_number STRING, description STRING, last_updated_time TIMESTAMP, target_resources ARRAY<STRING>, state "
    "STRING, primary_impact STRUCT<category STRING, cost_projection STRUCT<cost STRUCT<currency_code STRING, units "
    "INT64, nanos INT64>, cost_in_local_currency STRUCT<currency_code STRING, units INT64, nanos INT64>, duration "
    "STRUCT<seconds INT64, nanos INT64>>, security_projection STRUCT<details JSON>>, priority STRING, "
    "associated_insight_ids ARRAY<STRING>, additional_details STRUCT<overview JSON, state_metadata JSON, operations "
    "ARRAY<STRUCT<action STRING, resource_type STRING, resource STRING, path STRING, value JSON>>>",
    "RESERVATIONS": f"ddl STRING, {_RESERVATION}, slot_capacity INT64, target_job_concurrency INT64, {_PLACES}",
    "RESERVATION_CHANGES": f"change_timestamp TIMESTAMP, {_RESERVATION}, action STRING, slot_capacity INT64, "
    f"user_email STRING, target_job_concurrency INT64, {_PLACES}",
    "RESERVATIONS_TIMELINE": f"{_AUTOSCALE}, edition STRING, ignore_idle_slots BOOL, {_LABELS}, reservation_group_path "
    "ARRAY<STRING>, period_start TIMESTAMP, per_second_details ARRAY<STRUCT<start_time TIMESTAMP, "
    "autoscale_current_slots INT64, autoscale_max_slots INT64, slots_assigned INT64, slots_max_assigned INT64>>, "
    f"{_PROJECT}, "
    "reservation_id STRING, reservation_name STRING, slot_capacity INT64, slots_assigned INT64, slots_max_assigned "
    "INT64, max_slots INT64, scaling_mode STRING, period_autoscale_slot_seconds INT64, is_creation_region BOOL",
    "SCHEMATA_LINKS": "catalog_name STRING, schema_name STRING, linked_schema_catalog_number STRING, "
    "linked_schema_catalog_name STRING, linked_schema_name STRING, linked_schema_creation_time TIMESTAMP, "
    "linked_schema_org_display_name STRING, shared_asset_id STRING, link_type STRING",
    "SCHEMATA_REPLICAS": _REPLICA,
    "SCHEMATA_REPLICAS_BY_FAILOVER_RESERVATION": "failover_reservation_project_id STRING, "
    f"failover_reservation_name STRING, {_REPLICA}",
    "SHARED_DATASET_USAGE": "project_id STRING, dataset_id STRING, table_id STRING, data_exchange_id STRING, "
    "listing_id STRING, job_start_time TIMESTAMP, job_end_time TIMESTAMP, job_id STRING, job_project_number INT64, "
    "job_location STRING, linked_project_number INT64, linked_dataset_id STRING, subscriber_org_number INT64, "
    "subscriber_org_display_name STRING, job_principal_subject STRING, num_rows_processed INT64, "
    "total_bytes_processed INT64, shared_resource_id STRING, shared_resource_type STRING, referenced_tables "
    "ARRAY<STRUCT<project_id STRING, dataset_id STRING, table_id STRING, processed_bytes INT64>>",
    "TABLE_STORAGE_USAGE_TIMELINE": "usage_date DATE, project_id STRING, table_catalog STRING, project_number INT64, "
    f"table_schema STRING, table_name STRING, {_USAGE}",
}

# Those that have no other name; the others are called X_BY_PROJECT too.
PLAIN = ("BI_CAPACITIES", "BI_CAPACITY_CHANGES", "PROJECT_OPTIONS", "PROJECT_OPTIONS_CHANGES", "PROPERTY_GRAPHS",
         "SCHEMATA_LINKS", "SHARED_DATASET_USAGE")  # fmt: skip
