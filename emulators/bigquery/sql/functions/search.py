"""SEARCH and TEXT_ANALYZE: texts as the tokens of an analyzer."""

import re
from collections.abc import Callable
from typing import Any

# What separates tokens for LOG_ANALYZER: punctuation, white space, and their forms in URLs.
_DELIMITERS = re.compile(
    r"%(?:21|26|2526|3[Bb]|7[Cc]|20|2[Bb]|3[Dd]|2520|5[Dd]|5[Bb]|3[Aa]|0[Aa]|2[Cc]|28|29)"
    r"|[\[\]<>(){}|!;,'\"*&?+/:=@.\-$%\\_\s]"
)


def analyze(text: str, analyzer: str) -> list[str]:
    """The tokens of a text in order; LOG_ANALYZER, NO_OP_ANALYZER or PATTERN_ANALYZER (words of letters and digits)."""
    name = analyzer.upper()
    if name == "NO_OP_ANALYZER":
        return [text]
    if name == "PATTERN_ANALYZER":
        return re.findall(r"\b\w{2,}\b", text.lower())
    if name != "LOG_ANALYZER":
        raise ValueError(f"Invalid analyzer: {analyzer}")
    return [token for token in _DELIMITERS.split(text.lower()) if token]


def search(texts: list[str | None] | None, query: str | None, analyzer: str | None) -> bool | None:
    """Whether one of the texts has all terms of the query; a term in backquotes is a run of tokens."""
    if query is None or analyzer is None:
        raise ValueError("SEARCH: the query must not be NULL")
    if texts is None or all(text is None for text in texts):
        return None
    if analyzer.upper() == "NO_OP_ANALYZER":
        return query in texts
    wanted = [analyze(phrase, analyzer) for phrase in re.findall(r"`([^`]*)`", query)]
    wanted += [[token] for token in analyze(re.sub(r"`[^`]*`", " ", query), analyzer)]
    if not any(wanted):
        raise ValueError("SEARCH: the query has no terms")
    return any(_has_all(analyze(text, analyzer), wanted) for text in texts if text is not None)


def _has_all(tokens: list[str], wanted: list[list[str]]) -> bool:
    def has(run: list[str]) -> bool:
        return any(tokens[i : i + len(run)] == run for i in range(len(tokens) - len(run) + 1))

    return all(has(run) for run in wanted)


FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (analyze, ("VARCHAR", "VARCHAR"), "VARCHAR[]"),
    (search, ("VARCHAR[]", "VARCHAR", "VARCHAR"), "BOOLEAN"),
)
SEES_NULL = ("search",)
