"""Usage events: who used which feature, how much, how long. The topic takes anything; the pipeline must judge."""

import json
from bisect import bisect
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import accumulate
from typing import NamedTuple

from emulators.company.catalogue import FEATURE_WEIGHTS, FEATURES, PRODUCERS
from emulators.company.dice import Dice
from emulators.company.events.malformed import MALFORMED
from emulators.company.events.model import USAGE_TOPIC, Event, Kind, clock
from emulators.company.rhythm import busyness, microsecond_of_day
from emulators.company.world import World

EVENTS_PER_USER = 0.8
LATE = 0.015
LATE_DAYS = 5
DUPLICATE = 0.01
MALFORMED_SHARE = 0.006
ODD = 0.006
# Every so many-th good event is sent again on the next day: a duplicate that a later batch must recognise.
REDELIVERED_EVERY = 397
_MICROSECONDS_A_DAY = 86_400_000_000
_WEIGHTS_SUM = tuple(accumulate(FEATURE_WEIGHTS))
_PROPERTIES = (
    *("{}", '{"browser":"firefox"}', '{"browser":"chrome","beta":true}', '{"rows":1200,"format":"csv"}', "null"),
    *(json.dumps(value) for value in ({"project": "Ångström"}, {"tags": ["a", "b\n"], "ratio": 0.1}, {"note": '"'})),
)


class Use(NamedTuple):
    """One use of a feature, before it is written as JSON."""

    microsecond: int
    account_id: int
    user_id: int
    feature: str
    quantity: int
    duration: str
    properties: str


def usage_events(world: World, seed: int, day: date, yesterday: list[Event]) -> list[Event]:
    """The day's messages in the order of publishing; `yesterday` are the events to send a second time."""
    dice = Dice.named(seed, "usage", day)
    dates = tuple((day - timedelta(days=back)).isoformat() for back in range(LATE_DAYS + 1))
    prefix = f"usage-{day:%Y%m%d}-"
    planned: list[tuple[int, int, Event]] = []
    for number, use in enumerate(sorted(_uses(world, seed, dice, day))):
        event = _event(use, f"{prefix}{number:06d}", dice, dates)
        planned.append((use.microsecond, number, event))
        if event.kind == "good" and dice.chance(DUPLICATE):
            again = min(use.microsecond + int(dice.expovariate(1 / 600_000_000)), _MICROSECONDS_A_DAY)
            planned.append((again, number, event._replace(kind="duplicate")))
    for number, event in enumerate(yesterday, start=len(planned)):
        planned.append((microsecond_of_day(dice), number, event._replace(kind="duplicate")))
    # A duplicate shares its number with the original and must come after it, which "at the same moment" would not say.
    planned.sort(key=lambda item: (item[0], item[2].kind == "duplicate", item[1]))
    return [event for _, _, event in planned]


def _uses(world: World, seed: int, dice: Dice, day: date) -> Iterator[Use]:
    share = EVENTS_PER_USER * busyness(day)
    for key in world.keys("accounts"):
        users = [row["user_id"] for row in world.of_account("users", key[0]) if row["is_active"]]
        if not users:
            continue
        for _ in range(dice.about(len(users) * share * _activity(seed, key[0]))):
            yield _use(dice, key[0], dice.pick(users))


def _use(dice: Dice, account_id: int, user_id: int) -> Use:
    duration = dice.random()
    return Use(
        microsecond_of_day(dice),
        account_id,
        user_id,
        FEATURES[bisect(_WEIGHTS_SUM, dice.random() * _WEIGHTS_SUM[-1])],
        1 + int(dice.random() ** 6 * 500),
        "null" if duration < 0.1 else f"{duration * duration * 900:.3f}",
        dice.pick(_PROPERTIES),
    )


def _event(use: Use, event_id: str, dice: Dice, dates: tuple[str, ...]) -> Event:
    """The use as JSON: mostly as it should be, sometimes late, odd or malformed. dates: today, yesterday, and so on."""
    draw = dice.random()
    producer = PRODUCERS[use.user_id % len(PRODUCERS)]
    kind: Kind = "late" if draw < LATE else "good"
    day = dates[dice.between(1, LATE_DAYS)] if kind == "late" else dates[0]
    text = (
        f'{{"event_id":"{event_id}","account_id":{use.account_id},"user_id":{use.user_id},"feature":"{use.feature}",'
        f'"quantity":{use.quantity},"duration_seconds":{use.duration},"properties":{use.properties},'
        f'"occurred_at":"{day}T{clock(use.microsecond)}Z"}}'
    )
    if draw > 1 - MALFORMED_SHARE:
        form = dice.pick(MALFORMED)
        return Event(USAGE_TOPIC, event_id, "malformed", form.variety, form.reason, producer, form.spoil(text))
    if draw > 1 - MALFORMED_SHARE - ODD:
        variety, text = _odd(dice, text)
        return Event(USAGE_TOPIC, event_id, "good", variety, "", producer, text.encode())
    return Event(USAGE_TOPIC, event_id, kind, "", "", producer, text.encode())


def _odd(dice: Dice, text: str) -> tuple[str, str]:
    """A form that is unusual and yet good: nothing of it may be lost."""
    fields = json.loads(text)
    variety = dice.pick(("unknown_field", "user_id_beyond_int64", "offset_timestamp", "absent_optional", "indented"))
    if variety == "unknown_field":
        fields["experiment"] = {"arm": dice.pick(("a", "b")), "größe": dice.between(1, 9)}
    elif variety == "user_id_beyond_int64":
        fields["user_id"] = 2**63 + fields["user_id"]
    elif variety == "offset_timestamp":
        fields["occurred_at"] = fields["occurred_at"].replace("Z", "+02:00")
    elif variety == "absent_optional":
        del fields["properties"], fields["duration_seconds"]
    return variety, json.dumps(fields, ensure_ascii=False, indent=1 if variety == "indented" else None)


_activities: dict[tuple[int, int], float] = {}


def _activity(seed: int, account_id: int) -> float:
    """How keen an account is, for ever: about one on average, a few much more."""
    known = _activities.get((seed, account_id))
    if known is None:
        known = Dice.named(seed, "activity", account_id).lognormvariate(-0.32, 0.8)
        _activities[seed, account_id] = known
    return known
