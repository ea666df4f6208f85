"""Avro messages as values, in either encoding, and as bytes of Avro's binary encoding.

The messages have passed the topic's check when they were published, so they fit. A value is what Python has for its
type: bytes for bytes and fixed, a str for an enum, a dict for a record or a map; a union's is that of its branch.
"""

import struct
from collections.abc import Callable
from typing import Any

from emulators.pubsub.state.avro_schema import AvroType
from emulators.varints import avro_long, avro_string

_FLOATS = {"float": struct.Struct("<f"), "double": struct.Struct("<d")}


def json_value(schema: AvroType, document: Any) -> Any:
    """The value of a document in Avro's JSON encoding."""
    match schema.kind:
        case "record":
            return {name: json_value(kind, document[name]) for name, kind in schema.fields}
        case "union" if document is not None:
            ((name, inner),) = document.items()
            return json_value(_branch(schema, name)[1], inner)
        case "bytes" | "fixed":
            return document.encode("latin-1")
        case "array":
            return [json_value(_items(schema), one) for one in document]
        case "map":
            return {key: json_value(_items(schema), one) for key, one in document.items()}
        case "float" | "double":
            return float(document)
        case _:
            return document


def binary_value(schema: AvroType, data: bytes) -> Any:
    """The value of a message in Avro's binary encoding."""
    return _Reader(data).read(schema)


def encode(schema: AvroType, document: Any) -> bytes:
    """Avro's binary encoding of a document in its JSON encoding."""
    match schema.kind:
        case "record":
            return b"".join(encode(kind, document[name]) for name, kind in schema.fields)
        case "union":
            name, inner = next(iter(document.items())) if document is not None else ("null", None)
            index, branch = _branch(schema, name)
            return avro_long(index) + encode(branch, inner)
        case "null":
            return b""
        case "boolean":
            return bytes((document,))
        case "int" | "long":
            return avro_long(document)
        case "float" | "double":
            return _FLOATS[schema.kind].pack(document)
        case "string":
            return avro_string(document)
        case "bytes":
            return avro_long(len(document)) + bytes(document.encode("latin-1"))
        case "fixed":
            return bytes(document.encode("latin-1"))
        case "enum":
            found = document if document in schema.symbols else next(iter(schema.defaults))
            return avro_long(schema.symbols.index(found))
        case "array":
            return _block([encode(_items(schema), one) for one in document])
        case _:
            return _block([avro_string(key) + encode(_items(schema), one) for key, one in document.items()])


def _block(items: list[bytes]) -> bytes:
    return (avro_long(len(items)) + b"".join(items) if items else b"") + b"\0"


def _items(schema: AvroType) -> AvroType:
    assert schema.items is not None
    return schema.items


def _branch(schema: AvroType, name: str) -> tuple[int, AvroType]:
    return next(pair for pair in enumerate(schema.branches) if pair[1].branch_name == name)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def read(self, schema: AvroType) -> Any:
        match schema.kind:
            case "record":
                return {name: self.read(kind) for name, kind in schema.fields}
            case "union":
                return self.read(schema.branches[self._whole()])
            case "null":
                return None
            case "boolean":
                return self._take(1) == b"\1"
            case "int" | "long":
                return self._whole()
            case "float" | "double":
                return _FLOATS[schema.kind].unpack(self._take(_FLOATS[schema.kind].size))[0]
            case "string":
                return self._take(self._whole()).decode()
            case "bytes":
                return self._take(self._whole())
            case "fixed":
                return self._take(schema.size)
            case "enum":
                return schema.symbols[self._whole()]
            case "array":
                return self._blocks(lambda: self.read(_items(schema)))
            case _:
                return dict(self._blocks(lambda: (self._take(self._whole()).decode(), self.read(_items(schema)))))

    def _take(self, count: int) -> bytes:
        self._position += count
        return self._data[self._position - count : self._position]

    def _whole(self) -> int:
        value = shift = 0
        while True:
            (byte,) = self._take(1)
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return (value >> 1) ^ -(value & 1)

    def _blocks(self, read: Callable[[], Any]) -> list[Any]:
        found = []
        while count := self._whole():
            if count < 0:
                self._whole()
            found += [read() for _ in range(abs(count))]
        return found
