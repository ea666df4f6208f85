"""Accounts come, try, pay, grow, shrink, leave, return and are forgotten: several tables in one transaction each."""

from emulators.company.actions.billing import charge
from emulators.company.actions.people import new_user
from emulators.company.catalogue import (
    COMPANY_KINDS,
    COMPANY_WORDS,
    COUNTRIES,
    PLAN_NAMES,
    TRIAL_DAYS,
    cents,
    days_between,
    money,
    monthly_cents,
)
from emulators.company.dice import Dice
from emulators.company.schema import Row
from emulators.company.world import Change, World, delete, insert, update


def new_account(world: World, dice: Dice, at: str, plan: str) -> Row:
    """A row of accounts that is not in the world yet."""
    account_id = world.next_id("accounts")
    name = f"{dice.pick(COMPANY_WORDS)} {dice.pick(COMPANY_WORDS)} {dice.pick(COMPANY_KINDS)}"
    return {
        "account_id": account_id,
        "name": name,
        "email": None if dice.chance(0.03) else f"office@company-{account_id}.example",
        "country": None if dice.chance(0.02) else dice.pick(COUNTRIES),
        "plan": plan,
        "is_active": True,
        "settings": new_settings(dice),
        "created_at": at,
        "updated_at": at,
    }


def new_settings(dice: Dice) -> Row | None:
    """An account's settings: none, a few, or (one in fifty) more than Postgres keeps in the row itself (TOAST)."""
    if dice.chance(0.05):
        return None
    settings: Row = {
        "theme": dice.pick(("light", "dark", "système")),
        "seats_alert": dice.between(1, 99),
        "features": {"beta": dice.chance(0.2), "quota": dice.between(0, 10**12) / 8},
        "labels": [dice.pick(("vip", "eu", "ärger", 'say "hi"', "a\\b")) for _ in range(dice.between(0, 3))],
    }
    if dice.chance(0.02):
        settings["banner"] = f"{dice.getrandbits(4 * 9000):x}"
    return settings


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


def change_settings(world: World, dice: Dice, at: str) -> list[Change]:
    """An account's settings are saved."""
    account = world.rows["accounts"][dice.pick(world.keys("accounts"))]
    return [update("accounts", account, settings=new_settings(dice), updated_at=at)]


def change_contact(world: World, dice: Dice, at: str) -> list[Change]:
    """An account's e-mail address changes; settings, maybe stored outside the row, are not touched."""
    account = world.rows["accounts"][dice.pick(world.keys("accounts"))]
    email = None if dice.chance(0.1) else f"billing+{dice.between(1, 999)}@company-{account['account_id']}.example"
    return [update("accounts", account, email=email, updated_at=at)]


def touch(world: World, dice: Dice, at: str) -> list[Change]:
    """Someone presses save without a change: an update that sets what is there already."""
    account = world.rows["accounts"][dice.pick(world.keys("accounts"))]
    return [update("accounts", account, name=account["name"])]


def migrate(world: World, dice: Dice, at: str) -> list[Change]:
    """A release sets something for every tenth account, in one large transaction."""
    rest = dice.between(0, 9)
    accounts = [world.rows["accounts"][key] for key in world.keys("accounts") if key[0] % 10 == rest]
    return [
        update("accounts", account, settings={**(account["settings"] or {}), "release": at[:10]}, updated_at=at)
        for account in accounts
    ]


def erase(world: World, dice: Dice, at: str) -> list[Change]:
    """An account that left asks to be forgotten: all its rows go, in one transaction."""
    account = world.rows["accounts"][dice.pick(world.keys("accounts"))]
    if account["is_active"]:
        return []
    account_id = account["account_id"]
    incidents = world.of_account("incidents", account_id)
    steps = [step for incident in incidents for step in world.steps(incident["incident_id"])]
    changes = [delete("incident_events", step) for step in steps]
    changes += [delete("incidents", incident) for incident in incidents]
    for table in ("billing_events", "subscriptions", "users", "accounts"):
        changes += [delete(table, row) for row in world.of_account(table, account_id)]
    return changes


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
