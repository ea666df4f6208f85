"""The company's transactions, done for real in Postgres.

Many transactions travel in one round trip, each between its own BEGIN and COMMIT. Each writes its number into
company_progress, so that after a kill of either side the database itself says how far it got.
"""

import time
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection

from emulators.company.errors import CompanyError
from emulators.company.journal import Journal
from emulators.company.schema import ddl

BATCH = 250
PATIENCE_SECONDS = 60.0
URL_VARIABLE = "SAAS_DATABASE_URL"
# Held by the company's session. Postgres goes on with a killed client's script for a while: whoever comes next must
# not ask how far it got before it has ended, and ended it has when its lock is free.
_LOCK = 7_310_001


class Database:
    """The company's own connection to its database, and nobody else's."""

    def __init__(self, url: str, company: str) -> None:
        """Connect. Raises CompanyError when the database does not answer, or another session plays there."""
        self.url, self.company = url, company
        self.connection = self._connect()

    def found(self) -> None:
        """Create the tables, and the row that says how far the company got; what is there stays.

        Raises:
            CompanyError: the database holds another company's tables.
        """
        if self._exists("company_progress"):
            if self._ask("SELECT company FROM company_progress WHERE company <> %s", self.company):
                raise CompanyError("the database holds another company", "Empty it first: make local-reset")
        elif self._exists("accounts"):
            raise CompanyError("the database has a table accounts already", "Use an empty database.")
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"BEGIN;{ddl()}INSERT INTO company_progress VALUES (%s, 0) ON CONFLICT DO NOTHING;COMMIT;",
                (self.company,),
            )

    def committed(self) -> int:
        """The number of the company's last transaction that Postgres has.

        Raises:
            CompanyError: the database knows nothing of this company.
        """
        row = None
        if self._exists("company_progress"):
            row = self._ask("SELECT transaction_number FROM company_progress WHERE company = %s", self.company)
        if row is None:
            hint = "Ledger and database belong together: reset both (make local-reset), then create."
            raise CompanyError("the database does not know the company of this ledger", hint)
        return int(row[0])

    def run(self, text: str) -> bool:
        """Run a script of transactions; False when the connection was lost meanwhile, and then there is a new one.

        Raises:
            CompanyError: a transaction failed, with Postgres' message; or Postgres stays away for a minute.
        """
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(text)
        except psycopg2.Error as error:
            if not self.connection.closed:
                hint = "What was committed is known to the database; the ledger knows what was meant."
                raise CompanyError(f"a transaction failed: {error}".strip(), hint) from error
            self._reconnect()
            return False
        return True

    def close(self) -> None:
        """End the connection."""
        self.connection.close()

    def _reconnect(self) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self.connection = self._connect()
                return
            except CompanyError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    def _connect(self) -> Connection:
        try:
            connection = psycopg2.connect(self.url, application_name="company", connect_timeout=10)
        except psycopg2.OperationalError as error:
            hint = f"Start Postgres, and set {URL_VARIABLE} to its URL (make local-env prints it)."
            raise CompanyError(f"cannot connect to the company's database: {error}".strip(), hint) from error
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '30s'")
                cursor.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        except psycopg2.Error as error:
            connection.close()
            raise CompanyError(f"another session plays in this database: {error}".strip(), "Stop it.") from error
        return connection

    def _exists(self, table: str) -> bool:
        return self._ask("SELECT to_regclass(%s) IS NOT NULL", table) == (True,)

    def _ask(self, query: str, value: str) -> tuple[Any, ...] | None:
        """A query's first row; asked again where the connection was lost."""
        while True:
            try:
                with self.connection.cursor() as cursor:
                    cursor.execute(query, (value,))
                    return cursor.fetchone()
            except psycopg2.Error:
                if not self.connection.closed:
                    raise
                self._reconnect()


def commit_pending(journal: Journal, database: Database, through: int) -> int:
    """Run every recorded transaction of days up to `through` that is not in Postgres yet; returns how many.

    The database's own word comes first, here and after a lost connection: what it has is never run again.

    Raises:
        CompanyError: see Database; or the database has lost what it had confirmed.
    """
    _believe(journal, database)
    count = 0
    while batch := journal.pending_transactions(BATCH, through):
        if database.run("".join(text for _, text in batch)):
            journal.mark_committed(batch[-1][0])
            count += len(batch)
        else:
            _believe(journal, database)
    return count


def _believe(journal: Journal, database: Database) -> None:
    """Take over how far the database got."""
    known, committed = journal.progress().committed, database.committed()
    if journal.has_committed(after=committed, through=known):
        raise CompanyError(
            f"the database has lost transactions {committed + 1} to {known}, which it had confirmed",
            "It was reset or restored: reset the ledger with it (make local-reset), then create.",
        )
    # Only rolled-back ones may lie between the two: they leave no trace, and are no harm when they are run again.
    journal.mark_committed(committed)
