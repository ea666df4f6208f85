"""What tables were: time travel to rows that were removed and to tables that were replaced.

A row knows the transaction that wrote it (SINCE, when that began), and no row is changed in place. A row that is
removed moves into a table beside, where it knows who removed it (UNTIL); a table that is replaced, emptied or dropped
is renamed as it is, and is then a version. So a write costs what it changes, and no table is copied.
"""

import logging
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb

from emulators.bigquery.sql.model import SqlError, TableName
from emulators.bigquery.sql.types import quoted, text
from emulators.bigquery.state.store import Store, Transaction

if TYPE_CHECKING:
    from emulators.bigquery.state.catalog import Table

log = logging.getLogger(__name__)

SINCE, UNTIL = '"since ^"', '"until ^"'  # no column of BigQuery's has a ^ in its name
AT = '"at ^"'  # of a change that is kept for CHANGES (change_history.py): when its transaction began
BESIDE = {"past": UNTIL, "changes": AT}  # the tables that go with a table, and their column of the moment
_WINDOW = int(timedelta(days=7) / timedelta(microseconds=1))
_VERSIONS = 5  # of one name: they are whole tables, and a laptop's disk is small
_ALTOGETHER = 200
_KIND = "past"
TEMPORARY = ("_script", "_session")  # what the datasets of temporary tables are called


@dataclass(frozen=True)
class Moment:
    """A table as it was: its resource then, and its rows, a DuckDB relation that has the columns of that resource."""

    resource: dict[str, Any]
    rows: str


