"""Checks a message against an Avro schema in Avro's JSON encoding; says what does not fit, in the service's words."""

import json
from collections.abc import Callable
from typing import Any

from emulators.pubsub.state.avro_schema import AvroType

Check = Callable[[Any], None]

_EXPECTED = {
    "null": "null",
    "boolean": "boolean",
    "int": "number_integer",
    "long": "number_integer",
    "float": "number_float",
    "double": "number_float",
    "array": "array",
    "map": "object",
    "record": "object",
    "union": "object",
}


class Mismatch(ValueError):
    """The message does not fit; the text says where."""


def json_check(schema: AvroType) -> Callable[[bytes], None]:
    """A check of encoded messages; it raises Mismatch."""
    check = _Compiler().compile(schema)

    def check_message(data: bytes) -> None:
        try:
            document = json.loads(data, parse_constant=_no_constant)
        except RecursionError as error:
            raise Mismatch("JSON is nested too deeply") from error
        except ValueError as error:
            raise Mismatch(f"Invalid JSON: {error}") from error
        check(document)

    return check_message


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _json_type(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "number_integer"
        case float():
            return "number_float"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _mismatch(value: Any, expected: str) -> Mismatch:
    return Mismatch(f"JSON object with type {_json_type(value)} does not match schema which expected {expected}")


class _Compiler:
    """Turns each type into one function; recursive types refer to themselves."""

    def __init__(self) -> None:
        self._records: dict[int, Check] = {}

    def compile(self, schema: AvroType) -> Check:
        match schema.kind:
            case "int":
                return _whole(-(2**31), 2**31 - 1)
            case "long":
                return _whole(-(2**63), 2**63 - 1)
            case "string":
                return _instance(str, "string")
            case "boolean":
                return _instance(bool, "boolean")
            case "null":
                return _instance(type(None), "null")
            case "float" | "double":
                return _number
            case "bytes":
                return _bytes(None)
            case "fixed":
                return _bytes(schema.size)
            case "enum":
                return _enum(schema)
            case "array" | "map":
                assert schema.items is not None
                return _collection(schema.kind, self.compile(schema.items))
            case "union":
                return _union({branch.branch_name: self.compile(branch) for branch in schema.branches})
            case _:
                return self._record(schema)

    def _record(self, schema: AvroType) -> Check:
        if id(schema) not in self._records:
            fields: dict[str, Check] = {}
            self._records[id(schema)] = _record(fields)
            fields.update({name: self.compile(kind) for name, kind in schema.fields})
        return self._records[id(schema)]


def _instance(kind: type, expected: str) -> Check:
    def check(value: Any) -> None:
        if not isinstance(value, kind):
            raise _mismatch(value, expected)

    return check


def _whole(low: int, high: int) -> Check:
    def check(value: Any) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise _mismatch(value, "number_integer")
        if not low <= value <= high:
            raise Mismatch(f"JSON number {value} is out of range for schema which expected {low} .. {high}")

    return check


def _number(value: Any) -> None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise _mismatch(value, "number_float")


def _bytes(size: int | None) -> Check:
    def check(value: Any) -> None:
        if not isinstance(value, str):
            raise _mismatch(value, "string")
        if any(ord(character) > 255 for character in value):
            raise Mismatch("JSON string for bytes has a character above U+00FF")
        if size is not None and len(value) != size:
            raise Mismatch(f"JSON string has {len(value)} bytes where the schema expects {size}")

    return check


def _enum(schema: AvroType) -> Check:
    allowed = frozenset(schema.symbols)

    def check(value: Any) -> None:
        if not isinstance(value, str):
            raise _mismatch(value, "string")
        if value not in allowed and not schema.defaults:
            raise Mismatch(f"Invalid enum index without default value: {schema.name}")

    return check


def _collection(kind: str, item: Check) -> Check:
    container = list if kind == "array" else dict

    def check(value: Any) -> None:
        if not isinstance(value, container):
            raise _mismatch(value, _EXPECTED[kind])
        for one in value if kind == "array" else value.values():
            item(one)

    return check


def _union(branches: dict[str, Check]) -> Check:
    def check(value: Any) -> None:
        if value is None and "null" in branches:
            return
        if not isinstance(value, dict) or len(value) != 1:
            names = ", ".join(branches)
            raise Mismatch(
                f"JSON object with type {_json_type(value)} does not match schema which expected a union of {names};"
                ' a value of a union is written {"type": value}'
            )
        ((name, inner),) = value.items()
        if name == "null" or name not in branches:
            raise Mismatch(f"{name[:80]!r} is not a branch of the union of {', '.join(branches)}")
        branches[name](inner)

    return check


def _record(fields: dict[str, Check]) -> Check:
    """Fields that the schema does not have are passed over, as the service does."""

    def check(value: Any) -> None:
        if not isinstance(value, dict):
            raise _mismatch(value, "object")
        for name, inner in fields.items():
            if name not in value:
                raise Mismatch(f"Field was not found in JSON object: {name}")
            try:
                inner(value[name])
            except Mismatch as error:
                raise Mismatch(f"{error} (field {name})") from error

    return check
