"""Mathematics of NUMERIC and BIGNUMERIC: computed with 60 digits, then rounded half away from zero."""

from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

_DIGITS = Context(prec=60)


def _checked(function: Callable[[Decimal], Decimal], x: Decimal, name: str, scale: int) -> Decimal:
    try:
        return _rounded(function(x), scale, name)
    except InvalidOperation as error:
        raise ValueError(f"Floating point error in function: {name}({x:f})") from error


def _rounded(value: Decimal, scale: int, what: str) -> Decimal:
    kept = value.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, Context(prec=200))
    if abs(kept) >= Decimal(10) ** (38 - scale):
        raise ValueError(f"numeric overflow in function: {what}")
    return kept


def decimal_sqrt(x: Decimal, scale: int) -> Decimal:
    if x < 0:
        raise ValueError(f"Argument to SQRT cannot be negative: {x:f}")
    return _checked(_DIGITS.sqrt, x, "SQRT", scale)


def decimal_cbrt(x: Decimal, scale: int) -> Decimal:
    root = _DIGITS.power(abs(x), _DIGITS.divide(Decimal(1), Decimal(3))) if x else x
    return _rounded(root.copy_sign(x), scale, "CBRT")


def decimal_exp(x: Decimal, scale: int) -> Decimal:
    if x > 100:
        raise ValueError(f"numeric overflow in function: EXP({x:f})")
    return _checked(_DIGITS.exp, x, "EXP", scale)


def decimal_ln(x: Decimal, scale: int) -> Decimal:
    if x <= 0:
        raise ValueError(f"LN is undefined for zero or negative value: LN({x:f})")
    return _checked(_DIGITS.ln, x, "LN", scale)


def decimal_log10(x: Decimal, scale: int) -> Decimal:
    if x <= 0:
        raise ValueError(f"LOG10 is undefined for zero or negative value: LOG10({x:f})")
    return _checked(_DIGITS.log10, x, "LOG10", scale)


def decimal_log(x: Decimal, base: Decimal, scale: int) -> Decimal:
    if x <= 0 or base <= 0 or base == 1:
        raise ValueError(f"LOG is undefined for these values: LOG({x:f}, {base:f})")
    return _rounded(_DIGITS.divide(_DIGITS.ln(x), _DIGITS.ln(base)), scale, "LOG")


def decimal_round(x: Decimal, places: int, mode: str) -> Decimal:
    """mode: ROUND_HALF_EVEN or ROUND_HALF_AWAY_FROM_ZERO."""
    modes = {"ROUND_HALF_EVEN": ROUND_HALF_EVEN, "ROUND_HALF_AWAY_FROM_ZERO": ROUND_HALF_UP}
    if mode not in modes:
        raise ValueError(f"Invalid rounding mode: {mode}")
    step = Decimal(1).scaleb(-max(-38, min(places, 38)))
    return x.quantize(step, modes[mode], Context(prec=200)) if step >= Decimal("1e-18") else x


def decimal_trunc(x: Decimal, places: int) -> Decimal:
    """Towards zero."""
    step = Decimal(1).scaleb(-max(-38, min(places, 38)))
    return x.quantize(step, ROUND_DOWN, Context(prec=200)) if step >= Decimal("1e-18") else x


def numeric_round_by(x: Decimal, places: int, mode: str) -> Decimal:
    return decimal_round(x, places, mode)


def numeric_trunc_by(x: Decimal, places: int) -> Decimal:
    return decimal_trunc(x, places)


_N, _B = "DECIMAL(38,9)", "DECIMAL(38,18)"
_ONE = (decimal_sqrt, decimal_cbrt, decimal_exp, decimal_ln, decimal_log10)


def _scaled(function: Callable[[Decimal, int], Decimal], scale: int, prefix: str) -> Callable[[Decimal], Decimal]:
    def scaled(x: Decimal) -> Decimal:
        return function(x, scale)

    scaled.__name__ = function.__name__.replace("decimal", prefix)
    return scaled


def numeric_log(x: Decimal, base: Decimal) -> Decimal:
    return decimal_log(x, base, 9)


def bignumeric_log(x: Decimal, base: Decimal) -> Decimal:
    return decimal_log(x, base, 18)


FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    *((_scaled(function, 9, "numeric"), (_N,), _N) for function in _ONE),
    *((_scaled(function, 18, "bignumeric"), (_B,), _B) for function in _ONE),
    (numeric_log, (_N, _N), _N),
    (bignumeric_log, (_B, _B), _B),
    (decimal_round, (_B, "BIGINT", "VARCHAR"), _B),
    (numeric_round_by, (_N, "BIGINT", "VARCHAR"), _N),
    (numeric_trunc_by, (_N, "BIGINT"), _N),
    (decimal_trunc, (_B, "BIGINT"), _B),
)
