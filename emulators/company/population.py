"""The company as it is on its first morning: two years of customers, written before anything is captured."""

from collections.abc import Iterator
from datetime import date, timedelta

from emulators.company.actions.accounts import new_account
from emulators.company.actions.billing import charge
from emulators.company.actions.people import new_user
from emulators.company.actions.subscriptions import new_subscription
from emulators.company.actions.support import new_incident, new_step
from emulators.company.catalogue import NOTES, PLAN_NAMES, cents
from emulators.company.dice import Dice
from emulators.company.rhythm import microsecond_of_day, moment
from emulators.company.world import Change, Transaction, World, insert

# Accounts in one transaction of the first load.
BATCH = 50


def population(world: World, seed: int, start: date, accounts: int) -> Iterator[Transaction]:
    """The transactions that fill an empty company; each is applied to the world when it is drawn."""
    for first in range(0, accounts, BATCH):
        dice = Dice.named(seed, "population", first)
        changes: list[Change] = []
        for _ in range(min(BATCH, accounts - first)):
            account = _account(world, dice, start)
            world.apply(account)
            changes += account
        yield Transaction(moment(start - timedelta(days=1), 0), "populate", False, tuple(changes))


def _account(world: World, dice: Dice, start: date) -> list[Change]:
    """One account with its users, subscriptions, bills and incidents."""
    age = dice.between(1, 730)
    at = _moment(dice, start - timedelta(days=age))
    account = new_account(world, dice, at, dice.pick(PLAN_NAMES))
    account_id = account["account_id"]
    active = dice.chance(0.9)
    account["is_active"] = active
    people = [new_user(world, dice, account_id, at, "owner" if n == 0 else None) for n in range(_size(dice))]
    for user in people:
        user["is_active"] = active and not dice.chance(0.05)
    changes = [insert("accounts", account), *(insert("users", user) for user in people)]
    status = "trialing" if active and age < 14 else "active"
    subscription = new_subscription(world, account_id, account["plan"], status, max(1, len(people)), at)
    changes.append(insert("subscriptions", subscription))
    for month in range(min(3, age // 30) if active else 0):
        paid = _moment(dice, start - timedelta(days=30 * (3 - month)))
        changes += charge(world, account, subscription["subscription_id"], cents(subscription["mrr"]), paid)
    if not active:
        left = start - timedelta(days=dice.between(0, age - 1))
        subscription.update(status="canceled", ended_on=left.isoformat(), updated_at=_moment(dice, left))
    if dice.chance(0.3):
        changes += _incident(world, dice, account_id, start - timedelta(days=dice.between(1, min(age, 20))))
    return changes


def _incident(world: World, dice: Dice, account_id: int, day: date) -> list[Change]:
    at = _moment(dice, day)
    incident = new_incident(world, dice, account_id, at)
    changes = [
        insert("incidents", incident),
        new_step(incident["incident_id"], 1, "opened", dice.pick(NOTES), at),
    ]
    if dice.chance(0.6):
        later = _moment(dice, day + timedelta(days=1))
        incident.update(status="resolved", resolved_at=later, updated_at=later)
        changes.append(new_step(incident["incident_id"], 2, "resolved", dice.pick(NOTES), later))
    return changes


def _size(dice: Dice) -> int:
    """How many users an account has: many small ones, a few large."""
    return int(2 + 4 * dice.expovariate(1 / 1.5)) % 80


def _moment(dice: Dice, day: date) -> str:
    return moment(day, microsecond_of_day(dice))
