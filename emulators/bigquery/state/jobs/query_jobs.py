"""Query jobs: the configuration is checked, the script is run, and the statistics say what it did."""

from collections.abc import Mapping
from typing import Any

from emulators.bigquery.sql import legacy
from emulators.bigquery.sql.model import TableName
from emulators.bigquery.state.catalog import now_ms
from emulators.bigquery.state.definitions.schema import fields_to_rest
from emulators.bigquery.state.errors import invalid, not_implemented
from emulators.bigquery.state.jobs.jobs import Job
from emulators.bigquery.state.jobs.outcomes import Outcome, Query, referenced
from emulators.bigquery.state.jobs.parameters import query_parameters, undeclared_parameter

_DDL = ("CREATE", "REPLACE", "SKIP", "ALTER", "DROP", "UNDROP")
DEFAULTS = {"priority": "INTERACTIVE"}
_CONNECTION = {"dataset_id", "dataset_project_id", "query_label", "service_account", "session_id", "time_zone"}


def query_of(configuration: Mapping[str, Any], project: str, location: str, user: str) -> Query:
    """A job's `query` configuration as a Query; 400 for what makes no sense."""
    text = str(configuration["query"])
    properties = _properties(configuration)
    if configuration.get("userDefinedFunctionResources"):
        raise not_implemented("userDefinedFunctionResources")
    if configuration.get("continuous"):
        raise not_implemented("A continuous query")
    is_legacy = legacy.is_meant(text, configuration.get("useLegacySql"))
    if is_legacy:
        text = legacy.translate(text)
    default = configuration.get("defaultDataset") or (
        {"projectId": properties.get("dataset_project_id"), "datasetId": properties["dataset_id"]}
        if properties.get("dataset_id") else None
    )  # fmt: skip
    dataset = TableName(default.get("projectId") or project, default["datasetId"], "") if default else None
    parameters = query_parameters(configuration.get("queryParameters") or ())
    zone = properties.get("time_zone")
    key, timeout = _key_result(configuration), (configuration.get("scriptOptions") or {}).get("statementTimeoutMs")
    limit = int(timeout) if timeout else None
    return Query(project, text, dataset, parameters, location, user, is_legacy, key, zone, limit)


def _key_result(configuration: Mapping[str, Any]) -> str:
    """scriptOptions.keyResultStatement."""
    options = configuration.get("scriptOptions") or {}
    key = options.get("keyResultStatement") or "LAST"
    if key == "KEY_RESULT_STATEMENT_KIND_UNSPECIFIED":
        return "LAST"
    if key not in ("LAST", "FIRST_SELECT"):
        raise invalid(f"Invalid value for keyResultStatement: {key}; use LAST or FIRST_SELECT.")
    return str(key)


def _properties(configuration: Mapping[str, Any]) -> dict[str, str]:
    """connectionProperties by key; 400 for one that does not exist."""
    found = {str(e.get("key")): str(e.get("value") or "") for e in configuration.get("connectionProperties") or ()}
    for key in found.keys() - _CONNECTION:
        raise invalid(f"Unsupported connection property: {key}; use one of {', '.join(sorted(_CONNECTION))}.")
    return found


def query_labels(configuration: Mapping[str, Any]) -> dict[str, str]:
    """The labels that the connection property query_label (key:value,key:value) gives a job."""
    pairs = _properties(configuration).get("query_label", "").split(",")
    return {key.strip(): value.strip() for key, _, value in (pair.partition(":") for pair in pairs) if key.strip()}


def reference(name: TableName) -> dict[str, str]:
    """A TableReference."""
    return {"projectId": name.project, "datasetId": name.dataset, "tableId": name.table}


def routine_reference(name: TableName) -> dict[str, str]:
    """A RoutineReference."""
    return {"projectId": name.project, "datasetId": name.dataset, "routineId": name.table}


