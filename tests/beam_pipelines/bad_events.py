"""Messages, good and bad, with what must become of each: known from how it was made."""

import gzip
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from contracts.model import Table
from tests.beam_pipelines.json_values import GOOD, NO_TIME, UNFIT, WRONG, Dice, string, text, tree, tree_token

JSON, ENCODING = "invalid_json", "invalid_encoding"


@dataclass
class Sent:
    """A message. It becomes `row` with `raw` (values by column; None: it must not), or a letter of one of `reasons`."""

    data: bytes
    row: dict[str, Any] | None = None
    raw: dict[str, Any] = field(default_factory=dict)
    reasons: frozenset[str] = frozenset()
    attributes: dict[str, str] = field(default_factory=dict)


class Events:
    """Makes messages for a table; the same seed makes the same ones."""

    def __init__(self, table: Table, seed: int) -> None:
        self._dice, self._number = random.Random(seed), 0
        self._types = {column.name: column.bigquery_type for column in table.columns}
        self._required = [column.name for column in table.columns if column.required]
        self._optional = [name for name in self._types if name not in self._required]

    def make(self, count: int) -> list[Sent]:
        """So many messages, about a third of them as they should be."""
        return [self._one() for _ in range(count)]

    def _one(self) -> Sent:
        dice = self._dice
        self._number += 1
        kind = _as_it_should_be if dice.random() < 0.3 else dice.choice(KINDS)
        sent = kind(self, dice)
        if dice.random() < 0.3:
            names = ["topic", "data", "retry", "timeout", "self", "ordering_key", "ключ", "a b", *map(str, range(80))]
            sent.attributes = {name: text(dice) for name in dice.sample(names, dice.choice([1, 2, 6, 60]))}
        return sent

    def tokens(self) -> tuple[dict[str, str], dict[str, Any]]:
        """A good event: tokens, and values."""
        chosen = [name for name in self._optional if self._dice.random() < 0.5]
        made = {name: GOOD[self._types[name]](self._dice) for name in (*self._required, *chosen)}
        made["event_id"] = (json.dumps(f"e{self._number}"), f"e{self._number}")
        return {name: token for name, (token, _) in made.items()}, {name: value for name, (_, value) in made.items()}

    def column(self, among: dict[str, Any], required: bool) -> str:
        """A column whose type has tokens in `among`."""
        names = self._required if required else self._optional
        return self._dice.choice([name for name in names if self._types[name] in among])

    def type_of(self, name: str) -> str:
        return self._types[name]

    def required(self) -> str:
        return self._dice.choice(self._required)


def render(dice: Dice, tokens: dict[str, str], more: str = "") -> bytes:
    """The object as text, now and then with blanks and escaped keys."""
    blank = dice.choice(["", "", " ", "\n\t "])
    names = list(tokens)
    dice.shuffle(names)
    keys = {name: json.dumps(name) if dice.random() < 0.9 else _escaped(name) for name in names}
    parts = [f"{blank}{keys[name]}{blank}:{blank}{tokens[name]}{blank}" for name in names]
    return ("{" + ",".join(parts) + more + "}").encode()


def _escaped(name: str) -> str:
    """The key in UTF-16 code units, each escaped."""
    units = name.encode("utf-16-be").hex()
    return '"' + "".join("\\u" + units[start : start + 4] for start in range(0, len(units), 4)) + '"'


def _as_it_should_be(events: Events, dice: Dice) -> Sent:
    tokens, values = events.tokens()
    return Sent(render(dice, tokens), values)


def _cut(events: Events, dice: Dice) -> Sent:
    whole = render(dice, events.tokens()[0])
    return Sent(whole[: dice.randrange(1, len(whole))], reasons=frozenset({JSON, ENCODING}))


def _flipped_into_noise(events: Events, dice: Dice) -> Sent:
    return Sent(dice.randbytes(dice.randint(1, 200)) + b"\xff", reasons=frozenset({JSON, ENCODING}))


