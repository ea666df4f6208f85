"""Sessions: temporary tables, variables and a transaction that several query jobs share."""

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from emulators.bigquery.sql import types
from emulators.bigquery.sql.analysis.values import Value
from emulators.bigquery.sql.model import TableName
from emulators.bigquery.sql.translate import Script
from emulators.bigquery.state.errors import ServiceError, invalid
from emulators.bigquery.state.store import Transaction
from emulators.bigquery.state.view import Read, View

_IDLE_SECONDS, _LONGEST = 24 * 3600, timedelta(days=7)


class Session:
    """What outlives a job. Its jobs run one after the other in a thread of its own, which holds its locks."""

    def __init__(self, session_id: str, project: str, user: str, view: View) -> None:
        self.id, self.project, self.user, self.view = session_id, project, user, view
        self.created = self.modified = datetime.now(UTC)
        self.transaction: Transaction | None = None
        self.variables: dict[str, Value] = {}
        self.system: dict[str, Value] = {"session_id": Value(types.text(session_id), types.STRING)}
        self.functions: dict[str, Any] = {}
        self.dataset: TableName | None = None
        self.ended = False
        self.used = time.monotonic()
        self._thread = ThreadPoolExecutor(1, f"session {session_id}")

    @property
    def expires(self) -> datetime:
        """When it ends, if nobody uses it till then."""
        return min(self.modified + timedelta(seconds=_IDLE_SECONDS), self.created + _LONGEST)

    def run(self, work: Callable[[], None]) -> None:
        """Do a job's work when those before it are done; 404 when one of them has ended the session."""
        self._thread.submit(self._one, work).result()

    def _one(self, work: Callable[[], None]) -> None:
        if self.ended:
            raise _gone(self.id)
        self.used, self.modified, self.view.read = time.monotonic(), datetime.now(UTC), Read()
        work()

    def lend(self, script: Script, dry: bool = False) -> None:
        """Let a script see, and change, what the session's scripts before it have declared; dry: change copies."""
        given = (self.variables, self.system, self.functions)
        own = script.environment
        own.variables, own.system, own.functions = map(dict, given) if dry else given
        own.dataset = self.dataset or own.dataset

    def close(self, last: Callable[[], None]) -> None:
        """Do a last thing in the session's thread, after the jobs that wait there, and end it."""
        self._thread.submit(last)
        self._thread.shutdown(wait=False)


class Sessions:
    """The sessions of this process, by id. end: what to do in a session's thread when it ends."""

    def __init__(self, view: Callable[[str, str], View], end: Callable[[Session], None]) -> None:
        self._view, self._end = view, end
        self._guard = threading.Lock()
        self._known: dict[str, Session] = {}

    def of(self, configuration: Mapping[str, Any], project: str, user: str) -> Session | None:
        """The session that a query runs in: a new one, one that exists (404 when it is over), or none."""
        self._forget_idle()
        if configuration.get("createSession"):
            session_id = uuid.uuid4().hex
            session = Session(session_id, project, user, self._view(user, session_id))
            with self._guard:
                self._known[session_id] = session
            return session
        given = [
            e.get("value") for e in configuration.get("connectionProperties") or () if e.get("key") == "session_id"
        ]
        return self.get(str(given[0])) if given and given[0] else None

    def get(self, session_id: str) -> Session:
        """The session; 400 when there never was one, 404 when it is over."""
        found = self._known.get(session_id)
        if found is None:
            raise invalid(f"Invalid session ID {session_id}.")
        if found.ended:
            raise _gone(session_id)
        return found

    def every(self, project: str) -> list[Session]:
        """A project's sessions, those that have ended too."""
        with self._guard:
            return [session for session in self._known.values() if session.project == project]

    def abort(self, session_id: str) -> None:
        """End a session: its transaction is rolled back, its temporary tables go, once its running job is done."""
        session = self.get(session_id)
        session.ended = True
        session.close(lambda: self._end(session))

    def _forget_idle(self) -> None:
        oldest = time.monotonic() - _IDLE_SECONDS
        for session in list(self._known.values()):
            if not session.ended and session.used < oldest:
                self.abort(session.id)


def _gone(session_id: str) -> ServiceError:
    return ServiceError(404, "notFound", f"Session {session_id} has expired and is no longer available.")
