"""The head-line figures by plain arithmetic on the ledger: what gold must say, worked out without SQL."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from emulators.company.events.model import USAGE_TOPIC
from emulators.company.ledger import Ledger
from emulators.company.schema import Key, Row


class Mrr(NamedTuple):
    """What a plan brings on a day: paid subscriptions, their seats, their monthly recurring revenue."""

    subscriptions: int
    seats: int
    mrr: Decimal


@dataclass
class Usage:
    """An account's use of a feature on a day: events, distinct known users, quantity, seconds (0 where none)."""

    events: int = 0
    user_ids: set[int] = field(default_factory=set)
    quantity: int = 0
    duration_seconds: Decimal = Decimal(0)


def mrr_per_day(ledger: Ledger) -> dict[tuple[date, str], Mrr]:
    """(day, plan) -> figures at the end of each played day; pairs without a subscription are left out.

    A subscription counts while it has not ended and is not a trial. One that is past due counts: it is owed.
    """
    days = set(ledger.days())
    current: dict[Key, Row] = {}
    figures: dict[tuple[date, str], Mrr] = {}
    last: date | None = None
    for change in ledger.changes("subscriptions"):
        today = change.occurred_at.date()
        if last is not None and today != last:
            _count(figures, current.values(), (day for day in days if last <= day < today))
        last = today
        if change.row is None or change.new_key is None:
            del current[change.key]
        else:
            current[change.new_key] = change.row
    if last is not None:
        _count(figures, current.values(), (day for day in days if last <= day))
    return figures


def _count(figures: dict[tuple[date, str], Mrr], subscriptions: Iterable[Row], days: Iterable[date]) -> None:
    totals: dict[str, Mrr] = defaultdict(lambda: Mrr(0, 0, Decimal(0)))
    for row in subscriptions:
        if row["ended_on"] is None and row["status"] != "trialing":
            so_far = totals[row["plan"]]
            totals[row["plan"]] = Mrr(so_far.subscriptions + 1, so_far.seats + row["seats"], so_far.mrr + row["mrr"])
    for day in days:
        figures.update({(day, plan): total for plan, total in totals.items()})


def usage_per_day(ledger: Ledger) -> dict[tuple[date, int, str], Usage]:
    """(day on which it occurred in UTC, account_id, feature) -> figures over the distinct good events."""
    figures: dict[tuple[date, int, str], Usage] = defaultdict(Usage)
    for event in ledger.good_events(USAGE_TOPIC).values():
        usage = figures[event["occurred_at"].date(), event["account_id"], event["feature"]]
        usage.events += 1
        usage.quantity += event["quantity"]
        usage.duration_seconds += Decimal(str(event.get("duration_seconds") or 0))  # as it was written
        if event.get("user_id") is not None:
            usage.user_ids.add(event["user_id"])
    return dict(figures)
