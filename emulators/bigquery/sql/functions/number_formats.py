"""CAST(number AS STRING FORMAT '...'): digits (9, 0, X), point, groups, signs and currency."""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from emulators.bigquery.sql.functions.decimals import WIDE

_FORMAT = re.compile(
    r"(?P<lead>(?:S|\$|L|C|B)*)(?P<digits>[09,G.DX]+)(?:V(?P<shifted>[09]+))?(?P<exponent>EEEE)?(?P<trail>MI|PR|S)?",
    re.IGNORECASE,
)
_HUGE = 10**60
_MONEY = {"$": "$", "L": "$", "l": "$", "C": "USD", "c": "usd"}
_ROMAN = ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"),
          (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))  # fmt: skip


def cast_number_text(value: str, pattern: str) -> str:
    """A number as the format says; # in place of digits when it has more of them than the format."""
    if pattern.upper() in ("TM", "TM9"):
        return value
    form = re.sub("FM", "", pattern.strip(), flags=re.IGNORECASE)
    text = _roman(Decimal(value)) if form.upper() == "RN" else _filled(value, form)
    if len(form) == len(pattern.strip()):
        return text
    text = text.replace(" ", "")
    return re.sub(r"\.?0+(?=\D*$)", "", text) if "." in text else text


def _roman(number: Decimal) -> str:
    left = int(number.quantize(Decimal(1), ROUND_HALF_UP, WIDE))
    if not 1 <= left <= 3999:
        raise ValueError(f"Format RN needs a number between 1 and 3999, but got {number:f}")
    text = ""
    for size, letters in _ROMAN:
        text, left = text + letters * (left // size), left % size
    return text.rjust(15)


def _filled(value: str, pattern: str) -> str:
    found = _FORMAT.fullmatch(pattern)
    if found is None:
        raise ValueError(f"Invalid format string for a number: {pattern!r}")
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError(f"A format needs a finite number, but got {value}")
    head, trail, digits = found["lead"], (found["trail"] or "").upper(), found["digits"].upper()
    money = next((_MONEY[c] for c in head if c in _MONEY), "")
    if found["shifted"]:
        number, digits = number.scaleb(len(found["shifted"]), WIDE), digits + found["shifted"]
    if "X" in digits:
        body, padding = _hexadecimal(number, found["digits"]), len(digits)
    elif found["exponent"]:
        body, padding = _scientific(number.copy_abs(), digits), 0
    else:
        body, padding = _plain(number.copy_abs(), digits), len(digits)
    text = _signed(body.lstrip(), number < 0, money, "S" in head.upper(), trail, padding + len(money))
    return " " * len(text) if "B" in head.upper() and number.copy_abs() < 1 else text


def _plain(number: Decimal, digits: str) -> str:
    whole, point, places = re.match(r"([09,GX]*)([.D]?)([09]*)$", digits).groups()  # type: ignore[union-attr]
    rounded = number.quantize(Decimal(1).scaleb(-len(places)), ROUND_HALF_UP, WIDE) if number < _HUGE else number
    text, _, fraction = f"{rounded:f}".partition(".")
    text = "" if text == "0" else text
    room = [c for c in whole if c in "09"]
    if len(text) > len(room):
        return "".join("#" if c in "09" else {"G": ",", "D": "."}.get(c, c) for c in digits)
    first = next((i for i, c in enumerate(room) if c == "0"), len(room))
    least = max(len(text), len(room) - first)
    if not least and not places:
        least = 1
    shown, left = [], least
    source = text.rjust(least, "0")
    for c in reversed(whole):
        if c in "09":
            if not left:
                break
            shown.append(source[left - 1])
            left -= 1
        elif left:
            shown.append(",")
    return "".join(reversed(shown)) + ("." if point else "") + fraction


def _scientific(number: Decimal, digits: str) -> str:
    places = len(re.split(r"[.D]", digits)[1]) if re.search(r"[.D]", digits) else 0
    text = f"{number:.{places}E}"
    mantissa, _, exponent = text.partition("E")
    return f"{mantissa}E{exponent[0]}{exponent[1:].zfill(2)}"


def _hexadecimal(number: Decimal, digits: str) -> str:
    text = f"{int(number.copy_abs().quantize(Decimal(1), ROUND_HALF_UP, WIDE)):X}"
    if len(text) > len(digits):
        return "#" * len(digits)
    text = text.zfill(len(digits)) if digits.startswith("0") else text
    # A zero takes the case of the next X.
    cases = [next((c for c in digits[i:] if c in "xX"), "X") for i in range(len(digits) - len(text), len(digits))]
    return "".join(c.lower() if case == "x" else c for c, case in zip(text, cases, strict=True))


def _signed(body: str, negative: bool, money: str, signed: bool, trail: str, padding: int) -> str:
    if trail == "MI":
        return (money + body).rjust(padding) + ("-" if negative else " ")
    if trail == "PR":
        return (f"<{money}{body}>" if negative else f" {money}{body} ").rjust(padding + 2)
    sign = "-" if negative else "+" if signed or trail == "S" else " "
    if trail == "S":
        return (money + body).rjust(padding) + sign
    return (sign.strip() + money + body).rjust((padding or len(money + body)) + 1)


FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (cast_number_text, ("VARCHAR", "VARCHAR"), "VARCHAR"),
)
