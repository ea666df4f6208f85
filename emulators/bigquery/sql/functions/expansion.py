"""How much SQL a call becomes once DuckDB has copied its arguments into its macros, in words.

A macro's size is a sum: its own words, and for each parameter how often the argument is copied. Calls within calls
multiply, so that a short text may become a hundred thousand words, each of which DuckDB plans.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache

from emulators.bigquery.sql.functions.install import definitions

Size = Counter[str]  # parameter -> its copies; "lambda " + parameter -> those in lambdas; "" -> the text's own words
_WORD = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|bq\.(?:main\.)?\w+(?=\()|\w+|\S")
_MACRO = re.compile(r"^CREATE MACRO bq\.main\.(\w+)\(([^)]*)\) AS\s+(.*?);[ \t]*$", re.M | re.S)


def expanded(sql: str) -> int:
    """The words of an expression with its macros' bodies in place of their calls."""
    return _size(sql).total()


def reads(sql: str, names: Iterable[str]) -> Size:
    """How often each of the names is read once the macros' bodies are in place of their calls.

    "lambda x" counts those places where x is read in a lambda.
    """
    return _size(sql, frozenset(names))


def _size(sql: str, parameters: frozenset[str] = frozenset()) -> Size:
    return _argument(iter(_WORD.findall(sql)), parameters)[0]


def _argument(words: Iterator[str], parameters: frozenset[str]) -> tuple[Size, str]:
    """The size of what comes before the next comma or closing bracket, and which of them it is."""
    size: Size = Counter()
    for word in words:
        if word in ",)]}":
            return size, word
        if word == "lambda":
            body, end = _lambda(words, parameters)
            return size + body, end
        if word.startswith("bq."):
            next(words)
            size += _call(word, [*_arguments(words, parameters)])
        elif word in "([{":
            for argument in _arguments(words, parameters):
                size += argument
        else:
            size[word if word in parameters else ""] += 1
    return size, ""


def _lambda(words: Iterator[str], parameters: frozenset[str]) -> tuple[Size, str]:
    """What comes after the word `lambda`: its parameters, a colon, and a body up to a comma or closing bracket."""
    while next(words) != ":":
        pass
    body, end = _argument(words, parameters)
    return body + _captured(body), end


def _captured(size: Size) -> Size:
    """The reads of a size once it is in a lambda."""
    return Counter({f"lambda {name}": count for name, count in size.items() if name and not name.startswith("lambda ")})


def _arguments(words: Iterator[str], parameters: frozenset[str]) -> Iterator[Size]:
    end = ","
    while end == ",":
        size, end = _argument(words, parameters)
        yield size


def _call(name: str, arguments: list[Size]) -> Size:
    """A macro's own words, and each argument as often as the macro reads it."""
    parameters, own = _macro(name.split(".")[-1])
    size: Size = Counter({"": own[""]})
    for parameter, argument in zip(parameters, arguments, strict=False):
        for what, count in argument.items():
            size[what] += own[parameter] * count
        for what, count in _captured(argument).items():
            size[what] += own[f"lambda {parameter}"] * count
    return size


@cache
def _macro(name: str) -> tuple[list[str], Size]:
    """A macro's parameters in order, and its size."""
    parameters, body = _definitions()[name]
    return parameters, _size(body, frozenset(parameters))


@cache
def _definitions() -> dict[str, tuple[list[str], str]]:
    """Macro -> its parameters and its body."""
    return {m[1]: ([*filter(None, re.split(r",\s*", m[2]))], m[3]) for m in _MACRO.finditer(definitions())}
