"""Playing the company's days: one process simulates and records them, another does them in Postgres and on Pub/Sub."""

import multiprocessing
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

from emulators.company.database import Database, commit_pending
from emulators.company.errors import CompanyError
from emulators.company.journal import Journal
from emulators.company.simulation import DayReport, record_days


def play(state: Path, url: str, through: int, report: Callable[[DayReport], None]) -> None:
    """Play up to a day: first what was recorded and not done, then day by day; each is reported when it is done.

    Raises CompanyError where a service fails; nothing recorded is lost.
    """
    journal = Journal(state)
    recorded = journal.last_day()
    # Forked while this process has one thread and no connection; the simulator touches the ledger's file alone.
    fork = multiprocessing.get_context("fork")
    days, simulator_end = fork.Pipe(duplex=False)
    simulator = fork.Process(target=_simulate, args=(state, through, days, simulator_end), daemon=True)
    simulator.start()
    simulator_end.close()
    do = _doer(state, url, journal)
    do(recorded)
    for _ in range(recorded, through):
        try:
            day: DayReport = days.recv()
        except EOFError:
            raise CompanyError(
                "the simulation ended before its last day", "Its reason is in the lines above."
            ) from None
        do(day.day)
        report(day)


def _simulate(state: Path, through: int, days: Connection, simulator_end: Connection) -> None:
    """Record days and tell of each. Ends by itself when nobody listens any more."""
    days.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both; the other one tells the user
    journal = Journal(state)
    try:
        for day in record_days(journal, journal.settings(), through):
            simulator_end.send(day)
    except BrokenPipeError:
        return


def _doer(state: Path, url: str, journal: Journal) -> Callable[[int], None]:
    """A function that does all that is recorded up to a day: transactions and events at the same time."""
    from emulators.company.publisher import Publisher, publish_pending  # Google's client takes a second to import

    database, publisher = Database(url, journal.settings().company), Publisher()
    transactions, events = Journal(state), Journal(state)
    pool = ThreadPoolExecutor(max_workers=2)

    def do(through: int) -> None:
        doing = [
            pool.submit(commit_pending, transactions, database, through),
            pool.submit(publish_pending, events, publisher, through),
        ]
        for future in doing:
            future.result()

    return do