def describe(job: Job, outcome: Outcome, processed: int, billed: int, files: int, partitions: int) -> None:
    """Fill the job's statistics.query from what was done."""
    query = job.statistics.setdefault("query", {})
    query |= {
        "statementType": outcome.kind,
        "totalBytesProcessed": str(processed),
        "totalPartitionsProcessed": str(partitions),
        "totalBytesBilled": "0" if job.resource["configuration"].get("dryRun") else str(billed),
        "billingTier": 0,
        "cacheHit": False,
        "totalSlotMs": "0",
        "referencedTables": [reference(name) for name in referenced(outcome)],
    }
    if outcome.routines:
        query["referencedRoutines"] = [routine_reference(name) for name in outcome.routines]
    job.statistics["totalBytesProcessed"] = str(processed)
    if outcome.transaction is not None:
        job.statistics["transactionInfo"] = {"transactionId": outcome.transaction}
    dry = job.resource["configuration"].get("dryRun")
    if outcome.schema and (dry or outcome.performed is not None):  # of a dry run, and of what DDL has made
        query["schema"] = fields_to_rest(outcome.schema)
    if dry:
        query["totalBytesProcessedAccuracy"] = "PRECISE"
        if outcome.undeclared:
            query["undeclaredQueryParameters"] = [undeclared_parameter(one) for one in outcome.undeclared]
    elif outcome.error is None:
        query |= _plan(job, outcome)
    if files:
        query["externalFilesRead"] = str(files)
    if outcome.affected is not None:
        query["numDmlAffectedRows"] = str(sum(outcome.affected.values()))
        query["dmlStats"] = {
            "insertedRowCount": str(outcome.affected.get("INSERT", 0)),
            "updatedRowCount": str(outcome.affected.get("UPDATE", 0)),
            "deletedRowCount": str(outcome.affected.get("DELETE", 0)),
        }
    if outcome.performed is not None:
        _describe_ddl(query, outcome)


_PHASES = {
    f"{phase}{measure}": value
    for phase in ("wait", "read", "compute", "write")
    for measure, value in (("RatioAvg", 0), ("RatioMax", 0), ("MsAvg", "0"), ("MsMax", "0"))
}


def _plan(job: Job, outcome: Outcome) -> dict[str, Any]:
    """queryPlan and timeline: one stage that reads the tables and writes the rows.

    What is not measured is 0, because the Java client fails where any number of a stage is missing.
    """
    start, end = int(job.statistics["startTime"]), now_ms()
    reads = [
        {"kind": "READ", "substeps": [f"FROM {name.project}.{name.dataset}.{name.table}"]} for name in outcome.reads
    ]
    rows = outcome.result.rows if outcome.result is not None else sum((outcome.affected or {}).values())
    stage = {
        "name": "S00: Output", "id": "0", "status": "COMPLETE", "startMs": str(start), "endMs": str(end),
        "parallelInputs": "1", "completedParallelInputs": "1", "recordsRead": "0", "recordsWritten": str(rows),
        "slotMs": "0", "shuffleOutputBytes": "0", "shuffleOutputBytesSpilled": "0", **_PHASES,
        "steps": [*reads, {"kind": "WRITE", "substeps": ["TO __stage00_output"]}],
    }  # fmt: skip
    sample = {
        "elapsedMs": str(end - start), "totalSlotMs": "0", "pendingUnits": "0", "completedUnits": "1",
        "activeUnits": "0",
    }  # fmt: skip
    return {"queryPlan": [stage], "timeline": [sample]}


def stack_frame(script: str, text: str, at: int) -> dict[str, Any]:
    """scriptStatistics of a statement whose text begins at an offset of its script; lines and columns count from 1."""
    frame: dict[str, Any] = {"text": text}
    if script.startswith(text, at):
        for name, offset in (("start", at), ("end", at + len(text))):
            frame[f"{name}Line"] = script.count("\n", 0, offset) + 1
            frame[f"{name}Column"] = offset - script.rfind("\n", 0, offset)
    return {"evaluationKind": "STATEMENT", "stackFrames": [frame]}


def _describe_ddl(query: dict[str, Any], outcome: Outcome) -> None:
    performed = outcome.performed
    assert performed is not None
    query |= performed.statistics
    if performed.operation in _DDL:
        query["ddlOperationPerformed"] = performed.operation
    if performed.target is None or performed.kind == "policy" or performed.operation in ("TRUNCATE", "LOAD"):
        return
    target = performed.target
    if performed.kind == "routine":
        query["ddlTargetRoutine"] = routine_reference(target)
    elif performed.kind == "schema":
        query["ddlTargetDataset"] = {"projectId": target.project, "datasetId": target.dataset}
    else:
        query["ddlTargetTable"] = reference(target)
