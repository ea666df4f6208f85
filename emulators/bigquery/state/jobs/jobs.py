"""Jobs: idempotent ids, states, waiting, listing. A job that changed something is kept with its effect."""

import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from emulators.bigquery.sql.model import SqlError, TableName
from emulators.bigquery.state.catalog import Resource, now_ms
from emulators.bigquery.state.errors import ServiceError, duplicate, not_found
from emulators.bigquery.state.store import Store

_KEPT = 10_000  # at 20 KB each
_GRACE_SECONDS = 5.0


def _nothing() -> None:
    """What cancels a job that does not run."""


class Job:
    """One job; `resource` is its REST form, complete once `done` is set."""

    def __init__(self, project: str, job_id: str, location: str, configuration: Resource, user: str) -> None:
        self.project, self.id, self.location = project, job_id, location
        self.done = threading.Event()
        self.error: ServiceError | None = None
        self.location_given = False  # whether the caller said where the job runs
        self.kept = False  # whether the journal knows it as a script that was running
        self.table: TableName | None = None
        self.warnings: list[dict[str, str]] = []  # ErrorProtos of what did not fail it
        self.cancel: Callable[[], None] = _nothing
        now = str(now_ms())
        self.resource: Resource = {
            "jobReference": {"projectId": project, "jobId": job_id, "location": location},
            "configuration": configuration,
            "statistics": {"creationTime": now, "startTime": now},
            "status": {"state": "RUNNING"},
            "user_email": user,
        }

    @property
    def key(self) -> str:
        return f"{self.project}:{self.location}.{self.id}"

    @property
    def statistics(self) -> Resource:
        statistics: Resource = self.resource["statistics"]
        return statistics

    def finish(self, error: ServiceError | None = None) -> None:
        """The final state, with the reason of a failure."""
        self.error = error
        self.statistics["endTime"] = str(now_ms())
        self.statistics["finalExecutionDurationMs"] = str(
            int(self.statistics["endTime"]) - int(self.statistics["startTime"])
        )
        self.resource["status"] = self.final_status(error)

    def final_status(self, error: ServiceError | None = None) -> Resource:
        """The status of the job when it is done."""
        if error is not None:
            return {"state": "DONE", "errorResult": error.proto, "errors": [error.proto, *error.more]}
        return {"state": "DONE", **({"errors": self.warnings} if self.warnings else {})}


def _restored(resource: Resource) -> Job:
    """A job of an earlier process."""
    reference = resource["jobReference"]
    job = Job(reference["projectId"], reference["jobId"], reference["location"], {}, "")
    job.resource = resource
    error = resource["status"].get("errorResult")
    if error:
        job.error = ServiceError(400, error["reason"], error["message"], error.get("location"))
    table = (resource["configuration"].get("query") or {}).get("destinationTable")
    if table and (job.statistics.get("query") or {}).get("statementType") == "SELECT":
        job.table = TableName(table["projectId"], table["datasetId"], table["tableId"])
    job.done.set()
    return job


class Jobs:
    """The newest jobs of this process, and of those that changed data in earlier ones."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._guard = threading.Lock()
        self._jobs: dict[tuple[str, str], Job | str] = {}  # those of earlier processes as text until asked for
        self._pool = ThreadPoolExecutor(64, "job")
        store.keep_newest("job", _KEPT)
        for key, document in store.texts("job"):
            place, _, job_id = key.rpartition(".")
            self._jobs[place.rpartition(":")[0], job_id] = document

    def _known(self, key: tuple[str, str]) -> Job | None:
        found = self._jobs.get(key)
        if isinstance(found, str):
            found = self._jobs[key] = _restored(json.loads(found))
        return found

    def start(
        self, project: str, reference: Mapping[str, Any], configuration: Resource, location: str, user: str,
        work: Callable[[Job], None], inline: bool = False,
    ) -> Job:  # fmt: skip
        """Register and run a job; 409 when its id is taken. inline: run it in this thread."""
        job_id = reference.get("jobId") or f"job_{uuid.uuid4().hex}"
        job = Job(project, job_id, reference.get("location") or location, configuration, user)
        job.location_given = bool(reference.get("location"))
        with self._guard:
            if (project, job_id) in self._jobs:
                raise duplicate("Job", f"{project}:{job.location}.{job_id}")
            self._jobs[project, job_id] = job
            self._forget()
        if inline:
            self._run(job, work)
        else:
            self._pool.submit(self._run, job, work)
        return job

    def _forget(self) -> None:
        """Drop the oldest finished jobs beyond what is kept."""
        while len(self._jobs) > _KEPT:
            oldest, job = next(iter(self._jobs.items()))
            if isinstance(job, Job) and not job.done.is_set():
                return
            del self._jobs[oldest]

    def _run(self, job: Job, work: Callable[[Job], None]) -> None:
        try:
            work(job)
            if job.resource["status"]["state"] != "DONE":
                job.finish()
        except ServiceError as error:
            job.finish(error)
        except SqlError as error:
            job.finish(ServiceError(error.status, error.reason, error.message, "query"))
        except Exception as error:
            job.finish(ServiceError(500, "internalError", f"{type(error).__name__}: {error}"))
            raise
        finally:
            job.cancel = _nothing  # its execution, with all that it parsed and bound, need not live as long as the job
            if job.resource["configuration"].get("dryRun"):
                self._jobs.pop((job.project, job.id), None)
            job.done.set()

    def get(self, project: str, job_id: str) -> Job:
        """The job, or 404."""
        with self._guard:
            job = self._known((project, job_id))
        if job is None:
            raise not_found("Job", f"{project}:{job_id}")
        return job

    def add_child(self, job: Job) -> None:
        """Register a finished child job of a script."""
        with self._guard:
            self._jobs[job.project, job.id] = job
        job.done.set()

    def delete(self, project: str, job_id: str) -> None:
        """Forget a finished job."""
        job = self.get(project, job_id)
        with self._guard, self._store.transaction() as transaction:
            transaction.record("job", job.key, None)
            self._jobs.pop((project, job_id), None)

    def find(self, project: str, states: set[str], parent: str | None) -> list[Job]:
        """The project's jobs, newest first; children only of the parent asked for."""
        return [
            job
            for job in self.every(project)
            if (not states or job.resource["status"]["state"] in states) and job.statistics.get("parentJobId") == parent
        ]

    def every(self, project: str) -> list[Job]:
        """The project's jobs and their children, newest first."""
        with self._guard:
            keys = [key for key in reversed(self._jobs) if key[0] == project]
            return [job for job in map(self._known, keys) if job is not None]

    def close(self) -> None:
        """Let running jobs end; those that take longer than some seconds are cancelled."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        deadline = time.monotonic() + _GRACE_SECONDS
        running = [job for job in self._jobs.copy().values() if isinstance(job, Job) and not job.done.is_set()]
        for job in running:
            if not job.done.wait(max(0.0, deadline - time.monotonic())):
                job.cancel()
