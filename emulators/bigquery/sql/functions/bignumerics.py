"""Exact arithmetic of BIGNUMERIC, which DuckDB keeps as a BIGNUM: the value times 10^38, a text in Python.

DuckDB adds, subtracts, sums and compares BIGNUMs itself, and bignums multiplies and divides them; all else of DuckDB's
arithmetic would be in DOUBLE.
"""

import re
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation
from functools import wraps
from typing import Any

from emulators.bigquery.sql.functions.decimals import (
    BIGNUMERIC,
    FUNCTIONS_OF_FORMS,
    NUMERIC,
    WIDE,
    Form,
    computed,
    of_form,
    trunc_by,
)
from emulators.bigquery.sql.functions.formatting import decimal_text

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def value(kept: str) -> Decimal:
    """The value of a BIGNUM."""
    return Decimal(int(kept)).scaleb(-38, WIDE)


def kept(number: Decimal) -> str:
    """The BIGNUM of a value of at most 38 digits after the point."""
    return str(int(number.scaleb(38, WIDE)))


def read(text: str) -> Decimal:
    """A text, rounded to 38 digits after the point; ValueError when it is no number, or none of BIGNUMERIC's."""
    try:
        if _NUMBER.fullmatch(text.strip()) is None:
            raise InvalidOperation
        return BIGNUMERIC.fit(Decimal(text.strip()), "")
    except (InvalidOperation, ValueError):
        raise ValueError(f"Invalid BIGNUMERIC value: {text}") from None


def from_text(text: str) -> str:
    return kept(read(text))


def or_null(text: str) -> str | None:
    """As from_text, but NULL for what is no BIGNUMERIC."""
    try:
        return from_text(text)
    except ValueError:
        return None


def from_float(number: float) -> str:
    return kept(BIGNUMERIC.fit(Decimal(number), f": {number!r}"))


def to_numeric(x: Decimal) -> Decimal:
    return NUMERIC.fit(x, f": {decimal_text(x)}")


def to_int64(x: Decimal) -> int:
    """Rounded half away from zero."""
    found = int(x.quantize(Decimal(1), ROUND_HALF_UP, WIDE))
    if not -(2**63) <= found < 2**63:
        raise ValueError(f"int64 overflow: {decimal_text(x)}")
    return found


def average(form: Form, total: Decimal, count: int) -> Decimal:
    return form.fit(WIDE.divide(total, Decimal(count)), " in function: AVG")


def mod(form: Form, x: Decimal, y: Decimal) -> Decimal:
    if not y:
        raise ValueError(f"division by zero: MOD({decimal_text(x)}, 0)")
    return WIDE.remainder(x, y)


def div(form: Form, x: Decimal, y: Decimal) -> Decimal:
    """The whole part of the quotient."""
    if not y:
        raise ValueError(f"division by zero: {decimal_text(x)} / 0")
    return form.fit(WIDE.divide_int(x, y), f": DIV({decimal_text(x)}, {decimal_text(y)})")


def floor(form: Form, x: Decimal) -> Decimal:
    return form.fit(x.quantize(Decimal(1), ROUND_FLOOR, WIDE), f": FLOOR({decimal_text(x)})")


def ceil(form: Form, x: Decimal) -> Decimal:
    return form.fit(x.quantize(Decimal(1), ROUND_CEILING, WIDE), f": CEIL({decimal_text(x)})")


def power(form: Form, x: Decimal, y: Decimal) -> Decimal:
    shown = f"POW({decimal_text(x)}, {decimal_text(y)})"
    if not x and y < 0:
        raise ValueError(f"division by zero: {shown}")
    if not y:
        return Decimal(1)
    if x < 0 and y != trunc_by(form, y, 0):
        raise ValueError(f"Floating point error in function: {shown}")
    return computed(form, form.digits.power, "POW", x, y)


def limit(form: Form, x: Decimal, precision: int, scale: int, even: bool) -> Decimal:
    """As a BIGNUMERIC(precision, scale) takes it."""
    found = x.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_EVEN if even else ROUND_HALF_UP, WIDE)
    if found.copy_abs() >= Decimal(10) ** (precision - scale):
        raise ValueError(f"bignumeric overflow: {decimal_text(x)}")
    return found


def between(form: Form, x: Decimal, y: Decimal, part: int, whole: int) -> Decimal:
    """The value at part / whole of the way from x to y."""
    step = WIDE.divide(WIDE.multiply(WIDE.subtract(y, x), Decimal(part)), Decimal(whole))
    return form.fit(WIDE.add(x, step), "")


def series(start: str, end: str, step: str) -> list[str]:
    """start, start + step ... as far as end."""
    first, last, width = int(start), int(end), int(step)
    if not width:
        raise ValueError("Sequence step cannot be 0.")
    return [str(one) for one in range(first, last + (1 if width > 0 else -1), width)]


def percentile(values: list[str | None], place: float) -> str | None:
    """The value at a place, 0 to 1, among the values in their order, NULL first: between two of them where it is."""
    found = [None] * values.count(None) + sorted(int(one) for one in values if one is not None)
    if not found:
        return None
    at = WIDE.multiply(Decimal(repr(place)), Decimal(len(found) - 1))
    low = int(at)
    high = min(low + 1, len(found) - 1)
    first, second, share = found[low], found[high], WIDE.subtract(at, Decimal(low))
    if first is None or second is None:
        return None if second is None or not share else str(second)
    between_them = WIDE.add(Decimal(first), WIDE.multiply(Decimal(second - first), share))
    return str(int(between_them.quantize(Decimal(1), ROUND_HALF_UP, WIDE)))


_B = "BIGNUM"
_OF_DECIMALS: tuple[tuple[Callable[..., Decimal], tuple[str, ...]], ...] = (
    *((function, kinds) for function, kinds in FUNCTIONS_OF_FORMS if function.__name__ not in ("multiply", "divide")),
    (average, ("D", "BIGINT")), (mod, ("D", "D")), (div, ("D", "D")), (floor, ("D",)), (ceil, ("D",)),
    (power, ("D", "D")), (limit, ("D", "BIGINT", "BIGINT", "BOOLEAN")), (between, ("D", "D", "BIGINT", "BIGINT")),
)  # fmt: skip


def _named(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    function.__name__ = f"bignumeric_{name}"
    return function


def _of_bignums(function: Callable[..., Decimal], kinds: tuple[str, ...]) -> Callable[..., str]:
    """A function of decimals as one of BIGNUMs."""
    own, decimals = of_form(BIGNUMERIC, function), [kind == "D" for kind in kinds]

    @wraps(own)
    def of_bignums(*given: Any) -> str:
        return kept(own(*(value(one) if decimal else one for one, decimal in zip(given, decimals, strict=True))))

    return of_bignums


MAY_BE_NULL = ("bignumeric_percentile", "bignumeric_or_null")
FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    *(
        (_of_bignums(own, kinds), tuple(_B if kind == "D" else kind for kind in kinds), _B)
        for own, kinds in _OF_DECIMALS
    ),
    (_named("from_text", from_text), ("VARCHAR",), _B),
    (_named("or_null", or_null), ("VARCHAR",), _B),
    (_named("from_float", from_float), ("DOUBLE",), _B),
    (_named("to_numeric", lambda x: to_numeric(value(x))), (_B,), "DECIMAL(38,9)"),
    (_named("to_int64", lambda x: to_int64(value(x))), (_B,), "BIGINT"),
    (_named("series", series), (_B, _B, _B), f"{_B}[]"),
    (_named("percentile", percentile), (f"{_B}[]", "DOUBLE"), _B),
)
