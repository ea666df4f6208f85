"""The company's days as the seed has them: simulated and recorded in the ledger before any of it happens."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from emulators.company.day import transactions
from emulators.company.events.logins import login_events
from emulators.company.events.model import USAGE_TOPIC, Event
from emulators.company.events.usage import REDELIVERED_EVERY, usage_events
from emulators.company.journal import Journal
from emulators.company.ledger_file import Settings
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
