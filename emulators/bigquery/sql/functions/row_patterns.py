"""MATCH_RECOGNIZE's matches in one partition: a pattern as a program, run over what each row may be.

A row is a number whose bit i says that symbol i holds for it. A program is a list of steps [kind, ...]: `row` takes a
row of a symbol, `fork` goes on at the first place and, when nothing comes of it, at the second, `jump` at a place,
`first` and `last` hold before the first row and after the last, `end` ends a match; places are relative.
Of the ways through a program the first in the order of its forks is the match, as in Perl's regular expressions.
No step is tried twice at one row, so a match takes no longer than rows times steps, and neither does finding none.
"""

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

MOST_STEPS = 50_000
MOST_SYMBOLS = 62  # bits of a row's number
Step = list[Any]
Program = list[Step]


def symbol(index: int) -> Program:
    """One row that is a symbol."""
    return [["row", index]]


def anchor(text: str) -> Program:
    """No row, at the first place (^) or after the last ($)."""
    return [["first"]] if text == "^" else [["last"]]


def sequence(parts: Sequence[Program]) -> Program:
    """One after the other."""
    return [step for part in parts for step in part]


def choice(parts: Sequence[Program]) -> Program:
    """Any of them, the first preferred."""
    *others, found = parts
    for part in reversed(others):
        found = [["fork", 1, len(part) + 2], *part, ["jump", len(found) + 1], *found]
    return found


def repeat(part: Program, low: int, high: int | None, reluctant: bool) -> Program:
    """Between low and high times (None: without end).

    Raises:
        ValueError: the program would be too long.
    """
    times = low + 1 if high is None else high
    if times * (len(part) + 1) > MOST_STEPS:
        raise ValueError("the pattern is too large")

    def fork(inside: int, outside: int) -> Step:
        return ["fork", outside, inside] if reluctant else ["fork", inside, outside]

    size = len(part)
    found = sequence([part] * low)
    if high is None:
        return [*found, fork(1, size + 2), *part, ["jump", -size - 1]]
    rest = high - low
    for number in range(rest):
        found = [*found, fork(1, (rest - number) * (size + 1)), *part]
    return found


def written(pattern: Program, overlapping: bool, longest: bool) -> str:
    """The program of a whole pattern as text: what match_rows reads."""
    return json.dumps({"steps": [*pattern, ["end"]], "overlapping": overlapping, "longest": longest})


@lru_cache(maxsize=256)
def _read(text: str) -> Any:
    return json.loads(text)


def match_rows(rows: list[int], program: str) -> list[dict[str, int | None]]:
    """The rows of all matches: m the number of the match, r of the row in it, n of the row in the partition, s of the
    symbol, each from 1. A match without rows has one entry with its number alone."""
    given, found, start, number = _read(program), [], 0, 0
    dead: set[int] = set()
    while start < len(rows):
        taken = _match(rows, start, given["steps"], given["longest"], dead)
        if taken is None:
            start += 1
            continue
        number += 1
        if not taken:
            found.append({"m": number, "r": None, "n": None, "s": None})
        for place, own in enumerate(taken, 1):
            found.append({"m": number, "r": place, "n": start + place, "s": own + 1})
        start += 1 if given["overlapping"] or not taken else len(taken)
    return found


def _match(rows: list[int], start: int, steps: Program, longest: bool, dead: set[int]) -> list[int] | None:
    """The symbols of the rows of the match that begins at a row; None where none begins.

    dead: steps at rows of which no match comes, whatever was before them; more are added where none begins.
    """
    ways: list[tuple[int, int, Any]] = [(0, start, None)]
    seen: set[int] = set()
    best: tuple[int, Any] | None = None
    while ways:
        at, place, way = ways.pop()
        here = place * len(steps) + at
        if here in seen or here in dead:
            continue
        seen.add(here)
        step = steps[at]
        kind = step[0]
        if kind == "row":
            if place < len(rows) and rows[place] >> step[1] & 1:
                ways.append((at + 1, place + 1, (step[1], way)))
        elif kind == "fork":
            ways += [(at + step[2], place, way), (at + step[1], place, way)]
        elif kind == "jump":
            ways.append((at + step[1], place, way))
        elif kind == "end":
            if best is None or place > best[0]:
                best = place, way
            if not longest:
                break
        elif place == (0 if kind == "first" else len(rows)):
            ways.append((at + 1, place, way))
    if best is None:
        dead |= seen
        return None
    return _symbols(best[1])


def _symbols(way: Any) -> list[int]:
    found = []
    while way is not None:
        index, way = way
        found.append(index)
    return found[::-1]


FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (match_rows, ("BIGINT[]", "VARCHAR"), "STRUCT(m BIGINT, r BIGINT, n BIGINT, s BIGINT)[]"),
)
