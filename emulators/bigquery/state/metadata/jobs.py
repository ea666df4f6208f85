"""What INFORMATION_SCHEMA.JOBS and JOBS_TIMELINE say of jobs."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from emulators.bigquery.sql.model import Field, SqlError
from emulators.bigquery.sql.syntax.lexer import tokens
from emulators.bigquery.state.jobs.jobs import Job
from emulators.bigquery.state.metadata.columns import fields, moment
from emulators.bigquery.state.projects import project_number

_TABLE = "STRUCT<project_id STRING, dataset_id STRING, table_id STRING>"
_ERROR = "STRUCT<reason STRING, location STRING, debug_info STRING, message STRING>"
_LABELS = "ARRAY<STRUCT<key STRING, value STRING>>"
_MEASURES = ", ".join(
    f"{phase}_ratio_avg FLOAT64, {phase}_ms_avg INT64, {phase}_ratio_max FLOAT64, {phase}_ms_max INT64"
    for phase in ("wait", "read", "compute", "write")
)
_STAGES = (
    f"ARRAY<STRUCT<name STRING, id INT64, start_ms INT64, end_ms INT64, input_stages ARRAY<INT64>, {_MEASURES}, "
    "shuffle_output_bytes INT64, shuffle_output_bytes_spilled INT64, records_read INT64, records_written INT64, "
    "parallel_inputs INT64, completed_parallel_inputs INT64, status STRING, steps ARRAY<STRUCT<kind STRING, substeps "
    "ARRAY<STRING>>>, slot_ms INT64, compute_mode STRING>>"
)
_SAMPLES = (
    "ARRAY<STRUCT<elapsed_ms INT64, total_slot_ms INT64, pending_units INT64, completed_units INT64, active_units "
    "INT64, estimated_runnable_units INT64>>"
)
_UNUSED = f"ARRAY<STRUCT<code STRING, message STRING, base_table {_TABLE}, index_name STRING>>"
_SKEW = "STRUCT<skew_sources ARRAY<STRUCT<stage_id INT64>>>"
_INSIGHTS = (
    "STRUCT<avg_previous_execution_ms INT64, stage_performance_standalone_insights ARRAY<STRUCT<stage_id INT64, "
    "slot_contention BOOL, insufficient_shuffle_quota BOOL, bi_engine_reasons ARRAY<STRUCT<code STRING, message "
    "STRING>>, high_cardinality_joins ARRAY<STRUCT<left_rows INT64, right_rows INT64, output_rows INT64, step_index "
    f"INT64>>, partition_skew {_SKEW}>>, stage_performance_change_insights ARRAY<STRUCT<stage_id INT64, "
    "input_data_change STRUCT<records_read_diff_percentage FLOAT64>>>>"
)
JOBS = fields(
    "creation_time TIMESTAMP, project_id STRING, project_number INT64, user_email STRING, principal_subject STRING, "
    "job_id STRING, job_type STRING, statement_type STRING, priority STRING, start_time TIMESTAMP, end_time "
    "TIMESTAMP, query STRING, state STRING, reservation_id STRING, total_bytes_processed INT64, total_slot_ms INT64, "
    f"error_result {_ERROR}, cache_hit BOOL, destination_table {_TABLE}, referenced_tables ARRAY<{_TABLE}>, labels "
    f"{_LABELS}, timeline {_SAMPLES}, job_stages {_STAGES}, total_bytes_billed INT64, transaction_id STRING, "
    "parent_job_id STRING, session_info STRUCT<session_id STRING>, dml_statistics STRUCT<inserted_row_count INT64, "
    "deleted_row_count INT64, updated_row_count INT64>, total_modified_partitions INT64, bi_engine_statistics "
    "STRUCT<bi_engine_mode STRING, acceleration_mode STRING, bi_engine_reasons ARRAY<STRUCT<code STRING, message "
    "STRING>>>, query_info STRUCT<resource_warning STRING, query_hashes STRUCT<normalized_literals STRING>, "
    f"performance_insights {_INSIGHTS}, optimization_details JSON>, transferred_bytes INT64, "
    f"materialized_view_statistics STRUCT<materialized_view ARRAY<STRUCT<table_reference {_TABLE}, chosen BOOL, "
    "estimated_bytes_saved INT64, rejected_reason STRING>>>, edition STRING, job_creation_reason STRUCT<code STRING>, "
    "continuous_query_info STRUCT<output_watermark TIMESTAMP>, continuous BOOL, query_dialect STRING, "
    f"metadata_cache_statistics STRUCT<table_metadata_cache_usage ARRAY<STRUCT<table_reference {_TABLE}, unused_reason "
    "STRING, explanation STRING, staleness INTERVAL, table_type STRING>>>, search_statistics STRUCT<index_usage_mode "
    f"STRING, index_unused_reasons {_UNUSED}>, vector_search_statistics STRUCT<index_usage_mode STRING, "
    f"index_unused_reasons {_UNUSED}>, total_services_sku_slot_ms INT64, reservation_group_path ARRAY<STRING>, "
    "external_service_costs ARRAY<STRUCT<external_service STRING, bytes_processed INT64, bytes_billed INT64, slot_ms "
    "INT64, reserved_slot_count INT64, billing_method STRING>>"
)
TIMELINE = fields(
    "period_start TIMESTAMP, period_slot_ms INT64, project_id STRING, project_number INT64, user_email STRING, "
    f"principal_subject STRING, job_id STRING, job_type STRING, labels {_LABELS}, statement_type STRING, priority "
    "STRING, parent_job_id STRING, job_creation_time TIMESTAMP, job_start_time TIMESTAMP, job_end_time TIMESTAMP, "
    "state STRING, reservation_id STRING, reservation_group_path ARRAY<STRING>, edition STRING, total_bytes_billed "
    f"INT64, total_bytes_processed INT64, error_result {_ERROR}, cache_hit BOOL, period_shuffle_ram_usage_ratio "
    "FLOAT64, period_estimated_runnable_units INT64, transaction_id STRING"
)


def job_row(job: Job) -> list[Any]:
    """A row of JOBS."""
    return _row(JOBS, _described(job))


def timeline_rows(job: Job) -> Iterator[list[Any]]:
    """The rows of JOBS_TIMELINE: one for each second in which a job ran."""
    found = _described(job)
    start, end = found["start_time"].replace(microsecond=0), found["end_time"]
    own = found | {f"job_{name}": found[name] for name in ("creation_time", "start_time", "end_time")}
    own |= {"period_slot_ms": 0, "period_shuffle_ram_usage_ratio": 0.0, "period_estimated_runnable_units": 0}
    for second in range(int(((end or start) - start).total_seconds()) + 1):
        yield _row(TIMELINE, own | {"period_start": start + timedelta(seconds=second)})


def _row(columns: tuple[Field, ...], values: Mapping[str, Any]) -> list[Any]:
    return [values.get(column.name, [] if column.mode == "REPEATED" else None) for column in columns]


def _described(job: Job) -> dict[str, Any]:
    """What is known of a job, by column; what nobody measures is left out."""
    statistics, configuration = job.statistics, job.resource["configuration"]
    own = configuration.get(str(configuration.get("jobType", "")).lower()) or {}
    query, end = statistics.get("query") or {}, statistics.get("endTime")
    labels = sorted((configuration.get("labels") or {}).items())
    error = job.resource["status"].get("errorResult")
    return {
        "creation_time": moment(statistics["creationTime"]),
        "start_time": moment(statistics["startTime"]),
        "end_time": None if end is None else moment(end),
        "project_id": job.project,
        "project_number": project_number(job.project),
        "user_email": job.resource["user_email"],
        "principal_subject": principal_subject(job.resource["user_email"]),
        "job_id": job.id,
        "job_type": configuration.get("jobType"),
        "statement_type": query.get("statementType"),
        "priority": own.get("priority") or "INTERACTIVE",
        "query": own.get("query"),
        "state": job.resource["status"]["state"],
        "total_bytes_processed": int(statistics.get("totalBytesProcessed") or 0),
        "total_bytes_billed": int(query.get("totalBytesBilled") or 0),
        "total_slot_ms": 0,
        "cache_hit": None if query.get("statementType") == "SCRIPT" else False,
        "parent_job_id": statistics.get("parentJobId"),
        "transaction_id": (statistics.get("transactionInfo") or {}).get("transactionId"),
        "destination_table": _named(own.get("destinationTable")),
        "referenced_tables": [_named(one) for one in query.get("referencedTables") or ()],
        "labels": [{"key": key, "value": value} for key, value in labels],
        "error_result": error and _named(error) | {"debug_info": ""},
        "timeline": [_named(one) for one in query.get("timeline") or ()],
        "job_stages": [_named(one) for one in query.get("queryPlan") or ()],
        "session_info": _named(statistics.get("sessionInfo")),
        "dml_statistics": _named(query.get("dmlStats")),
        "query_info": None if error else {"query_hashes": {"normalized_literals": _query_hash(own)}},
        "query_dialect": _dialect(own),
        "job_creation_reason": {"code": "REQUESTED"},
        "continuous": False,
    }  # fmt: skip


def _named(value: Any) -> Any:
    """An object of the REST API, its fields named as in SQL."""
    if isinstance(value, Mapping):
        return {re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", key): _named(one) for key, one in value.items()}
    return [_named(one) for one in value] if isinstance(value, list) else value


def _dialect(configuration: Mapping[str, Any]) -> str | None:
    if "query" not in configuration:
        return None
    return "LEGACY_SQL" if configuration.get("useLegacySql") else "GOOGLE_SQL"


def principal_subject(email: str) -> str:
    """An account as IAM's policies name it."""
    return f"{'serviceAccount' if email.endswith('.gserviceaccount.com') else 'user'}:{email}"


def _query_hash(configuration: Mapping[str, Any]) -> str | None:
    """One text for GoogleSQL queries that differ in comments, space, literals and parameters alone."""
    if "query" not in configuration or configuration.get("useLegacySql"):
        return None
    try:
        parts = [
            "?" if token.kind in ("string", "int", "float", "param") else token.upper
            for token in tokens(configuration["query"])
        ]
    except SqlError:
        return None
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
