"""The ledger's arithmetic agrees with a second one, done the slow way over each day's rows and events."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from emulators.company.errors import CompanyError
from emulators.company.figures import mrr_per_day, usage_per_day
from emulators.company.journal import Journal
from emulators.company.ledger import Ledger
from emulators.company.ledger_file import Settings
from emulators.company.population import population
from emulators.company.simulation import record_days
from emulators.company.world import World

DAYS = 20


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """A company of which everything recorded counts as done."""
    folder, of = tmp_path_factory.mktemp("company"), Settings("test", 3, date(2026, 1, 1), 80)
    journal, world = Journal.found(folder, of), World()
    load = list(population(world, of.seed, of.start, of.accounts))
    journal.record_day(0, of.start - timedelta(days=1), load, [], world)
    list(record_days(journal, of, DAYS))
    journal.mark_committed(journal.database.execute("SELECT max(number) FROM transactions").fetchone()[0])
    pending = [(event.sequence, str(event.sequence)) for event in journal.pending_events(10**9, DAYS)]
    journal.mark_published(pending)
    return Ledger(folder)


def test_revenue_of_each_day(ledger: Ledger) -> None:
    figures = mrr_per_day(ledger)
    assert len(ledger.days()) == DAYS
    for day in ledger.days():
        paid = [
            row
            for row in ledger.rows_on(day)["subscriptions"].values()
            if row["status"] != "trialing" and row["started_on"] <= day and (row["ended_on"] or date.max) > day
        ]
        of_day = {plan: figure for (when, plan), figure in figures.items() if when == day}
        assert sum(figure.mrr for figure in of_day.values()) == sum(row["mrr"] for row in paid)
        assert sum(figure.subscriptions for figure in of_day.values()) == len(paid)
        for plan, figure in of_day.items():
            assert figure.seats == sum(row["seats"] for row in paid if row["plan"] == plan)


def test_revenue_changes(ledger: Ledger) -> None:
    totals = [sum(f.mrr for (day, _), f in mrr_per_day(ledger).items() if day == of) for of in ledger.days()]
    assert len(set(totals)) > DAYS // 2


def test_usage_of_each_day(ledger: Ledger) -> None:
    seen: dict[str, bytes] = {}
    for event in ledger.events("saas_usage_events"):
        if event.kind != "malformed":
            seen.setdefault(event.event_id, event.payload)
    figures = usage_per_day(ledger)
    assert sum(usage.events for usage in figures.values()) == len(seen)
    payloads = [json.loads(payload, parse_float=Decimal) for payload in seen.values()]
    assert sum(usage.quantity for usage in figures.values()) == sum(fields["quantity"] for fields in payloads)
    late = [f for f in payloads if datetime.fromisoformat(f["occurred_at"]).astimezone(UTC).date() < date(2026, 1, 1)]
    assert late
    assert sum(usage.events for (day, _, _), usage in figures.items() if day < date(2026, 1, 1)) == len(late)


def test_changes_lead_to_the_rows(ledger: Ledger) -> None:
    for table in ("users", "incident_events"):
        rows: dict[tuple[int, ...], object] = {}
        orders = []
        for change in ledger.changes(table):
            orders.append(change.order)
            if change.kind != "insert":
                del rows[change.key]
            if change.new_key is not None:
                rows[change.new_key] = change.row
        assert rows == ledger.rows(table)
        assert orders == sorted(set(orders))


def test_a_database_that_is_behind_counts_less(ledger: Ledger, tmp_path: Path) -> None:
    first = ledger.rows_through(1)
    assert len(first["accounts"]) == 50
    assert len(ledger.rows("accounts")) > 80


def test_a_ledger_of_another_version_is_refused(tmp_path: Path) -> None:
    journal = Journal.found(tmp_path, Settings("test", 3, date(2026, 1, 1), 80))
    journal.database.execute("PRAGMA user_version = 99")
    journal.database.close()
    with pytest.raises(CompanyError, match="another version wrote"):
        Ledger(tmp_path)
    with pytest.raises(CompanyError, match="no company in"):
        Ledger(tmp_path / "elsewhere")
