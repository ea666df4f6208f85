"""Text to dates by a format: PARSE_DATE, PARSE_DATETIME, PARSE_TIME, PARSE_TIMESTAMP."""

import re
from calendar import isleap
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from emulators.bigquery.sql.functions.formatting import checked_range, foreign_element, zone

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_FULL_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_FULL_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_EPOCH, _MICROSECOND = datetime(1970, 1, 1), timedelta(microseconds=1)
_COMPOUND = {
    "F": "%Y-%m-%d", "T": "%H:%M:%S", "R": "%H:%M", "D": "%m/%d/%y", "x": "%m/%d/%y", "X": "%H:%M:%S",
    "c": "%a %b %e %H:%M:%S %Y", "h": "%b", "r": "%I:%M:%S %p",
}  # fmt: skip
_DIGITS = {
    "m": 2,
    "d": 2,
    "e": 2,
    "H": 2,
    "k": 2,
    "I": 2,
    "l": 2,
    "M": 2,
    "S": 2,
    "j": 3,
    "y": 2,
    "C": 2,
    "U": 2,
    "W": 2,
    "V": 2,
    "g": 2,
    "G": 4,
    "u": 1,
    "w": 1,
    "Q": 1,
}


class _Mismatch(Exception):
    pass


@lru_cache(maxsize=256)
def _elements(pattern: str) -> tuple[str, ...]:
    """The pattern as elements: a letter behind %, or literal characters."""
    found: list[str] = []
    i = 0
    while i < len(pattern):
        if pattern[i] == "%" and i + 1 < len(pattern):
            m = re.compile(r"%(E[0-9*]?[A-Za-z]|O[A-Za-z]|.)", re.DOTALL).match(pattern, i)
            assert m is not None
            element = m.group(1)
            i = m.end()
            found.extend(_elements(_COMPOUND[element])) if element in _COMPOUND else found.append("%" + element)
        else:
            found.append(pattern[i])
            i += 1
    return tuple(found)


def _number(text: str, at: int, digits: int, signed: bool = False) -> tuple[int, int]:
    m = re.compile(rf"{'[+-]?' if signed else ''}\d{{1,{digits}}}").match(text, at)
    if m is None:
        raise _Mismatch
    return int(m.group()), m.end()


def _name(text: str, at: int, full: list[str], short: list[str]) -> tuple[int, int]:
    lower = text[at:].lower()
    for names in (full, short):
        for i, name in enumerate(names):
            if lower.startswith(name):
                return i, at + len(name)
    raise _Mismatch


def _read(pattern: str, text: str) -> dict[str, object]:
    """The fields that the text has, by element."""
    fields: dict[str, object] = {}
    at = 0
    for element in _elements(pattern):
        if not element.startswith("%") or element == "%%":
            wanted = element[-1]
            if wanted.isspace():
                while at < len(text) and text[at].isspace():
                    at += 1
                continue
            if not text.startswith(wanted, at):
                raise _Mismatch
            at += 1
            continue
        at = _field(element[1:], text, at, fields)
    if text[at:].strip():
        raise _Mismatch
    return fields


def _field(element: str, text: str, at: int, fields: dict[str, object]) -> int:
    while at < len(text) and text[at].isspace() and element not in ("n", "t", "Z"):
        at += 1
    letter = element[-1]
    if letter == "S" and element.startswith("E"):
        fields["S"], at = _number(text, at, 2)
        m = re.compile(r"\.(\d+)").match(text, at)
        if m is not None:
            fields["f"], at = int(m.group(1)[:6].ljust(6, "0")), m.end()
        return at
    if letter == "Y":
        fields["Y"], at = _number(text, at, 4, True)
    elif letter in ("B", "b"):
        month, at = _name(text, at, _FULL_MONTHS, _MONTHS)
        fields["m"] = month + 1
    elif letter in ("A", "a"):
        fields["weekday"], at = _name(text, at, _FULL_DAYS, _DAYS)
    elif letter in ("p", "P"):
        if text[at : at + 2].lower() not in ("am", "pm"):
            raise _Mismatch
        fields["p"], at = text[at : at + 2].lower(), at + 2
    elif letter == "z":
        m = re.compile(r"([+-])(\d{1,2}):?(\d{2})?|Z").match(text, at)
        if m is None or int(m[2] or 0) > 14:
            raise _Mismatch
        minutes = 0 if m.group() == "Z" else int(m[2]) * 60 + int(m[3] or 0)
        fields["offset"], at = timedelta(minutes=-minutes if m[1] == "-" else minutes), m.end()
    elif letter == "Z":
        m = re.compile(r"[A-Za-z_]+(?:/[A-Za-z_+\-0-9]+)*|[+-]\d{1,2}(:\d{2})?").match(text, at)
        if m is None:
            raise _Mismatch
        fields["zone"], at = m.group(), m.end()
    elif letter == "s":
        fields["s"], at = _number(text, at, 18, True)
    elif letter in ("n", "t"):
        while at < len(text) and text[at].isspace():
            at += 1
    elif letter in _DIGITS:
        fields[{"e": "d", "k": "H", "l": "I"}.get(letter, letter)], at = _number(text, at, _DIGITS[letter])
    else:
        raise _Mismatch
    return at


