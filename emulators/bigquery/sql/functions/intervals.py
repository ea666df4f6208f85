"""INTERVAL as text: [sign]Y-M [sign]D [sign]H:M:S[.F]."""

import re
from collections.abc import Callable
from typing import Any

_TEXT = re.compile(r"\s*([+-]?)(\d+)-(\d+)\s+([+-]?\d+)\s+([+-]?)(\d+):(\d+):(\d+)(?:\.(\d{1,6}))?\s*")


def interval_text(months: int, days: int, micros: int) -> str:
    sign, rest = ("-", -months) if months < 0 else ("", months)
    time_sign, amount = ("-", -micros) if micros < 0 else ("", micros)
    seconds, fraction = divmod(amount, 1_000_000)
    tail = "" if not fraction else f".{fraction // 1000:03d}" if fraction % 1000 == 0 else f".{fraction:06d}"
    clock = f"{time_sign}{seconds // 3600}:{seconds // 60 % 60}:{seconds % 60}{tail}"
    return f"{sign}{rest // 12}-{rest % 12} {days} {clock}"


def interval_parse(text: str) -> str:
    """BigQuery's canonical form as a text that DuckDB reads."""
    m = _TEXT.fullmatch(text)
    if m is None:
        raise ValueError(f"Invalid INTERVAL value '{text}'")
    months = (int(m[2]) * 12 + int(m[3])) * (-1 if m[1] == "-" else 1)
    micros = (int(m[6]) * 3600 + int(m[7]) * 60 + int(m[8])) * 1_000_000 + int((m[9] or "").ljust(6, "0"))
    return f"{months} months {int(m[4])} days {-micros if m[5] == '-' else micros} microseconds"


FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (interval_text, ("BIGINT", "BIGINT", "BIGINT"), "VARCHAR"),
    (interval_parse, ("VARCHAR",), "VARCHAR"),
)
