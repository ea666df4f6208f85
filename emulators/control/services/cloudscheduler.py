"""Cloud Scheduler: jobs with a time and one target (they are kept and paused, never run)."""

import re
from typing import Any

from emulators.control.plane import names
from emulators.control.plane.call import Call
from emulators.control.plane.fill import now
from emulators.control.plane.service import Service
from emulators.control.state.errors import failed_precondition, invalid

Json = dict[str, Any]

SERVICE = Service("cloudscheduler", package="google.cloud.scheduler.v1")
TARGETS = ("httpTarget", "pubsubTarget", "appEngineHttpTarget")
_CRON = re.compile(r"(?:[\d*,/a-zA-Z-]+ +){4}[\d*,/a-zA-Z-]+|every .+")


@SERVICE.check("jobs")
def check_job(call: Call, new: Json, old: Json | None) -> None:
    """A time in the form of cron, and one target."""
    if not _CRON.fullmatch(new.get("schedule", "")):
        raise invalid("job.schedule", f"Schedule '{new.get('schedule', '')}' is not valid.")
    if len([target for target in TARGETS if target in new]) != 1:
        raise invalid("job", f"A job needs exactly one of {', '.join(TARGETS)}.")


@SERVICE.fill("jobs")
def fill_job(call: Call, job: Json) -> None:
    """Its zone, how it is tried again, and that it is on."""
    job.setdefault("timeZone", "Etc/UTC")
    job.setdefault("state", "ENABLED")
    job["userUpdateTime"] = now()
    retry = {"maxRetryDuration": "0s", "minBackoffDuration": "5s", "maxBackoffDuration": "3600s", "maxDoublings": 5}
    job["retryConfig"] = retry | job.get("retryConfig", {})
    if "httpTarget" in job:
        job.setdefault("attemptDeadline", "180s")


@SERVICE.method("jobs.pause", "jobs.resume")
def switch(call: Call) -> Json:
    """Pause or resume."""
    job = call.get(call.name)
    wanted = "PAUSED" if call.method.verb == "pause" else "ENABLED"
    if job["state"] == wanted and wanted == "PAUSED":
        raise failed_precondition(f"The job {names.short(call.name)} is paused already.")
    job["state"] = wanted
    call.keep(call.name, job)
    return job
