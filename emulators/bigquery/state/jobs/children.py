"""The statements of a script as jobs of their own."""

from collections.abc import Callable

from emulators.bigquery.state.catalog import Resource
from emulators.bigquery.state.jobs.jobs import Job, Jobs
from emulators.bigquery.state.jobs.outcomes import Outcome
from emulators.bigquery.state.jobs.query_jobs import DEFAULTS, describe, stack_frame


class Children:
    """Makes them one by one, each a finished job as soon as its statement is done."""

    def __init__(self, jobs: Jobs, parent: Job, place_result: Callable[[Job, Outcome], None]) -> None:
        self._jobs, self._parent, self._place_result = jobs, parent, place_result
        self._at = 0  # in the script's text
        self._made = 0

    def add(self, outcome: Outcome) -> None:
        """The job of a statement that follows those before it."""
        parent, text = self._parent, str(self._parent.resource["configuration"]["query"]["query"])
        query = DEFAULTS | {"query": outcome.text, "useLegacySql": False}
        configuration: Resource = {"jobType": "QUERY", "query": query}
        child = Job(parent.project, outcome.job_id, parent.location, configuration, parent.resource["user_email"])
        self._at = max(self._at, text.find(outcome.text, self._at))
        frame, started = stack_frame(text, outcome.text, self._at), str(outcome.started)
        child.statistics.update({"parentJobId": parent.id, "scriptStatistics": frame})
        child.statistics.update({"creationTime": started, "startTime": started})
        describe(child, outcome, outcome.processed, 0, 0, outcome.partitions)
        self._place_result(child, outcome)
        child.finish(outcome.error)
        end = max(int(child.statistics["endTime"]), outcome.started)
        child.statistics.update({"endTime": str(end), "finalExecutionDurationMs": str(end - outcome.started)})
        self._jobs.add_child(child)
        self._made += 1
        parent.statistics["numChildJobs"] = str(self._made)
