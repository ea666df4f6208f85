"""Checks a message against an Avro schema in Avro's binary encoding, without building its values."""

from collections.abc import Callable

from emulators.pubsub.state.avro_json import Mismatch
from emulators.pubsub.state.avro_schema import AvroType

_MAX_DEPTH = 200
_EMPTY_LIMIT = 1_000_000  # items that take no bytes: more of them in one message is an attack, not data


def binary_check(schema: AvroType) -> Callable[[bytes], None]:
    """A check of encoded messages; it raises Mismatch."""

    def check_message(data: bytes) -> None:
        walker = _Walker(data)
        walker.walk(schema, 0)
        if walker.position != len(data):
            raise Mismatch("Too much data to parse for schema.")

    return check_message


class _Walker:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._items = 0
        self.position = 0

    def walk(self, schema: AvroType, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise Mismatch("Data is nested too deeply")
        match schema.kind:
            case "null":
                pass
            case "boolean":
                self._boolean()
            case "int":
                self._whole(32)
            case "long":
                self._whole(64)
            case "float" | "double":
                self._take(4 if schema.kind == "float" else 8)
            case "bytes":
                self._take(self._length())
            case "string":
                self._string()
            case "fixed":
                self._take(schema.size)
            case "enum":
                self._index(len(schema.symbols), "symbol of the enum")
            case "union":
                self.walk(schema.branches[self._index(len(schema.branches), "branch of the union")], depth + 1)
            case "array" | "map":
                self._blocks(schema, depth)
            case _:
                for _, kind in schema.fields:
                    self.walk(kind, depth + 1)

    def _take(self, count: int) -> bytes:
        start = self.position
        if count > len(self._data) - start:
            raise Mismatch("Not enough data to parse for schema.")
        self.position += count
        return self._data[start : self.position]

    def _whole(self, bits: int) -> int:
        value = shift = 0
        while True:
            (byte,) = self._take(1)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
            if shift > 63:
                raise Mismatch("Invalid variable-length number")
        if value >> bits:
            raise Mismatch(f"Number does not fit into {bits} bits")
        return (value >> 1) ^ -(value & 1)

    def _length(self) -> int:
        length = self._whole(64)
        if length < 0:
            raise Mismatch(f"Negative length {length}")
        return length

    def _index(self, count: int, what: str) -> int:
        index = self._whole(32)
        if not 0 <= index < count:
            raise Mismatch(f"{index} is not a {what}")
        return index

    def _boolean(self) -> None:
        if self._take(1) not in (b"\0", b"\1"):
            raise Mismatch("Invalid boolean")

    def _string(self) -> None:
        try:
            self._take(self._length()).decode()
        except UnicodeDecodeError as error:
            raise Mismatch("String is not UTF-8") from error

    def _blocks(self, schema: AvroType, depth: int) -> None:
        assert schema.items is not None
        while count := self._whole(64):
            if count < 0:
                self._length()
                count = -count
            self._items += count
            if self._items > len(self._data) + _EMPTY_LIMIT:
                raise Mismatch("Not enough data to parse for schema.")
            for _ in range(count):
                if schema.kind == "map":
                    self._string()
                self.walk(schema.items, depth + 1)
