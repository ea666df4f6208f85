"""Customers try, pay, grow, shrink, leave and return: several tables in one transaction each."""

from emulators.company.actions.accounts import new_account
from emulators.company.actions.billing import charge
from emulators.company.actions.people import new_user
from emulators.company.catalogue import PLAN_NAMES, TRIAL_DAYS, cents, days_between, money, monthly_cents
from emulators.company.dice import Dice
from emulators.company.schema import Row
from emulators.company.world import Change, World, insert, update


def new_subscription(world: World, account_id: int, plan: str, status: str, seats: int, at: str) -> Row:
    """A row of subscriptions that starts on the day of `at`; a trial's mrr is 0."""
    return {
        "subscription_id": world.next_id("subscriptions"),
        "account_id": account_id,
        "plan": plan,
        "status": status,
        "seats": seats,
        "mrr": money(0 if status == "trialing" else monthly_cents(plan, seats)),
        "started_on": at[:10],
        "ended_on": None,
        "updated_at": at,
    }


def sign_up(world: World, dice: Dice, at: str) -> list[Change]:
    """A new account with its first users and a trial."""
    account = new_account(world, dice, at, dice.pick(PLAN_NAMES[:3]))
    account_id = account["account_id"]
    users = [new_user(world, dice, account_id, at, "owner" if n == 0 else None) for n in range(dice.between(1, 3))]
    trial = new_subscription(world, account_id, account["plan"], "trialing", dice.between(2, 20), at)
    return [
        insert("accounts", account),
        *(insert("users", user) for user in users),
        insert("subscriptions", trial),
    ]


def end_trial(world: World, dice: Dice, at: str, account_id: int) -> list[Change]:
    """A trial that is over is paid for, or the account leaves."""
    trial = world.subscription(account_id)
    if trial is None or trial["status"] != "trialing" or days_between(trial["started_on"], at) < TRIAL_DAYS:
        return []
    if dice.chance(0.35):
        return _leave(world, world.rows["accounts"][(account_id,)], trial, at)
    price = monthly_cents(trial["plan"], trial["seats"])
    paid = update("subscriptions", trial, status="active", mrr=money(price), updated_at=at)
    return [paid, *charge(world, world.rows["accounts"][(account_id,)], trial["subscription_id"], price, at)]


def change_seats(world: World, dice: Dice, at: str) -> list[Change]:
    """An account takes more seats (mostly) or fewer."""
    account, subscription = _paying(world, dice)
    if account is None or subscription is None:
        return []
    seats = max(1, subscription["seats"] + dice.pick((-2, -1, 1, 1, 2, 3, 5)))
    price = monthly_cents(subscription["plan"], seats)
    changes = [update("subscriptions", subscription, seats=seats, mrr=money(price), updated_at=at)]
    difference = price - cents(subscription["mrr"])
    if difference > 0 and dice.chance(0.4):
        changes += charge(world, account, subscription["subscription_id"], difference // 2, at)
    return changes


def change_plan(world: World, dice: Dice, at: str) -> list[Change]:
    """An upgrade or a downgrade: one subscription ends, another starts, the account's plan follows."""
    account, old = _paying(world, dice)
    if account is None or old is None:
        return []
    step = 1 if dice.chance(0.7) else -1
    plan = PLAN_NAMES[min(max(PLAN_NAMES.index(old["plan"]) + step, 0), len(PLAN_NAMES) - 1)]
    if plan == old["plan"]:
        return []
    new = new_subscription(world, account["account_id"], plan, "active", old["seats"], at)
    return [
        update("subscriptions", old, status="canceled", ended_on=at[:10], updated_at=at),
        insert("subscriptions", new),
        update("accounts", account, plan=plan, updated_at=at),
        *charge(world, account, new["subscription_id"], cents(new["mrr"]), at),
    ]


def churn(world: World, dice: Dice, at: str) -> list[Change]:
    """A paying account leaves."""
    account, subscription = _paying(world, dice)
    return _leave(world, account, subscription, at) if account and subscription else []


def win_back(world: World, dice: Dice, at: str) -> list[Change]:
    """An account that had left takes a new subscription."""
    account = world.rows["accounts"][dice.pick(world.keys("accounts"))]
    if account["is_active"]:
        return []
    new = new_subscription(world, account["account_id"], account["plan"], "active", dice.between(1, 10), at)
    return [
        update("accounts", account, is_active=True, updated_at=at),
        insert("subscriptions", new),
        *charge(world, account, new["subscription_id"], cents(new["mrr"]), at),
    ]


def _paying(world: World, dice: Dice) -> tuple[Row | None, Row | None]:
    """An account with a paid subscription, and that subscription; None where the draw met another account."""
    account = world.rows["accounts"][dice.pick(world.keys("accounts"))]
    subscription = world.subscription(account["account_id"])
    if subscription is None or subscription["status"] != "active":
        return None, None
    return account, subscription


def _leave(world: World, account: Row, subscription: Row, at: str) -> list[Change]:
    """The subscription ends, the account and its users are switched off."""
    users = [user for user in world.of_account("users", account["account_id"]) if user["is_active"]]
    return [
        update("subscriptions", subscription, status="canceled", ended_on=at[:10], updated_at=at),
        update("accounts", account, is_active=False, updated_at=at),
        *(update("users", user, is_active=False, updated_at=at) for user in users),
    ]