def _other_encoding(events: Events, dice: Dice) -> Sent:
    whole = render(dice, events.tokens()[0] | {"größe": "1"}).decode()
    encoded = dice.choice([whole.encode("utf-16"), whole.encode("utf-8-sig"), whole.encode("utf-32-be")])
    data = dice.choice([encoded, gzip.compress(whole.encode()), b"Obj\x01" + whole.encode(), b"\x00" + whole.encode()])
    return Sent(data, reasons=frozenset({JSON, ENCODING}))


def _latin(events: Events, dice: Dice) -> Sent:
    return Sent(b'{"event_id":"gr\xf6\xdfe"}', reasons=frozenset({ENCODING}))


def _no_object(events: Events, dice: Dice) -> Sent:
    whole = render(dice, events.tokens()[0]).decode()
    forms = ["null", "1", '"a"', "[]", f"[{whole}]", "true", f"{whole}{whole}", f"{whole},", " ", json.dumps(whole)]
    return Sent(dice.choice(forms).encode(), reasons=frozenset({JSON}))


def _missing(events: Events, dice: Dice) -> Sent:
    tokens, _ = events.tokens()
    name = events.required()
    if dice.random() < 0.5:
        del tokens[name]
    else:
        tokens[name] = "null"
    return Sent(render(dice, tokens), reasons=frozenset({"missing_required"}))


def _renamed(events: Events, dice: Dice) -> Sent:
    """The schema's next revision: a field has another name, others are new."""
    tokens, _ = events.tokens()
    name, new = (
        events.required(),
        dice.choice(["AMOUNT", "event_id ", "eventId", "_raw", "_message_id", text(dice) + "x"]),
    )
    tokens[new] = tokens.pop(name)
    return Sent(render(dice, tokens), reasons=frozenset({"missing_required"}))


def _more_fields(events: Events, dice: Dice) -> Sent:
    tokens, values = events.tokens()
    raw = {f"{text(dice, 5)}{number}x": tree(dice) for number in range(dice.choice([1, 3, 200]))}
    return Sent(render(dice, tokens | {name: tree_token(value) for name, value in raw.items()}), values, raw)


def _unfit(events: Events, dice: Dice) -> Sent:
    tokens, values = events.tokens()
    if dice.random() < 0.3:
        name = events.column(UNFIT, required=True)
        tokens[name] = dice.choice(UNFIT[events.type_of(name)])
        return Sent(render(dice, tokens), reasons=frozenset({"unrepresentable"}))
    name = events.column(UNFIT, required=False)
    tokens[name] = dice.choice(UNFIT[events.type_of(name)])
    values.pop(name, None)
    return Sent(render(dice, tokens), values, {name: Token(tokens[name])})


class Token(str):
    """A JSON value by its text: it must be in `_raw` as the same number, or text."""


def _wrong(events: Events, dice: Dice) -> Sent:
    tokens, _ = events.tokens()
    among, reason = dice.choice([(WRONG, "wrong_type"), (NO_TIME, "invalid_timestamp")])
    name = events.column(among, required=dice.random() < 0.5)
    tokens[name] = dice.choice(among[events.type_of(name)])
    return Sent(render(dice, tokens), reasons=frozenset({reason}))


def _not_json(events: Events, dice: Dice) -> Sent:
    tokens, _ = events.tokens()
    words = ["NaN", "Infinity", "-Infinity", "01", "+1", ".5", "1.", "0x10", "undefined", "'a'", "1e", '"\x00"',
             '"\\x41"', '"\\ud80"', "True", "--1", "1 2"]  # fmt: skip
    tokens[dice.choice(list(tokens))] = dice.choice(words)
    return Sent(render(dice, tokens), reasons=frozenset({JSON}))


def _half_a_pair(events: Events, dice: Dice) -> Sent:
    tokens, _ = events.tokens()
    tokens[dice.choice(["note", "new"])] = dice.choice(['"\\ud800"', '"a\\udc00b"', '["\\udbff"]', '{"\\ud83d":1}'])
    return Sent(render(dice, tokens), reasons=frozenset({ENCODING, JSON}))


