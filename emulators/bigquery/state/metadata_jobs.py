"""What INFORMATION_SCHEMA.JOBS says of jobs."""

from collections.abc import Mapping
from typing import Any

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.jobs import Job
from emulators.bigquery.state.metadata_columns import fields, moment

_TABLE = fields("project_id STRING, dataset_id STRING, table_id STRING")
JOBS = (
    *fields(
        "creation_time TIMESTAMP, project_id STRING, user_email STRING, job_id STRING, job_type STRING, "
        "statement_type STRING, priority STRING, start_time TIMESTAMP, end_time TIMESTAMP, query STRING, state "
        "STRING, total_bytes_processed INT64, total_slot_ms INT64, cache_hit BOOL, total_bytes_billed INT64, "
        "parent_job_id STRING"
    ),
    Field("destination_table", "STRUCT", fields=_TABLE),
    Field("referenced_tables", "STRUCT", "REPEATED", _TABLE),
    Field("labels", "STRUCT", "REPEATED", fields("key STRING, value STRING")),
    Field("error_result", "STRUCT", fields=fields("reason STRING, location STRING, debug_info STRING, message STRING")),
    *fields("project_number INT64, reservation_id STRING, transaction_id STRING, total_modified_partitions INT64"),
    Field("session_info", "STRUCT", fields=fields("session_id STRING")),
    Field(
        "dml_statistics",
        "STRUCT",
        fields=fields("inserted_row_count INT64, deleted_row_count INT64, updated_row_count INT64"),
    ),
    *fields("query_dialect STRING"),
)


def job_row(job: Job) -> list[Any]:
    """A row of JOBS."""
    statistics, configuration = job.statistics, job.resource["configuration"]
    own = configuration.get(str(configuration.get("jobType", "")).lower()) or {}
    query, end = statistics.get("query") or {}, statistics.get("endTime")
    return [
        moment(statistics["creationTime"]),
        job.project,
        job.resource["user_email"],
        job.id,
        configuration.get("jobType"),
        query.get("statementType"),
        own.get("priority") or "INTERACTIVE",
        moment(statistics["startTime"]),
        None if end is None else moment(end),
        own.get("query"),
        job.resource["status"]["state"],
        int(statistics.get("totalBytesProcessed") or 0),
        0,
        False,
        int(query.get("totalBytesBilled") or 0),
        statistics.get("parentJobId"),
        _table(own.get("destinationTable")),
        [_table(one) for one in query.get("referencedTables") or ()],
        [{"key": key, "value": value} for key, value in sorted((configuration.get("labels") or {}).items())],
        _error(job.resource["status"].get("errorResult")),
        *[None] * 4,  # numbers of projects, reservations, and what is not measured
        {"session_id": statistics["sessionInfo"]["sessionId"]} if "sessionInfo" in statistics else None,
        _changes(query.get("dmlStats")),
        _dialect(own),
    ]


def _table(reference: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not reference:
        return None
    return {"project_id": reference.get("projectId"), "dataset_id": reference.get("datasetId"),
            "table_id": reference.get("tableId")}  # fmt: skip


def _changes(counts: Mapping[str, Any] | None) -> dict[str, int] | None:
    if not counts:
        return None
    return {f"{kind}_row_count": int(counts[f"{kind}RowCount"]) for kind in ("inserted", "deleted", "updated")}


def _dialect(configuration: Mapping[str, Any]) -> str | None:
    if "query" not in configuration:
        return None
    return "LEGACY_SQL" if configuration.get("useLegacySql") else "GOOGLE_SQL"


def _error(error: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not error:
        return None
    return {"reason": error.get("reason"), "location": error.get("location"), "debug_info": "",
            "message": error.get("message")}  # fmt: skip
