"""CAST(... FORMAT '...'): dates and times by format elements such as YYYY and HH24, bytes by their encoding."""

import base64
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any

from emulators.bigquery.sql.functions.encodings import from_base32, from_base64, from_hex
from emulators.bigquery.sql.functions.formatting import local
from emulators.bigquery.sql.functions.parsing import in_utc

_ELEMENTS = re.compile(
    r"YYYY|Y,YYY|YYY|YY|Y|RRRR|RR|MONTH|MON|MM|MI|DDD|DD|DAY|DY|D|HH24|HH12|HH|SSSSS|SS|FF[1-9]|A\.M\.|P\.M\.|AM|PM|TZH|TZM|"
    r'"(?:[^"\\]|\\.)*"|[-.,/\';: ]',
    re.IGNORECASE,
)
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NAMED = {"MONTH": _MONTHS, "MON": tuple(m[:3] for m in _MONTHS), "DAY": _DAYS, "DY": tuple(d[:3] for d in _DAYS)}
_EPOCH = datetime(1970, 1, 1)


@lru_cache(maxsize=256)
def _elements(pattern: str) -> tuple[str, ...]:
    found, at = [], 0
    while at < len(pattern):
        m = _ELEMENTS.match(pattern, at)
        if m is None:
            raise ValueError(f"Error in format string at {at}: Cannot find matched format element: {pattern!r}")
        found.append(m.group())
        at = m.end()
    return tuple(found)


def _cased(text: str, element: str) -> str:
    """MONTH gives capitals, Month a capital, month none."""
    letters = [c for c in element if c.isalpha()]
    if letters[0].islower():
        return text.lower()
    return text.upper() if letters[1].isupper() else text.capitalize()


def cast_moment_text(micros: int, pattern: str, zone: str) -> str:
    """A moment, in a time zone, as the format says."""
    moment, offset, _ = local(micros, zone)
    return "".join(_written(element, moment, offset) for element in _elements(pattern))


def _written(element: str, d: datetime, offset: timedelta) -> str:
    name = element.upper()
    if name[0] == '"':
        return re.sub(r"\\(.)", r"\1", element[1:-1])
    if name in ("MONTH", "MON"):
        return _cased(_NAMED[name][d.month - 1], element)
    if name in ("DAY", "DY"):
        return _cased(_NAMED[name][d.weekday()], element)
    if name in ("AM", "PM", "A.M.", "P.M."):
        half = ("A" if d.hour < 12 else "P") + name[1:]
        return half.lower() if element[0].islower() else half
    if name.startswith("FF"):
        return f"{d.microsecond:06d}000"[: int(name[2])]
    if name in ("TZH", "TZM"):
        minutes = int(offset.total_seconds()) // 60
        sign = "-" if minutes < 0 else "+"
        return f"{sign}{abs(minutes) // 60:02d}" if name == "TZH" else f"{abs(minutes) % 60:02d}"
    written = _NUMBERS.get(name)
    return element if written is None else written(d)


_NUMBERS: dict[str, Callable[[datetime], str]] = {
    "YYYY": lambda d: f"{d.year:04d}",
    "Y,YYY": lambda d: f"{d.year:,d}",
    "YYY": lambda d: f"{d.year:04d}"[-3:],
    "YY": lambda d: f"{d.year:04d}"[-2:],
    "Y": lambda d: f"{d.year:04d}"[-1:],
    "RRRR": lambda d: f"{d.year:04d}",
    "RR": lambda d: f"{d.year:04d}"[-2:],
    "MM": lambda d: f"{d.month:02d}",
    "DDD": lambda d: f"{d.timetuple().tm_yday:03d}",
    "DD": lambda d: f"{d.day:02d}",
    "D": lambda d: str((d.weekday() + 1) % 7 + 1),
    "HH24": lambda d: f"{d.hour:02d}",
    "HH12": lambda d: f"{(d.hour + 11) % 12 + 1:02d}",
    "HH": lambda d: f"{(d.hour + 11) % 12 + 1:02d}",
    "MI": lambda d: f"{d.minute:02d}",
    "SS": lambda d: f"{d.second:02d}",
    "SSSSS": lambda d: f"{d.hour * 3600 + d.minute * 60 + d.second:05d}",
}
# How many digits an element takes at most.
_DIGITS = {"YYYY": 5, "YYY": 3, "YY": 2, "Y": 1, "RRRR": 4, "RR": 2, "MM": 2, "DDD": 3, "DD": 2, "HH24": 2, "HH12": 2,
           "HH": 2, "MI": 2, "SS": 2, "SSSSS": 5, "TZM": 2}  # fmt: skip


