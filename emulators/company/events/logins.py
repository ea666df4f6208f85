"""Sign-ins, in Avro's JSON encoding: Pub/Sub checks them against the topic's schema and refuses what does not fit.

An optional field's value names its type there: `"ip_address": {"string": "192.0.2.1"}`.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

from emulators.company.catalogue import LOGIN_METHODS, PRODUCERS
from emulators.company.dice import Dice
from emulators.company.events.model import LOGIN_TOPIC, Event, clock
from emulators.company.rhythm import busyness, microsecond_of_day
from emulators.company.world import World

LOGINS_PER_USER = 0.2
LATE = 0.01
LATE_DAYS = 3
DUPLICATE = 0.01
REFUSED = 0.001
MALFORMED = 0.001

# What Avro's decoder does not take. Each keeps the event's id.
_REFUSED: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("no_account", lambda text: text.replace('"account_id"', '"account"')),
    ("text_user", lambda text: text.replace('"user_id":', '"user_id":"').replace(',"method"', '","method"')),
    ("cut_short", lambda text: text[:-12]),
    ("null_method", lambda text: text.replace('"method":"', '"method":null,"was":"')),
)


class SignIn(NamedTuple):
    """One sign-in, before it is written as JSON."""

    microsecond: int
    account_id: int
    user_id: int
    method: str
    succeeded: bool
    ip_address: str | None


def login_events(world: World, seed: int, day: date) -> list[Event]:
    """The day's messages in the order of publishing."""
    dice = Dice.named(seed, "logins", day)
    prefix, today = f"login-{day:%Y%m%d}-", day.isoformat()
    planned: list[tuple[int, int, Event]] = []
    for number, sign_in in enumerate(sorted(_sign_ins(world, dice, day), key=lambda item: item[:3])):
        event = _event(sign_in, f"{prefix}{number:06d}", dice, today)
        planned.append((sign_in.microsecond, number, event))
        if event.kind == "good" and dice.chance(DUPLICATE):
            again = sign_in.microsecond + dice.between(1, 600_000_000)
            planned.append((again, number, event._replace(kind="duplicate")))
    return [event for _, _, event in sorted(planned, key=lambda item: item[:2])]


def _sign_ins(world: World, dice: Dice, day: date) -> list[SignIn]:
    share = LOGINS_PER_USER * busyness(day)
    users = [world.rows["users"][key] for key in world.keys("users")]
    return [_sign_in(dice, user["account_id"], user["user_id"]) for user in users if dice.chance(share)]


def _sign_in(dice: Dice, account_id: int, user_id: int) -> SignIn:
    ip_address = None if dice.chance(0.05) else f"198.51.100.{dice.between(1, 254)}"
    method = dice.pick(LOGIN_METHODS)
    return SignIn(microsecond_of_day(dice), account_id, user_id, method, not dice.chance(0.06), ip_address)


def _event(sign_in: SignIn, event_id: str, dice: Dice, today: str) -> Event:
    producer = PRODUCERS[sign_in.user_id % len(PRODUCERS)]
    draw = dice.random()
    if draw < MALFORMED:
        # Text, as the schema asks; but no moment, as only the pipeline sees.
        payload = _text(sign_in, event_id, "a moment ago").encode()
        return Event(LOGIN_TOPIC, event_id, "malformed", "worded_time", "invalid_timestamp", producer, payload)
    if draw > 1 - LATE:
        earlier = date.fromisoformat(today) - timedelta(days=dice.between(1, LATE_DAYS))
        text = _text(sign_in, event_id, f"{earlier}T{clock(sign_in.microsecond)}Z")
        return Event(LOGIN_TOPIC, event_id, "late", "", "", producer, text.encode())
    text = _text(sign_in, event_id, f"{today}T{clock(sign_in.microsecond)}Z")
    if draw < MALFORMED + REFUSED:
        variety, spoil = dice.pick(_REFUSED)
        return Event(LOGIN_TOPIC, event_id, "refused", variety, "", producer, spoil(text).encode())
    return Event(LOGIN_TOPIC, event_id, "good", "", "", producer, text.encode())


def _text(sign_in: SignIn, event_id: str, occurred_at: str) -> str:
    ip_address = f'{{"string":"{sign_in.ip_address}"}}' if sign_in.ip_address else "null"
    return (
        f'{{"event_id":"{event_id}","account_id":{sign_in.account_id},"user_id":{sign_in.user_id},'
        f'"method":"{sign_in.method}","succeeded":{"true" if sign_in.succeeded else "false"},'
        f'"ip_address":{ip_address},"occurred_at":"{occurred_at}"}}'
    )
