"""Checks a request's body against a schema, as the API's front does before the service sees it.

`Checker(document).check(...)` gives the body as the service keeps it: fields by their JSON names, no nulls,
whole numbers of 64 bits as strings, nothing that only the service may write. All faults are
told at once, each with its path.
"""

from collections.abc import Iterator
from typing import Any

from emulators.control.api import values
from emulators.control.api.document import IMMUTABLE, INPUT, OUTPUT, REQUIRED, Document
from emulators.control.state.errors import ControlError, invalid

Json = dict[str, Any]
KEPT = ("name", "etag", "fingerprint", "labelFingerprint")
"""Fields of the service that a request may carry: to say which resource, or which state of it, is meant."""
DEEPEST = 90


class Checker:
    """The schemas of one document, with fields that the document lacks though clients send them.

    Args:
        more: by schema, properties as a document writes them.
        optional: "Schema.field" that the document calls required though the service does not insist.
    """

    def __init__(self, document: Document, more: dict[str, Json] | None = None, optional: frozenset[str] = frozenset()):
        self._document = document
        self._more = more or {}
        self._optional = optional

    def properties(self, schema: str) -> dict[str, Json]:
        """The fields of a schema, those that only clients know included."""
        return self._document.properties(schema) | self._more.get(schema, {})

    def check(self, schema: str, body: Json, at: str) -> Json:
        """The body as the service takes it.

        Raises:
            ControlError: with the path of each field that is unknown or of the wrong type.
        """
        faults: list[tuple[str, str]] = []
        result: Json = self._object({"$ref": schema}, body, at, faults)
        if faults:
            raise ControlError("INVALID_ARGUMENT", "\n".join(text for _, text in faults), tuple(faults))
        return result

    def require(self, schema: str, resource: Json, at: str) -> None:
        """Raises ControlError for required fields that are missing, in whatever part of the resource is there."""
        missing = [(path, f"Missing required field: {path}") for path in self._missing(schema, resource, at)]
        if missing:
            raise ControlError("INVALID_ARGUMENT", "\n".join(text for _, text in missing), tuple(missing))

    def refuse_changes(self, schema: str, old: Json, new: Json, at: str = "") -> None:
        """Raises ControlError where a field differs that cannot change."""
        for name, one in self.properties(schema).items():
            path = f"{at}.{name}" if at else name
            if IMMUTABLE in one.get("behaves", ()) and name != "name" and old.get(name) != new.get(name):
                raise invalid(path, f"Field '{path}' is immutable: it cannot be changed.")
            inner = one.get("$ref")
            if inner and isinstance(old.get(name), dict) and isinstance(new.get(name), dict):
                self.refuse_changes(inner, old[name], new[name], path)

    def shown(self, schema: str, resource: Json) -> Json:
        """The resource without what is only ever written, such as passwords."""
        properties = self.properties(schema)
        result = {}
        for name, value in resource.items():
            one = properties.get(name, {})
            if INPUT not in one.get("behaves", ()):
                inner = one.get("$ref")
                result[name] = self.shown(inner, value) if inner and isinstance(value, dict) else value
        return result

    def _object(self, described: Json, value: Any, at: str, faults: list[tuple[str, str]]) -> Any:
        if not isinstance(value, dict):
            return _fault(faults, at, f"Invalid value at '{at}', {values.excerpt(value)}: an object expected.")
        if at.count(".") > DEEPEST:
            return _fault(faults, at, f"Message too deep at '{at}'.")
        reference = described.get("$ref", "")
        properties = self.properties(reference) if reference else described.get("properties", {})
        schema = self._document.schemas.get(reference, described)
        result: Json = {}
        for key, inner in value.items():
            name = key if key in properties else values.camel(key)
            path = f"{at}.{key}" if at else key
            if name in properties:
                one = properties[name]
            elif "additionalProperties" in schema:
                name, one = key, schema["additionalProperties"]
            else:
                where = f" at '{at}'" if at else ""
                text = f"Invalid JSON payload received. Unknown name {values.excerpt(key)}{where}: Cannot find field."
                _fault(faults, path, text)
                continue
            if inner is None and one.get("type") != "any":
                continue
            checked = self._value(one, inner, path, faults)
            if OUTPUT not in one.get("behaves", ()) or name in KEPT:
                result[name] = checked
        return result

    def _value(self, described: Json, value: Any, at: str, faults: list[tuple[str, str]]) -> Any:
        kind = described.get("type")
        if "$ref" in described or kind == "object":
            if kind == "object" and not described.keys() & {"properties", "additionalProperties"}:
                return value
            return self._object(described, value, at, faults)
        if kind == "array":
            if not isinstance(value, list):
                return _fault(faults, at, f"Invalid value at '{at}', {values.excerpt(value)}: a list expected.")
            items = described["items"]
            return [self._value(items, one, f"{at}[{index}]", faults) for index, one in enumerate(value)]
        if kind == "any":
            return value
        try:
            return values.scalar(described, value)
        except ValueError as error:
            return _fault(faults, at, f"Invalid value at '{at}' ({error}), {values.excerpt(value)}")

    def _missing(self, schema: str, value: Json, at: str) -> Iterator[str]:
        for name, one in self.properties(schema).items():
            path = f"{at}.{name}" if at else name
            given = value.get(name)
            behaves = one.get("behaves", ())
            if REQUIRED in behaves and OUTPUT not in behaves and given in (None, "", []):
                if f"{schema}.{name}" not in self._optional:
                    yield path
                continue
            inner, items = one.get("$ref"), one.get("items", {}).get("$ref")
            if inner and isinstance(given, dict):
                yield from self._missing(inner, given, path)
            elif items and isinstance(given, list):
                for index, item in enumerate(given):
                    if isinstance(item, dict):
                        yield from self._missing(items, item, f"{path}[{index}]")


def _fault(faults: list[tuple[str, str]], at: str, text: str) -> None:
    faults.append((at, text))
