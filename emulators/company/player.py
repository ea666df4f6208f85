"""Playing the company's days: simulate, record, then do it in Postgres and on Pub/Sub at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from emulators.company.database import Database, commit_pending
from emulators.company.day import transactions
from emulators.company.events.logins import login_events
from emulators.company.events.model import USAGE_TOPIC, Event
from emulators.company.events.usage import REDELIVERED_EVERY, usage_events
from emulators.company.journal import Journal, Settings
from emulators.company.publisher import Publisher, publish_pending
from emulators.company.world import Transaction, World


class DayReport(NamedTuple):
    """What a day brought: transactions, changed rows and published events."""

    day: int
    when: date
    transactions: int
    changes: int
    events: int


class SimulatedDay(NamedTuple):
    """A day's content."""

    when: date
    transactions: list[Transaction]
    events: list[Event]


def play(state: Path, url: str, through: int, report: Callable[[DayReport], None]) -> None:
    """Play up to a day: first what was recorded and not done, then day by day.

    While a day is done, the next one is simulated. Raises CompanyError where a service fails; nothing recorded is lost.
    """
    journal = Journal(state)
    settings = journal.settings()
    database, publisher = Database(url, settings.company), Publisher()
    transactions_done, events_done = Journal(state), Journal(state)
    with ThreadPoolExecutor(max_workers=2) as pool:

        def do(day: int) -> list[Future[int]]:
            return [
                pool.submit(commit_pending, transactions_done, database, day),
                pool.submit(publish_pending, events_done, publisher, day),
            ]

        doing = do(journal.last_day())
        for recorded in record_days(journal, settings, through):
            _wait(doing)
            doing = do(recorded.day)
            report(recorded)
        _wait(doing)
    database.close()


def record_days(journal: Journal, settings: Settings, through: int) -> Iterator[DayReport]:
    """Simulate and record each day up to `through` that is not recorded yet."""
    last = journal.last_day()
    if last >= through:
        return
    world, usage = journal.world(), journal.events_of(last, USAGE_TOPIC)
    for day in range(last + 1, through + 1):
        simulated = simulate(world, settings, day, usage)
        journal.record_day(day, simulated.when, simulated.transactions, simulated.events, world)
        usage = [event for event in simulated.events if event.topic == USAGE_TOPIC]
        changes = sum(len(transaction.changes) for transaction in simulated.transactions)
        yield DayReport(day, simulated.when, len(simulated.transactions), changes, len(simulated.events))


def simulate(world: World, settings: Settings, day: int, usage_of_yesterday: list[Event]) -> SimulatedDay:
    """A day's content; `world` is the evening before at first and the evening of the day afterwards."""
    when = settings.start + timedelta(days=day - 1)
    done = list(transactions(world, settings.seed, when))
    again = [event for event in usage_of_yesterday if event.kind == "good"][::REDELIVERED_EVERY]
    events = usage_events(world, settings.seed, when, again) + login_events(world, settings.seed, when)
    return SimulatedDay(when, done, events)


def _wait(doing: list[Future[int]]) -> None:
    for future in doing:
        future.result()
