"""INTERVAL as text: [sign]Y-M [sign]D [sign]H:M:S[.F]."""

import re
from collections.abc import Callable
from typing import Any

_TEXT = re.compile(
    r"\s*(?=\S)(?:([+-]?)(\d+)-(\d+))?(?:(?:^|(?<=\d)\s+|^\s*)([+-]?\d+)(?=\s|$))?"
    r"(?:\s*([+-]?)(\d+):(\d+):(\d+)(?:\.(\d{1,6}))?)?\s*"
)
_ISO = re.compile(
    r"P(?:(-?\d+)Y)?(?:(-?\d+)M)?(?:(-?\d+)W)?(?:(-?\d+)D)?"
    r"(?:T(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?)(\d+)(?:[.,](\d{1,6}))?S)?)?"
)


def interval_text(months: int, days: int, micros: int) -> str:
    sign, rest = ("-", -months) if months < 0 else ("", months)
    time_sign, amount = ("-", -micros) if micros < 0 else ("", micros)
    seconds, fraction = divmod(amount, 1_000_000)
    tail = "" if not fraction else f".{fraction // 1000:03d}" if fraction % 1000 == 0 else f".{fraction:06d}"
    clock = f"{time_sign}{seconds // 3600}:{seconds // 60 % 60}:{seconds % 60}{tail}"
    return f"{sign}{rest // 12}-{rest % 12} {days} {clock}"


def interval_iso(months: int, days: int, micros: int) -> str:
    """As in ISO 8601: P1Y2M3DT4H5M6.5S."""
    years, rest = divmod(abs(months), 12)
    sign, clock = "-" if months < 0 else "", "-" if micros < 0 else ""
    seconds, fraction = divmod(abs(micros), 1_000_000)
    date = ((sign, years, "Y"), (sign, rest, "M"), ("", days, "D"))
    text = "".join(f"{s}{number}{unit}" for s, number, unit in date if number)
    parts = ((seconds // 3600, "H"), (seconds // 60 % 60, "M"))
    time = "".join(f"{clock}{number}{unit}" for number, unit in parts if number)
    if seconds % 60 or fraction:
        tail = f".{fraction:06d}".rstrip("0") if fraction else ""
        time += f"{clock}{seconds % 60}{tail}S"
    return f"P{text}{'T' + time if time else ''}" if text or time else "P0Y"


def interval_parse(text: str) -> str:
    """Years-months, days and hours:minutes:seconds, each of which may be missing, or ISO 8601, as a text that DuckDB
    reads."""
    iso = _ISO.fullmatch(text.strip())
    if iso is not None and any(iso.groups()):
        years, month, weeks, day, hours, minutes = (int(part or 0) for part in iso.groups()[:6])
        fraction = int(iso[8] or 0) * 1_000_000 + int((iso[9] or "").ljust(6, "0"))
        micros = (hours * 3600 + minutes * 60) * 1_000_000 + (-fraction if iso[7] else fraction)
        return f"{years * 12 + month} months {weeks * 7 + day} days {micros} microseconds"
    m = _TEXT.fullmatch(text)
    if m is None or not any(m.groups()):
        raise ValueError(f"Invalid INTERVAL value '{text}'")
    months = (int(m[2] or 0) * 12 + int(m[3] or 0)) * (-1 if m[1] == "-" else 1)
    micros = (int(m[6] or 0) * 3600 + int(m[7] or 0) * 60 + int(m[8] or 0)) * 1_000_000
    micros += int((m[9] or "").ljust(6, "0"))
    return f"{months} months {int(m[4] or 0)} days {-micros if m[5] == '-' else micros} microseconds"


FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (interval_text, ("BIGINT", "BIGINT", "BIGINT"), "VARCHAR"),
    (interval_iso, ("BIGINT", "BIGINT", "BIGINT"), "VARCHAR"),
    (interval_parse, ("VARCHAR",), "VARCHAR"),
)
