"""An Avro schema, read strictly (https://avro.apache.org/docs/1.11.1/specification/): what Pub/Sub accepts as AVRO."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

_PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
_LOGICAL = frozenset(
    {("int", "date"), ("int", "time-millis"), ("long", "time-micros"), ("long", "timestamp-millis")}
    | {("long", "timestamp-micros"), ("bytes", "decimal"), ("fixed", "decimal"), ("fixed", "duration")}
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class AvroSchemaError(ValueError):
    """A schema that Avro does not allow; the text says where and why."""


@dataclass
class AvroType:
    """One type. `kind` is a primitive, record, enum, array, map, fixed or union; the rest as the kind needs it.

    `logical` is one of Avro's logical types, where it annotates a type that it may annotate; `scale` is a decimal's.
    """

    kind: str
    name: str = ""
    fields: list[tuple[str, "AvroType"]] = field(default_factory=list)
    symbols: tuple[str, ...] = ()
    items: "AvroType | None" = None
    branches: tuple["AvroType", ...] = ()
    size: int = 0
    logical: str = ""
    scale: int = 0
    defaults: set[str] = field(default_factory=set)  # a record's fields that have one, an enum's symbol that is one

    @property
    def branch_name(self) -> str:
        """What the JSON encoding calls this type as a branch of a union."""
        return self.name or self.kind


def parse_avro(definition: str) -> AvroType:
    """The schema of a definition: mostly a record, but any type may be the whole of it.

    Raises:
        AvroSchemaError: it is no JSON, or no type of Avro.
    """
    try:
        document = json.loads(definition)
    except ValueError as error:
        raise AvroSchemaError(f"it is not JSON: {error}") from error
    return _Reader().read(document, "", "the schema")


class _Reader:
    def __init__(self) -> None:
        self._named: dict[str, AvroType] = {}

    def read(self, document: Any, namespace: str, where: str) -> AvroType:
        if isinstance(document, str):
            return self._reference(document, namespace, where)
        if isinstance(document, list):
            return self._union(document, namespace, where)
        if not isinstance(document, dict) or "type" not in document:
            raise AvroSchemaError(f"{where}: expected a type, found {json.dumps(document)[:60]}")
        found = self._type(document, namespace, where)
        logical = document.get("logicalType")
        if (found.kind, logical) in _LOGICAL and document["type"] in (found.kind, "fixed"):
            found.logical = str(logical)
            found.scale = document["scale"] if isinstance(document.get("scale"), int) else 0
        return found

    def _type(self, document: Any, namespace: str, where: str) -> AvroType:
        match document["type"]:
            case "record" | "error":
                return self._record(document, namespace, where)
            case "enum":
                return self._enum(document, namespace, where)
            case "fixed":
                return self._fixed(document, namespace, where)
            case "array":
                return AvroType("array", items=self._inner(document, "items", namespace, where))
            case "map":
                return AvroType("map", items=self._inner(document, "values", namespace, where))
            case other:
                return self.read(other, namespace, where)

    def _reference(self, name: str, namespace: str, where: str) -> AvroType:
        if name in _PRIMITIVES:
            return AvroType(name)
        for candidate in (name, f"{namespace}.{name}"):
            if candidate in self._named:
                return self._named[candidate]
        raise AvroSchemaError(f"{where}: unknown type {name!r}")

    def _inner(self, document: Any, key: str, namespace: str, where: str) -> AvroType:
        if key not in document:
            raise AvroSchemaError(f"{where}: a type {document['type']!r} needs {key!r}")
        return self.read(document[key], namespace, f"{where}, {key}")

    def _named_type(self, document: Any, namespace: str, where: str) -> tuple[AvroType, str]:
        name = document.get("name")
        if not isinstance(name, str) or not all(_NAME.fullmatch(part) for part in name.split(".")):
            raise AvroSchemaError(f"{where}: {document['type']} has no valid name (found {name!r})")
        namespace = document.get("namespace", namespace)
        full = name if "." in name or not namespace else f"{namespace}.{name}"
        if full in self._named:
            raise AvroSchemaError(f"{where}: the name {full!r} is defined twice")
        self._named[full] = made = AvroType(document["type"].replace("error", "record"), name=full)
        return made, full.rpartition(".")[0]

    def _record(self, document: Any, namespace: str, where: str) -> AvroType:
        made, namespace = self._named_type(document, namespace, where)
        fields = document.get("fields")
        if not isinstance(fields, list):
            raise AvroSchemaError(f"{where}: record {made.name!r} needs a list 'fields'")
        for number, one in enumerate(fields):
            name = one.get("name") if isinstance(one, dict) else None
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                raise AvroSchemaError(f"{where}: field {number} of {made.name!r} has no valid name (found {name!r})")
            if name in dict(made.fields):
                raise AvroSchemaError(f"{where}: {made.name!r} has the field {name!r} twice")
            if "type" not in one:
                raise AvroSchemaError(f"{where}: field {name!r} of {made.name!r} has no type")
            if "default" in one:
                made.defaults.add(name)
            made.fields.append((name, self.read(one["type"], namespace, f"field {name!r} of {made.name!r}")))
        return made

    def _enum(self, document: Any, namespace: str, where: str) -> AvroType:
        made, _ = self._named_type(document, namespace, where)
        symbols = document.get("symbols")
        if not isinstance(symbols, list) or not all(isinstance(s, str) and _NAME.fullmatch(s) for s in symbols):
            raise AvroSchemaError(f"{where}: enum {made.name!r} needs a list 'symbols' of names")
        if len(set(symbols)) != len(symbols):
            raise AvroSchemaError(f"{where}: enum {made.name!r} has a symbol twice")
        made.symbols = tuple(symbols)
        if "default" in document:
            if document["default"] not in symbols:
                raise AvroSchemaError(f"{where}: the default of enum {made.name!r} is none of its symbols")
            made.defaults.add(document["default"])
        return made

    def _fixed(self, document: Any, namespace: str, where: str) -> AvroType:
        made, _ = self._named_type(document, namespace, where)
        size = document.get("size")
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise AvroSchemaError(f"{where}: fixed {made.name!r} needs a whole number 'size'")
        made.size = size
        return made

    def _union(self, document: list[Any], namespace: str, where: str) -> AvroType:
        branches = tuple(self.read(one, namespace, where) for one in document)
        names = [branch.branch_name for branch in branches]
        if "union" in names or len(set(names)) != len(names) or not names:
            raise AvroSchemaError(f"{where}: a union holds different types, and no union (found {names})")
        return AvroType("union", branches=branches)