class Past:
    """The versions of all tables, by name; microseconds since the epoch throughout."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known = store.documents(_KIND)
        self.trim()
        self._forget_rows()

    def _forget_rows(self) -> None:
        """Drop the removed rows of living tables that are older than seven days."""
        find = "SELECT schema_name, table_name FROM duckdb_tables() WHERE suffix(table_name, ' ^{}')"
        with closing(self._store.cursor()) as cursor:
            for what, column in BESIDE.items():
                old = f"{column} < now() - to_microseconds({_WINDOW})"
                for schema, name in cursor.execute(find.format(what)).fetchall():
                    cursor.execute(f"DELETE FROM {quoted(schema)}.{quoted(name)} WHERE {old}")

    def _document(self, name: TableName, transaction: Transaction | None) -> dict[str, Any]:
        """versions, oldest first, and the moment before which nothing is kept (forgotten)."""
        pending = transaction.pending.get((_KIND, str(name)), ...) if transaction is not None else ...
        found = self._known.get(str(name)) if pending is ... else pending
        return dict(found) if found else {"versions": [], "forgotten": 0}

    def _record(self, transaction: Transaction, key: str, document: dict[str, Any] | None) -> None:
        transaction.record(_KIND, key, document)
        transaction.after_commit(lambda: self._assign(key, document))

    def _assign(self, key: str, document: dict[str, Any] | None) -> None:
        if document is None:
            self._known.pop(key, None)
        else:
            self._known[key] = document

    def retire(self, transaction: Transaction, table: "Table") -> None:
        """Let a stored table leave its name, and be a version from now on; the caller holds the table's lock."""
        if table.name.dataset.startswith(TEMPORARY):  # a script's or session's temporary table has no past
            transaction.cursor.execute(f"DROP TABLE IF EXISTS {table.physical}")
            return
        document, now = self._document(table.name, transaction), _now()
        stored = beside(table.physical, f"v{now}")
        for old, new in _together(table.physical, stored):
            if table.name in transaction.changed:  # DuckDB 1.5 cannot replay DELETE and RENAME of one transaction
                if exists(transaction.cursor, old):
                    transaction.cursor.execute(f"CREATE TABLE {new} AS FROM {old}")
                    transaction.cursor.execute(f"DROP TABLE {old}")
            else:
                transaction.cursor.execute(f"ALTER TABLE IF EXISTS {old} RENAME TO {new.rpartition('.')[2]}")
        version = {"resource": table.resource, "stored": stored, "born": _born(table.resource, document), "until": now}
        versions = [*document["versions"], version]
        gone = [v for i, v in enumerate(versions) if v["until"] < now - _WINDOW or i < len(versions) - _VERSIONS]
        self._record(transaction, str(table.name), _drop(transaction, document | {"versions": versions}, gone))
        transaction.after_commit(self.trim)

    def restore(self, transaction: Transaction, table: "Table") -> bool:
        """Let the last version of a name that no table has be its table again; False when it is not kept any more."""
        document = self._document(table.name, transaction)
        if not document["versions"]:
            return False
        *versions, last = document["versions"]
        for old, new in _together(last["stored"], table.physical):
            transaction.cursor.execute(f"ALTER TABLE IF EXISTS {old} RENAME TO {new.rpartition('.')[2]}")
        self._record(transaction, str(table.name), document | {"versions": versions})
        return True

    def renamed(self, transaction: Transaction, table: "Table", new: TableName) -> None:
        """A table that has another name from now on has no past under it."""
        drop_beside(transaction, table.physical)
        self._record(transaction, str(new), self._document(new, transaction) | {"forgotten": _now()})

    def forget_dataset(self, transaction: Transaction, project: str, dataset: str) -> None:
        """The versions of a dataset's tables go with it."""
        recorded = [key for kind, key in transaction.pending if kind == _KIND]
        for key in {*self._known, *recorded}:
            if key.startswith(f"{project}:{dataset}."):
                self._record(transaction, key, None)

    def at(
        self, name: TableName, current: "Table | None", as_of: datetime, writes: list[list[int]],
        transaction: Transaction | None, cursor: duckdb.DuckDBPyConnection,
    ) -> Moment | None:  # fmt: skip
        """The table of a name as it was; None when there is none. SqlError for a moment that cannot be read.

        writes: [begun, begun at the latest, committed] of the current table's last transactions.
        """
        moment = micros(as_of)
        document = self._document(name, transaction)
        require_readable(name, moment, document["forgotten"])
        for version in document["versions"]:
            if version["born"] <= moment < version["until"]:
                return Moment(version["resource"], _rows(cursor, version["stored"], moment, writes))
        if current is None:
            return None
        born = _born(current.resource, document)
        if moment < born:
            raise _unreadable(name, moment, f"Cannot read before {born // 1000}")
        return Moment(current.resource, _rows(cursor, current.physical, moment, writes))

    def versions(self, name: TableName) -> dict[str, Any]:
        """The versions of a name, oldest first, and the moment before which nothing is kept (forgotten)."""
        return self._document(name, None)

    def adopt(self, tables: Iterable["Table"]) -> None:
        """Give tables from before there was a past the column that they lack; their past begins now."""
        if self._store.documents("layout").get("since"):
            return
        with self._store.transaction() as transaction:
            for table in tables:
                transaction.cursor.execute(
                    f"ALTER TABLE {table.physical} ADD COLUMN IF NOT EXISTS {SINCE} TIMESTAMPTZ DEFAULT now()"
                )
                self._record(transaction, str(table.name), {"versions": [], "forgotten": _now()})
            transaction.record("layout", "since", {"at": _now()})

    def trim(self) -> None:
        """Drop the versions that are older than seven days, and the oldest when there are too many."""
        found = sorted((v["until"], key) for key, document in self._known.copy().items() for v in document["versions"])
        many, oldest = len(found) - _ALTOGETHER, _now() - _WINDOW
        gone = [entry for i, entry in enumerate(found) if i < many or entry[0] < oldest]
        for key in {key for _, key in gone}:
            self._trim(key, {until for until, of in gone if of == key})

    def _trim(self, key: str, moments: set[int]) -> None:
        locks = [self._store.lock(name) for name in (key.rpartition(".")[0], key)]
        held = [lock for lock in locks if lock.acquire(blocking=False)]
        try:
            if held != locks:  # the dataset or the table is being changed; the next time will do
                return
            with self._store.transaction() as transaction:
                document = self._known.get(key)
                if document is None:  # the dataset is gone
                    return
                gone = [version for version in document["versions"] if version["until"] in moments]
                self._record(transaction, key, _drop(transaction, document, gone))
        except duckdb.Error as error:  # what was being done is done, and trimming can be tried again
            log.warning("cannot drop old versions of %s: %s", key, error)
        finally:
            for lock in held:
                lock.release()


def removal(table: "Table", condition: str) -> list[str]:
    """The statements that remove the rows of a table for which a condition holds; in it `w` is the table.

    The last one is the DELETE. The condition is evaluated twice, so it must be the same each time.
    """
    delete = f"DELETE FROM {table.physical} AS w WHERE {condition}"
    if table.name.dataset.startswith(TEMPORARY):
        return [delete]
    past = beside(table.physical, "past")
    return [
        f"CREATE TABLE IF NOT EXISTS {past} AS SELECT *, now() AS {UNTIL} FROM {table.physical} LIMIT 0",
        f"INSERT INTO {past} BY NAME SELECT w.*, now() AS {UNTIL} FROM {table.physical} AS w WHERE {condition}",
        delete,
    ]


