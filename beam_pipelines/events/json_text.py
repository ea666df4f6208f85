"""A message's bytes -> the JSON object in it, or why there is none. No number changes on the way.

orjson is quick but makes doubles of long numbers, and takes the last of two equal keys. Where a message could hold
either, Python's own parser reads it again, with decimals, and refuses equal keys.
"""

import json
import re
from collections import Counter
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from beam_pipelines.dead_letters import MOST_PAYLOAD
from beam_pipelines.events.message_batch import Fault

# A number of more than 15 digits (what a double keeps exactly), or with an exponent of three: not inside quotes.
_LONG_NUMBER = re.compile(rb"[:,\[\s](-?[0-9.]{16,}(?:[eE][-+]?[0-9]+)?|-?[0-9.]+[eE][-+]?[0-9]{3,})")
_MAYBE_LONG = r"[:,\[\s]-?[0-9.]{16}|[0-9.][eE][-+]?[0-9]{3}"  # the same for RE2, quick and a little too eager
_SPACED_KEY = r'"\s+:'
_DEEPEST = 200  # levels of nesting; BigQuery takes 500, the serialiser 254
_SHOWN = 120  # characters of a parser's message


class NotUsable(Exception):
    """Why a message cannot be decoded; reason is a dead letter's code."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


def decode_objects(messages: pa.Array) -> tuple[list[dict[str, Any]], list[int], list[Fault]]:
    """(objects, the index of the message of each, faults): each message, binary, gives an object or a fault."""
    maybe_long = pc.match_substring_regex(messages, _MAYBE_LONG).to_pylist()
    spaced = pc.match_substring_regex(messages, _SPACED_KEY).to_pylist()
    objects: list[dict[str, Any]] = []
    indices: list[int] = []
    faults: list[Fault] = []
    for index, data in enumerate(messages.to_pylist()):
        try:
            objects.append(_decode(data, maybe_long[index], spaced[index]))
            indices.append(index)
        except NotUsable as problem:
            faults.append(Fault(index, problem.reason, problem.detail))
    return objects, indices, faults


def _decode(data: bytes, maybe_long: bool, spaced: bool) -> dict[str, Any]:
    """The object in a message. Whole numbers beyond 64 bits, and long fractions, come as Decimal. Raises NotUsable."""
    if len(data) > MOST_PAYLOAD:
        raise NotUsable("too_large", f"{len(data)} bytes, more than the {MOST_PAYLOAD} that a row may have")
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        value = _decode_exactly(data)
    else:
        keys = count_keys(value)
        equal_keys = spaced or data.count(b'":') > keys  # perhaps; a text may hold such bytes, too
        if equal_keys or (maybe_long and not all(map(_is_kept, _LONG_NUMBER.findall(data)))):
            value = _decode_exactly(data)
    if type(value) is not dict:
        raise NotUsable("invalid_json", f"expected a JSON object, found {_kind(value)}: publish one object a message")
    return value


def count_keys(value: Any, depth: int = 0) -> int:
    """How many keys all objects in a value have together. Raises NotUsable beyond 200 levels."""
    if depth > _DEEPEST:
        raise NotUsable("invalid_json", f"nested in more than {_DEEPEST} levels: publish flatter objects")
    if type(value) is dict:
        count, items = len(value), list(value.values())
    elif type(value) is list:
        count, items = 0, value
    else:
        return 0
    for item in items:
        if type(item) is dict or type(item) is list:
            count += count_keys(item, depth + 1)
    return count


def dump(value: Any) -> str:
    """JSON text of a decoded value; decimals are written as they came."""
    return orjson.dumps(value, default=_number).decode()


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError(type(value).__name__)


def _is_kept(number: bytes) -> bool:
    """Whether orjson keeps a number's every digit: whole ones up to 18 digits, and what a double prints as."""
    text = number.decode("ascii")
    return len(text) <= 18 if text.removeprefix("-").isdigit() else repr(_double(text)) == text


def _double(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:  # 1.2.3 in a string
        return None


def _decode_exactly(data: bytes) -> Any:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        detail = f"not UTF-8 at byte {error.start}: publish UTF-8 JSON"
        raise NotUsable("invalid_encoding", detail) from None
    try:
        value = json.loads(
            text, parse_int=_whole, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_object
        )
    except (ValueError, ArithmeticError) as error:
        raise NotUsable("invalid_json", f"not JSON: {str(error)[:_SHOWN]}") from None
    except RecursionError:
        raise NotUsable("invalid_json", f"nested in more than {_DEEPEST} levels: publish flatter objects") from None
    count_keys(value)
    try:
        dump(value)
    except TypeError as error:  # half of a surrogate pair, written as \\ud800
        raise NotUsable("invalid_encoding", f"text that is not Unicode: {error}") from None
    return value


def _whole(text: str) -> int | Decimal:
    if len(text) > 20:
        return Decimal(text)
    number = int(text)
    return number if -(2**63) <= number < 2**64 else Decimal(text)


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        (twice, _), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"the key {twice!r} is there twice")
    return made


def _kind(value: Any) -> str:
    words = {list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return words.get(type(value), "a number")
