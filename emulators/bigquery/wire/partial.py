"""Partial responses: `fields=a,b/c,d(e,f)` keeps these parts of an answer."""

from typing import Any

from emulators.bigquery.state.errors import invalid

Mask = dict[str, "Mask"]


def parse_mask(text: str) -> Mask:
    """fields as a tree; an empty branch keeps all that is below it. 400 for what is no field mask."""
    mask, end = _list(text.replace(" ", ""), 0)
    if end != len(text.replace(" ", "")):
        raise invalid(f"Invalid field selection {text}")
    return mask


def _list(text: str, at: int) -> tuple[Mask, int]:
    found: Mask = {}
    while True:
        begin, branch = at, found
        while True:
            while at < len(text) and text[at] not in ",/()":
                at += 1
            if begin == at:
                raise invalid(f"Invalid field selection {text}")
            branch = branch.setdefault(text[begin:at], {})
            if at == len(text) or text[at] != "/":
                break
            at = begin = at + 1
        if at < len(text) and text[at] == "(":
            inner, at = _list(text, at + 1)
            if at == len(text):
                raise invalid(f"Invalid field selection {text}")
            branch.update(inner)
            at += 1
        if at == len(text) or text[at] == ")":
            return found, at
        if text[at] != ",":
            raise invalid(f"Invalid field selection {text}")
        at += 1


def masked(value: Any, mask: Mask) -> Any:
    """The parts of a JSON value that a mask keeps."""
    if not mask:
        return value
    if isinstance(value, list):
        return [masked(item, mask) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: masked(inner, mask.get(key, mask.get("*", {}))) for key, inner in value.items()
            if key in mask or "*" in mask}  # fmt: skip
