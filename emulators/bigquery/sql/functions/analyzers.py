"""Text analyzers: how a text becomes tokens, by an analyzer's name and its analyzer_options."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from emulators.bigquery.sql.functions.token_filters import TokenFilter, ascii_lower, read_filters

# What separates tokens for LOG_ANALYZER: punctuation, white space, and their forms in URLs.
_IN_URLS = (
    "21", "26", "2526", "3B", "3b", "7C", "7c", "20", "2B", "2b", "3D", "3d", "2520", "5D", "5d", "5B", "5b", "3A",
    "3a", "0A", "0a", "2C", "2c", "28", "29",
)  # fmt: skip
_DELIMITERS = (*"[]<>(){}|!;,'\"*&?+/:=@.-$%\\_\n\r\t ", *(f"%{code}" for code in _IN_URLS))
_LONGEST_DELIMITER = 16
_WORDS = r"\b\w{2,}\b"
_NEVER_IN_RE2 = re.compile(r"\(\?(?:<?[=!]|>|\(|P=|#)|\\[1-9]|[*+?}]\+")
_READ_OTHERWISE = re.compile(r"\\[pPQEzCZ]|\[\[:")
_OPTIONS = {"LOG_ANALYZER": {"delimiters", "token_filters"}, "PATTERN_ANALYZER": {"patterns", "token_filters"}}
_OPTIONS["NO_OP_ANALYZER"] = set()


@dataclass(frozen=True, slots=True)
class TextAnalyzer:
    """delimiters: none where tokens are not what lies between delimiters."""

    name: str
    split: Callable[[str], list[str]]
    filters: tuple[TokenFilter, ...] = ()
    delimiters: tuple[str, ...] = ()

    def tokens(self, text: str) -> list[str]:
        """The tokens of a text in order."""
        found: list[str] = self.split(text)
        for keep in self.filters:
            found = [token for token in map(keep, found) if token is not None]
        return found

    def stands_alone(self, exact: str, text: str) -> bool:
        """Whether the text has this at its start or behind a delimiter, and a delimiter or the text's end follows."""
        at = text.find(exact)
        while at >= 0:
            end = at + len(exact)
            begins = at == 0 or any(text.endswith(delimiter, 0, at) for delimiter in self.delimiters)
            if begins and (end == len(text) or text.startswith(self.delimiters, end)):
                return True
            at = text.find(exact, at + 1)
        return False


@lru_cache(maxsize=64)
def text_analyzer(name: str, options: str | None = None) -> TextAnalyzer:
    """The analyzer with its options, which are JSON; ValueError when there is no such analyzer or option."""
    name = name.upper()
    if name not in _OPTIONS:
        raise ValueError(f"Invalid analyzer: {name}; use {', '.join(sorted(_OPTIONS))}")
    given = _read(name, options)
    if name == "NO_OP_ANALYZER":
        return TextAnalyzer(name, lambda text: [text])
    filters = read_filters(given["token_filters"]) if "token_filters" in given else (ascii_lower,)
    if name == "PATTERN_ANALYZER":
        pattern = _pattern(given["patterns"]) if "patterns" in given else re.compile(_WORDS, re.ASCII)
        return TextAnalyzer(name, lambda text: [m[0] for m in pattern.finditer(text) if m[0]], filters)
    delimiters = _delimiters(given["delimiters"]) if "delimiters" in given else _DELIMITERS
    either = _any_of(delimiters)
    return TextAnalyzer(name, lambda text: [token for token in either.split(text) if token], filters, delimiters)


def _any_of(delimiters: tuple[str, ...]) -> re.Pattern[str]:
    """Of two with the same beginning the longer one counts; those of one letter are a class, which is found fast."""
    by_letter: dict[str, list[str]] = {}
    for one in sorted(delimiters, key=len, reverse=True):
        if len(one) > 1:
            by_letter.setdefault(one[0], []).append(re.escape(one[1:]))
    longer = [f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in by_letter.items()]
    single = "".join(re.escape(one) for one in delimiters if len(one) == 1)
    return re.compile("|".join([*longer, *([f"[{single}]"] if single else [])]))


def _read(name: str, options: str | None) -> dict[str, Any]:
    try:
        given = json.loads(options or "{}")
    except json.JSONDecodeError as error:
        raise ValueError(f"Invalid analyzer_options: they are not JSON: {error}") from error
    if not isinstance(given, dict):
        raise ValueError("Invalid analyzer_options: they must be a JSON object")
    for option in given:
        if option not in _OPTIONS[name]:
            known = ", ".join(sorted(_OPTIONS[name])) or "none"
            raise ValueError(f"Invalid analyzer_options: {name} has no option {option}; it has: {known}")
    return given


def _delimiters(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or not given or not all(isinstance(one, str) for one in given):
        raise ValueError("Invalid analyzer_options: delimiters must be an array of strings")
    for one in given:
        if not one.isascii() or not 1 <= len(one) <= _LONGEST_DELIMITER:
            raise ValueError(
                f"Invalid analyzer_options: delimiter {one!r} must be of 1 to {_LONGEST_DELIMITER} ASCII characters"
            )
    return tuple(given)


def _pattern(given: Any) -> re.Pattern[str]:
    """The one pattern, which is read as RE2 reads it; what RE2 has and Python has not is refused."""
    if not isinstance(given, list) or len(given) != 1 or not isinstance(given[0], str):
        raise ValueError("Invalid analyzer_options: patterns must be an array of exactly one string")
    other = _READ_OTHERWISE.search(given[0])
    if other is not None:
        raise ValueError(f"{other[0]} in patterns of PATTERN_ANALYZER is not supported by this emulator")
    try:
        if _NEVER_IN_RE2.search(given[0]):
            raise ValueError(f"Invalid analyzer_options: {given[0]!r} is not a regular expression of RE2")
        return re.compile(given[0], re.ASCII)
    except re.error as error:
        raise ValueError(f"Invalid analyzer_options: {given[0]!r} is not a regular expression: {error}") from error
