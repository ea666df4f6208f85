"""Users join, change, leave, are deleted, get another id, and come back under their old one."""

from emulators.company.catalogue import FIRST_NAMES, LAST_NAMES, ROLES
from emulators.company.dice import Dice
from emulators.company.schema import Row
from emulators.company.world import Change, World, delete, insert, update


def new_user(world: World, dice: Dice, account_id: int, at: str, role: str | None = None) -> Row:
    """A row of users that is not in the world yet."""
    user_id = world.next_id("users")
    return {
        "user_id": user_id,
        "account_id": account_id,
        "email": None if dice.chance(0.02) else f"user{user_id}@company-{account_id}.example",
        "full_name": None if dice.chance(0.02) else f"{dice.pick(FIRST_NAMES)} {dice.pick(LAST_NAMES)}",
        "role": role or dice.pick(ROLES),
        "is_active": True,
        "created_at": at,
        "updated_at": at,
    }


def join(world: World, dice: Dice, at: str) -> list[Change]:
    """A user is added to an account that is active."""
    account = world.rows["accounts"][dice.pick(world.keys("accounts"))]
    return [insert("users", new_user(world, dice, account["account_id"], at))] if account["is_active"] else []


def change_user(world: World, dice: Dice, at: str) -> list[Change]:
    """A user's role, name or e-mail changes."""
    user = _some_user(world, dice)
    draw = dice.random()
    if draw < 0.4:
        return [update("users", user, role=dice.pick(ROLES), updated_at=at)]
    if draw < 0.7:
        name = f"{dice.pick(FIRST_NAMES)} {dice.pick(LAST_NAMES)}"
        return [update("users", user, full_name=name, updated_at=at)]
    email = None if dice.chance(0.05) else f"user{user['user_id']}.{dice.between(1, 99)}@mail.example"
    return [update("users", user, email=email, updated_at=at)]


def switch_user(world: World, dice: Dice, at: str) -> list[Change]:
    """A user is switched off, or on again."""
    user = _some_user(world, dice)
    return [update("users", user, is_active=not user["is_active"], updated_at=at)]


def delete_user(world: World, dice: Dice, at: str) -> list[Change]:
    """A user is deleted; an account's owner stays, and so does its last user."""
    user = _some_user(world, dice)
    if user["role"] == "owner" or len(world.of_account("users", user["account_id"])) == 1:
        return []
    return [delete("users", user)]


def renumber_user(world: World, dice: Dice, at: str) -> list[Change]:
    """A user gets another primary key: an identity was merged."""
    return [update("users", _some_user(world, dice), user_id=world.next_id("users"), updated_at=at)]


def restore_user(world: World, dice: Dice, at: str) -> list[Change]:
    """A user is deleted and written again under the same key, in one transaction."""
    user = _some_user(world, dice)
    return [delete("users", user), insert("users", {**user, "role": dice.pick(ROLES), "updated_at": at})]


def mistake(world: World, dice: Dice, at: str) -> list[Change]:
    """A user is added and removed again in the same transaction: nothing remains, but the log tells of both."""
    account_id = dice.pick(world.keys("accounts"))[0]
    user = new_user(world, dice, account_id, at)
    return [insert("users", user), delete("users", user)]


def _some_user(world: World, dice: Dice) -> Row:
    return world.rows["users"][dice.pick(world.keys("users"))]
