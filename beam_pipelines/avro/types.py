"""An Avro field's schema -> what its values are: the main type, its logical type, and the union's branches."""

from dataclasses import dataclass
from typing import Any

from beam_pipelines.avro.container import UnreadableFile

_SHAPE = ("type", "name", "namespace", "fields", "items", "values", "symbols", "size")  # what says how bytes are read
SCALARS = ("long", "int", "double", "float", "boolean", "string", "bytes")


@dataclass(frozen=True)
class AvroType:
    """One field. `kind` is long, double, boolean, string, bytes, array or other.

    `branches` are the union's Avro types in order, (kind,) where there is no union. A union's `string` branch beside
    another kind holds the raw text of a value that the kind cannot hold. `item` is an array's element.
    """

    kind: str
    logical: str | None
    scale: int
    branches: tuple[str, ...]
    item: "AvroType | None" = None

    @property
    def has_text(self) -> bool:
        """Whether values may come as raw text."""
        return self.kind != "string" and "string" in self.branches


def field_types(record: Any) -> dict[str, AvroType]:
    """The fields of a record schema. Raises UnreadableFile when it is not a record."""
    if not isinstance(record, dict) or record.get("type") != "record":
        raise UnreadableFile(f"expected an Avro record, found {str(record)[:80]}")
    return {field["name"]: read_type(field["type"]) for field in record["fields"]}


def read_type(schema: Any) -> AvroType:
    """One field's schema. What is neither a scalar nor an array is `other`: its values become JSON text."""
    schema = bare(schema)
    branches = schema if isinstance(schema, list) else [schema]
    plain = [branch for branch in branches if _name(branch) != "null"]
    main = [branch for branch in plain if _name(branch) != "string"] or plain or ["null"]
    names = tuple(_name(branch) for branch in branches)
    if len(main) > 1:
        return AvroType("other", None, 0, names)
    kind = {"int": "long", "float": "double", "enum": "string"}.get(_name(main[0]), _name(main[0]))
    details = bare(main[0]) if isinstance(main[0], dict) else {}
    if kind == "array":
        return AvroType(kind, None, 0, names, read_type(details["items"]))
    if kind not in ("long", "double", "boolean", "string", "bytes"):
        return AvroType("other", None, 0, names)
    return AvroType(kind, details.get("logicalType"), int(details.get("scale", 0)), names)


def without_logical_types(schema: Any) -> Any:
    """The schema whose values are plain numbers, bytes and text: faster to read, and exact."""
    if isinstance(schema, list):
        return [without_logical_types(branch) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema["type"], dict | list):
        return without_logical_types(schema["type"])
    plain = {key: schema[key] for key in _SHAPE if key in schema}
    if plain["type"] == "record":
        plain["fields"] = [{"name": f["name"], "type": without_logical_types(f["type"])} for f in plain["fields"]]
    for inner in ("items", "values"):
        if inner in plain:
            plain[inner] = without_logical_types(plain[inner])
    return plain


def bare(schema: Any) -> Any:
    """{"type": {"type": x, ...}} -> {"type": x, ...}; a union that is wrapped so -> the union."""
    while isinstance(schema, dict) and isinstance(schema.get("type"), dict | list):
        schema = schema["type"]
    return schema


def _name(schema: Any) -> str:
    schema = bare(schema)
    return str(schema["type"]) if isinstance(schema, dict) else str(schema)
