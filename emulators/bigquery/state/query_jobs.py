"""Query jobs: the configuration is checked, the script is run, and the statistics say what it did."""

from collections.abc import Mapping
from typing import Any

from emulators.bigquery.sql import legacy
from emulators.bigquery.sql.model import TableName
from emulators.bigquery.state.errors import invalid
from emulators.bigquery.state.jobs import Job
from emulators.bigquery.state.outcomes import Outcome, Query
from emulators.bigquery.state.parameters import query_parameter
from emulators.bigquery.state.schema import fields_to_rest


def query_of(configuration: Mapping[str, Any], project: str, location: str, user: str) -> Query:
    """A job's `query` configuration as a Query; 400 for what makes no sense."""
    text = configuration.get("query")
    if not isinstance(text, str) or not text.strip():
        raise invalid("Required parameter is missing: query")
    if configuration.get("useLegacySql"):
        text = legacy.translate(text)
    default = configuration.get("defaultDataset")
    dataset = TableName(default.get("projectId") or project, default["datasetId"], "") if default else None
    parameters = tuple(query_parameter(entry) for entry in configuration.get("queryParameters") or ())
    return Query(project, text, dataset, parameters, location, user)


def reference(name: TableName) -> dict[str, str]:
    """A TableReference."""
    return {"projectId": name.project, "datasetId": name.dataset, "tableId": name.table}


def describe(job: Job, outcome: Outcome, processed: int, billed: int, files: int) -> None:
    """Fill the job's statistics.query from what was done."""
    query = job.statistics.setdefault("query", {})
    query |= {
        "statementType": outcome.kind,
        "totalBytesProcessed": str(processed),
        "totalBytesBilled": str(billed),
        "billingTier": 0,
        "cacheHit": False,
        "totalSlotMs": "0",
        "referencedTables": [reference(name) for name in outcome.reads],
    }
    job.statistics["totalBytesProcessed"] = str(processed)
    if files:
        query["externalFilesRead"] = str(files)
    if outcome.schema:
        query["schema"] = fields_to_rest(outcome.schema)
    if outcome.affected is not None:
        query["numDmlAffectedRows"] = str(sum(outcome.affected.values()))
        query["dmlStats"] = {
            "insertedRowCount": str(outcome.affected.get("INSERT", 0)),
            "updatedRowCount": str(outcome.affected.get("UPDATE", 0)),
            "deletedRowCount": str(outcome.affected.get("DELETE", 0)),
        }
    if outcome.performed is not None:
        _describe_ddl(query, outcome)
    if outcome.children:
        job.statistics["numChildJobs"] = str(len(outcome.children))


def _describe_ddl(query: dict[str, Any], outcome: Outcome) -> None:
    performed = outcome.performed
    assert performed is not None
    if performed.operation not in ("TRUNCATE", "LOAD", "EXPORT"):
        query["ddlOperationPerformed"] = performed.operation
    if performed.target is None:
        return
    target = performed.target
    if performed.kind == "routine":
        query["ddlTargetRoutine"] = {
            "projectId": target.project,
            "datasetId": target.dataset,
            "routineId": target.table,
        }
    elif performed.kind == "schema":
        query["ddlTargetDataset"] = {"projectId": target.project, "datasetId": target.dataset}
    else:
        query["ddlTargetTable"] = reference(target)
