"""A header's JSON -> whether it is an Avro schema that can be read, asked before anything walks through it."""

from collections import Counter
from typing import Any

from beam_pipelines.avro.container import UnreadableFile
from beam_pipelines.avro.types import bare

_PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
_MOST_LEVELS = 50  # of types in types
_MOST_SCALE = 20_000  # PostgreSQL's numeric has at most 16,383 digits after the point


def check(schema: Any) -> None:
    """Raises UnreadableFile, with the place, for what is no Avro schema, or one that no reader gets to the end of."""
    _Check().visit(schema, ())


class _Check:
    """`visit` says whether a type's values take no bytes: a damaged length of such items would be believed for ever."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()  # named types around the one that is visited
        self._takes_none: dict[str, bool] = {}  # by name, without its namespace

    def visit(self, schema: Any, place: tuple[str, ...]) -> bool:
        if len(place) > _MOST_LEVELS:
            raise _error(place[:3], f"more than {_MOST_LEVELS} levels of types")
        if isinstance(schema, str):
            return self._named(schema, place)
        if isinstance(schema, list):
            return self._union(schema, place)
        if not isinstance(schema, dict) or "type" not in schema:
            raise _error(place, f"{str(schema)[:80]} is no type")
        kind = schema["type"]
        if isinstance(kind, str) and kind in _COMPLEX:
            return _COMPLEX[kind](self, schema, place)
        scale = schema.get("scale", 0)
        if not _is_number(scale) or scale > _MOST_SCALE:
            raise _error(place, f"scale is {str(scale)[:40]}")
        if not isinstance(schema.get("logicalType", ""), str):
            raise _error(place, "logicalType is no name")
        return self.visit(kind, (*place, "type"))

    def _named(self, name: str, place: tuple[str, ...]) -> bool:
        if name in _PRIMITIVES:
            return name == "null"
        short = name.rpartition(".")[2]
        if self._open[short]:  # its values may be nested deeper than any stack
            raise _error(place, f"the type {name!r} contains itself")
        if short not in self._takes_none:
            raise _error(place, f"there is no type {name!r}")
        return self._takes_none[short]

    def _union(self, branches: list[Any], place: tuple[str, ...]) -> bool:
        if not branches or any(isinstance(bare(branch), list) for branch in branches):
            raise _error(place, "a union of nothing, or of unions")
        for number, branch in enumerate(branches):
            self.visit(branch, (*place, str(number)))
        return False

    def record(self, schema: dict[str, Any], place: tuple[str, ...]) -> bool:
        fields = schema.get("fields")
        if not isinstance(fields, list) or not all(_is_field(field) for field in fields):
            raise _error(place, "a record whose fields are not a list of names and types")
        name = self._name(schema, place)
        self._open[name] += 1
        visited = [self.visit(field["type"], (*place, field["name"])) for field in fields]
        self._open[name] -= 1
        return self._define(name, all(visited))

    def enum(self, schema: dict[str, Any], place: tuple[str, ...]) -> bool:
        symbols = schema.get("symbols")
        if not isinstance(symbols, list) or not all(isinstance(symbol, str) for symbol in symbols):
            raise _error(place, "an enum whose symbols are not a list of names")
        return self._define(self._name(schema, place), False)

    def fixed(self, schema: dict[str, Any], place: tuple[str, ...]) -> bool:
        if not _is_number(schema.get("size")):
            raise _error(place, "a fixed type without a size")
        return self._define(self._name(schema, place), schema["size"] == 0)

    def items(self, schema: dict[str, Any], place: tuple[str, ...]) -> bool:
        name = "items" if schema["type"] == "array" else "values"
        if name not in schema:
            raise _error(place, f"{schema['type']} without {name}")
        if self.visit(schema[name], (*place, name)):
            raise _error(place, f"{name} that take no bytes")
        return False

    def _name(self, schema: dict[str, Any], place: tuple[str, ...]) -> str:
        name = schema.get("name")
        if not isinstance(name, str) or not name:
            raise _error(place, f"{schema['type']} without a name")
        return name.rpartition(".")[2]

    def _define(self, name: str, takes_none: bool) -> bool:
        self._takes_none[name] = takes_none or self._takes_none.get(name, False)
        return takes_none


_COMPLEX = {
    "record": _Check.record, "enum": _Check.enum, "fixed": _Check.fixed, "array": _Check.items, "map": _Check.items,
}  # fmt: skip


def _is_field(field: Any) -> bool:
    return isinstance(field, dict) and isinstance(field.get("name"), str) and "type" in field


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _error(place: tuple[str, ...], what: str) -> UnreadableFile:
    where = f" at {'.'.join(place)}" if place else ""
    return UnreadableFile(f"the header's avro.schema is not one that can be read: {what}{where}")
