"""Gold beside the ledger's own arithmetic."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from emulators.company.figures import mrr_per_day, usage_per_day
from emulators.company.ledger import Ledger
from tests.end_to_end.comparing import Query, Row, by_key, unequal


def differences(ledger: Ledger, query: Query) -> Iterator[str]:
    """Lines about what differs."""
    yield from _revenue(ledger, query)
    yield from _usage(ledger, query)
    expected = {"dim_account": _accounts(ledger), "dim_user": _users(ledger), "fct_billing": _billing(ledger)}
    keys = {"dim_account": "account_id", "dim_user": "user_id", "fct_billing": "billing_event_id"}
    for name, rows in expected.items():
        columns = next(iter(rows.values()), {keys[name]: None})
        answer = query(f"select {', '.join(columns)} from gold.{name}")
        found, twice = by_key(f"gold.{name}", answer, lambda row, key=keys[name]: row[key])
        yield from twice
        yield from unequal(f"gold.{name}", found, rows)


def _accounts(ledger: Ledger) -> dict[int, Row]:
    """Each account with its newest subscription that has not ended, its people and its open incidents."""
    running: dict[int, Row] = {}
    for row in sorted(ledger.rows("subscriptions").values(), key=_age):
        if row["ended_on"] is None:
            running[row["account_id"]] = row
    people: dict[int, list[bool]] = defaultdict(list)
    for row in ledger.rows("users").values():
        people[row["account_id"]].append(row["is_active"])
    open_incidents = Counter(r["account_id"] for r in ledger.rows("incidents").values() if r["resolved_at"] is None)
    own = ("account_id", "name", "email", "country", "plan", "is_active", "created_at", "updated_at")
    found = {}
    for (key,), row in ledger.rows("accounts").items():
        pays = running.get(key, {})
        found[key] = {
            **{name: row[name] for name in own},
            "subscription_id": pays.get("subscription_id"), "subscription_status": pays.get("status"),
            "seats": pays.get("seats"), "mrr": pays.get("mrr", Decimal(0)),
            "users": len(people[key]), "active_users": sum(people[key]), "open_incidents": open_incidents[key],
        }  # fmt: skip
    return found


def _age(subscription: Row) -> tuple[date, int]:
    return subscription["started_on"], subscription["subscription_id"]


def _users(ledger: Ledger) -> dict[int, Row]:
    accounts = ledger.rows("accounts")
    found = {}
    for (key,), row in ledger.rows("users").items():
        account = accounts.get((row["account_id"],), {})
        found[key] = {**row, "account_name": account.get("name"), "account_plan": account.get("plan")}
    return found


def _billing(ledger: Ledger) -> dict[int, Row]:
    rows = ledger.rows("billing_events")
    return {key: {**row, "occurred_on": row["occurred_at"].date()} for (key,), row in rows.items()}


def _revenue(ledger: Ledger, query: Query) -> Iterator[str]:
    """Up to the day on which a subscription last changed: what comes after is the same, and gold does not say it."""
    rows = query("select day, plan, subscriptions, seats, mrr from gold.mart_mrr_daily where subscriptions > 0")
    last = max(change.occurred_at.date() for change in ledger.changes("subscriptions"))
    days = {day for day in ledger.days() if day <= last}
    found = {(r["day"], r["plan"]): (r["subscriptions"], r["seats"], r["mrr"]) for r in rows if r["day"] in days}
    expected = {key: tuple(figures) for key, figures in mrr_per_day(ledger).items() if key[0] in days}
    yield from unequal("gold.mart_mrr_daily", found, expected)


def _usage(ledger: Ledger, query: Query) -> Iterator[str]:
    rows = query("select day, account_id, feature, events, users, quantity, duration_seconds from gold.fct_usage_daily")
    found = {
        (r["day"], r["account_id"], r["feature"]): (
            *(r["events"], r["users"], r["quantity"]),
            Decimal(r["duration_seconds"] or 0),
        )
        for r in rows
    }
    expected = {
        key: (figure.events, len(figure.user_ids), figure.quantity, figure.duration_seconds)
        for key, figure in usage_per_day(ledger).items()
    }
    yield from unequal("gold.fct_usage_daily", found, expected)
