"""The tables of functions that are known: whatever is not in them is refused.

A line of a table is `NAME(ARGUMENTS) -> RESULT = TEMPLATE`. Arguments are types; T and U stand for any type, N for
any number, O for what has an order, E for what has an equality, ARRAY<T> for arrays; `X...` at the end means none or
more X; `n => X` is an X that may be given by name. RESULT may use the letters. TEMPLATE is DuckDB SQL: {0}, {1} are
the arguments, {all} all of them, {rest} all but the first, {type} the DuckDB type of the result. Templates of
aggregates have {d} (DISTINCT), {o} (ORDER BY), {n} (IGNORE NULLS) and {w} (FILTER, OVER). A line that begins with `~`
is volatile: each row may have another value. What follows `??` is the template for a last argument that is no
literal. Of lines that fit equally well the first counts that names its types.
"""

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.types import Type

if TYPE_CHECKING:
    from emulators.bigquery.sql.analysis.analyzer import Analyzer
    from emulators.bigquery.sql.analysis.values import Scope, Value
    from emulators.bigquery.sql.syntax import nodes

THEMES = (
    "aggregates",
    "arrays",
    "conditionals",
    "conversions",
    "dates",
    "encryption",
    "geography",
    "hashes",
    "json",
    "maths",
    "navigation",
    "nets",
    "quantiles",
    "strings",
    "text_analysis",
    "timestamps",
)
_LINE = re.compile(r"^(~?)\s*([A-Z0-9_.]+)\((.*?)\)\s*->\s*(.+?)\s*=\s(.+)$")
_ORDERED = tuple(kind for kind in t.SIMPLE if kind not in ("JSON", "GEOGRAPHY"))
_LETTERS = {
    "T": None, "U": None, "N": t.NUMBERS, "O": (*_ORDERED, "RANGE"), "E": (*_ORDERED, "RANGE", "STRUCT", "ARRAY"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Overload:
    """One signature of a function. A type written as a letter is Type(kind=letter)."""

    arguments: tuple[Type, ...]
    variadic: Type | None
    result: Type
    template: str
    volatile: bool = False
    names: tuple[str | None, ...] = ()
    otherwise: str | None = None

    @property
    def general(self) -> bool:
        """Whether it takes any type somewhere."""
        return any(kind.kind in _LETTERS for kind in self.arguments)

    def match(self, values: "list[Value]") -> tuple[int, list[Type], Type] | None:
        """Cost, argument types and result type for these values, or None."""
        if len(values) < len(self.arguments) or (self.variadic is None and len(values) > len(self.arguments)):
            return None
        rest = (self.variadic,) * (len(values) - len(self.arguments)) if self.variadic is not None else ()
        wanted = self.arguments + rest
        bound: dict[str, list[tuple[Type, bool]]] = {}
        for value, kind in zip(values, wanted, strict=True):
            if not _collect(value.type, value.literal, kind, bound):
                return None
        letters: dict[str, Type] = {}
        for letter, kinds in bound.items():
            found = t.supertype(kinds)
            allowed = _LETTERS[letter]
            if found is None:
                return None
            if found.kind == "NULL":
                found = t.INT64
            if allowed is not None and found.kind not in allowed:
                return None
            letters[letter] = found
        kinds_wanted = [_replace(kind, letters) for kind in wanted]
        cost = 0
        for value, kind in zip(values, kinds_wanted, strict=True):
            one = t.coerces(value.type, kind, value.literal)
            if one is None:
                return None
            cost += one
        return cost, kinds_wanted, _replace(self.result, letters)


def _collect(own: Type, literal: bool, wanted: Type, bound: dict[str, list[tuple[Type, bool]]]) -> bool:
    """Note which types the letters of `wanted` meet; False when the shapes differ."""
    if wanted.kind in _LETTERS:
        bound.setdefault(wanted.kind, []).append((own, literal))
        return True
    if wanted.kind in ("ARRAY", "RANGE") and wanted.element is not None and wanted.element.kind in _LETTERS:
        if own.kind == "NULL":
            bound.setdefault(wanted.element.kind, []).append((t.NULL, True))
            return True
        return (
            own.kind == wanted.kind
            and own.element is not None
            and _collect(own.element, literal, wanted.element, bound)
        )
    return True


def _replace(kind: Type, letters: dict[str, Type]) -> Type:
    if kind.kind in letters:
        return letters[kind.kind]
    if kind.element is not None:
        return Type(kind.kind, _replace(kind.element, letters))
    if kind.fields:
        return Type(kind.kind, None, tuple((n, _replace(f, letters)) for n, f in kind.fields))
    return kind


Rule = Callable[["Analyzer", "nodes.Call", "Scope"], "Value"]
RULES: dict[str, Rule] = {}
TAKE_NAMED: set[str] = set()  # rules that take arguments by name
SCALARS: dict[str, list[Overload]] = {}
AGGREGATES: dict[str, list[Overload]] = {}
WINDOWS: dict[str, list[Overload]] = {}
BY_THEME: dict[str, list[str]] = {}  # the names that each theme brought, for the documentation


def rule(*names: str, named: bool = False) -> Callable[[Rule], Rule]:
    """Register a function that needs more than a template; named: it takes arguments by name, and says itself which."""

    def register(function: Rule) -> Rule:
        for name in names:
            RULES[name] = function
        TAKE_NAMED.update(names if named else ())
        return function

    return register


def table(functions: dict[str, list[Overload]], lines: str) -> None:
    """Read a table of signatures."""
    for line in lines.strip().splitlines():
        if not line.strip():
            continue
        m = _LINE.match(line.strip())
        if m is None:
            raise ValueError(f"not a signature: {line}")
        volatile, name, arguments, result, template = m.groups()
        kinds = [a.strip() for a in _split(arguments)]
        variadic = read_type(kinds.pop()[:-3]) if kinds and kinds[-1].endswith("...") else None
        names = tuple(k.partition(" => ")[0] if " => " in k else None for k in kinds)
        types = tuple(read_type(k.rpartition(" => ")[2]) for k in kinds)
        template, _, otherwise = template.partition(" ?? ")
        overload = Overload(types, variadic, read_type(result), template, bool(volatile), names, otherwise or None)
        functions.setdefault(name, []).append(overload)


def _split(arguments: str) -> list[str]:
    """At commas outside of angle brackets."""
    return [part for part in re.split(r",\s*(?![^<]*(?<!=)>)", arguments) if part.strip()]


@lru_cache
def read_type(text: str) -> Type:
    """A type of a signature: INT64, T, ARRAY<T>, STRUCT<value T, count INT64>."""
    text = text.strip()
    if text.startswith(("ARRAY<", "RANGE<")):
        return Type(text[:5], read_type(text[6:-1]))
    if text.startswith("STRUCT<"):
        members = (part.strip().split(" ", 1) for part in text[7:-1].split(","))
        return Type("STRUCT", None, tuple((name, read_type(kind)) for name, kind in members))
    return Type(text) if text in _LETTERS else t.SIMPLE[text]


@cache
def load() -> None:
    """Read all themes, once."""
    for theme in THEMES:
        before = _names()
        importlib.import_module(f"emulators.bigquery.sql.functions.{theme}")
        BY_THEME[theme] = sorted(_names() - before)


def _names() -> set[str]:
    return {*RULES, *SCALARS, *AGGREGATES, *WINDOWS}