def _moment(fields: dict[str, object]) -> datetime:
    number = {k: v for k, v in fields.items() if isinstance(v, int)}
    year = number.get("Y", 1970)
    if "Y" not in number and "y" in number:
        century = number["C"] * 100 if "C" in number else (1900 if number["y"] >= 69 else 2000)
        year = century + number["y"]
    hour = number.get("H", 0)
    if "I" in number:
        if not 1 <= number["I"] <= 12:
            raise ValueError
        hour = number["I"] % 12 + (12 if fields.get("p") == "pm" else 0)
    second = number.get("S", 0)
    day = date(year, number.get("m", 1), number.get("d", 1))
    if "j" in number and "m" not in number:
        if not 1 <= number["j"] <= 365 + isleap(year):
            raise ValueError
        day = date(year, 1, 1) + timedelta(days=number["j"] - 1)
    elif "Q" in number and "m" not in number:
        day = date(year, number["Q"] * 3 - 2, number.get("d", 1))
    elif ("V" in number or "G" in number) and "m" not in number:
        day = date.fromisocalendar(number.get("G", year), number.get("V", 1), number.get("u", 1))
    elif ("U" in number or "W" in number) and "m" not in number:
        day = _day_of_week(year, number)
    made = datetime(day.year, day.month, day.day, hour, number.get("M", 0), min(second, 59), number.get("f", 0))
    return made + timedelta(seconds=1) if second == 60 else made


def _day_of_week(year: int, number: dict[str, int]) -> date:
    """Of a week of the year that begins on Sunday (%U) or Monday (%W): the weekday that is there, or its first day."""
    first = 6 if "U" in number else 0
    weekday = number.get("weekday", (number.get("w", number.get("u", first + 1)) - 1) % 7)
    new_year = date(year, 1, 1)
    beginning = new_year + timedelta(days=(first - new_year.weekday()) % 7 - 7)
    day = beginning + timedelta(days=7 * number.get("U", number.get("W", 0)) + (weekday - first) % 7)
    if day.year != year:
        raise ValueError
    return day


def in_utc(moment: datetime, name: str) -> datetime:
    """The UTC of a wall clock in a time zone."""
    found = zone(name)
    with checked_range():
        if isinstance(found, timedelta):
            return moment - found
        return moment.replace(tzinfo=found).astimezone(UTC).replace(tzinfo=None)


_PLAIN = {"%Y": ("year", 4), "%m": ("month", 2), "%d": ("day", 2), "%H": ("hour", 2), "%M": ("minute", 2),
          "%S": ("second", 2)}  # fmt: skip


@lru_cache(maxsize=256)
def _plain(pattern: str) -> Callable[[str], re.Match[str] | None] | None:
    """Reads texts with all their digits, where the pattern has nothing but the usual elements, each once."""
    elements = [element for element in _elements(pattern) if element[0] == "%"]
    if not set(elements) <= _PLAIN.keys() or len(set(elements)) < len(elements):
        return None
    expression = "".join(
        "(?P<{}>[0-9]{{{}}})".format(*_PLAIN[element]) if element[0] == "%" else re.escape(element)
        for element in _elements(pattern)
    )
    return re.compile(expression).fullmatch


def _at_once(pattern: str, text: str) -> datetime | None:
    """What is written as most texts are, read ten times as fast as by elements; None leaves it to them."""
    read = _plain(pattern)
    found = read(text) if read is not None else None
    if found is None:
        return None
    fields: dict[str, Any] = {name: int(digits) for name, digits in found.groupdict().items()}
    try:
        return _EPOCH.replace(**fields)
    except ValueError:
        return None


@lru_cache(maxsize=256)
def _check(pattern: str, kind: str) -> None:
    element = foreign_element(pattern, kind)
    if element is not None:
        raise ValueError(f"Invalid format: {element} is not allowed for the {kind} type.")


def parse_moment(kind: str, pattern: str, text: str, default_zone: str) -> int:
    """Microseconds since 1970 of a text that is a value of that type; a time zone in it, or the default one, is taken
    off."""
    _check(pattern, kind)
    plain = _at_once(pattern, text) if default_zone in ("", "UTC") else None
    if plain is not None:
        return (plain - _EPOCH) // _MICROSECOND
    try:
        fields = _read(pattern, text)
        if "s" in fields:
            return int(str(fields["s"])) * 1_000_000
        moment = _moment(fields)
    except (_Mismatch, ValueError, OverflowError) as error:
        raise ValueError(f'Failed to parse input string "{text}"') from error
    if "offset" in fields:
        moment -= fields["offset"]  # type: ignore[operator]
    elif "zone" in fields or default_zone not in ("", "UTC"):
        moment = in_utc(moment, str(fields.get("zone", default_zone)))
    return (moment - _EPOCH) // _MICROSECOND


def is_zone(name: str) -> bool:
    """Whether a time zone has that name."""
    try:
        zone(name)
    except ValueError:
        return False
    return True


FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (parse_moment, ("VARCHAR", "VARCHAR", "VARCHAR", "VARCHAR"), "BIGINT"),
    (is_zone, ("VARCHAR",), "BOOLEAN"),
)
