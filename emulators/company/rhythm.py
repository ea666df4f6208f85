"""When things happen: weekdays and office hours are busy, weekends and nights are quiet."""

from bisect import bisect
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate

from emulators.company.dice import Dice

# Monday to Sunday; the mean is about one.
WEEKDAYS = (1.15, 1.25, 1.25, 1.2, 1.05, 0.6, 0.5)
# Midnight to eleven at night, UTC.
HOURS = (2, 1, 1, 1, 2, 3, 5, 9, 14, 17, 18, 16, 14, 17, 18, 17, 15, 12, 9, 7, 6, 5, 4, 3)
_HOURS_SUM = tuple(accumulate(HOURS))
# Office work: nobody changes a subscription at three in the morning.
_MICROSECONDS = 3_600_000_000


def busyness(day: date) -> float:
    """How busy a day is, by its weekday; about one on average."""
    return WEEKDAYS[day.weekday()]


def microsecond_of_day(dice: Dice) -> int:
    """A moment of the day in microseconds after midnight UTC, more often in office hours."""
    hour = bisect(_HOURS_SUM, dice.random() * _HOURS_SUM[-1])
    return hour * _MICROSECONDS + int(dice.random() * _MICROSECONDS)


def moment(day: date, microsecond: int) -> str:
    """ISO text of a moment of a day, always with six decimals and +00:00."""
    seconds, micros = divmod(microsecond, 1_000_000)
    hours, seconds = divmod(seconds, 3600)
    return f"{day.isoformat()}T{hours:02d}:{seconds // 60:02d}:{seconds % 60:02d}.{micros:06d}+00:00"


def epoch_microseconds(day: date, microsecond: int) -> int:
    """The same moment in microseconds since 1970."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return (start - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) + microsecond
