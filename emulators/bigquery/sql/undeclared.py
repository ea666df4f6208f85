"""Query parameters that a query names and nobody has declared: their types, by where they stand."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from emulators.bigquery.sql.model import Field, QueryParameter, SqlError, Statement
from emulators.bigquery.sql.parameters import values
from emulators.bigquery.sql.syntax.lexer import tokens

_SCALARS = (
    "INT64", "STRING", "FLOAT64", "NUMERIC", "BIGNUMERIC", "BOOL", "DATE", "TIMESTAMP", "DATETIME", "TIME", "BYTES",
    "JSON", "GEOGRAPHY", "INTERVAL",
)  # fmt: skip
_CANDIDATES = [Field("", kind) for kind in _SCALARS] + [Field("", kind, "REPEATED") for kind in _SCALARS]
_UNKNOWN = Field("", "NULL")
Analyse = Callable[[Sequence[QueryParameter]], Statement]


def undeclared_parameters(text: str, given: Sequence[QueryParameter], analyse: Analyse) -> list[QueryParameter]:
    """The parameters that are not given, each with the type that needs the fewest conversions; an INT64 when any does.

    analyse: the statement with these parameters, or SqlError.
    """
    written = [(token.kind, text[token.at : token.end]) for token in tokens(text)]
    found = [QueryParameter(name, _UNKNOWN, None) for name in _missing(written, given)]
    for at, parameter in enumerate(found):
        times = sum(kind == "param" and _name(word).lower() == (parameter.name or "").lower() for kind, word in written)
        fitting: list[tuple[int, QueryParameter]] = []
        for field in _CANDIDATES:
            if fitting and field.mode == "REPEATED":
                break
            candidate = replace(parameter, field=field)
            length = _length(analyse, [*given, *found[:at], candidate, *found[at + 1 :]])
            if length is not None:
                fitting.append((length - max(times, 1) * _own_length(candidate), candidate))
        if fitting:
            found[at] = min(fitting, key=lambda one: one[0])[1]
    return found


def _name(word: str) -> str:
    return word[1:].strip("`")


def _missing(written: Sequence[tuple[str, str]], given: Sequence[QueryParameter]) -> list[str | None]:
    """The names in the order in which they are first written; None for each ? beyond those given."""
    known = {parameter.name.lower() for parameter in given if parameter.name}
    names: dict[str, str] = {}
    for kind, word in written:
        if kind == "param":
            names.setdefault(_name(word).lower(), _name(word))
    marks = sum(word == "?" for kind, word in written if kind == "op")
    declared = sum(not parameter.name for parameter in given)
    return [*(name for key, name in names.items() if key not in known), *[None] * (marks - declared)]


def _length(analyse: Analyse, parameters: Sequence[QueryParameter]) -> int | None:
    """How long the statement's SQL is; None when the types do not fit."""
    try:
        return len(analyse(parameters).duckdb or "")
    except SqlError:
        return None


def _own_length(parameter: QueryParameter) -> int:
    named, positional = values([parameter])
    return len([*named.values(), *positional][0].sql)