def _rows(cursor: duckdb.DuckDBPyConnection, stored: str, moment: int, writes: list[list[int]]) -> str:
    """The rows that a stored table had: those that are still there, and those removed since."""
    at = timestamp_sql(moment)
    open_then = [(begun, latest) for begun, latest, committed in writes if begun <= moment < committed]

    def unfinished(column: str) -> str:
        spans = (f"{column} BETWEEN {timestamp_sql(begun)} AND {timestamp_sql(latest)}" for begun, latest in open_then)
        return " OR ".join(spans) or "false"

    written = f"{SINCE} <= {at} AND NOT ({unfinished(SINCE)})"
    past = beside(stored, "past")
    if not exists(cursor, past):
        return f"(FROM {stored} WHERE {written})"
    removed = f"SELECT * EXCLUDE {UNTIL} FROM {past} WHERE {written} AND ({UNTIL} > {at} OR {unfinished(UNTIL)})"
    return f"(SELECT * FROM {stored} WHERE {written} UNION ALL BY NAME {removed})"


def exists(cursor: duckdb.DuckDBPyConnection, stored: str) -> bool:
    """Whether there is a DuckDB table of a quoted name."""
    schema, _, name = stored.rpartition(".")
    names = f"schema_name = {text(_unquoted(schema))} AND table_name = {text(_unquoted(name))}"
    return bool(cursor.execute(f"SELECT 1 FROM duckdb_tables() WHERE {names}").fetchall())


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"')


def beside(stored: str, what: str) -> str:
    """The quoted name of another DuckDB table of a table."""
    return f'{stored[:-1]} ^{what}"'


def drop_beside(transaction: Transaction, stored: str) -> None:
    """Drop the tables that go with a DuckDB table."""
    for what in BESIDE:
        transaction.cursor.execute(f"DROP TABLE IF EXISTS {beside(stored, what)}")


def _together(old: str, new: str) -> list[tuple[str, str]]:
    """The old and the new name of a DuckDB table that is renamed, and of those that go with it."""
    return [(old, new), *((beside(old, what), beside(new, what)) for what in BESIDE)]


def _now() -> int:
    return time.time_ns() // 1000


def micros(moment: datetime) -> int:
    """Microseconds since the epoch."""
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


def timestamp_sql(moment_micros: int) -> str:
    """A moment, in microseconds since the epoch, as DuckDB's literal."""
    moment = datetime(1970, 1, 1) + timedelta(microseconds=moment_micros)
    return f"TIMESTAMPTZ '{moment.isoformat(' ', 'microseconds')}+00'"


def _born(resource: dict[str, Any], document: dict[str, Any]) -> int:
    """When the DuckDB table of a name began to be it."""
    last = max((version["until"] for version in document["versions"]), default=0)
    return max(int(resource["creationTime"]) * 1000, int(last), int(document["forgotten"]))


def require_readable(name: TableName, moment: int, forgotten: int) -> None:
    """SqlError for a moment of a table, in microseconds, that is to come, or of which nothing is kept any more."""
    now = _now()
    if moment > now:
        raise _unreadable(name, moment, f"Cannot read after {now // 1000}")
    oldest = max(now - _WINDOW, forgotten)
    if moment < oldest:
        raise _unreadable(name, moment, f"Cannot read before {oldest // 1000}")


def _unreadable(name: TableName, moment: int, why: str) -> SqlError:
    at = moment // 1000
    return SqlError(f"Invalid snapshot time {at} for table {name}@{at}. {why}.", "invalid")


def _drop(transaction: Transaction, document: dict[str, Any], gone: list[dict[str, Any]]) -> dict[str, Any]:
    """The document without some versions, whose tables are dropped."""
    for version in gone:
        transaction.cursor.execute(f"DROP TABLE IF EXISTS {version['stored']}")
        drop_beside(transaction, version["stored"])
    kept = [version for version in document["versions"] if version not in gone]
    return {"versions": kept, "forgotten": max([document["forgotten"], *(v["until"] for v in gone)])}
