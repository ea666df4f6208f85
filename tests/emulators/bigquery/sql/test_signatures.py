"""What holds for every function of the tables: NULL in, NULL out, with SAFE as well, of constants and of columns."""

from typing import Any

import pytest

from emulators.bigquery.sql.analysis.statements import load_rules
from emulators.bigquery.sql.functions.registry import SCALARS, Overload
from emulators.bigquery.sql.types import Type

load_rules()
# ZEROIFNULL is made for NULL; no sketch has no values; nothing is in no array.
_NOT_NULL = ("ZEROIFNULL", "HLL_COUNT.EXTRACT", "ARRAY_INCLUDES")


def _written(kind: Type, ranges: bool) -> str:
    if kind.kind in ("T", "U", "O", "N", "E"):
        return "FLOAT64" if kind.kind == "N" else "DATE" if ranges else "INT64"
    if kind.kind in ("ARRAY", "RANGE") and kind.element is not None:
        return f"{kind.kind}<{_written(kind.element, ranges or kind.kind == 'RANGE')}>"
    return str(kind)


def _arguments(overload: Overload) -> list[tuple[str, str]]:
    """The name, with its arrow, and the type of each argument."""
    ranges = any(kind.kind == "RANGE" for kind in overload.arguments)
    names = overload.names or (None,) * len(overload.arguments)
    pairs = zip(names, overload.arguments, strict=True)
    return [(f"{name} => " if name else "", _written(kind, ranges)) for name, kind in pairs]


SIGNATURES = [
    (name, _arguments(o))
    for name, found in sorted(SCALARS.items())
    if name not in _NOT_NULL
    for o in found
    if o.arguments
]


@pytest.mark.parametrize("prefix", ["", "SAFE."])
def test_nulls_give_null(warehouse: Any, prefix: str) -> None:
    calls = [
        f"{prefix}{name}({', '.join(f'{label}CAST(NULL AS {kind})' for label, kind in arguments)})"
        for name, arguments in SIGNATURES
        if not (prefix and "." in name)
    ]
    [row] = warehouse.run("SELECT " + ", ".join(f"{call} AS c{i}" for i, call in enumerate(calls)))
    assert [call for call, value in zip(calls, row, strict=True) if value is not None] == []


def test_nulls_in_columns_give_null(warehouse: Any) -> None:
    kinds = sorted({kind for _, arguments in SIGNATURES for _, kind in arguments})
    columns = {kind: f"n{i}" for i, kind in enumerate(kinds)}
    nulls = ", ".join(f"IF(RAND() < 2, NULL, CAST(NULL AS {kind})) AS {name}" for kind, name in columns.items())
    calls = [
        f"{name}({', '.join(label + columns[kind] for label, kind in arguments)})" for name, arguments in SIGNATURES
    ]
    [row] = warehouse.run(
        f"SELECT {', '.join(f'{call} AS c{i}' for i, call in enumerate(calls))} FROM (SELECT {nulls})"
    )
    assert [call for call, value in zip(calls, row, strict=True) if value is not None] == []
