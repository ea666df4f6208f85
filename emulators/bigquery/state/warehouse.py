"""The whole service without a transport: one object per state directory."""

import re
import shutil
import uuid
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from emulators.bigquery.sql.model import TableName
from emulators.bigquery.sql.translate import install
from emulators.bigquery.state.access.policy_tags import PolicyTags
from emulators.bigquery.state.catalog import Catalog, Resource
from emulators.bigquery.state.definitions.datasets import delete_dataset
from emulators.bigquery.state.definitions.ddl import Ddl
from emulators.bigquery.state.definitions.labels import check_labels
from emulators.bigquery.state.definitions.past import TEMPORARY
from emulators.bigquery.state.definitions.writes import Destination, destination, refuse_update_options
from emulators.bigquery.state.errors import ServiceError, invalid
from emulators.bigquery.state.files.external import External
from emulators.bigquery.state.files.objects import Objects
from emulators.bigquery.state.jobs.anonymous import AnonymousTables, anonymous_dataset
from emulators.bigquery.state.jobs.budget import Budget
from emulators.bigquery.state.jobs.children import Children
from emulators.bigquery.state.jobs.job_requests import check_choices, check_dry_run, check_query, check_reference
from emulators.bigquery.state.jobs.jobs import Job, Jobs
from emulators.bigquery.state.jobs.outcomes import Outcome, Query
from emulators.bigquery.state.jobs.queries import Execution
from emulators.bigquery.state.jobs.query_jobs import DEFAULTS, describe, query_labels, query_of, reference
from emulators.bigquery.state.jobs.sessions import Session, Sessions
from emulators.bigquery.state.jobs.temporary import temporary_name
from emulators.bigquery.state.jobs.time_limits import within
from emulators.bigquery.state.metadata.information_schema import InformationSchema
from emulators.bigquery.state.metadata.sizes import Sizes
from emulators.bigquery.state.store import Store, Transaction
from emulators.bigquery.state.streams.insert_ids import InsertIds
from emulators.bigquery.state.streams.streaming_timeline import StreamingTimeline
from emulators.bigquery.state.view import SESSION, View

_SET_LOCATION = re.compile(r"(?:\s|(?:--|#)[^\n]*\n)*SET\s+@@location\s*=\s*(['\"])(?P<place>[\w-]+)\1", re.IGNORECASE)
_DATASETS = re.compile(r"(?:\b([a-z][a-z0-9-]{4,28}[a-z0-9])`?\.)?`?\b(\w+)`?\.`?\w")


