"""Token filters of text analyzers: each gives a token in another form, or None when it takes the token away."""

import unicodedata
from collections.abc import Callable
from typing import Any

from emulators.bigquery.sql.functions.encodings import normalize_and_casefold

TokenFilter = Callable[[str], str | None]
_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_ICU_MODES = ("NFC", "NFKC", "NFD", "NFKD")


def ascii_lower(token: str) -> str:
    """The token with a to z for A to Z; other letters stay."""
    return token.lower() if token.isascii() else token.translate(_ASCII_LOWER)


def read_filters(given: Any) -> tuple[TokenFilter, ...]:
    """The filters of `token_filters` in order; ValueError says what is wrong with one."""
    if not isinstance(given, list):
        raise ValueError("Invalid analyzer_options: token_filters must be an array of objects")
    return tuple(map(_filter, given))


def _filter(given: Any) -> TokenFilter:
    if not isinstance(given, dict) or len(given) != 1 or not set(given) <= {"normalizer", "stop_words"}:
        raise ValueError(f"Invalid analyzer_options: a token filter is a normalizer or has stop_words, but is {given}")
    return _normalizer(given["normalizer"]) if "normalizer" in given else _without(given["stop_words"])


def _without(words: Any) -> TokenFilter:
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        raise ValueError("Invalid analyzer_options: stop_words must be an array of at least one string")
    removed = frozenset(words)
    return lambda token: None if token in removed else token


def _normalizer(given: Any) -> TokenFilter:
    if not isinstance(given, dict) or not set(given) <= {"mode", "icu_normalize_mode", "icu_case_folding"}:
        raise ValueError(f"Invalid analyzer_options: normalizer has mode, icu_normalize_mode and icu_case_folding, "
                         f"but is {given}")  # fmt: skip
    mode = given.get("mode")
    if mode == "ICU_NORMALIZE":
        return _icu(given.get("icu_normalize_mode", "NFKC"), given.get("icu_case_folding", True))
    if mode not in _PLAIN or len(given) > 1:
        raise ValueError(
            f"Invalid analyzer_options: the mode of normalizer must be {', '.join(_PLAIN)} or ICU_NORMALIZE, which "
            f"alone has icu_normalize_mode and icu_case_folding; it is {given}"
        )
    return _PLAIN[mode]


def _icu(mode: Any, folded: Any) -> TokenFilter:
    if mode not in _ICU_MODES or not isinstance(folded, bool):
        raise ValueError(f"Invalid analyzer_options: icu_normalize_mode must be {', '.join(_ICU_MODES)} and "
                         "icu_case_folding true or false")  # fmt: skip
    if folded:
        return lambda token: normalize_and_casefold(token, mode)
    return lambda token: unicodedata.normalize(mode, token)


def _unicode_lower(token: str) -> str:
    """Letter by letter: what a letter becomes does not depend on the letters around it."""
    return "".join(letter.lower() for letter in token)


def _as_it_is(token: str) -> str:
    return token


_PLAIN: dict[Any, TokenFilter] = {"NONE": _as_it_is, "LOWER": ascii_lower, "UNICODE_LOWER": _unicode_lower}
