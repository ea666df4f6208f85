"""Invoices, payments, refunds and credits."""

from emulators.company.catalogue import cents, currency, money
from emulators.company.dice import Dice
from emulators.company.schema import Row
from emulators.company.world import Change, World, insert, update


def new_billing_event(world: World, account: Row, subscription_id: int | None, kind: str, amount: int, at: str) -> Row:
    """A row of billing_events; amount in cents, negative where money goes back to the customer."""
    return {
        "billing_event_id": world.next_id("billing_events"),
        "account_id": account["account_id"],
        "subscription_id": subscription_id,
        "kind": kind,
        "amount": money(amount),
        "currency": currency(account["country"]),
        "occurred_at": at,
        "updated_at": at,
    }


def charge(world: World, account: Row, subscription_id: int, amount: int, at: str) -> list[Change]:
    """An invoice and its payment."""
    return [
        insert("billing_events", new_billing_event(world, account, subscription_id, kind, amount, at))
        for kind in ("invoice", "payment")
    ]


def invoice(world: World, dice: Dice, at: str, account_id: int) -> list[Change]:
    """The monthly invoice; one payment in twelve fails, and the subscription is past due."""
    account = world.rows["accounts"].get((account_id,))
    subscription = world.subscription(account_id)
    if account is None or subscription is None or subscription["status"] != "active":
        return []
    both = charge(world, account, subscription["subscription_id"], cents(subscription["mrr"]), at)
    if dice.chance(1 / 12):
        return [both[0], update("subscriptions", subscription, status="past_due", updated_at=at)]
    return both


def settle(world: World, dice: Dice, at: str, account_id: int) -> list[Change]:
    """A payment that was due arrives."""
    account = world.rows["accounts"].get((account_id,))
    subscription = world.subscription(account_id)
    if account is None or subscription is None or subscription["status"] != "past_due":
        return []
    amount = cents(subscription["mrr"])
    payment = new_billing_event(world, account, subscription["subscription_id"], "payment", amount, at)
    return [
        insert("billing_events", payment),
        update("subscriptions", subscription, status="active", updated_at=at),
    ]


def refund(world: World, dice: Dice, at: str) -> list[Change]:
    """A payment goes back, wholly or in part."""
    paid = _some_event(world, dice, "payment")
    if paid is None:
        return []
    account = world.rows["accounts"][(paid["account_id"],)]
    amount = cents(paid["amount"]) // dice.pick((1, 1, 2, 3))
    return [insert("billing_events", new_billing_event(world, account, paid["subscription_id"], "refund", -amount, at))]


def credit(world: World, dice: Dice, at: str) -> list[Change]:
    """A goodwill credit that belongs to no subscription."""
    account = world.rows["accounts"][dice.pick(world.keys("accounts"))]
    amount = -dice.between(1, 50_00)
    return [insert("billing_events", new_billing_event(world, account, None, "credit", amount, at))]


def correct(world: World, dice: Dice, at: str) -> list[Change]:
    """An invoice's amount is corrected after the fact."""
    wrong = _some_event(world, dice, "invoice")
    if wrong is None:
        return []
    return [
        update("billing_events", wrong, amount=money(cents(wrong["amount"]) + dice.between(-99, 99)), updated_at=at)
    ]


def _some_event(world: World, dice: Dice, kind: str) -> Row | None:
    """A billing event, if the draw meets one of this kind."""
    keys = world.keys("billing_events")
    row = world.rows["billing_events"][dice.pick(keys)] if keys else None
    return row if row is not None and row["kind"] == kind else None
