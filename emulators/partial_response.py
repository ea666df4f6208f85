"""Partial responses: the `fields` parameter, such as "nextPageToken,items(name,size),prefixes"."""

import re
from typing import Any

Mask = dict[str, "Mask"]
_TOKEN = re.compile(r"[^,/()\s]+|[,/()]")


def select(value: Any, mask: Mask) -> Any:
    """The part of a JSON value that the mask names; {} means all of it, and a list is masked item by item."""
    if isinstance(value, list):
        return [select(item, mask) for item in value]
    if not mask or not isinstance(value, dict):
        return value
    everything = mask.get("*")
    chosen = {name: mask.get(name, everything) for name in value}
    return {name: select(value[name], part) for name, part in chosen.items() if part is not None}


def parse(text: str) -> Mask:
    """The mask that a text such as `a,b(c,d),e/f` stands for. Raises ValueError where it is malformed."""
    tokens = _TOKEN.findall(text)
    try:
        mask = _parse_list(tokens)
        complete = not tokens
    except IndexError:
        complete = False
    if not complete:
        raise ValueError(f"Invalid field selection {text}")
    return mask


def _parse_list(tokens: list[str]) -> Mask:
    mask: Mask = {}
    while True:
        _add(mask, *_parse_path(tokens))
        if tokens[:1] != [","]:
            return mask
        tokens.pop(0)


def _add(mask: Mask, name: str, part: Mask) -> None:
    """Let a mask choose what it has chosen, and this: nothing but all of a value is more than all of it."""
    known = mask.get(name)
    if known is None or not part:
        mask[name] = part
    elif known:
        for inner, rest in part.items():
            _add(known, inner, rest)


def _parse_path(tokens: list[str]) -> tuple[str, Mask]:
    """A name, with what follows it: /path or (list). IndexError where something is missing."""
    name = _take(tokens)
    if tokens[:1] == ["/"]:
        tokens.pop(0)
        return name, dict([_parse_path(tokens)])
    if tokens[:1] == ["("]:
        tokens.pop(0)
        part = _parse_list(tokens)
        if tokens.pop(0) != ")":
            raise IndexError
        return name, part
    return name, {}


def _take(tokens: list[str]) -> str:
    token = tokens.pop(0)
    if token in ",/()":
        raise IndexError
    return token
