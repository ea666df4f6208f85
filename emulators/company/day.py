"""One day's transactions: what happens how often, in the order of the clock."""

from collections.abc import Callable, Iterator
from datetime import date

from emulators.company.actions import accounts, billing, people, subscriptions, support
from emulators.company.catalogue import TRIAL_DAYS, days_between
from emulators.company.dice import Dice
from emulators.company.rhythm import busyness, microsecond_of_day, moment
from emulators.company.world import Change, Transaction, World

Action = Callable[[World, Dice, str], list[Change]]

# How often a day, per account, on an average day.
RATES: tuple[tuple[Action, float], ...] = (
    (subscriptions.sign_up, 0.004),
    (subscriptions.change_seats, 0.04),
    (subscriptions.change_plan, 0.012),
    (subscriptions.churn, 0.002),
    (subscriptions.win_back, 0.004),
    (accounts.change_settings, 0.45),
    (accounts.change_contact, 0.05),
    (accounts.touch, 0.02),
    (accounts.erase, 0.005),
    (billing.refund, 0.012),
    (billing.credit, 0.004),
    (billing.correct, 0.006),
    (people.join, 0.1),
    (people.change_user, 0.5),
    (people.switch_user, 0.05),
    (people.delete_user, 0.03),
    (people.renumber_user, 0.002),
    (people.restore_user, 0.003),
    (people.mistake, 0.003),
    (support.open_incident, 0.07),
    (support.comment, 0.12),
    (support.escalate, 0.05),
    (support.resolve, 0.065),
    (support.reopen, 0.008),
    (support.renumber_step, 0.002),
)
ROLLED_BACK = 0.012


def transactions(world: World, seed: int, day: date) -> Iterator[Transaction]:
    """The day's transactions in order; the committed ones are applied to the world as they are drawn.

    A transaction that is rolled back happens as any other and leaves only the gap in the ids that it took.
    """
    dice = Dice.named(seed, "transactions", day)
    for at, action in _agenda(world, dice, day):
        changes = tuple(action(world, dice, at))
        if not changes:
            continue
        rolled_back = dice.chance(ROLLED_BACK)
        if not rolled_back:
            world.apply(changes)
        yield Transaction(at, action.__name__, rolled_back, changes)


def _agenda(world: World, dice: Dice, day: date) -> list[tuple[str, Action]]:
    """What is planned for the day, by time."""
    expected = len(world.keys("accounts")) * busyness(day)
    planned = [action for action, rate in RATES for _ in range(dice.about(rate * expected))]
    if day.weekday() == 0:
        planned.append(accounts.migrate)
    planned += _due(world, dice, day)
    # The number breaks ties, so that functions are never compared.
    timed = sorted((microsecond_of_day(dice), number, action) for number, action in enumerate(planned))
    return [(moment(day, microsecond), action) for microsecond, _, action in timed]


def _due(world: World, dice: Dice, day: date) -> list[Action]:
    """What falls due for single accounts: trials that end, monthly invoices, payments that are late."""
    due: list[Action] = []
    for key in world.keys("accounts"):
        subscription = world.subscription(key[0])
        if subscription is None:
            continue
        status, started = subscription["status"], subscription["started_on"]
        if status == "trialing" and days_between(started, day.isoformat()) >= TRIAL_DAYS:
            due.append(_for_account(subscriptions.end_trial, key[0]))
        elif status == "active" and _invoice_day(started) == day.day and started != day.isoformat():
            due.append(_for_account(billing.invoice, key[0]))
        elif status == "past_due" and dice.chance(0.3):
            due.append(_for_account(billing.settle, key[0]))
    return due


def _invoice_day(started_on: str) -> int:
    """The day of the month on which a subscription is invoiced: its first day's, at most the 28th."""
    return min(int(started_on[8:10]), 28)


def _for_account(action: Callable[[World, Dice, str, int], list[Change]], account_id: int) -> Action:
    """The action for one account, under its own name."""

    def act(world: World, dice: Dice, at: str) -> list[Change]:
        return action(world, dice, at, account_id)

    act.__name__ = action.__name__
    return act
