"""What a script may ask of its jobs: @@script, @@current_job_id, @@last_job_id and @@location."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from emulators.bigquery.state.jobs.budget import Budget
from emulators.bigquery.state.jobs.jobs import Job
from emulators.bigquery.state.jobs.outcomes import Outcome


def script_variables(job: Job, done: Sequence[Outcome], budget: Budget | None, following: str) -> dict[str, Any]:
    """The variables before the next statement; following: the id of its job."""
    created = datetime.fromtimestamp(int(job.statistics["creationTime"]) / 1000, UTC)
    return {
        "current_job_id": following,
        "last_job_id": done[-1].job_id if done else None,
        "location": job.location,
        "script.job_id": job.id,
        "script.num_child_jobs": len(done),
        "script.creation_time": created,
        "script.bytes_processed": budget.processed if budget else 0,
        "script.bytes_billed": budget.billed if budget else 0,
        "script.slot_ms": 0,
    }
