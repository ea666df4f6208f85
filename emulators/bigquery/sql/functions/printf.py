"""FORMAT: printf with BigQuery's letters. Values come as text with a type tag, because a function in SQL has no
any-type."""

import json
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

_SPEC = re.compile(r"%([-+ #0']*)(\*|\d+)?(?:\.(\*|\d+))?([a-zA-Z%]|$)")
_EXPONENT = re.compile(r"([eE][+-])(\d)$")  # two digits at least, which a Decimal does not write by itself
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_QUOTED = {
    "D": "DATE", "M": "DATETIME", "C": "TIME", "Z": "TIMESTAMP", "N": "NUMERIC", "B": "BIGNUMERIC",
    "d": "RANGE<DATE>", "m": "RANGE<DATETIME>", "z": "RANGE<TIMESTAMP>",
}  # fmt: skip


def format_text(pattern: str | None, values: list[str | None] | None) -> str | None:
    """The pattern filled; NULL when a value other than for %t and %T is NULL. A value is tag + text."""
    if pattern is None or values is None:
        return None
    given = list(values)
    null = False

    def take() -> str | None:
        if not given:
            raise ValueError('Too few arguments to FORMAT for pattern "' + pattern + '"')
        return given.pop(0)

    def one(m: re.Match[str]) -> str:
        nonlocal null
        flags, width, precision, letter = m.groups()
        if letter == "%":
            return "%"
        if not letter:
            raise ValueError(f'Invalid FORMAT pattern "{pattern}": it ends in the middle of a specifier')
        if width == "*":
            width = (take() or " ")[1:]
            if width.startswith("-"):
                flags, width = flags + "-", width[1:]
        if precision == "*":
            precision = (take() or " ")[1:]
        value = take()
        if value is None and letter not in "tT":
            null = True
            return ""
        return _pad(_body(flags, precision, letter, value), flags, width, letter)

    text = _SPEC.sub(one, pattern)
    if given:
        raise ValueError(
            f'Too many arguments to FORMAT for pattern "{pattern}"; Expected {len(values) - len(given)}; Got {len(values)}'  # noqa: E501
        )
    return None if null else text


def _pad(text: str, flags: str, width: str | None, letter: str) -> str:
    size = int(width or 0)
    if "-" in flags:
        return text.ljust(size)
    if "0" in flags and letter in "diouxXfFeEgG":
        sign = text[:1] if text[:1] in "+- " else ""
        return sign + text[len(sign) :].rjust(size - len(sign), "0")
    return text.rjust(size)


def _sign(flags: str, negative: bool) -> str:
    return "-" if negative else "+" if "+" in flags else " " if " " in flags else ""


def _body(flags: str, precision: str | None, letter: str, value: str | None) -> str:
    tag, text = (value[0], value[1:]) if value is not None else ("", "NULL")
    if letter in "tT":
        printed = _printed(value, letter)
        return printed if precision is None else printed[: int(precision)]
    if letter == "s":
        if tag not in "SY":
            raise ValueError("Invalid type for argument of FORMAT specifier %s: a STRING is expected")
        return text if precision is None else text[: int(precision)]
    if letter in "pP":
        if tag != "J":
            raise ValueError(f"Invalid type for argument of FORMAT specifier %{letter}: a JSON is expected")
        return text if letter == "p" else json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    if tag not in "IFNB":
        raise ValueError(f"Invalid type for argument of FORMAT specifier %{letter}")
    if letter in "diouxX":
        if tag != "I":
            raise ValueError(f"Invalid type for argument of FORMAT specifier %{letter}: an INT64 is expected")
        number = int(text)
        digits = letter if letter in "oxX" else "d"
        if number < 0 and digits != "d":
            raise ValueError(f"Negative value {number} in argument of FORMAT specifier %{letter}")
        body = format(abs(number), digits)
        body = _grouped(body, digits) if "'" in flags else body
        prefix = {"o": "0", "x": "0x", "X": "0X"}.get(letter, "") if "#" in flags else ""
        return _sign(flags, number < 0) + prefix + body.rjust(int(precision or 0), "0")
    return _float(flags, precision, letter, tag, text)


def _grouped(digits: str, letter: str) -> str:
    """Decimal digits by threes, octal and hexadecimal ones by fours."""
    size, mark = (3, ",") if letter == "d" else (4, "," if letter == "o" else ":")
    first = len(digits) % size
    parts = [digits[:first]] * bool(first) + [digits[i : i + size] for i in range(first, len(digits), size)]
    return mark.join(parts)


def _float(flags: str, precision: str | None, letter: str, tag: str, text: str) -> str:
    if letter not in "fFeEgG":
        raise ValueError(f'Invalid FORMAT specifier "%{letter}"')
    lower = text.lower()
    if "inf" in lower or "nan" in lower:
        body = lower.lstrip("-")
        return _sign(flags, lower.startswith("-")) + (body.upper() if letter.isupper() else body)
    number: float | Decimal = Decimal(text) if tag in "NB" else float(text)
    places = int(precision) if precision is not None else 6
    if isinstance(number, Decimal) and letter in "fF":
        number = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, Context(prec=200))
    comma = "," if "'" in flags else ""
    size = number.copy_abs() if isinstance(number, Decimal) else abs(number)
    body = format(size, f"{comma}{'#' if '#' in flags else ''}.{places}{letter}")
    return _sign(flags, number < 0 or text.startswith("-")) + _EXPONENT.sub(r"\g<1>0\2", body)


def _printed(value: str | None, letter: str) -> str:
    """%t and %T: the parts of arrays and structs likewise."""
    if value is None:
        return "NULL"
    tag, text = value[0], value[1:]
    if tag == "X":
        return _nested(json.loads(text), letter)
    if tag == "Y":
        quote = _quote(text) if letter == "T" else ""
        escaped = "".join(
            c if " " <= c <= "~" and c not in (quote, "\\") else _ESCAPES.get(c, f"\\x{ord(c):02x}") for c in text
        )
        return f"b{quote}{escaped}{quote}" if letter == "T" else escaped
    if letter == "T":
        return _literal(tag, text)
    return text + ".0" if tag == "F" and text.lstrip("-").isdigit() else text


def _nested(tree: Any, letter: str) -> str:
    if not isinstance(tree, list):
        return _printed(tree, letter)
    shape, parts = tree
    inside = ", ".join(_nested(part, letter) for part in parts)
    if shape == "A":
        return f"[{inside}]"
    return f"STRUCT({inside})" if letter == "T" and len(parts) < 2 else f"({inside})"


def _quote(text: str) -> str:
    return "'" if '"' in text and "'" not in text else '"'


def _quoted(text: str) -> str:
    """In double quotes, or in single ones when the text has double quotes alone."""
    quote = _quote(text)
    escaped = text.replace("\\", "\\\\").replace(quote, "\\" + quote)
    return quote + escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + quote


def _literal(tag: str, text: str) -> str:
    """%T: as a literal of its type."""
    if tag == "S":
        return _quoted(text)
    if tag == "F":
        if text.lower() in ("inf", "-inf", "nan"):
            return f'CAST("{text.lower()}" AS FLOAT64)'
        return text if "." in text or "e" in text else text + ".0"
    if tag == "J":
        return f"JSON {_quoted(text)}"
    if tag == "V":
        return f'INTERVAL "{text}" YEAR TO SECOND'
    if tag == "G":
        return f'ST_GEOGFROMTEXT("{text}")'
    return f'{_QUOTED[tag]} "{text}"' if tag in _QUOTED else text


FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (format_text, ("VARCHAR", "VARCHAR[]"), "VARCHAR"),
)
