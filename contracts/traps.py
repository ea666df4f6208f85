"""Plain YAML words that YAML 1.1 (Python) and YAML 1.2 (Terraform's yamldecode) read differently."""

import re
from functools import lru_cache

CANONICAL_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_NUMBER_TO_SOMEBODY = re.compile(
    r"[-+]?(0[0-7_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|0b[01_]+|[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?"
    r"|\.[0-9_]+([eE][-+]?[0-9]+)?|\.(inf|Inf|INF)|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?)|\.(nan|NaN|NAN)"
)
_DATE_TO_SOMEBODY = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?")
_TRUE = ("true", "yes", "on", "y")
_FALSE = ("false", "no", "off", "n")
_LONGEST_NUMBER = 15  # digits that a double holds exactly


@lru_cache(10_000)  # contracts say the same words again and again
def trap(text: str) -> str:
    """What some reader takes a plain word for although another does not, such as "a boolean"; empty when all agree."""
    folded = text.lower()
    if folded in (*_TRUE, *_FALSE) and text not in ("true", "false"):
        return "a boolean"
    if folded in ("~", "null") and text != "null":
        return "null"
    if text in ("<<", "="):
        return "an operator"
    if CANONICAL_NUMBER.fullmatch(text):
        return "a rounded number" if sum(character.isdigit() for character in text) > _LONGEST_NUMBER else ""
    if _NUMBER_TO_SOMEBODY.fullmatch(text):
        return "a number"
    return "a date" if _DATE_TO_SOMEBODY.fullmatch(text) else ""


def hint(text: str) -> str:
    """What to write instead of a trap."""
    folded = text.lower()
    if folded in (*_TRUE, *_FALSE):
        return f'Write {"true" if folded in _TRUE else "false"} for the boolean, or "{text}" for the word.'
    if folded in ("~", "null"):
        return f'Write null for nothing, or "{text}" for the word.'
    return f'Write "{text}" in quotes for the text, or a plain decimal number for a number.'
