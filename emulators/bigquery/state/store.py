"""One DuckDB file holds the data and everything known about it, so that both commit in one transaction.

What is known (datasets, tables, jobs, streams) is a journal: a document is appended under (kind, key), the last
one counts. Appending never conflicts, so writers of different tables need no common lock.
"""

import itertools
import json
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb

from emulators.bigquery.sql.model import TableName
from emulators.bigquery.sql.types import text
from emulators.bigquery.state.upgrades import upgrade

Document = Mapping[str, Any]
_JOURNAL = "CREATE TABLE IF NOT EXISTS main.journal (seq BIGINT, kind VARCHAR, key VARCHAR, document VARCHAR)"
_LIVE = (
    "SELECT kind, key, arg_max_null(document, seq) AS document, max(seq) AS seq FROM main.journal GROUP BY kind, key"
)


class Transaction:
    """A DuckDB transaction on a cursor, with the documents that will be recorded with it.

    begun: two moments, in microseconds, between which it began; DuckDB's now() is between them as well.
    """

    def __init__(self, store: "Store", cursor: duckdb.DuckDBPyConnection, begun: tuple[int, int]) -> None:
        self.cursor, self.begun, self.id = cursor, begun, uuid.uuid4().hex
        self.pending: dict[tuple[str, str], Document | None] = {}
        self.open = True
        self._store = store
        self._before: dict[TableName, Callable[[], None]] = {}
        self._after: list[Callable[[], None]] = []
        self._held: list[threading.RLock] = []
        self._ordered = True

    def record(self, kind: str, key: str, document: Document | None) -> None:
        """Keep a document (None: remove it) when, and only when, this transaction commits."""
        self.pending[kind, key] = document

    @property
    def changed(self) -> Collection[TableName]:
        """The tables whose rows this transaction has changed so far."""
        return self._before.keys()

    def write_again(self, table: TableName) -> None:
        """Say that a table will be written, perhaps for a second time, in this transaction.

        Where an INSERT of no rows follows a large one into the same table, DuckDB 1.5 hides the rows that later
        transactions insert, until the next start. It does so only while it keeps the order of the rows.
        """
        if self._ordered and table in self.changed:
            self.cursor.execute("SET SESSION preserve_insertion_order = false")
            self._ordered = False

    def before_commit(self, table: TableName, action: Callable[[], None]) -> None:
        """Run an action as the last thing before this transaction commits; of several for one table the last alone."""
        self._before[table] = action

    def hold(self, lock: threading.RLock) -> None:
        """Acquire a lock until this transaction has ended."""
        lock.acquire()
        self._held.append(lock)

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run an action once the transaction is durable."""
        self._after.append(action)

    def commit(self) -> None:
        """Make data and documents durable, then let the rest of the process see them."""
        for action in self._before.values():
            action()
        if self.pending:
            rows = ", ".join(self._row(kind, key, document) for (kind, key), document in self.pending.items())
            self.cursor.execute(f"INSERT INTO main.journal VALUES {rows}")
        self.open = False
        self.cursor.execute("COMMIT")
        for action in self._after:
            action()
        self._end()

    def _end(self) -> None:
        self.pending, self._before, self._after = {}, {}, []
        while self._held:
            self._held.pop().release()
        if not self._ordered:
            self._ordered = True
            with suppress(duckdb.Error):  # such as the interruption of what was cancelled; order is no promise
                self.cursor.execute("SET SESSION preserve_insertion_order = true")

    def _row(self, kind: str, key: str, document: Document | None) -> str:
        # Literals: given a Python value, DuckDB imports pandas where it can, for half a second and 50 MB.
        value = "NULL" if document is None else text(json.dumps(document))
        return f"({next(self._store.sequence)}, {text(kind)}, {text(key)}, {value})"

    def rollback(self) -> None:
        """Forget everything since the beginning; nothing when it has ended already."""
        try:
            if self.open:
                self.open = False
                self.cursor.rollback()
        finally:
            self._end()


def _replay(file: Path) -> None:
    """Write the log that a killed process left back into the file.

    A database that DuckDB 1.5 opens as its first one fails to replay ALTER TABLE of a table whose CHECK or DEFAULT
    calls a function ("GetDefaultDatabase with no default database set"); one that is attached to another does not.
    """
    if not file.with_name(f"{file.name}.wal").exists():
        return
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as other:
        other.execute(f"ATTACH {text(str(file))} AS killed")
        other.execute("CHECKPOINT killed")
        other.execute("DETACH killed")


class Store:
    """The database file of a state directory.

    Raises:
        duckdb.IOException: another process has the file open.
    """

    def __init__(self, folder: Path, memory_limit: str = "1GB", threads: int | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        file = folder / "bigquery.duckdb"
        _replay(file)
        config: dict[str, Any] = {
            "memory_limit": memory_limit,
            "temp_directory": str(folder / "spill"),
            "autoinstall_known_extensions": False,
            "checkpoint_threshold": "64MB",
        }
        if threads:
            config["threads"] = threads
        self.database = duckdb.connect(str(file), config=config)
        self.database.execute("SET GLOBAL TimeZone='UTC'")
        # A missing table must never be looked for among this process's variables.
        self.database.execute("SET GLOBAL python_enable_replacements=false")
        upgrade(self.database)
        self.database.execute(_JOURNAL)
        self._locks: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)
        self._locks_guard = threading.Lock()
        self._compact()
        last = self.database.execute("SELECT coalesce(max(seq), 0) FROM main.journal").fetchall()[0][0]
        self.sequence = itertools.count(last + 1)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection for one thread at a time."""
        return self.database.cursor()

    def documents(self, kind: str) -> dict[str, dict[str, Any]]:
        """All live documents of a kind, by key, oldest first."""
        return {key: json.loads(document) for key, document in self.texts(kind)}

    def texts(self, kind: str) -> list[tuple[str, str]]:
        """The key and the JSON text of all live documents of a kind, oldest first."""
        rows = self.cursor().execute(
            f"SELECT key, document FROM ({_LIVE}) WHERE kind = {text(kind)} AND document IS NOT NULL ORDER BY seq"
        )
        return rows.fetchall()

    def forget(self, kind: str, condition: str) -> None:
        """Forget the documents of a kind for which a condition of DuckDB on their `key` and JSON text (`document`)
        holds."""
        self.database.execute(f"DELETE FROM main.journal WHERE kind = {text(kind)} AND {condition}")

    def keep_newest(self, kind: str, most: int) -> None:
        """Forget the oldest documents of a kind once they are a fifth more than what is to be kept."""
        keys = f"SELECT key, max(seq) AS seq FROM main.journal WHERE kind = {text(kind)} GROUP BY key"
        if self.database.execute(f"SELECT count(*) FROM ({keys})").fetchall()[0][0] > most * 1.2:
            newest = f"SELECT key FROM ({keys}) ORDER BY seq DESC LIMIT {most}"
            self.forget(kind, f"key NOT IN ({newest})")

    def begin(self, cursor: duckdb.DuckDBPyConnection) -> Transaction:
        """Start a transaction on a cursor."""
        before = time.time_ns() // 1000
        cursor.execute("BEGIN TRANSACTION")
        return Transaction(self, cursor, (before, time.time_ns() // 1000))

    @contextmanager
    def transaction(self, cursor: duckdb.DuckDBPyConnection | None = None) -> Iterator[Transaction]:
        """Commit at the end of the block, roll back when it raises; on a cursor of its own unless one is given."""
        own = cursor or self.cursor()
        transaction = self.begin(own)
        try:
            yield transaction
            transaction.commit()
        except BaseException:
            transaction.rollback()
            raise
        finally:
            if cursor is None:
                own.close()

    def lock(self, name: str) -> threading.RLock:
        """The lock of a name (a table's writers queue on theirs); the same object for the life of the process."""
        with self._locks_guard:
            return self._locks[name]

    def close(self) -> None:
        """Write the log back into the file and release it; while a session's transaction is open the log stays beside
        it, for the next start."""
        with suppress(duckdb.TransactionException):
            self.database.execute("CHECKPOINT")
        self.database.close()

    def _compact(self) -> None:
        """Drop superseded documents when they outnumber the live ones."""
        total = self.database.execute("SELECT count(*) FROM main.journal").fetchall()[0][0]
        live = self.database.execute(f"SELECT count(*) FROM ({_LIVE}) WHERE document IS NOT NULL").fetchall()[0][0]
        if total > 1000 + 2 * live:
            self.database.execute(
                f"CREATE OR REPLACE TABLE main.journal AS SELECT seq, kind, key, document FROM ({_LIVE}) "
                "WHERE document IS NOT NULL ORDER BY seq"
            )
