"""JSON tokens for columns of each type, and what must become of them: made from the value, never parsed back."""

import base64
import json
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

Dice = random.Random
_LETTERS = "aß漢😀 \"\\/\x00\x01\x1f\x7f\u2028\ufeff'{}[]:,\n\t"


def text(dice: Dice, most: int = 12) -> str:
    """Any Unicode text, NUL and quotes in it."""
    return "".join(dice.choice(_LETTERS + "abc 0123456789") for _ in range(dice.randint(0, most)))


def string(dice: Dice, value: str) -> str:
    """The token of a text, escaped as ASCII or not."""
    return json.dumps(value, ensure_ascii=dice.random() < 0.5)


def decimal(dice: Dice, whole: int, fraction: int) -> Decimal:
    """A number of up to so many digits before and after the point."""
    digits = dice.randint(0, 10 ** dice.randint(0, whole + fraction) - 1)
    exponent = -dice.randint(0, fraction)
    while digits >= 10 ** (whole - exponent):
        digits //= 10
    return Decimal((dice.randint(0, 1), tuple(map(int, str(digits))), exponent))  # exact, without a context


def _decimal(whole: int, fraction: int) -> Callable[[Dice], tuple[str, Any]]:
    def make(dice: Dice) -> tuple[str, Any]:
        value = decimal(dice, whole, fraction)
        plain = f"{value:f}"
        return dice.choice([plain, f'"{plain}"', f"{value:E}" if value else plain]), value

    return make


def moment(dice: Dice) -> datetime:
    """A time in any of BigQuery's years."""
    first = datetime(1, 1, 2)
    days = dice.randint(0, (date(9999, 12, 30) - first.date()).days)
    return first + timedelta(days=days, microseconds=dice.choice([0, dice.randint(0, 86_399_999_999)]))


def _timestamp(dice: Dice) -> tuple[str, Any]:
    zone = timezone(timedelta(minutes=dice.choice([0, 0, 60, -330, 345])))
    found = moment(dice).replace(tzinfo=zone)
    form = found.isoformat(dice.choice("T "))
    return json.dumps(form.replace("+00:00", dice.choice(["Z", "+00:00"]))), found.astimezone(UTC)


def _time(dice: Dice) -> tuple[str, Any]:
    found = time(
        dice.randint(0, 23), dice.randint(0, 59), dice.randint(0, 59), dice.choice([0, dice.randint(0, 999999)])
    )
    return json.dumps(found.isoformat()), found


def _double(dice: Dice) -> tuple[str, Any]:
    value = dice.choice(
        [0.0, 0.1, -1.5, 1e308, 5e-324, dice.uniform(-1e9, 1e9), dice.gauss(0, 1) * 10 ** dice.randint(-300, 300)]
    )
    return json.dumps(value), value


def _whole(dice: Dice) -> tuple[str, Any]:
    value = dice.choice([0, -1, 2**63 - 1, -(2**63), dice.randint(-(2**63), 2**63 - 1)])
    return dice.choice([str(value), f"{value}.0"]), value


def tree(dice: Dice, depth: int = 3) -> Any:
    """Any JSON value but null."""
    kind = dice.randrange(6 if depth else 4)
    if kind < 4:
        return [dice.randint(-(2**70), 2**70), text(dice), dice.random() < 0.5, decimal(dice, 9, 9)][kind]
    items = [tree(dice, depth - 1) for _ in range(dice.randint(0, 3))]
    return items if kind == 4 else {f"{number}{text(dice, 4)}": item for number, item in enumerate(items)}