def cast_text_moment(text: str, pattern: str, zone: str, today: int) -> int:
    """Microseconds since 1970 of a text that has the format; what it does not say is this month's (today, in
    microseconds) first day at midnight."""
    fields: dict[str, int] = {}
    at = 0
    elements = [*_elements(pattern), ""]
    for element, following in pairwise(elements):
        short = element.upper() == "YYYY" and following.upper() in _DIGITS  # then it has four digits, as RRRR has
        at = _read("RRRR" if short else element, text, at, fields)
    if text[at:].strip():
        raise ValueError(f'Failed to parse input string "{text}"')
    now = _EPOCH + timedelta(microseconds=today)
    try:
        moment = _made(fields, now)
    except ValueError as error:
        raise ValueError(f'Failed to parse input string "{text}"') from error
    if "TZH" in fields:
        shift = timedelta(hours=abs(fields["TZH"]), minutes=fields.get("TZM", 0))
        moment += shift if fields["sign"] < 0 else -shift
    else:
        moment = in_utc(moment, zone)
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _made(fields: dict[str, int], now: datetime) -> datetime:
    year = next((fields[key] for key in ("YYYY", "RRRR") if key in fields), now.year)
    for key, step in (("YYY", 1000), ("YY", 100), ("Y", 10)):
        if key in fields:
            year = now.year // step * step + fields[key]
    if "RR" in fields:
        century = now.year // 100 + (fields["RR"] < 50 <= now.year % 100) - (now.year % 100 < 50 <= fields["RR"])
        year = century * 100 + fields["RR"]
    hour = fields.get("HH24", fields.get("HH12", fields.get("HH", 0)) % 12 + 12 * fields.get("PM", 0))
    made = datetime(year, fields.get("MONTH", now.month if "DDD" not in fields else 1), fields.get("DD", 1))
    made += timedelta(days=fields.get("DDD", 1) - 1, seconds=fields.get("SSSSS", 0), microseconds=fields.get("FF", 0))
    if hour > 23 or fields.get("MI", 0) > 59 or fields.get("SS", 0) > 59:
        raise ValueError("out of range")
    return made + timedelta(hours=hour, minutes=fields.get("MI", 0), seconds=fields.get("SS", 0))


def _read(element: str, text: str, at: int, fields: dict[str, int]) -> int:
    """Where the text goes on behind an element."""
    name = element.upper()
    if name in ("MONTH", "MON"):
        for number, month in enumerate(_NAMED[name], 1):
            if text[at:].lower().startswith(month.lower()):
                fields["MONTH"] = number
                return at + len(month)
    elif name in ("AM", "PM", "A.M.", "P.M."):
        if text[at : at + 1].upper() in ("A", "P"):
            fields["PM"] = int(text[at].upper() == "P")
            return at + len(name)
    elif name == "TZH":
        if m := re.compile(r"([+-]?)(\d{1,2})").match(text, at):
            fields |= {"TZH": int(m[2]), "sign": -1 if m[1] == "-" else 1}
            return m.end()
    elif name.startswith("FF"):
        if m := re.compile(r"\d{1,9}").match(text, at):
            fields["FF"] = round(round(float(f"0.{m.group()}"), int(name[2])) * 1_000_000)
            return m.end()
    elif name == "Y,YYY":
        if m := re.compile(r"(\d{1,2}),(\d{3})").match(text, at):
            fields["YYYY"] = int(m[1] + m[2])
            return m.end()
    elif name in _DIGITS:
        if m := re.compile(rf"\d{{1,{_DIGITS[name]}}}").match(text, at):
            fields["MONTH" if name == "MM" else name] = int(m.group())
            return m.end()
    else:
        literal = element[1:-1] if name[0] == '"' else element
        if literal == " " and text[at : at + 1].isspace():
            return at + 1
        if text.startswith(literal, at):
            return at + len(literal)
    raise ValueError(f'Failed to parse input string "{text}"')


# --- bytes ------------------------------------------------------------------------------------------------------------


def cast_bytes_text(value: bytes, form: str) -> str:
    """Bytes as text in an encoding: ASCII, UTF-8, HEX, BASE2, BASE8, BASE16, BASE32, BASE64 or BASE64M."""
    name = form.upper()
    if name in ("HEX", "BASE16"):
        return value.hex()
    if name in ("UTF-8", "UTF8", "ASCII"):
        try:
            return value.decode("ascii" if name == "ASCII" else "utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"Cannot convert bytes to a string of format {name}") from error
    if name == "BASE32":
        return base64.b32encode(value).decode()
    if name in ("BASE64", "BASE64M"):
        text = base64.b64encode(value).decode()
        return text if name == "BASE64" else "\n".join(text[i : i + 76] for i in range(0, len(text), 76))
    if name == "BASE2":
        return "".join(f"{byte:08b}" for byte in value)
    if name == "BASE8":
        bits = "".join(f"{byte:08b}" for byte in value)
        return "".join(str(int(bits[i : i + 3].ljust(3, "0"), 2)) for i in range(0, len(bits), 3))
    raise ValueError(f"Invalid format for a cast of BYTES: {form!r}")


def cast_text_bytes(value: str, form: str) -> bytes:
    """The reverse of cast_bytes_text."""
    name = form.upper()
    if name in ("UTF-8", "UTF8", "ASCII"):
        try:
            return value.encode("ascii" if name == "ASCII" else "utf-8")
        except UnicodeEncodeError as error:
            raise ValueError(f"Cannot convert the string to bytes of format {name}") from error
    if name in ("HEX", "BASE16"):
        return from_hex(value)
    if name == "BASE32":
        return from_base32(value)
    if name in ("BASE64", "BASE64M"):
        return from_base64(re.sub(r"\s", "", value) if name == "BASE64M" else value)
    if name in ("BASE2", "BASE8"):
        return _from_digits(value, 1 if name == "BASE2" else 3)
    raise ValueError(f"Invalid format for a cast to BYTES: {form!r}")


def _from_digits(value: str, width: int) -> bytes:
    try:
        bits = "".join(f"{int(digit, 2**width):0{width}b}" for digit in value)
    except ValueError as error:
        raise ValueError(f"Invalid digit in {value!r}") from error
    if width == 1:
        bits = bits.rjust(-(-len(bits) // 8) * 8, "0")
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits) // 8 * 8, 8))


FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (cast_moment_text, ("BIGINT", "VARCHAR", "VARCHAR"), "VARCHAR"),
    (cast_text_moment, ("VARCHAR", "VARCHAR", "VARCHAR", "BIGINT"), "BIGINT"),
    (cast_bytes_text, ("BLOB", "VARCHAR"), "VARCHAR"),
    (cast_text_bytes, ("VARCHAR", "VARCHAR"), "BLOB"),
)
