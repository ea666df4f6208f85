"""Values of a source's columns as Datastream writes them, and what bronze must have: made together, never converted."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any

from tests.beam_pipelines import json_values
from tests.beam_pipelines.landing_files import DATE, LOCAL_MICROS, MICROS, TIME
from tests.beam_pipelines.landing_files import decimal as decimal_type

Dice = random.Random


@dataclass(frozen=True)
class Value:
    """What the file has; what bronze has, or NULL and the text in `_raw`."""

    written: Any
    value: Any = None
    raw: str | None = None


Maker = Callable[[Dice], Value]


def _same(make: Callable[[Dice], Any]) -> Maker:
    def value(dice: Dice) -> Value:
        made = make(dice)
        return Value(made, made)

    return value


def _raw(*texts: str) -> Maker:
    """Text that is no value of the column's type."""

    def value(dice: Dice) -> Value:
        text = dice.choice(texts)
        return Value(text, None, text)

    return value


def _text_of(make: Callable[[Dice], Any], write: Callable[[Any], str]) -> Maker:
    """The column has become text in the source."""

    def value(dice: Dice) -> Value:
        made = make(dice)
        return Value(write(made), made)

    return value


def _either(*makers: Maker) -> Maker:
    return lambda dice: dice.choice(makers)(dice)


def _number(whole: int, fraction: int) -> Callable[[Dice], Decimal]:
    def make(dice: Dice) -> Decimal:
        return json_values.decimal(dice, whole, fraction)

    return make


def _long(dice: Dice) -> int:
    return dice.choice([0, -1, 2**63 - 1, -(2**63), dice.randint(-(2**63), 2**63 - 1)])


def _double(dice: Dice) -> float:
    return dice.choice([0.0, 1e308, 5e-324, -0.1, float("inf"), dice.uniform(-1e6, 1e6)])


def _date(dice: Dice) -> Any:
    return json_values.moment(dice).date()


def _moment(dice: Dice) -> Any:
    return json_values.moment(dice)


def _seen(dice: Dice) -> Any:
    return json_values.moment(dice).replace(tzinfo=UTC)


def _clock(dice: Dice) -> Any:
    return json_values.moment(dice).time()


def _json(dice: Dice) -> str:
    return json_values.tree_token(json_values.tree(dice))


def _words(dice: Dice) -> str:
    return json_values.text(dice) * dice.choice([1, 1, 1, 50, 20_000 if dice.random() < 0.02 else 1])


def _nullable(kind: Any) -> list[Any]:
    return ["null", kind]


def _or_text(kind: Any) -> list[Any]:
    return ["null", kind, "string"]


_OUT_OF_YEARS = ("infinity", "-infinity", "20000-01-01 00:00:00+00", "0001-01-01 00:00:00+00 BC")
VARIANTS: dict[str, list[tuple[Any, Maker]]] = {
    "whole": [
        (_nullable("long"), _same(_long)),
        ("int", _same(lambda dice: dice.randint(-(2**31), 2**31 - 1))),
        (_nullable("string"), _either(_text_of(_long, str), _raw("9223372036854775808", "many", "", "1.0", "0x1"))),
        (_nullable("double"), lambda dice: Value(1.5, None, "1.5")),
        ("boolean", lambda dice: Value(True, None, "true")),
    ],
    "ratio": [
        (_nullable("double"), _same(_double)),
        ("string", _either(_text_of(lambda dice: dice.uniform(-9, 9), repr), _raw("1e309", "1e-400", "half", "1,5"))),
        ("long", lambda dice: Value(7, 7.0)),
    ],
    "price": [
        (_or_text(decimal_type(24, 4)), _either(_same(_number(20, 4)), _raw("NaN", "Infinity"))),
        (
            _or_text(decimal_type(70, 9)),
            _either(_same(_number(29, 9)), lambda dice: Value(Decimal(10) ** 29, None, "1" + "0" * 29)),
        ),
        ("string", _either(_text_of(_number(29, 9), "{:f}".format), _raw("0.0000000001", "1" + "0" * 29, "dear"))),
        ("long", lambda dice: Value(3, Decimal(3))),
    ],
    "exact": [
        (
            _nullable("string"),
            _either(_text_of(_number(38, 38), "{:f}".format), _raw("NaN", "1" + "0" * 38 + "0", "0." + "0" * 38 + "1")),
        ),
        (_or_text(decimal_type(70, 30)), _same(_number(38, 30))),
    ],
    "flag": [
        (_nullable("boolean"), _same(lambda dice: dice.random() < 0.5)),
        (
            "string",
            _either(_text_of(lambda dice: dice.random() < 0.5, lambda value: str(value).lower()), _raw("yes", "T")),
        ),
        ("long", lambda dice: Value(1, None, "1")),
    ],
    "day": [
        (_or_text(DATE), _either(_same(_date), _raw("infinity", "20000-01-01"))),
        ("string", _either(_text_of(_date, str), _raw("2026-02-30", "soon"))),
        (_or_text({"type": "int"}), lambda dice: Value(20_000, None, "20000")),
    ],
    "clock": [(_or_text(TIME), _either(_same(_clock), _raw("24:00:00"))), ("string", _raw("noon", "25:00:00"))],
    "moment": [
        (_or_text(LOCAL_MICROS), _either(_same(_moment), _raw(*_OUT_OF_YEARS))),
        (
            "string",
            _either(_text_of(_moment, lambda value: value.isoformat(" ")), _raw("2026-01-01 00:00:00+00", "now")),
        ),
    ],
    "seen": [
        (_or_text(MICROS), _either(_same(_seen), _raw(*_OUT_OF_YEARS))),
        (
            "string",
            _either(_text_of(_seen, lambda value: (value + timedelta(0)).isoformat()), _raw("2026-01-01 00:00:00")),
        ),
    ],
    "blob": [(_nullable("bytes"), _same(lambda dice: dice.randbytes(9))), ("string", _raw("*", "a"))],
    "details": [
        (_nullable("string"), _either(_same(_json), _raw("{", "nothing", "{'a': 1}", "NaN"))),
        ("long", lambda dice: Value(5, "5")),
    ],
    "note": [
        (_nullable("string"), _same(_words)),
        ("long", _either(lambda dice: Value(12, "12"))),
        ("boolean", lambda dice: Value(False, "false")),
        (_nullable(decimal_type(9, 2)), lambda dice: Value(Decimal("1.50"), "1.50")),
    ],
}
"""By column: the types that the source may have, the usual one first, with values of each."""

EXTRA: list[tuple[Any, Maker]] = [
    (_nullable("string"), lambda dice: (lambda text: Value(text, None, text))(json_values.text(dice))),
    (_nullable("long"), lambda dice: (lambda number: Value(number, None, str(number)))(_long(dice))),
    ({"type": "array", "items": "long"}, lambda dice: Value([1, 2], None, json.dumps([1, 2]))),
]
"""Columns that the contract does not name: all of them go to `_raw`."""
