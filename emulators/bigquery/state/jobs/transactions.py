"""The transactions of a script: one for each statement that writes, or the one that BEGIN TRANSACTION opens."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from emulators.bigquery.sql.model import SqlError, TableName
from emulators.bigquery.state.definitions.partitions import unexpired
from emulators.bigquery.state.store import Transaction
from emulators.bigquery.state.view import View

_PATIENCE = 50  # waits of 0.2 s


class Transactions:
    """Those of one script, on its view's cursor.

    current: the multi-statement transaction that is open, if any; a session lends it from job to job. check: called
    while a statement waits for its turn; raises to give up.
    """

    def __init__(self, view: View, check: Callable[[], None], current: Transaction | None = None) -> None:
        self.current = current
        self._view, self._check, self._catalog = view, check, view.catalog

    def control(self, kind: str) -> None:
        """BEGIN_TRANSACTION, COMMIT_TRANSACTION or ROLLBACK_TRANSACTION; SqlError where it has no place."""
        if kind == "BEGIN_TRANSACTION":
            if self.current is not None:
                raise SqlError("Transaction is already in progress; nested transactions are not supported.")
            self.current = self._view.transaction = self._catalog.store.begin(self._view.cursor)
        elif kind in ("COMMIT_TRANSACTION", "ROLLBACK_TRANSACTION"):
            if self.current is None:
                raise SqlError("There is no transaction in progress.")
            self._finish(commit=kind == "COMMIT_TRANSACTION")
        else:
            raise SqlError(f"{kind} is not supported by this emulator.", "notImplemented", 501)

    def abandon(self) -> None:
        """Roll back what is open."""
        if self.current is not None:
            self._finish(commit=False)

    def _finish(self, commit: bool) -> None:
        transaction, self.current, self._view.transaction = self.current, None, None
        assert transaction is not None
        try:
            if commit:
                transaction.commit()
        finally:
            transaction.rollback()

    @contextmanager
    def writing(self, target: TableName | None, before_commit: Callable[[Transaction], None]) -> Iterator[Transaction]:
        """A transaction that may change a table: the one that is open, or one for this block alone.

        before_commit: called at the end of the block when it has a transaction of its own.
        """
        lock = self._acquire(target)
        try:
            if self.current is not None:
                self.current.hold(lock)
                if target is not None:
                    self.current.write_again(target)
                yield self.current
                return
            self._drop_expired(target)
            with self._catalog.store.transaction(self._view.cursor) as transaction:
                self._view.transaction = transaction
                try:
                    yield transaction
                    before_commit(transaction)
                finally:
                    self._view.transaction = None
        finally:
            lock.release()

    def _drop_expired(self, target: TableName | None) -> None:
        """Remove the rows of expired partitions from a table that is about to change.

        In a transaction before the change's own, because DuckDB commits none that deletes rows and adds a column.
        """
        table = self._catalog.table(target) if target is not None else None
        condition = unexpired(table) if table is not None and table.kind == "TABLE" else None
        if table is None or condition is None:
            return
        with self._catalog.store.transaction(self._view.cursor) as transaction:
            rows = transaction.cursor.execute(f"DELETE FROM {table.physical} WHERE NOT {condition}").fetchall()
            if rows[0][0]:
                self._catalog.touch(transaction, table.name)

    def _acquire(self, target: TableName | None) -> threading.RLock:
        """Queue for a table; a script's transaction does not wait for ever, because two could wait for each other."""
        lock, waited = self._catalog.store.lock(str(target)), 0
        while not lock.acquire(timeout=0.2):
            self._check()
            waited += 1
            if self.current is not None and waited > _PATIENCE:
                raise SqlError(f"Transaction is aborted due to concurrent update against table {target}.")
        return lock
