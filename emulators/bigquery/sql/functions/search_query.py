"""The query of SEARCH: terms, phrases in double quotes and texts in backticks, combined by AND, OR and parentheses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

_RESERVED_WORDS = ("NOT", "IN", "NEAR")
_SPACE = re.compile(r"\s+")
_PHRASE = re.compile(r'"((?:\\"|[^"])+)"')
_BACKTICKS = re.compile(r"`((?:\\`|[^`])+)`")
# a backslash takes the meaning of what follows it; what stands between terms ends one
_ESCAPED = r"\\[\s`\[\]<>(){}|!'\"*&?+/:=\-\\~^]"
_SINGLE = re.compile(rf"(?:{_ESCAPED}|[^\s()\"\\`])+")
_SINGLE_WITH_BACKTICKS = re.compile(rf"(?:{_ESCAPED}|[^\s()\"\\])+")


@dataclass(frozen=True, slots=True)
class Term:
    """kind: SINGLE, PHRASE or EXACT; text: what it says, without escapes."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Combined:
    """operator: AND or OR."""

    operator: str
    parts: tuple["Term | Combined", ...]


Query = Term | Combined


def read_query(text: str, exact: bool) -> Query | None:
    """The query as a tree, None when it is empty; exact: backticks have a meaning. ValueError says what is wrong."""
    parts = list(_parts(text, exact))
    if not parts:
        return None
    query, rest = _either(parts)
    if rest:
        _invalid(text, "a parenthesis is closed that is not open")
    return query


def _invalid(text: str, why: str) -> NoReturn:
    raise ValueError(f"Invalid search query: {why}: {text}")


def _parts(text: str, exact: bool) -> Iterator[Term | str]:
    """Terms, and `(`, `)`, `AND` and `OR` as texts."""
    at, single = 0, _SINGLE if exact else _SINGLE_WITH_BACKTICKS
    while at < len(text):
        if (space := _SPACE.match(text, at)) is not None:
            at = space.end()
        elif text[at] in "()":
            yield text[at]
            at += 1
        elif (phrase := _PHRASE.match(text, at)) is not None:
            yield Term("PHRASE", phrase[1].replace('\\"', '"'))
            at = phrase.end()
        elif exact and (quoted := _BACKTICKS.match(text, at)) is not None:
            yield Term("EXACT", quoted[1].replace("\\`", "`"))
            at = quoted.end()
        elif (word := single.match(text, at)) is not None:
            if word[0] in _RESERVED_WORDS:
                _invalid(text, f"{word[0]} is a reserved word, which must be enclosed in backticks")
            yield word[0] if word[0] in ("AND", "OR") else Term("SINGLE", re.sub(r"(?s)\\(.)", r"\1", word[0]))
            at = word.end()
        elif text[at] == "\\":
            _invalid(text, "a backslash must be followed by a reserved character")
        else:
            _invalid(text, f"{text[at]} is not closed, or nothing is in it")


def _either(parts: list[Term | str]) -> tuple[Query, list[Term | str]]:
    """expression OR expression, and what follows it."""
    found, parts = _all(parts)
    choices = [found]
    while parts and parts[0] == "OR":
        found, parts = _all(parts[1:])
        choices.append(found)
    return (found if len(choices) == 1 else Combined("OR", tuple(choices))), parts


def _all(parts: list[Term | str]) -> tuple[Query, list[Term | str]]:
    """expression AND expression, where a space may stand for AND."""
    found, parts = _one(parts)
    needed = [found]
    while parts and parts[0] not in ("OR", ")"):
        found, parts = _one(parts[1:] if parts[0] == "AND" else parts)
        needed.append(found)
    return (found if len(needed) == 1 else Combined("AND", tuple(needed))), parts


def _one(parts: list[Term | str]) -> tuple[Query, list[Term | str]]:
    """A term, or an expression in parentheses."""
    if not parts or parts[0] in ("AND", "OR", ")"):
        raise ValueError(f"Invalid search query: a term is missing {f'before {parts[0]}' if parts else 'at its end'}")
    first, parts = parts[0], parts[1:]
    if isinstance(first, Term):
        return first, parts
    found, parts = _either(parts)
    if not parts:
        raise ValueError("Invalid search query: a parenthesis is not closed")
    return found, parts[1:]
