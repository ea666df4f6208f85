"""The company's transactions, done for real in Postgres.

Many transactions travel in one round trip, each between its own BEGIN and COMMIT. Each writes its number into
company_progress, so that after a kill of either side the database itself says how far it got.
"""

import psycopg2
from psycopg2.extensions import connection as Connection

from emulators.company.errors import CompanyError
from emulators.company.journal import Journal
from emulators.company.schema import ddl
from emulators.company.sql import script

BATCH = 250
URL_VARIABLE = "SAAS_DATABASE_URL"


class Database:
    """The company's own connection to its database."""

    def __init__(self, url: str, company: str) -> None:
        """Connect. Raises CompanyError when the database does not answer."""
        self.company = company
        try:
            self.connection: Connection = psycopg2.connect(url, application_name="company", connect_timeout=10)
        except psycopg2.OperationalError as error:
            hint = f"Start Postgres, and set {URL_VARIABLE} to its URL (make local-env prints it)."
            raise CompanyError(f"cannot connect to the company's database: {error}".strip(), hint) from error
        self.connection.autocommit = True

    def found(self) -> None:
        """Create the tables, and the row that says how far the company got; what is there stays.

        Raises:
            CompanyError: the database holds another company's tables.
        """
        with self.connection.cursor() as cursor:
            if self._exists("company_progress"):
                cursor.execute("SELECT company FROM company_progress WHERE company <> %s", (self.company,))
                if cursor.fetchone():
                    raise CompanyError("the database holds another company", "Empty it first: make local-reset")
            elif self._exists("accounts"):
                raise CompanyError("the database has a table accounts already", "Use an empty database.")
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
        with self.connection.cursor() as cursor:
            if self._exists("company_progress"):
                query = "SELECT transaction_number FROM company_progress WHERE company = %s"
                cursor.execute(query, (self.company,))
                row = cursor.fetchone()
        if row is None:
            hint = "Ledger and database belong together: reset both (make local-reset), then create."
            raise CompanyError("the database does not know the company of this ledger", hint)
        return int(row[0])

    def run(self, text: str) -> None:
        """Run a script of transactions. Raises CompanyError with Postgres' message when one fails."""
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(text)
        except psycopg2.Error as error:
            hint = (
                "What was committed is known to the database; `python -m emulators.company resume` goes on from there."
            )
            raise CompanyError(f"a transaction failed: {error}".strip(), hint) from error

    def close(self) -> None:
        """End the connection."""
        self.connection.close()

    def _exists(self, table: str) -> bool:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", (table,))
            return bool(cursor.fetchone() == (True,))


def commit_pending(journal: Journal, database: Database, through: int) -> int:
    """Run every recorded transaction of days up to `through` that is not in Postgres yet; returns how many.

    The database's own word comes first: what it has is never run again.
    """
    known, committed = journal.progress().committed, database.committed()
    if journal.has_committed(after=committed, through=known):
        raise CompanyError(
            f"the database has lost transactions {committed + 1} to {known}, which it had confirmed",
            "It was reset or restored: reset the ledger with it (make local-reset), then create.",
        )
    # Only rolled-back ones may lie between the two: they leave no trace, and are no harm when they are run again.
    journal.mark_committed(committed)
    count = 0
    while batch := journal.pending_transactions(BATCH, through):
        database.run("".join(script(t.number, t.rolled_back, t.changes, database.company) for t in batch))
        journal.mark_committed(batch[-1].number)
        count += len(batch)
    return count
