"""Dates and numbers to text: FORMAT_DATE and its kin, FORMAT, and the text of floats and decimals."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_EPOCH = datetime(1970, 1, 1)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def float_text(value: float) -> str:
    """15 digits when they are enough, else 17; whole numbers without a point."""
    short = f"{value:.15g}"
    return short if float(short) == value or value != value else f"{value:.17g}"


def decimal_text(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_FARTHEST = timedelta(hours=14)  # from UTC


def zone(name: str) -> ZoneInfo | timedelta:
    """A named zone, or an offset like +05:30."""
    if name[:1] in "+-" and name[1:].replace(":", "").isdigit():
        hours, _, minutes = name[1:].partition(":")
        offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
        if offset > _FARTHEST:
            raise ValueError(f"Invalid time zone: {name}")
        return -offset if name[0] == "-" else offset
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"Invalid time zone: {name}") from error


@contextmanager
def checked_range() -> Iterator[None]:
    """ValueError for a moment that another time zone moves out of the years that there are."""
    try:
        yield
    except OverflowError as error:
        raise ValueError("TIMESTAMP overflow: the result is not between the years 1 and 9999") from error


def local(micros: int, name: str) -> tuple[datetime, timedelta, str]:
    """Wall clock, offset and the zone's abbreviation at a moment."""
    moment = _EPOCH + timedelta(microseconds=micros)
    found = zone(name)
    with checked_range():
        if isinstance(found, timedelta):
            return moment + found, found, "UTC" + offset_text(found) if found else "UTC"
        aware = moment.replace(tzinfo=UTC).astimezone(found)
    offset = aware.utcoffset() or timedelta()
    return aware.replace(tzinfo=None), offset, aware.tzname() or ""


def offset_text(offset: timedelta, colon: bool = False) -> str:
    minutes = int(offset.total_seconds()) // 60
    sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
    return f"{sign}{minutes // 60:02d}{':' if colon else ''}{minutes % 60:02d}"


def _simple(d: datetime) -> dict[str, str]:
    week_sunday = (d.timetuple().tm_yday + 6 - (d.weekday() + 1) % 7) // 7
    week_monday = (d.timetuple().tm_yday + 6 - d.weekday()) // 7
    iso_year, iso_week, iso_day = d.isocalendar()
    hour = d.hour % 12 or 12
    return {
        "A": _DAYS[d.weekday()], "a": _DAYS[d.weekday()][:3], "B": _MONTHS[d.month - 1], "b": _MONTHS[d.month - 1][:3],
        "h": _MONTHS[d.month - 1][:3], "C": f"{d.year // 100:02d}", "D": f"{d.month:02d}/{d.day:02d}/{d.year % 100:02d}",  # noqa: E501
        "d": f"{d.day:02d}", "e": f"{d.day:2d}", "F": f"{d.year}-{d.month:02d}-{d.day:02d}", "G": str(iso_year),
        "g": f"{iso_year % 100:02d}", "H": f"{d.hour:02d}", "I": f"{hour:02d}", "J": f"{(iso_week - 1) * 7 + iso_day:03d}", "j": f"{d.timetuple().tm_yday:03d}",  # noqa: E501
        "k": f"{d.hour:2d}", "l": f"{hour:2d}", "M": f"{d.minute:02d}", "m": f"{d.month:02d}", "n": "\n",
        "P": "pm" if d.hour >= 12 else "am", "p": "PM" if d.hour >= 12 else "AM", "Q": str((d.month + 2) // 3),
        "R": f"{d.hour:02d}:{d.minute:02d}", "S": f"{d.second:02d}", "T": f"{d.hour:02d}:{d.minute:02d}:{d.second:02d}", "t": "\t",  # noqa: E501
        "U": f"{week_sunday:02d}", "u": str(iso_day), "V": f"{iso_week:02d}", "W": f"{week_monday:02d}", "w": str((d.weekday() + 1) % 7),  # noqa: E501
        "X": f"{d.hour:02d}:{d.minute:02d}:{d.second:02d}", "x": f"{d.month:02d}/{d.day:02d}/{d.year % 100:02d}",
        "Y": str(d.year), "y": f"{d.year % 100:02d}", "%": "%",
        "r": f"{hour:02d}:{d.minute:02d}:{d.second:02d} {'PM' if d.hour >= 12 else 'AM'}",
        "c": f"{_DAYS[d.weekday()][:3]} {_MONTHS[d.month - 1][:3]} {d.day:2d} {d.hour:02d}:{d.minute:02d}:{d.second:02d} {d.year}",  # noqa: E501
    }  # fmt: skip


# Elements that say something of a time, a date or a zone: a type that has none writes them as they are, and reads none.
FOREIGN = {"DATE": "cHIklMPpRrSsTXZz", "TIME": "AaBbhCcDdeFGgJjmQUuVWwxYyZz", "DATETIME": "Zz", "TIMESTAMP": ""}
_ELEMENT = re.compile(r"%(?:E[0-9*]?|O)?(.)", re.DOTALL)


def own_elements(pattern: str, kind: str) -> str:
    """The pattern with what the type has nothing for as literal text."""
    return _ELEMENT.sub(lambda m: ("%" if m[1] in FOREIGN[kind] else "") + m[0], pattern)


def foreign_element(pattern: str, kind: str) -> str | None:
    """The first element that the type has nothing for."""
    return next((m[0] for m in _ELEMENT.finditer(pattern) if m[1] in FOREIGN[kind]), None)


def format_moment(micros: int, pattern: str, zone_name: str) -> str:
    """A moment (microseconds since 1970, UTC) by BigQuery's format elements in a zone."""
    d, offset, abbreviation = local(micros, zone_name)
    simple = _simple(d)
    found, i = [], 0
    while i < len(pattern):
        if pattern[i] != "%" or i + 1 >= len(pattern):
            found.append(pattern[i])
            i += 1
            continue
        i += 1
        letter = pattern[i]
        if letter == "E":
            text, i = _extended(d, pattern, i, offset)
            found.append(text)
            continue
        i += 1
        if letter == "z":
            found.append(offset_text(offset))
        elif letter == "Z":
            found.append(abbreviation)
        elif letter == "s":
            found.append(str(micros // 1_000_000))
        elif letter == "O" and i < len(pattern):
            found.append(simple.get(pattern[i], ""))
            i += 1
        elif letter in simple:
            found.append(simple[letter])
        else:
            found.append("%" + letter)
    return "".join(found)


def _extended(d: datetime, pattern: str, i: int, offset: timedelta) -> tuple[str, int]:
    """%E4Y, %Ez, %E3S, %E*S and others; i is at the E."""
    rest = pattern[i + 1 :]
    if rest.startswith("4Y"):
        return f"{d.year:04d}", i + 3
    if rest.startswith("z"):
        return offset_text(offset, True), i + 2
    if rest[:1].isdigit() and rest[1:2] == "S":
        digits = int(rest[0])
        return f"{d.second:02d}" + (
            f".{d.microsecond:06d}".ljust(digits + 1, "0")[: digits + 1] if digits else ""
        ), i + 3
    if rest.startswith("*S"):
        fraction = f"{d.microsecond:06d}".rstrip("0")
        return f"{d.second:02d}" + (f".{fraction}" if fraction else ""), i + 3
    return _simple(d).get(rest[:1], ""), i + 2


FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (float_text, ("DOUBLE",), "VARCHAR"),
    (own_elements, ("VARCHAR", "VARCHAR"), "VARCHAR"),
    (format_moment, ("BIGINT", "VARCHAR", "VARCHAR"), "VARCHAR"),
)
