"""The company's content comes from its seed alone, and has the rhythm and the variety that it promises."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from emulators.company.events.model import LOGIN_TOPIC, USAGE_TOPIC, Event
from emulators.company.journal import Journal
from emulators.company.ledger_file import Settings
from emulators.company.population import population
from emulators.company.schema import TABLES
from emulators.company.simulation import SimulatedDay, record_days, simulate
from emulators.company.world import Change, World

START = date(2026, 1, 1)  # a Thursday


def settings(seed: int = 7, accounts: int = 60) -> Settings:
    return Settings("test", seed, START, accounts)


def days(of: Settings, number: int) -> Iterator[SimulatedDay]:
    """The first days of a company that is kept in memory."""
    world = World()
    list(population(world, of.seed, of.start, of.accounts))
    usage: list[Event] = []
    for day in range(1, number + 1):
        simulated = simulate(world, of, day, usage)
        usage = [event for event in simulated.events if event.topic == USAGE_TOPIC]
        yield simulated


@pytest.fixture(scope="module")
def month() -> list[SimulatedDay]:
    """Five weeks of 200 accounts."""
    return list(days(settings(accounts=200), 35))


def test_the_same_seed_gives_the_same_days() -> None:
    assert list(days(settings(), 4)) == list(days(settings(), 4))


def test_another_seed_gives_other_days() -> None:
    first, other = next(days(settings(7), 1)), next(days(settings(8), 1))
    assert first.transactions != other.transactions
    assert {event.payload for event in first.events}.isdisjoint(event.payload for event in other.events)


def found(folder: Path, of: Settings) -> Journal:
    """A founded company, recorded and not played."""
    journal = Journal.found(folder, of)
    world = World()
    load = list(population(world, of.seed, of.start, of.accounts))
    journal.record_day(0, of.start - timedelta(days=1), load, [], world)
    return journal


def test_days_in_one_call_or_in_many_are_the_same(tmp_path: Path) -> None:
    once, often = found(tmp_path / "once", settings()), found(tmp_path / "often", settings())
    list(record_days(once, settings(), 9))
    for day in (1, 2, 5, 5, 9):
        list(record_days(Journal(tmp_path / "often"), settings(), day))  # each time from the file alone
    for table in ("days", "transactions", "changes", "events"):
        query = f"SELECT * FROM {table} ORDER BY 1, 2"
        assert once.database.execute(query).fetchall() == often.database.execute(query).fetchall()


@pytest.mark.parametrize("accounts", [1, 2, 5])
@pytest.mark.parametrize("seed", range(4))
def test_a_tiny_company_lives_too(accounts: int, seed: int) -> None:
    lived = list(days(settings(seed, accounts), 120))
    assert sum(len(day.transactions) for day in lived) > 100


def test_weekdays_are_busy_and_weekends_quiet(month: list[SimulatedDay]) -> None:
    changes: Counter[int] = Counter()
    events: Counter[int] = Counter()
    for day in month:
        changes[day.when.weekday()] += len(day.transactions)
        events[day.when.weekday()] += len(day.events)
    for counts in (changes, events):
        assert min(counts[weekday] for weekday in range(5)) > 1.4 * max(counts[5], counts[6])


def test_days_are_busy_and_nights_quiet(month: list[SimulatedDay]) -> None:
    hours = Counter(t.occurred_at[11:13] for day in month for t in day.transactions)
    assert min(hours[f"{hour:02d}"] for hour in range(9, 17)) > 3 * max(hours[f"{hour:02d}"] for hour in range(5))


def test_the_company_grows(month: list[SimulatedDay]) -> None:
    first, last = month[:7], month[-7:]
    assert sum(len(day.events) for day in last) > 1.05 * sum(len(day.events) for day in first)
    signed_up = sum(t.action == "sign_up" and not t.rolled_back for day in month for t in day.transactions)
    assert signed_up > sum(t.action == "erase" and not t.rolled_back for day in month for t in day.transactions)


def test_transactions_are_in_order_and_of_every_kind(month: list[SimulatedDay]) -> None:
    transactions = [transaction for day in month for transaction in day.transactions]
    assert [t.occurred_at for t in transactions] == sorted(t.occurred_at for t in transactions)
    assert any(len({change.table for change in t.changes}) >= 3 for t in transactions)
    assert any(len(t.changes) >= 15 for t in transactions)
    assert any(t.rolled_back for t in transactions)
    assert any({"insert", "delete"} <= {c.kind for c in t.changes} and t.action == "restore_user" for t in transactions)
    kinds = {(change.table, change.kind) for t in transactions for change in t.changes}
    assert {("users", kind) for kind in ("insert", "update", "delete")} <= kinds
    assert {("accounts", kind) for kind in ("insert", "update", "delete")} <= kinds
    assert {table for table, _ in kinds} == set(TABLES)
    assert {"users", "incident_events"} <= {c.table for t in transactions for c in t.changes if _moves_its_key(c)}


def _moves_its_key(change: Change) -> bool:
    return change.kind == "update" and change.row is not None and TABLES[change.table].key_of(change.row) != change.key


def test_some_values_are_larger_than_a_page_keeps(month: list[SimulatedDay]) -> None:
    changes = [change for day in month for t in day.transactions for change in t.changes]
    large = {change.key for change in changes if change.table == "accounts" and len(str(change.row)) > 8000}
    assert any(c.key in large and c.kind == "update" and "settings" not in c.columns for c in changes)


def test_events_of_every_kind(month: list[SimulatedDay]) -> None:
    events = [event for day in month for event in day.events]
    usage, logins = (Counter(e.kind for e in events if e.topic == topic) for topic in (USAGE_TOPIC, LOGIN_TOPIC))
    assert set(usage) == {"good", "late", "duplicate", "malformed"}
    assert set(logins) == {"good", "late", "duplicate", "malformed", "refused"}
    assert usage["good"] > 0.93 * usage.total()
    assert logins["good"] > 0.93 * logins.total()


def test_a_duplicate_is_the_same_bytes_published_before(month: list[SimulatedDay]) -> None:
    published: dict[str, tuple[bytes, date]] = {}
    across_days = 0
    for day in month:
        for event in day.events:
            if event.kind == "duplicate":
                payload, when = published[event.event_id]
                assert event.payload == payload
                across_days += when != day.when
            else:
                assert event.event_id not in published
                published[event.event_id] = event.payload, day.when
    assert across_days > 5
