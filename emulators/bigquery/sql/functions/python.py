"""The few functions that SQL cannot do: exact wide decimals, float formatting, fingerprints, checked UTF-8.

Each gets and gives plain Python values, NULL only where _SEES_NULL says so, and raises ValueError with BigQuery's
message.
"""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation
from functools import wraps
from typing import Any

import duckdb

from emulators.bigquery.sql.functions import (
    bits,
    cast_formats,
    decimals,
    domains,
    encodings,
    formatting,
    intervals,
    json_reading,
    json_text,
    network,
    number_formats,
    parsing,
    printf,
    search,
    sketches,
)
from emulators.bigquery.sql.functions.fingerprint import farm_fingerprint
from emulators.bigquery.sql.functions.javascript import javascript
from emulators.bigquery.sql.geography import registration as geography

_WIDE = Context(prec=200)
_NUMERIC_STEP, _NUMERIC_LIMIT = Decimal("1e-9"), Decimal(10) ** 29
_BIG_STEP, _BIG_LIMIT = Decimal("1e-18"), Decimal(10) ** 20


def _numeric(value: Decimal, what: str) -> Decimal:
    """Rounded half away from zero to 9 digits; an overflow is an error."""
    rounded = value.quantize(_NUMERIC_STEP, ROUND_HALF_UP, _WIDE)
    if abs(rounded) >= _NUMERIC_LIMIT:
        raise ValueError(f"numeric overflow: {what}")
    return rounded


def numeric_multiply(x: Decimal, y: Decimal) -> Decimal:
    return _numeric(_WIDE.multiply(x, y), f"{x} * {y}")


def numeric_divide(x: Decimal, y: Decimal) -> Decimal:
    if not y:
        raise ValueError(f"division by zero: {formatting.decimal_text(x)} / 0")
    return _numeric(_WIDE.divide(x, y), f"{x} / {y}")


def _big(value: Decimal, what: str) -> Decimal:
    """A BIGNUMERIC must be kept exactly in 18 digits after the point, or it is refused."""
    try:
        kept = value.quantize(_BIG_STEP, context=Context(prec=200, traps=[Inexact, InvalidOperation]))
    except (Inexact, InvalidOperation) as error:
        raise ValueError(
            f"BIGNUMERIC result of {what} needs more than the 18 digits after the point that are kept here"
        ) from error
    if abs(kept) >= _BIG_LIMIT:
        raise ValueError(f"bignumeric overflow: {what}")
    return kept


def bignumeric_multiply(x: Decimal, y: Decimal) -> Decimal:
    return _big(_WIDE.multiply(x, y), f"{x} * {y}")


def bignumeric_divide(x: Decimal, y: Decimal) -> Decimal:
    if not y:
        raise ValueError(f"division by zero: {formatting.decimal_text(x)} / 0")
    return _big(_WIDE.divide(x, y), f"{x} / {y}")


_FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (numeric_multiply, ("DECIMAL(38,9)", "DECIMAL(38,9)"), "DECIMAL(38,9)"),
    (numeric_divide, ("DECIMAL(38,9)", "DECIMAL(38,9)"), "DECIMAL(38,9)"),
    (bignumeric_multiply, ("DECIMAL(38,18)", "DECIMAL(38,18)"), "DECIMAL(38,18)"),
    (bignumeric_divide, ("DECIMAL(38,18)", "DECIMAL(38,18)"), "DECIMAL(38,18)"),
    (farm_fingerprint, ("BLOB",), "BIGINT"),
    *bits.FUNCTIONS,
    *cast_formats.FUNCTIONS,
    *decimals.FUNCTIONS,
    *domains.FUNCTIONS,
    *encodings.FUNCTIONS,
    *geography.FUNCTIONS,
    *formatting.FUNCTIONS,
    *intervals.FUNCTIONS,
    *json_reading.FUNCTIONS,
    *json_text.FUNCTIONS,
    *network.FUNCTIONS,
    *number_formats.FUNCTIONS,
    *printf.FUNCTIONS,
    *parsing.FUNCTIONS,
    *search.FUNCTIONS,
    *sketches.FUNCTIONS,
)


_MAY_BE_NULL = (
    *geography.MAY_BE_NULL,
    *domains.MAY_BE_NULL,
    *network.MAY_BE_NULL,
    *json_reading.MAY_BE_NULL,
    *json_text.MAY_BE_NULL,
)
# These decide by themselves what NULL gives.
_SEES_NULL = ("format_text", *search.SEES_NULL, *sketches.SEES_NULL)


def _null_in_null_out(function: Callable[..., Any]) -> Callable[..., Any]:
    """For a function that may give NULL, which DuckDB allows only to those that see it."""

    @wraps(function)
    def guarded(*values: Any) -> Any:
        return None if None in values else function(*values)

    return guarded


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Define each function as bq_<name>."""
    for function, arguments, result in _FUNCTIONS:
        name = function.__name__
        if name in _MAY_BE_NULL:
            function = _null_in_null_out(function)
        handling: Any = "special" if name in (*_SEES_NULL, *_MAY_BE_NULL) else "default"
        kinds: list[Any] = list(arguments)
        connection.create_function(f"bq_{name}", function, kinds, result, null_handling=handling)
    texts: list[Any] = ["VARCHAR", "VARCHAR"]
    settings: dict[str, Any] = {"type": "arrow", "null_handling": "special"}  # a batch of rows at a time
    connection.create_function("bq_javascript", javascript, texts, "VARCHAR", **settings)
