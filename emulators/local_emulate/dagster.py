"""Dagster as its operator uses it: over the webserver's GraphQL, so that what runs here is what the UI shows."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

LOCATION, REPOSITORY = "sluice", "__repository__"
AHEAD = 5.0  # seconds by which a sign of life may be in the future
FINAL = {"SUCCESS", "FAILURE", "CANCELED"}
POLL = 0.5  # seconds; the webserver works for each answer, on the machine that the run wants
BEGUN = ["NOT_STARTED", "STARTING", "STARTED", "CANCELING"]

RELOAD = """mutation($location: String!) { reloadRepositoryLocation(repositoryLocationName: $location) {
  __typename
  ... on WorkspaceLocationEntry { loadStatus locationOrLoadError {
    __typename ... on PythonError { message causes { message } } } }
  ... on PythonError { message } } }"""
LAUNCH = """mutation($job: String!, $location: String!, $repository: String!, $config: RunConfigData,
  $tags: [ExecutionTag!]) { launchRun(executionParams: {
  selector: {repositoryLocationName: $location, repositoryName: $repository, jobName: $job}
  runConfigData: $config, executionMetadata: {tags: $tags}}) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  ... on PipelineNotFoundError { message } ... on InvalidSubsetError { message }
  ... on RunConfigValidationInvalid { errors { message } } } }"""
RUNS = """query($filter: RunsFilter!) { runsOrError(filter: $filter) { __typename
  ... on Runs { results { runId updateTime } } ... on PythonError { message }
  ... on InvalidPipelineRunsFilterError { message } } }"""
END = """mutation($runs: [String!]!) { terminateRuns(runIds: $runs, terminatePolicy: MARK_AS_CANCELED_IMMEDIATELY) {
  __typename ... on PythonError { message } } }"""
PROCESS = """query($run: ID!) { logsForRun(runId: $run) { ... on EventConnection { events {
  ... on EngineEvent { metadataEntries { label ... on TextMetadataEntry { text } } } } } } }"""
BEATS = "{ instance { daemonHealth { allDaemonStatuses { lastHeartbeatTime } } } }"
EVENTS = """query($run: ID!, $cursor: String) {
  runOrError(runId: $run) { ... on Run { status } }
  logsForRun(runId: $run, afterCursor: $cursor) { ... on EventConnection { cursor hasMore events {
    __typename ... on MessageEvent { message stepKey timestamp level }
    ... on MaterializationEvent { assetKey { path } }
    ... on AssetCheckEvaluationEvent { evaluation { checkName success severity assetKey { path }
      metadataEntries { label ... on TextMetadataEntry { text } ... on IntMetadataEntry { intValue }
        ... on JsonMetadataEntry { jsonString } } } }
    ... on ExecutionStepFailureEvent { error { message causes { message } } }
    ... on RunFailureEvent { error { message } } } } } }"""


class DagsterError(Exception):
    """Dagster refused, did not answer, or a run could not be started; the message says which."""


@dataclass(frozen=True)
class Check:
    """One evaluation of an asset check."""

    asset: str
    name: str
    passed: bool
    metadata: dict[str, Any]


@dataclass
class Run:
    """A run: its status once it ended, seconds by step, the checks that it evaluated, and what went wrong."""

    run_id: str
    status: str = ""
    step_seconds: dict[str, float] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def failed_checks(self) -> list[Check]:
        """The checks that did not pass."""
        return [check for check in self.checks if not check.passed]


class Dagster:
    """A client of one webserver. Every method raises DagsterError."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")

    def reload(self, timeout: float = 90) -> None:
        """Loads the code again, so that a changed contract is seen; returns once the definitions are there."""
        deadline = time.monotonic() + timeout
        while True:
            entry = self.ask(RELOAD, {"location": LOCATION})["reloadRepositoryLocation"]
            loaded = entry.get("locationOrLoadError") or {}
            if loaded.get("__typename") == "RepositoryLocation":
                return
            if time.monotonic() > deadline:
                reasons = [loaded.get("message"), *(cause["message"] for cause in loaded.get("causes") or ())]
                raise DagsterError("the definitions do not load: " + "\n".join(filter(None, reasons)))
            time.sleep(0.5)

    def launch(self, job: str, config: dict[str, Any] | None = None, tags: Mapping[str, str] | None = None) -> str:
        """Starts a job and returns the run's id."""
        given = {
            "config": config or {},
            "tags": [{"key": key, "value": value} for key, value in (tags or {}).items()],
        }
        answer = self.ask(LAUNCH, {"job": job, "location": LOCATION, "repository": REPOSITORY, **given})["launchRun"]
        if answer["__typename"] != "LaunchRunSuccess":
            problems = [error["message"] for error in answer.get("errors") or ()]
            reason = "\n".join(problems) or answer.get("message") or answer["__typename"]
            raise DagsterError(f"job {job!r} was not started: {reason}")
        return str(answer["run"]["runId"])

    def waiting(self, job: str) -> str | None:
        """A run of the job that has not begun yet, so that it will do what one launched now would do."""
        found = self._runs({"pipelineName": job, "statuses": ["QUEUED"]})
        return found[-1]["runId"] if found else None

    def end_orphans(self, since: float, is_alive: Callable[[int], bool]) -> None:
        """Cancels what nobody executes any more, so that it holds up the queue no longer.

        Those are runs whose process is gone with nobody left to report it, and runs without one that were begun before
        the code server was started, at `since`.
        """
        lost = []
        for run in self._runs({"statuses": BEGUN}):
            pid = self.process(run["runId"])
            if run["updateTime"] < since if pid is None else not is_alive(pid):
                lost.append(run["runId"])
        if lost:
            answer = self.ask(END, {"runs": lost})["terminateRuns"]
            if answer["__typename"] == "PythonError":
                raise DagsterError(f"runs {', '.join(lost)} were not cancelled: {answer['message']}")

    def process(self, run_id: str) -> int | None:
        """The process that executes a run, as the run tells; None before it has told."""
        events = self.ask(PROCESS, {"run": run_id})["logsForRun"].get("events", ())
        entries = [entry for event in events for entry in event.get("metadataEntries") or ()]
        return next((int(entry["text"]) for entry in reversed(entries) if entry["label"] == "pid"), None)

    def oversleeps(self) -> bool:
        """Whether the daemon's last sign of life is in the future: the clock was set back, and it sleeps until then."""
        daemons = self.ask(BEATS, {})["instance"]["daemonHealth"]["allDaemonStatuses"]
        return any((daemon["lastHeartbeatTime"] or 0) > time.time() + AHEAD for daemon in daemons)

    def _runs(self, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        answer = self.ask(RUNS, {"filter": wanted})["runsOrError"]
        if answer["__typename"] != "Runs":
            raise DagsterError(f"Dagster refused: {answer['message']}")
        runs: list[dict[str, Any]] = answer["results"]
        return runs

    def follow(
        self, run_id: str, say: Callable[[str], None], timeout: float = 1800, wake: Callable[[], object] = bool
    ) -> Run:
        """Waits for a run, and says what it materialises as it goes. wake: called while it is in the queue."""
        begun: dict[str, float] = {}
        run = Run(run_id)
        for event in self._events(run_id, timeout, wake):
            if event["__typename"] == "status":
                run.status = event["status"]
            else:
                _note(event, run, begun, say)
        return run

    def _events(self, run_id: str, timeout: float, wake: Callable[[], object]) -> Iterator[dict[str, Any]]:
        deadline, cursor = time.monotonic() + timeout, None
        while time.monotonic() < deadline:
            answer = self.ask(EVENTS, {"run": run_id, "cursor": cursor})
            log = answer["logsForRun"]
            yield from log.get("events", ())
            cursor = log.get("cursor", cursor)
            if answer["runOrError"]["status"] in FINAL and not log.get("hasMore"):
                yield {"__typename": "status", "status": answer["runOrError"]["status"]}
                return
            if answer["runOrError"]["status"] == "QUEUED":
                wake()
            time.sleep(POLL)
        raise DagsterError(f"run {run_id} did not end within {timeout:.0f} s; see {self.address}/runs/{run_id}")

    def ask(self, query: str, variables: dict[str, Any], patience: float = 300) -> Any:
        """The answer. A machine that is busy may need minutes; a Dagster that has died ends the call by `Watch`."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.address}/graphql", body, {"Content-Type": "application/json"})
        deadline = time.monotonic() + patience
        while True:
            try:
                with urllib.request.urlopen(request, timeout=patience) as response:
                    answer = json.load(response)
                break
            except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
                if time.monotonic() > deadline:
                    raise DagsterError(f"Dagster at {self.address} does not answer: {error}") from error
                time.sleep(0.3)
        if answer.get("errors"):
            raise DagsterError(f"Dagster refused: {answer['errors'][0]['message']}")
        return answer["data"]


def _note(event: dict[str, Any], run: Run, begun: dict[str, float], say: Callable[[str], None]) -> None:
    kind, step = event["__typename"], str(event.get("stepKey"))
    if kind == "ExecutionStepStartEvent":
        begun[step] = float(event["timestamp"])
        say(f"{step} ...")
    elif kind in ("ExecutionStepSuccessEvent", "ExecutionStepFailureEvent") and step in begun:
        run.step_seconds[step] = (float(event["timestamp"]) - begun[step]) / 1000
        say(f"{step}: {run.step_seconds[step]:.1f} s")
    elif kind == "AssetCheckEvaluationEvent":
        found = event["evaluation"]
        asset = "/".join(found["assetKey"]["path"])
        run.checks.append(Check(asset, found["checkName"], found["success"], _metadata(found["metadataEntries"])))
        if not found["success"]:
            say(f"check failed: {asset} {found['checkName']}")
    if kind in ("ExecutionStepFailureEvent", "RunFailureEvent") and event.get("error"):
        causes = [cause["message"].strip() for cause in event["error"].get("causes") or ()]
        run.errors.append(causes[-1] if causes else event["error"]["message"].strip())


def _metadata(entries: list[dict[str, Any]]) -> dict[str, Any]:
    values = ("text", "intValue", "jsonString")
    return {entry["label"]: next((entry[v] for v in values if entry.get(v) is not None), None) for entry in entries}
