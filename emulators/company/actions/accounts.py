"""Accounts are made, changed, saved without a change, migrated in bulk, and forgotten with all their rows."""

from emulators.company.catalogue import COMPANY_KINDS, COMPANY_WORDS, COUNTRIES
from emulators.company.dice import Dice
from emulators.company.schema import Row
from emulators.company.world import Change, World, delete, update


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
    """An account that left asks to be forgotten: all its rows go, in one transaction. The company's last one stays."""
    account = world.rows["accounts"][dice.pick(world.keys("accounts"))]
    if account["is_active"] or len(world.keys("accounts")) == 1:
        return []
    account_id = account["account_id"]
    incidents = world.of_account("incidents", account_id)
    steps = [step for incident in incidents for step in world.steps(incident["incident_id"])]
    changes = [delete("incident_events", step) for step in steps]
    changes += [delete("incidents", incident) for incident in incidents]
    for table in ("billing_events", "subscriptions", "users", "accounts"):
        changes += [delete(table, row) for row in world.of_account(table, account_id)]
    return changes
