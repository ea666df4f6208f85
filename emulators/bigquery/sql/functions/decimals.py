"""Exact mathematics of decimals: computed with many digits, then rounded half away from zero into a form.

The functions of NUMERIC are registered here; bignumerics has those of BIGNUMERIC, made of the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, InvalidOperation, Overflow
from functools import cached_property, partial
from typing import Any

from emulators.bigquery.sql.functions.formatting import decimal_text

WIDE = Context(prec=300)  # no sum, product or quotient of two decimals needs more to be rounded rightly
_MODES = {"ROUND_HALF_EVEN": ROUND_HALF_EVEN, "ROUND_HALF_AWAY_FROM_ZERO": ROUND_HALF_UP}


@dataclass(frozen=True)
class Form:
    """A type of decimals: digits after the point, the least and the greatest value in units of the last digit."""

    name: str
    scale: int
    least: int
    greatest: int
    digits: Context  # in which its roots and logarithms are computed

    @cached_property
    def range(self) -> tuple[Decimal, Decimal]:
        """The least and the greatest value."""
        return Decimal(self.least).scaleb(-self.scale, WIDE), Decimal(self.greatest).scaleb(-self.scale, WIDE)

    def holds(self, value: Decimal) -> bool:
        """Whether a value is neither too small nor too large."""
        least, greatest = self.range
        return least <= value <= greatest

    def fit(self, value: Decimal, what: str) -> Decimal:
        """Rounded half away from zero; ValueError: what overflows."""
        try:
            kept = value.quantize(Decimal(1).scaleb(-self.scale), ROUND_HALF_UP, WIDE)
        except InvalidOperation:
            raise ValueError(f"{self.name} overflow{what}") from None
        if not self.holds(kept):
            raise ValueError(f"{self.name} overflow{what}")
        return kept


NUMERIC = Form("numeric", 9, 1 - 10**38, 10**38 - 1, Context(prec=60))
BIGNUMERIC = Form("bignumeric", 38, -(2**255), 2**255 - 1, Context(prec=150))


def multiply(form: Form, x: Decimal, y: Decimal) -> Decimal:
    return form.fit(WIDE.multiply(x, y), f": {decimal_text(x)} * {decimal_text(y)}")


def divide(form: Form, x: Decimal, y: Decimal) -> Decimal:
    if not y:
        raise ValueError(f"division by zero: {decimal_text(x)} / 0")
    return form.fit(WIDE.divide(x, y), f": {decimal_text(x)} / {decimal_text(y)}")


def computed(form: Form, function: Callable[..., Decimal], name: str, *values: Decimal) -> Decimal:
    shown = f"{name}({', '.join(map(decimal_text, values))})"
    try:
        return form.fit(function(*values), f" in function: {shown}")
    except Overflow:
        raise ValueError(f"{form.name} overflow in function: {shown}") from None
    except InvalidOperation as error:
        raise ValueError(f"Floating point error in function: {shown}") from error


def sqrt(form: Form, x: Decimal) -> Decimal:
    if x < 0:
        raise ValueError(f"Argument to SQRT cannot be negative: {decimal_text(x)}")
    return computed(form, form.digits.sqrt, "SQRT", x)


def cbrt(form: Form, x: Decimal) -> Decimal:
    third = form.digits.divide(Decimal(1), Decimal(3))
    root = form.digits.power(x.copy_abs(), third) if x else x
    return form.fit(root.copy_sign(x), " in function: CBRT")


def exp(form: Form, x: Decimal) -> Decimal:
    if x > 100:
        raise ValueError(f"{form.name} overflow in function: EXP({decimal_text(x)})")
    return computed(form, form.digits.exp, "EXP", x)


def ln(form: Form, x: Decimal) -> Decimal:
    if x <= 0:
        raise ValueError(f"LN is undefined for zero or negative value: LN({decimal_text(x)})")
    return computed(form, form.digits.ln, "LN", x)


def log10(form: Form, x: Decimal) -> Decimal:
    if x <= 0:
        raise ValueError(f"LOG10 is undefined for zero or negative value: LOG10({decimal_text(x)})")
    return computed(form, form.digits.log10, "LOG10", x)


def log(form: Form, x: Decimal, base: Decimal) -> Decimal:
    if x <= 0 or base <= 0 or base == 1:
        undefined = "LOG is undefined for zero or negative value, or when base equals 1"
        raise ValueError(f"{undefined}: LOG({decimal_text(x)}, {decimal_text(base)})")
    return form.fit(form.digits.divide(form.digits.ln(x), form.digits.ln(base)), " in function: LOG")


def round_by(form: Form, x: Decimal, places: int, mode: str) -> Decimal:
    """mode: ROUND_HALF_EVEN or ROUND_HALF_AWAY_FROM_ZERO."""
    if mode not in _MODES:
        raise ValueError(f"Invalid rounding mode: {mode}")
    return _at(form, x, places, _MODES[mode])


def trunc_by(form: Form, x: Decimal, places: int) -> Decimal:
    """Towards zero."""
    return _at(form, x, places, ROUND_DOWN)


def _at(form: Form, x: Decimal, places: int, mode: str) -> Decimal:
    if places >= form.scale:
        return x
    step = Decimal(1).scaleb(-max(-40, places))
    return form.fit(x.quantize(step, mode, WIDE), f": ROUND({decimal_text(x)}, {places})")


# Each with its arguments: D is a decimal of the form, as its result is.
FUNCTIONS_OF_FORMS: tuple[tuple[Callable[..., Decimal], tuple[str, ...]], ...] = (
    (multiply, ("D", "D")), (divide, ("D", "D")), (sqrt, ("D",)), (cbrt, ("D",)), (exp, ("D",)), (ln, ("D",)),
    (log10, ("D",)), (log, ("D", "D")), (round_by, ("D", "BIGINT", "VARCHAR")), (trunc_by, ("D", "BIGINT")),
)  # fmt: skip


def of_form(form: Form, function: Callable[..., Decimal]) -> Callable[..., Decimal]:
    """A function for one form, under a name of its own."""
    found: Callable[..., Decimal] = partial(function, form)
    found.__name__ = f"{form.name}_{function.__name__}"
    return found


_N = "DECIMAL(38,9)"
FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = tuple(
    (of_form(NUMERIC, function), tuple(_N if kind == "D" else kind for kind in kinds), _N)
    for function, kinds in FUNCTIONS_OF_FORMS
)