def tree_token(value: Any) -> str:
    """The token of a tree; decimals digit by digit."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{tree_token(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(tree_token, value)) + "]"
    return f"{value:f}" if isinstance(value, Decimal) else json.dumps(value)


def _tree(dice: Dice) -> tuple[str, Any]:
    value = tree(dice)
    return tree_token(value), value


def _items(item: Callable[[Dice], tuple[str, Any]]) -> Callable[[Dice], tuple[str, Any]]:
    def make(dice: Dice) -> tuple[str, Any]:
        made = [item(dice) for _ in range(dice.choice([0, 1, 3, 40]))]
        return "[" + ",".join(token for token, _ in made) + "]", [value for _, value in made]

    return make


def _string(dice: Dice) -> tuple[str, Any]:
    value = text(dice)
    return string(dice, value), value


def _date(dice: Dice) -> tuple[str, Any]:
    found = moment(dice).date()
    return json.dumps(found.isoformat()), found


def _datetime(dice: Dice) -> tuple[str, Any]:
    found = moment(dice)
    return json.dumps(found.isoformat(dice.choice("T "))), found


def _bytes(dice: Dice) -> tuple[str, Any]:
    value = dice.randbytes(dice.randint(0, 9))
    return json.dumps(base64.b64encode(value).decode()), value


GOOD: dict[str, Callable[[Dice], tuple[str, Any]]] = {
    "INT64": _whole,
    "FLOAT64": _double,
    "NUMERIC": _decimal(29, 9),
    "BIGNUMERIC": _decimal(38, 38),
    "BOOL": lambda dice: dice.choice([("true", True), ("false", False)]),
    "DATE": _date,
    "TIME": _time,
    "DATETIME": _datetime,
    "TIMESTAMP": _timestamp,
    "BYTES": _bytes,
    "JSON": _tree,
    "STRING": _string,
    "ARRAY<STRING>": _items(_string),
    "ARRAY<INT64>": _items(_whole),
}
"""A token and its value."""

_YEARS = [
    '"20000-01-01T00:00:00Z"',
    '"10000-01-01T00:00:00Z"',
    '"0000-12-31T23:59:59Z"',
    '"2026-01-01T00:00:00.1234567Z"',
]
UNFIT: dict[str, list[str]] = {
    "INT64": ["9223372036854775808", "-9223372036854775809", "1e19", "1E+400", "9" * 5000, "18446744073709551616"],
    "FLOAT64": ["1e309", "-1e400", "1e-400", "1" + "0" * 400, "1e99999"],
    "NUMERIC": ["1" + "0" * 29, "0.0000000001", "1e29", "1e400", "-1e-400", "1e99999", '"1e30"'],
    "BIGNUMERIC": ["1" + "0" * 39, "1e39", "1e-39", "1e400", "1e-99999", "9" * 5000],
    "DATE": ['"20000-01-01"', '"10000-01-01"', '"0000-01-01"'],
    "TIME": ['"12:30:00.1234567"'],
    "DATETIME": [year.replace("Z", "") for year in _YEARS],
    "TIMESTAMP": _YEARS,
    "ARRAY<STRING>": ['["a",null]', "[null]"],
    "ARRAY<INT64>": ["[1,null]", "[1e19]", "[9223372036854775808]"],
}
"""Tokens of the right kind that the type cannot hold."""

WRONG: dict[str, list[str]] = {
    "INT64": ['"7"', "1.5", "true", "[]", "{}", "1e-400", '""'],
    "FLOAT64": ['"0.5"', "false", "[1]", '"NaN"', '"Infinity"'],
    "NUMERIC": ['"many"', '"NaN"', '"0x10"', "true", "[]", '" 1"', '"1_000"'],
    "BIGNUMERIC": ['"∞"', '"-Infinity"', "{}", '"1,5"', '"\uff11"'],
    "BOOL": ["0", '"true"', "[]", '"yes"'],
    "DATE": ["20260101", "{}"],
    "TIME": ["12", "[]"],
    "DATETIME": ["1767225600", "true"],
    "TIMESTAMP": ["1767225600", "1767225600.5", "{}"],
    "BYTES": ['"*"', '"a"', "7", "[1,2]", '"YQ"', '"é"'],
    "STRING": ["1", "true", '["a"]', '{"a":"b"}', "1e400"],
    "ARRAY<STRING>": ['"a"', "[1]", '["a",{}]', "{}"],
    "ARRAY<INT64>": ["1", '["1"]', "[1.5]", "[[1]]"],
}
NO_TIME: dict[str, list[str]] = {
    "DATE": [
        '"2026-02-30"',
        '"2026-13-01"',
        '"soon"',
        '""',
        '"2026-1-1"',
        '"2026-01-01T00:00:00"',
        '"\uff12\uff10\uff12\uff16-01-01"',
    ],
    "TIME": ['"25:00:00"', '"24:00:00"', '"noon"', '"12:60:00"'],
    "DATETIME": ['"2026-02-30T00:00:00"', '"2026-01-01T00:00:00Z"', '"2026-01-01T25:00:00"', '"now"'],
    "TIMESTAMP": ['"2026-01-01T00:00:00"', '"2026-02-30T00:00:00Z"', '"2026-01-01"', '"1767225600"', '"\\u0000"'],
}
"""Tokens of another kind; texts that are no time."""
