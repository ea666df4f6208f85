"""Postgres arrays: `{1,NULL,"a b"}` to an Avro array; one that Avro's cannot hold as JSON text, or as it is.

Postgres arrays have any number of dimensions whatever their type says. One dimension is an Avro array; more are JSON
text, and an array that does not begin at 1 (`[0:1]={1,2}`) stays as Postgres prints it, since JSON has no bounds.
"""

import json
import re
from collections.abc import Callable
from typing import TypeAlias

import pyarrow as pa

from emulators.datastream import kinds
from emulators.datastream.kinds import Kind
from emulators.varints import avro_long

Nested: TypeAlias = "str | list[Nested] | None"
TOKEN = re.compile(r'[{},]|"(?:[^"\\]|\\.)*"|(?:[^{},"\\]|\\.)+', re.DOTALL)
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
NULL, ARRAY_BRANCH, RAW_BRANCH = b"\x00", b"\x02", b"\x04"


def parse(text: str) -> list[Nested]:
    """The items of an array's text: strings, None for NULL, lists for further dimensions."""
    root: list[Nested] = []
    stack = [root]
    for token in TOKEN.findall(text):
        if token == "{":
            inner: list[Nested] = []
            stack[-1].append(inner)
            stack.append(inner)
        elif token == "}":
            stack.pop()
        elif token != ",":
            stack[-1].append(item(token))
    items = root[0]
    assert isinstance(items, list)
    return items


def item(token: str) -> str | None:
    """One item: quoted with escapes, NULL, or plain."""
    if token.startswith('"'):
        return ESCAPE.sub(r"\1", token[1:-1])
    return None if token == "NULL" else ESCAPE.sub(r"\1", token)


def to_json(items: Nested, kind: Kind) -> object:
    """Nested items as JSON values; numbers and booleans as such where JSON has them, all else as text."""
    if isinstance(items, list):
        return [to_json(each, kind) for each in items]
    if items is None:
        return None
    if kind.name == kinds.LONG:
        return int(items)
    if kind.name == kinds.BOOLEAN:
        return items == "t"
    return items


def encode_array(text: str | None, kind: Kind, encode_column: Callable[[pa.Array, Kind], pa.Array]) -> bytes:
    """One value of an array column, with its union branch; `kind` is that of the items."""
    if text is None:
        return NULL
    if not text.startswith("{"):
        return raw(text)
    items = parse(text)
    if any(isinstance(each, list) for each in items):
        return raw(json.dumps(to_json(items, kind), ensure_ascii=False))
    if not items:
        return ARRAY_BRANCH + b"\x00"
    encoded = encode_column(pa.array(items, pa.string()), kind).to_pylist()
    return ARRAY_BRANCH + avro_long(len(items)) + b"".join(encoded) + b"\x00"


def raw(text: str) -> bytes:
    """Text in the string branch."""
    data = text.encode()
    return RAW_BRANCH + avro_long(len(data)) + data