def _raw_surrogates(events: Events, dice: Dice) -> Sent:
    tokens, _ = events.tokens()
    data = render(dice, tokens | {"note": '"@"'})
    return Sent(
        data.replace(b"@", dice.choice([b"\xed\xa0\x80", b"\xc0\x80", b"\xf5\x80\x80\x80"])),
        reasons=frozenset({ENCODING}),
    )


def _twice(events: Events, dice: Dice) -> Sent:
    tokens, _ = events.tokens()
    name = dice.choice(list(tokens))
    key = dice.choice([json.dumps(name), _escaped(name)])
    if dice.random() < 0.3:
        tokens["details"] = '{"a":{"b":1,"b" : 1}}'
        return Sent(render(dice, tokens), reasons=frozenset({JSON}))
    return Sent(render(dice, tokens, f",{key}{dice.choice(['', ' '])}:{tokens[name]}"), reasons=frozenset({JSON}))


def _many_keys_and_one_twice(events: Events, dice: Dice) -> Sent:
    keys = ",".join(f'"k{number}":0' for number in range(20_000))
    return Sent(("{" + keys + ',"k19999":0}').encode(), reasons=frozenset({JSON}))


def _deep(events: Events, dice: Dice) -> Sent:
    tokens, values = events.tokens()
    name, depth = dice.choice(["details", "unknown"]), dice.choice([20, 150, 300, 1_000, 20_000, 100_000])
    opened, closed = dice.choice([("[", "]"), ('{"a":', "}")])
    tokens[name] = opened * depth + "1" + closed * depth
    if depth > 200:
        return Sent(render(dice, tokens), reasons=frozenset({JSON}))
    if name == "unknown":
        return Sent(render(dice, tokens), values, {name: Token(tokens[name])})
    return Sent(render(dice, tokens), values | {name: json.loads(tokens[name])})


LONGEST_ID = 200  # that the tests' table takes; the contract knows no limit


def _refused(events: Events, dice: Dice) -> Sent:
    """What the contract allows and the table does not: it is found when BigQuery is asked."""
    tokens, _ = events.tokens()
    tokens["event_id"] = string(dice, "e" * dice.randint(LONGEST_ID + 1, 5 * LONGEST_ID))
    return Sent(render(dice, tokens), reasons=frozenset({"refused"}))


def _large(events: Events, dice: Dice) -> Sent:
    tokens, values = events.tokens()
    if dice.random() < 0.95:  # each of the others takes a hundred times as long
        note = text(dice) * dice.choice([1_000, 20_000])
        return Sent(render(dice, tokens | {"note": string(dice, note)}), values | {"note": note})
    return huge(events, dice)


def huge(events: Events, dice: Dice) -> Sent:
    """What no row can hold: up to Pub/Sub's 10 MB."""
    tokens, _ = events.tokens()
    size = dice.choice([(8 << 20) + 1, 9_900_000])
    form = dice.choice(["note", "noise", "numbers"])
    if form == "noise":
        return Sent(b"\xfe" * size, reasons=frozenset({"too_large"}))
    tokens |= {"note": f'"{"x" * size}"'} if form == "note" else {"numbers": "[" + "1," * (size // 4) + "1]"}
    return Sent(render(dice, tokens), reasons=frozenset({"too_large"}))


KINDS: list[Callable[[Events, Dice], Sent]] = [
    _cut, _flipped_into_noise, _other_encoding, _latin, _no_object, _missing, _renamed, _more_fields, _unfit, _unfit,
    _unfit, _wrong, _wrong, _wrong, _not_json, _half_a_pair, _raw_surrogates, _twice, _deep, _refused, _large,
]  # fmt: skip
RARE: list[Callable[[Events, Dice], Sent]] = [_many_keys_and_one_twice, huge]
