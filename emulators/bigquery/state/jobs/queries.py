"""Run a GoogleSQL script: each statement in a transaction of its own, or in the script's."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from emulators.bigquery.sql.model import QueryParameter, SqlError, Statement
from emulators.bigquery.sql.system_variables import keep, set_time_zone
from emulators.bigquery.sql.transactions import require_transactional
from emulators.bigquery.sql.translate import Script, from_duckdb, translate
from emulators.bigquery.sql.undeclared import undeclared_parameters
from emulators.bigquery.state.catalog import Catalog, now_ms
from emulators.bigquery.state.definitions.ddl import Ddl
from emulators.bigquery.state.definitions.writes import Destination, write_rows
from emulators.bigquery.state.errors import ServiceError
from emulators.bigquery.state.jobs.budget import Budget
from emulators.bigquery.state.jobs.job_requests import refuse_flattened, refuse_result_settings, refuse_script_settings
from emulators.bigquery.state.jobs.jobs import Job
from emulators.bigquery.state.jobs.outcomes import DML, Outcome, Query, count, summary
from emulators.bigquery.state.jobs.results import read_result
from emulators.bigquery.state.jobs.script_variables import script_variables
from emulators.bigquery.state.jobs.sessions import Session
from emulators.bigquery.state.jobs.temporary import drop_temporary
from emulators.bigquery.state.jobs.time_limits import within
from emulators.bigquery.state.jobs.transactions import Transactions
from emulators.bigquery.state.metadata.sizes import NOTHING_READ
from emulators.bigquery.state.store import Transaction
from emulators.bigquery.state.view import View


class Execution:
    """One script on one cursor; cancel() may be called from another thread."""

    def __init__(
        self,
        view: View,
        ddl: Ddl,
        results: Path,
        destination: Destination | None = None,
        keep: Callable[[Transaction, Outcome, bool], None] | None = None,
        session: Session | None = None,
        budget: Budget | None = None,
        job: Job | None = None,
        child: Callable[[Outcome], None] | None = None,
    ) -> None:
        """keep: called before a statement's transaction commits, to record the job with it (True: the script goes on).

        session: keeps what outlives the script. budget: counts, and may forbid, what statements read. job: the one
        that runs the script, told to it as @@script. child: called when a statement of a script is done.
        """
        self.view, self._ddl, self._results = view, ddl, results
        self._destination, self._keep, self._session = destination, keep, session
        self._budget, self._job, self._child = budget, job, child
        self._children = f"script_job_{uuid.uuid4().hex}"
        self._cancelled = ""  # why, once it is
        self._started = 0  # when the statement that runs began, in ms
        self.outcomes: list[Outcome] = []
        current = session.transaction if session else None
        self._transactions = Transactions(view, self._check_cancelled, current)
        self._script: Script | None = None

    @property
    def _catalog(self) -> Catalog:
        return self.view.catalog

    @property
    def _configuration(self) -> Mapping[str, Any]:
        """The query configuration of the job that runs the script; empty without one."""
        found: Mapping[str, Any] = {} if self._job is None else self._job.resource["configuration"].get("query") or {}
        return found

    def cancel(self, why: str = "Job execution was cancelled: User requested cancellation") -> None:
        """Stop at the next statement, and interrupt the running one."""
        self._cancelled = why
        self.view.cursor.interrupt()

    def run(self, query: Query) -> Outcome:
        """All statements in order. Raises SqlError or ServiceError; a transaction left open is rolled back."""
        try:
            script = self._script = self._translate(query)
            outcomes = self.outcomes
            if script.is_script:
                refuse_script_settings(self._configuration)
            self._tell(script)
            for statement in script:
                self._check_cancelled()
                if query.legacy:
                    refuse_flattened(self._configuration, statement.schema)
                self._started = max(now_ms(), self._started + 1)  # one after the other: bq orders statements by it
                try:
                    with within(query.statement_timeout, self.cancel):
                        outcome = self._execute(statement)
                except SqlError as error:
                    if not statement.wants_rows:
                        self._add(self._failed(statement, error), script)
                    if not script.failed(error):
                        raise
                else:
                    rows = outcome.result.table.to_pylist() if statement.wants_rows and outcome.result else None
                    script.done(None if rows is None else [tuple(row.values()) for row in rows], count(outcome))
                    if not statement.wants_rows:
                        self._add(outcome, script)
            return summary(script.kind, outcomes, query.key_result)
        finally:
            self._abandon()

    def _add(self, outcome: Outcome, script: Script) -> None:
        outcome.job_id, outcome.started = self._following, self._started
        self.outcomes.append(outcome)
        if script.is_script and self._child is not None:
            self._child(outcome)
        self._tell(script)

    @property
    def _following(self) -> str:
        """The id of the next statement's job."""
        return f"{self._children}_{len(self.outcomes)}"

    def _tell(self, script: Script) -> None:
        """Let the next statement see what the jobs before it did."""
        if self._job is not None and (script.is_script or "@@" in script.text):
            own = self._following if script.is_script else self._job.id
            keep(script.environment, script_variables(self._job, self.outcomes, self._budget, own))

    def _translate(self, query: Query, dry: bool = False) -> Script:
        dataset = query.dataset
        project = query.project if dataset is None else dataset.project
        script = translate(query.text, self.view, project, dataset.dataset if dataset else None, query.parameters)
        if self._session is not None:
            self._session.lend(script, dry)
        if query.time_zone:
            set_time_zone(script.environment, query.time_zone)
        return script

    def dry_run(self, query: Query) -> Outcome:
        """Analyse; the schema is the first statement's, of DML its table's. Parameters not given are told."""
        undeclared = undeclared_parameters(query.text, query.parameters, partial(self._analyse, query))
        script = self._translate(replace(query, parameters=(*query.parameters, *undeclared)), dry=True)
        first = next(iter(script), None)
        if first is None or script.kind == "SCRIPT":
            return Outcome(script.kind)
        if query.legacy:
            refuse_flattened(self._configuration, first.schema)
        if self._budget is not None:
            self._budget.spend(first)
        found = Outcome(first.kind, first.schema, target=first.target, reads=first.reads, text=first.text)
        found.undeclared, found.routines = tuple(undeclared), first.routines
        if first.kind in DML and first.target is not None and (changed := self.view.table(first.target)) is not None:
            found.schema = tuple(changed.fields)
        return found

    def _analyse(self, query: Query, parameters: Sequence[QueryParameter]) -> Statement:
        """The one statement of a query, with other parameters."""
        return next(iter(self._translate(replace(query, parameters=tuple(parameters)), dry=True)))

    def _execute(self, statement: Statement) -> Outcome:
        try:
            if self._transactions.current is not None:
                require_transactional(statement)
            self.view.require_readable(statement)
            spent = self._budget.spend(statement) if self._budget is not None else NOTHING_READ
            before = self._transaction_id
            outcome = self._dispatch(statement)
            outcome.processed, outcome.partitions = spent.bytes, spent.partitions
            outcome.transaction = before or self._transaction_id
            return outcome
        except duckdb.InterruptException:
            raise ServiceError(499, "stopped", self._cancelled) from None
        except duckdb.TransactionException as error:
            if "Could not write file" in str(error):  # a full disk: not the caller's, and it may pass
                message = f"The emulator's state folder cannot be written: {error}"
                raise ServiceError(503, "backendError", message) from error
            if "Current transaction is aborted" in str(error):
                raise SqlError(
                    "The transaction cannot go on after an error inside of it: this emulator keeps no savepoints. "
                    "ROLLBACK TRANSACTION ends it.", "notImplemented", 501,
                ) from error  # fmt: skip
            if self._transactions.current is None and statement.target is None:
                raise from_duckdb(error) from error
            message = f"Transaction is aborted due to concurrent update against table {statement.target}: {error}"
            raise SqlError(message, "invalidQuery") from error
        except duckdb.Error as error:
            raise from_duckdb(error) from error

    @property
    def _transaction_id(self) -> str | None:
        """Of the multi-statement transaction that is open."""
        return None if self._transactions.current is None else self._transactions.current.id

    def _failed(self, statement: Statement, error: SqlError) -> Outcome:
        """What a script's list of jobs says of a statement that failed."""
        outcome = Outcome(statement.kind, reads=statement.reads, text=statement.text)
        outcome.error = ServiceError(error.status, error.reason, error.message, "query")
        outcome.transaction = self._transaction_id
        return outcome

    def _dispatch(self, statement: Statement) -> Outcome:
        outcome = Outcome(statement.kind, statement.schema, reads=statement.reads, text=statement.text)
        outcome.routines = statement.routines
        outcome.target = self.view.resolve(statement.target) if statement.target else None
        if statement.kind in DML and statement.duckdb is not None:
            outcome.schema = ()
            refuse_result_settings(self._configuration, "DML")
            self._change(statement, outcome)
        elif statement.action is not None:
            refuse_result_settings(self._configuration, "DDL")
            with self._writing(outcome) as transaction, self._prepared(statement):
                outcome.performed = self._ddl.apply(statement, self.view, transaction)
                outcome.affected = outcome.performed.affected
                if outcome.performed.operation == "EXPORT":
                    outcome.schema = ()
        elif statement.duckdb is not None and self._destination is not None and not statement.wants_rows:
            self._write(statement, outcome, self._destination)
        elif statement.duckdb is not None:
            with self._prepared(statement), self._reading(statement) as cursor:
                cursor.execute(statement.duckdb)
                outcome.result = read_result(cursor, statement.schema, self._results)
        else:
            self._transactions.control(statement.kind)
        return outcome

    def _change(self, statement: Statement, outcome: Outcome) -> None:
        assert outcome.target is not None and statement.duckdb is not None
        with self._writing(outcome) as transaction, self._prepared(statement):
            rows = transaction.cursor.execute(statement.duckdb).fetchall()
            if statement.kind == "MERGE":
                outcome.affected = dict(Counter(action for (action,) in rows))
            else:
                kind = "DELETE" if statement.kind == "TRUNCATE_TABLE" else statement.kind
                outcome.affected = {kind: int(rows[0][0]) if rows else 0}
            self._catalog.touch(transaction, outcome.target)

    def _write(self, statement: Statement, outcome: Outcome, where: Destination) -> None:
        """The rows of a SELECT into the job's destination table."""
        assert statement.duckdb is not None
        outcome.target, outcome.wrote_result = where.name, True
        with self._writing(outcome) as transaction, self._prepared(statement):
            write_rows(self._catalog, transaction, where, statement.schema, statement.duckdb)

    @contextmanager
    def _reading(self, statement: Statement) -> Iterator[duckdb.DuckDBPyConnection]:
        """The cursor for a query: one of its own when it reads no table, so that its failure spares a transaction."""
        if self._transactions.current is None or statement.scans or statement.reads or statement.prepare:
            yield self.view.cursor
            return
        with closing(self._catalog.store.cursor()) as own:
            yield own

    @contextmanager
    def _prepared(self, statement: Statement) -> Iterator[None]:
        cursor = self.view.cursor
        for sql in statement.prepare:
            cursor.execute(sql)
        yield
        for sql in statement.cleanup:
            cursor.execute(sql)

    def _writing(self, outcome: Outcome) -> AbstractContextManager[Transaction]:
        """A transaction that may change the outcome's target; the job is recorded with it."""
        return self._transactions.writing(outcome.target, partial(self._record, outcome))

    def _record(self, outcome: Outcome, transaction: Transaction) -> None:
        if self._keep is not None:
            self._keep(transaction, outcome, self._script is not None and self._script.kind == "SCRIPT")

    def _check_cancelled(self) -> None:
        if self._cancelled:
            raise ServiceError(499, "stopped", self._cancelled)

    def _abandon(self) -> None:
        """Leave nothing behind, an open transaction or temporary tables, but to the session."""
        if self._session is None:
            self.end()
            return
        self._session.transaction = self._transactions.current
        self._session.dataset = self._script.environment.dataset if self._script else self._session.dataset

    def end(self) -> None:
        """Roll back the transaction that is open, and drop the temporary tables, the session's as well."""
        self._transactions.abandon()
        drop_temporary(self._catalog, self.view)