class Warehouse:
    """Everything that a request needs. Thread-safe; close() releases the directory."""

    def __init__(
        self, folder: Path, storage: str | None = None, memory_limit: str = "1GB", threads: int | None = None,
        tags: PolicyTags | None = None,
    ) -> None:  # fmt: skip
        self.store = Store(folder, memory_limit, threads)
        install(self.store.database)
        self.catalog = Catalog(self.store)
        self.objects = Objects(storage, folder / "objects")
        self.external = External(self.objects, self.store)
        self.sizes = Sizes(self.catalog)
        self.jobs = Jobs(self.store)
        self.timeline = StreamingTimeline(self.store)
        self.sessions = Sessions(self.view, self._end_session)
        self.information = InformationSchema(self.catalog, self.sizes, self.jobs, self.timeline, self.sessions)
        self.insert_ids = InsertIds(self.store)
        self.anonymous = AnonymousTables()
        self.tags = tags or PolicyTags()
        self.results = folder / "results"
        self._drop_leftovers()
        self.ddl = Ddl(self.catalog)
        self.kinds: dict[str, Callable[[Job], None]] = {"query": self._query}

    def close(self) -> None:
        """Let running work end, write everything back."""
        self.jobs.close()
        self.store.close()

    def view(self, user: str, session: str | None = None) -> View:
        """A view of the catalog with a cursor of its own, for one script (with the session's temporary tables)."""
        cursor = self.store.cursor()
        temporary = f"_session{session}" if session else temporary_name()
        return View(self.catalog, self.external, self.information, cursor, temporary, self.anonymous, user, self.tags)

    def _drop_leftovers(self) -> None:
        """Scripts, sessions and uploads of an earlier process are over, and so are their tables and files."""
        for name in ("uploads", "results"):
            shutil.rmtree(self.store.folder / name, ignore_errors=True)
        for key in self.catalog.keys("dataset"):
            project, _, dataset = key.partition(":")
            if dataset.startswith(TEMPORARY):
                delete_dataset(self.catalog, project, dataset, delete_contents=True)

    def insert_job(
        self,
        project: str,
        body: Mapping[str, Any],
        user: str,
        inline: bool = False,
        work: Callable[[Job], None] | None = None,
    ) -> Job:
        """Start the job that a JobConfiguration describes; 400 when it is no known kind. work: what to do instead."""
        configuration: Resource = dict(body.get("configuration") or {})
        check_reference(body.get("jobReference") or {}, project)
        check_labels(configuration.get("labels"))
        kinds = [kind for kind in self.kinds if isinstance(configuration.get(kind), Mapping)]
        if len(kinds) != 1:
            raise invalid(
                "Required parameter is missing: configuration needs exactly one of query, load, copy, extract"
            )
        configuration |= {"jobType": kinds[0].upper()}
        work = work or self.kinds[kinds[0]]
        check_choices(configuration[kinds[0]], kinds[0])
        check_dry_run(configuration, kinds[0])
        if kinds[0] == "query":
            check_query(configuration["query"])
            configuration["query"] = DEFAULTS | configuration["query"]
        place = self._location(project, configuration[kinds[0]])
        return self.jobs.start(project, body.get("jobReference") or {}, configuration, place, user, work, inline)

    def _location(self, project: str, configuration: Mapping[str, Any]) -> str:
        """Where a job runs: as SET @@location in its first statement says, or as its default dataset, its destination
        or its query's first dataset does, else US."""
        text = str(configuration.get("query") or "")
        if said := _SET_LOCATION.match(text):
            return said["place"]
        for key in ("defaultDataset", "destinationTable"):
            target = configuration.get(key) or {}
            found = self.catalog.get("dataset", f"{target.get('projectId') or project}:{target.get('datasetId')}")
            if found is not None:
                return str(found["location"])
        for named, dataset in _DATASETS.findall(text):
            found = self.catalog.get("dataset", f"{named or project}:{dataset}")
            if found is not None:
                return str(found["location"])
        return "US"

    def _query(self, job: Job) -> None:
        configuration = job.resource["configuration"]["query"] = dict(job.resource["configuration"]["query"])
        query = query_of(configuration, job.project, job.location, job.resource["user_email"])
        configuration.setdefault("useLegacySql", query.legacy)
        if labels := query_labels(configuration):
            job.resource["configuration"]["labels"] = job.resource["configuration"].get("labels", {}) | labels
        where: Destination | None = None
        if configuration.get("destinationTable"):
            where = destination(configuration, "WRITE_EMPTY")
            refuse_update_options(where)
        elif configuration.get("createDisposition") == "CREATE_NEVER":  # as --require_cache of bq asks
            raise ServiceError(404, "notFound", "Not found: the results of this query are not in the cache")
        session = self.sessions.of(configuration, job.project, query.user)
        if session is None:
            view = self.view(query.user)
            with closing(view.cursor):
                self._run_query(job, query, where, view, None)
            return
        job.statistics["sessionInfo"] = {"sessionId": session.id}
        session.run(lambda: self._run_query(job, query, where, session.view, session))

    def _run_query(
        self, job: Job, query: Query, where: Destination | None, view: View, session: Session | None
    ) -> None:
        configuration = job.resource["configuration"]["query"]
        view.place = job.location if job.location_given else None
        for name, definition in (configuration.get("tableDefinitions") or {}).items():
            view.define(TableName(job.project, SESSION, name), definition)
        each = (configuration.get("scriptOptions") or {}).get("statementByteBudget")
        budget = Budget(self.sizes, view, _number(configuration.get("maximumBytesBilled")), _number(each))
        execution = Execution(
            view,
            self.ddl,
            self.results,
            where,
            lambda t, o, more: self._keep(job, t, o, view, budget, more),
            session,
            budget,
            job,
            Children(self.jobs, job, self._place_result).add,
        )
        job.cancel = execution.cancel
        with within(job.resource["configuration"].get("jobTimeoutMs"), execution.cancel):
            dry_run = job.resource["configuration"].get("dryRun")
            outcome = execution.dry_run(query) if dry_run else execution.run(query)
        self._describe(job, outcome, view, budget)
        if job.kept:
            with self.store.transaction() as transaction:
                transaction.record("job", job.key, job.resource | {"status": {"state": "DONE"}})

    def _end_session(self, session: Session) -> None:
        with closing(session.view.cursor):
            Execution(session.view, self.ddl, self.results, session=session).end()

    def _keep(
        self, job: Job, transaction: Transaction, outcome: Outcome, view: View, budget: Budget, more: bool
    ) -> None:
        """Record the job together with what it changed, so that a retry after a crash is told of it.

        more: it is a script that goes on; should it be killed now, it counts as interrupted.
        """
        if more:
            interrupted = ServiceError(503, "backendError", "The service stopped while this script was running.")
            status = {"state": "DONE", "errorResult": interrupted.proto, "errors": [interrupted.proto]}
            transaction.record("job", job.key, job.resource | {"status": status})
            job.kept = True
            return
        self._describe(job, outcome, view, budget)
        done = job.resource | {"status": {"state": "DONE"}}
        transaction.record("job", job.key, done)

    def _describe(self, job: Job, outcome: Outcome, view: View, budget: Budget) -> None:
        describe(job, outcome, budget.processed, budget.billed, view.read.files, budget.partitions)
        if not job.resource["configuration"].get("dryRun"):
            self._place_result(job, outcome)

    def _place_result(self, job: Job, outcome: Outcome) -> None:
        """Give the rows of a query a table, so that they can be read page by page."""
        configuration = job.resource["configuration"]["query"]
        if outcome.result is not None and outcome.target is None:
            dataset = anonymous_dataset(self.catalog, job.project, job.location)
            name = TableName(job.project, dataset, f"anon{uuid.uuid4().hex}")
            self.anonymous.add(name, outcome.result)
            configuration["destinationTable"] = reference(name)
            configuration |= {"createDisposition": "CREATE_IF_NEEDED", "writeDisposition": "WRITE_TRUNCATE"}
            job.table = name
        elif outcome.target is not None and (outcome.performed is None or outcome.performed.kind == "table"):
            configuration["destinationTable"] = reference(outcome.target)
            job.table = outcome.target if outcome.wrote_result else None


def _number(text: Any) -> int | None:
    """An int64 as REST writes it."""
    return None if text in (None, "") else int(text)
