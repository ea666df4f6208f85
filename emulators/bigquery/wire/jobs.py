"""jobs.*: insert, query, get, list, cancel, delete and the rows of results."""

import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from emulators.bigquery.state.catalog import Resource
from emulators.bigquery.state.definitions.schema import fields_to_rest
from emulators.bigquery.state.errors import ServiceError, invalid, not_found, not_implemented
from emulators.bigquery.state.jobs.jobs import Job
from emulators.bigquery.state.jobs.pages import job_page
from emulators.bigquery.state.warehouse import Warehouse
from emulators.bigquery.wire.principal import principal
from emulators.bigquery.wire.replies import collection, flag, number, page_of, reply, self_link
from emulators.bigquery.wire.request_bodies import parse_body
from emulators.bigquery.wire.rows import rest_rows, timestamp_format

_SHORT_WAIT = 0.3  # seconds in which most jobs end, so that the caller needs no second look
_YOUNG = 5.0  # seconds of a job's life in which a look at it waits for its end, as clients sleep between two looks


def insert(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """POST projects/{project}/jobs."""
    content = parse_body(body, "Job", request.path_params["project"])
    dry_run = bool((content.get("configuration") or {}).get("dryRun"))
    job = warehouse.insert_job(request.path_params["project"], content, principal(request), inline=dry_run)
    job.done.wait(_SHORT_WAIT)
    if dry_run and job.error is not None:
        raise job.error
    return reply(job_body(request, job))


def get(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """GET projects/{project}/jobs/{job}."""
    job = find(warehouse, request)
    age = time.time() - int(job.statistics["creationTime"]) / 1000  # below zero: the clock was set back
    job.done.wait(_YOUNG - age if 0 <= age < _YOUNG else 0.0)
    return reply(job_body(request, job))


def find(warehouse: Warehouse, request: Request) -> Job:
    """The job that a path names; 404 as well when `location` is another one than the job's."""
    project, job_id, place = request.path_params["project"], request.path_params["job"], request.query_params
    job = warehouse.jobs.get(project, job_id)
    if place.get("location", job.location).lower() != job.location.lower():
        raise not_found("Job", f"{project}:{place['location']}.{job_id}")
    return job


def job_body(request: Request, job: Job) -> Resource:
    """A job as the service returns it."""
    path = f"projects/{job.project}/jobs/{job.id}?location={job.location}"
    return {
        "kind": "bigquery#job", "id": job.key, "etag": job.id, "selfLink": self_link(request, path), **job.resource,
    }  # fmt: skip


def cancel(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """POST .../jobs/{job}/cancel."""
    job = find(warehouse, request)
    if not job.done.is_set():
        job.cancel()
        job.done.wait(_SHORT_WAIT)
    return reply({"kind": "bigquery#jobCancelResponse", "job": job_body(request, job)})


def delete(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """DELETE .../jobs/{job}/delete: forget the metadata of a finished job."""
    warehouse.jobs.delete(request.path_params["project"], request.path_params["job"])
    return Response(status_code=204)


def listing(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """GET projects/{project}/jobs: newest first, the caller's own; allUsers, stateFilter, parentJobId, creation times,
    projection, paging."""
    query = request.query_params
    states = {state.upper() for state in query.getlist("stateFilter")}
    found = warehouse.jobs.find(request.path_params["project"], states, query.get("parentJobId"))
    earliest, latest = number(request, "minCreationTime", 0) or 0, number(request, "maxCreationTime", 1 << 62) or 0
    found = [job for job in found if earliest <= int(job.statistics["creationTime"]) <= latest]
    if not flag(request, "allUsers"):
        found = [job for job in found if job.resource["user_email"] == principal(request)]
    page = page_of(request, found, lambda job: _summary(request, job))
    return reply(collection("jobList", "jobs", page))


def _summary(request: Request, job: Job) -> Resource:
    body = job_body(request, job)
    if request.query_params.get("projection", "").lower() != "full":
        del body["configuration"]
    return (
        body
        | {"state": body["status"]["state"]}
        | ({"errorResult": body["status"]["errorResult"]} if "errorResult" in body["status"] else {})
    )


def query(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """POST projects/{project}/queries: run, and answer with the first page when it is done in time."""
    content = parse_body(body, "QueryRequest", request.path_params["project"])
    if content.get("queryResultsFormat") == "ARROW":
        raise not_implemented("queryResultsFormat ARROW")
    kept = (
        "query",
        "defaultDataset",
        "useLegacySql",
        "queryParameters",
        "parameterMode",
        "connectionProperties",
        "createSession",
        "maximumBytesBilled",
        "useQueryCache",
        "destinationEncryptionConfiguration",
        "writeIncrementalResults",
    )
    configuration: dict[str, Any] = {"query": {key: content[key] for key in kept if key in content}}
    configuration |= {
        key: content[key] for key in ("dryRun", "labels", "jobTimeoutMs", "reservation") if key in content
    }
    reference = {"location": content["location"]} if content.get("location") else {}
    project = request.path_params["project"]
    timeout = _milliseconds(content.get("timeoutMs", 10_000))
    job = _once(warehouse, project, content.get("requestId"))
    if job is None:
        if content.get("requestId"):
            reference["jobId"] = _request_job(content["requestId"])
        body_of_job = {"configuration": configuration, "jobReference": reference}
        job = warehouse.insert_job(project, body_of_job, principal(request))
    job.done.wait(timeout)
    if job.error is not None:
        raise job.error
    formats = {f"formatOptions.{key}": str(value) for key, value in (content.get("formatOptions") or {}).items()}
    page = _page(warehouse, job, 0, content.get("maxResults"), timestamp_format(formats))
    made = _created(content, job, page)
    answer = {"kind": "bigquery#queryResponse", **page, **_timing(job), **made, "queryId": job.id}
    return reply({key: value for key, value in answer.items() if value is not None})


def _created(content: dict[str, Any], job: Job, page: dict[str, Any]) -> dict[str, Any]:
    """Whether a job is part of the answer: not where it is optional, and a SELECT's whole result is in this page."""
    if content.get("jobCreationMode") != "JOB_CREATION_OPTIONAL":
        return {"jobCreationReason": {"code": "REQUESTED"}}
    if not page["jobComplete"]:
        return {"jobCreationReason": {"code": "LONG_RUNNING"}}
    # Java's clients look up the job of what has no result, and the children of a script.
    if (job.statistics.get("query") or {}).get("statementType") != "SELECT":
        return {"jobCreationReason": {"code": "OTHER"}}
    return {"jobCreationReason": {"code": "LARGE_RESULTS"}} if "pageToken" in page else {"jobReference": None}


def _timing(job: Job) -> dict[str, Any]:
    """What a queries answer says of the job itself."""
    found = {key: job.statistics[key] for key in ("creationTime", "startTime", "endTime", "sessionInfo")
             if key in job.statistics}  # fmt: skip
    billed = (job.statistics.get("query") or {}).get("totalBytesBilled")
    return found | {"location": job.location} | ({"totalBytesBilled": billed, "totalSlotMs": "0"} if billed else {})


def _request_job(request_id: Any) -> str:
    return f"request_{request_id}"


def _once(warehouse: Warehouse, project: str, request_id: Any) -> Job | None:
    """The job that a request with this requestId has started before: it is answered again, not run again."""
    if not request_id:
        return None
    try:
        return warehouse.jobs.get(project, _request_job(request_id))
    except ServiceError:
        return None


def _milliseconds(value: Any) -> float:
    try:
        return min(float(value), 200_000) / 1000
    except (TypeError, ValueError):
        raise invalid(f"Invalid value for timeoutMs: {value!r} is not a number.") from None


def results(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """GET projects/{project}/queries/{job}: a page of rows, after waiting up to timeoutMs."""
    job = find(warehouse, request)
    timeout = number(request, "timeoutMs", 10_000) or 0
    job.done.wait(min(timeout, 200_000) / 1000)
    if job.error is not None:
        raise job.error
    start = number(request, "startIndex", 0) or 0
    token = number(request, "pageToken")
    form = timestamp_format(request.query_params)
    page = _page(warehouse, job, start if token is None else token, number(request, "maxResults"), form)
    return reply({"kind": "bigquery#getQueryResultsResponse", "etag": job.id, **page})


def _page(warehouse: Warehouse, job: Job, start: int, count: Any, timestamps: str) -> dict[str, Any]:
    """jobComplete, schema, totalRows, rows and the next page's token."""
    reference = job.resource["jobReference"]
    if not job.done.is_set():
        return {"jobReference": reference, "jobComplete": False}
    statistics = job.statistics.get("query") or {}
    head: dict[str, Any] = {
        "jobReference": reference, "jobComplete": True, "cacheHit": False,
        "totalBytesProcessed": statistics.get("totalBytesProcessed", "0"),
    }  # fmt: skip
    head |= {key: statistics[key] for key in ("numDmlAffectedRows", "dmlStats") if key in statistics}
    if job.resource["configuration"].get("dryRun"):
        return head | {"schema": statistics.get("schema", {"fields": []}), "totalRows": "0"}
    page = job_page(warehouse, job, start, None if count is None else int(count))
    if page is None:
        return head
    head |= {"schema": fields_to_rest(page.fields), "totalRows": str(page.total)}
    if page.rows.num_rows:
        head["rows"] = rest_rows(page.rows, page.fields, timestamps)
    end = start + page.rows.num_rows
    return head | ({"pageToken": str(end)} if end < page.total and count != 0 else {})
