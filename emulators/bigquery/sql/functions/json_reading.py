"""JSON in a STRING, read from its beginning up to the value at a path: what follows may be wrong, and a number stays
as it is written."""

import json
import re
from collections.abc import Callable
from typing import Any

from emulators.bigquery.sql.functions.json_text import steps_of

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r'("(?:[^"\\]|\\.)*")|\s+')
_BLANK = re.compile(r"\s*")


def json_read(text: str, path: str) -> str | None:
    """The value's text without blanks; NULL when there is none, or when it is null."""
    found = _find(text, path)
    return None if found is None or found[0] is None else _SPACE.sub(r"\1", found[1])


def json_read_scalar(text: str, path: str) -> str | None:
    """The text of a string, number or boolean."""
    found = _find(text, path)
    if found is None or found[0] is None or isinstance(found[0], (dict, list)):
        return None
    return found[0] if isinstance(found[0], str) else found[1]


def _find(text: str, path: str) -> tuple[Any, str] | None:
    try:
        at = _blank(text, 0)
        for step in steps_of(path):
            at = _member(text, at, step) if isinstance(step, str) else _item(text, at, step)
        value, end = _DECODER.raw_decode(text, at)
        return value, text[at:end]
    except (IndexError, json.JSONDecodeError):
        return None


def _blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _expect(text: str, at: int, mark: str) -> int:
    if text[at] != mark:
        raise IndexError
    return _blank(text, at + 1)


def _member(text: str, at: int, name: str) -> int:
    """Where the first member of that name begins."""
    at = _expect(text, at, "{")
    while True:
        key, at = _DECODER.raw_decode(text, at)
        at = _expect(text, _blank(text, at), ":")
        if key == name:
            return at
        _, at = _DECODER.raw_decode(text, at)
        at = _expect(text, _blank(text, at), ",")


def _item(text: str, at: int, index: int) -> int:
    at = _expect(text, at, "[")
    if text[at] == "]":
        raise IndexError
    for _ in range(index):
        _, at = _DECODER.raw_decode(text, at)
        at = _expect(text, _blank(text, at), ",")
    return at


MAY_BE_NULL = ("json_read", "json_read_scalar")
FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (json_read, ("VARCHAR", "VARCHAR"), "VARCHAR"),
    (json_read_scalar, ("VARCHAR", "VARCHAR"), "VARCHAR"),
)
