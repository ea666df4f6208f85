"""Dataflow: jobs launched from templates. They are RUNNING until their user ends them (nothing is computed)."""

import uuid
from datetime import UTC, datetime
from typing import Any

from emulators.control.plane import listing, names, references
from emulators.control.plane.call import Call
from emulators.control.plane.fill import now
from emulators.control.plane.service import Service
from emulators.control.state.errors import already_exists, failed_precondition, invalid, unimplemented

Json = dict[str, Any]

SERVICE = Service("dataflow", package="google.dataflow.v1beta3")
ENDS = {"JOB_STATE_DRAINED": "JOB_STATE_DRAINED", "JOB_STATE_DRAINING": "JOB_STATE_DRAINED"} | dict.fromkeys(
    ("JOB_STATE_CANCELLED", "JOB_STATE_CANCELLING"), "JOB_STATE_CANCELLED"
)
"""What a requested state becomes, at once."""
OPTIONS = {
    "enableStreamingEngine": "enableStreamingEngine",
    "machineType": "workerMachineType",
    "maxWorkers": "maxNumWorkers",
    "network": "network",
    "numWorkers": "numWorkers",
    "sdkContainerImage": "sdkContainerImage",
    "serviceAccountEmail": "serviceAccountEmail",
    "stagingLocation": "stagingLocation",
    "subnetwork": "subnetwork",
    "tempLocation": "tempLocation",
}
"""The settings of a launch that a job shows among its pipeline's options, and how they are called there."""


@SERVICE.method("templates.create")
def create_from_template(call: Call) -> Json:
    """A job of a classic template."""
    body = call.body
    return _launch(call, body, body.get("gcsPath", ""), body.get("environment", {}))


@SERVICE.method("templates.launch")
def launch_template(call: Call) -> Json:
    body = call.body
    return {"job": _launch(call, body, call.query.get("gcsPath", ""), body.get("environment", {}))}


@SERVICE.method("flexTemplates.launch")
def launch_flex(call: Call) -> Json:
    """A job of a flex template."""
    given = call.body.get("launchParameter", {})
    source = given.get("containerSpecGcsPath", "")
    if not source and "containerSpec" not in given:
        raise invalid("launch_parameter", "A flex template is needed: containerSpecGcsPath or containerSpec.")
    return {"job": _launch(call, given, source or "gs://", given.get("environment", {}))}


@SERVICE.method("jobs.get")
def get_job(call: Call) -> Json:
    return call.get(call.name)


@SERVICE.method("jobs.create")
def create_job(call: Call) -> Json:
    """Only templates make jobs: what a client's pipeline would submit has nobody to run it."""
    raise unimplemented("Submitting a pipeline as a job")


@SERVICE.method("jobs.update")
def update_job(call: Call) -> Json:
    """Drain or cancel a job, or change its labels."""
    job = call.get(call.name)
    wanted = call.body.get("requestedState")
    if wanted and job["currentState"] != "JOB_STATE_RUNNING":
        raise failed_precondition(f"Job {job['id']} is in terminal state {job['currentState']}.")
    if wanted and wanted not in ENDS:
        raise invalid("job.requested_state", f"A running job cannot be brought to {wanted}.")
    if wanted:
        job |= {"currentState": ENDS[wanted], "currentStateTime": now(), "requestedState": wanted}
    for field in ("labels", "runtimeUpdatableParams"):
        if field in call.body:
            job[field] = call.body[field]
    call.keep(call.name, job)
    return job


@SERVICE.method("jobs.list")
def list_jobs(call: Call) -> Json:
    """The jobs of a region: all, those that run, or those that have ended."""
    wanted = call.query.pop("filter", "ALL")
    result = listing.answer(call)
    is_active = {"ACTIVE": (True,), "TERMINATED": (False,)}.get(wanted, (True, False))
    jobs = [one for one in result.get("jobs", []) if (one["currentState"] == "JOB_STATE_RUNNING") in is_active]
    return result | {"jobs": jobs}


def _launch(call: Call, given: Json, source: str, environment: Json) -> Json:
    """Start a job; its name is no other running one's."""
    if not given.get("jobName") or not source.startswith("gs://"):
        raise invalid("job_name", "A launch needs a jobName and the template's gs:// path.")
    parent = call.name.rpartition("/")[0]
    name = f"{parent}/jobs/{datetime.now(UTC):%Y-%m-%d_%H_%M_%S}-{uuid.uuid4().int % 10**18}"
    running = [one for one in call.members(f"{parent}/jobs") if _is_active(one[1], given["jobName"])]
    if running and not given.get("update"):
        raise already_exists(f"Job {running[0][1]['id']}, which is active and named {given['jobName']},")
    if given.get("update") and not running:
        raise failed_precondition(f"There is no active job named {given['jobName']} to update.")
    for old_name, old in running:
        replaced = {
            "currentState": "JOB_STATE_UPDATED",
            "currentStateTime": now(),
            "replacedByJobId": names.short(name),
        }
        call.keep(old_name, old | replaced)
    references.check(call, name, environment)
    job = _job(call, name, given, source, environment)
    call.keep(name, job)
    return job


def _is_active(job: Json, name: str) -> bool:
    return bool(job["name"] == name and job["currentState"] == "JOB_STATE_RUNNING")


def _job(call: Call, name: str, given: Json, source: str, environment: Json) -> Json:
    """The job as its launch describes it."""
    zone = {"network": environment.get("network", ""), "subnetwork": environment.get("subnetwork", "")}
    pool = {
        **{field: value for field, value in zone.items() if value},
        "ipConfiguration": environment.get("ipConfiguration", "WORKER_IP_UNSPECIFIED"),
        "machineType": environment.get("machineType", ""),
        "numWorkers": environment.get("numWorkers", 1),
        "workerHarnessContainerImage": environment.get("sdkContainerImage", ""),
        "autoscalingSettings": {"maxNumWorkers": environment.get("maxWorkers", 0)},
    }
    shown = {option: environment[field] for field, option in OPTIONS.items() if field in environment}
    options = {"templateLocation": source, **shown, **given.get("parameters", {})}
    described = {
        "workerPools": [pool],
        "sdkPipelineOptions": {"options": options},
        "serviceAccountEmail": environment.get("serviceAccountEmail", ""),
        "serviceKmsKeyName": environment.get("kmsKeyName", ""),
        "tempStoragePrefix": environment.get("tempLocation", ""),
        "experiments": environment.get("additionalExperiments", []),
    }
    return {
        "id": names.short(name),
        "name": given["jobName"],
        "projectId": call.project,
        "location": name.split("/")[3],
        "type": "JOB_TYPE_STREAMING",
        "currentState": "JOB_STATE_RUNNING",
        **{field: now() for field in ("createTime", "startTime", "currentStateTime")},
        "labels": environment.get("additionalUserLabels", {}),
        "environment": {field: value for field, value in described.items() if value not in ("", [])},
    }
