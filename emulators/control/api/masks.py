"""Field masks: which fields an update takes from its body (google.aip.dev/134, /161)."""

import copy
from typing import Any

from emulators.control.api.document import OUTPUT
from emulators.control.api.schema import KEPT, Checker
from emulators.control.api.values import camel
from emulators.control.state.errors import invalid

Json = dict[str, Any]


def masked(checker: Checker, schema: str, old: Json, new: Json, mask: str) -> Json:
    """`old` with the fields of the mask taken from `new`: set there, or cleared where `new` lacks them.

    Raises:
        ControlError: the mask names a field that the schema has not.
    """
    if mask.strip() == "*":
        return replaced(checker, schema, old, new)
    result = copy.deepcopy(old)
    for path in filter(None, mask.split(",")):
        steps = _steps(checker, schema, path.strip())
        _take(result, new, steps)
    return result


def replaced(checker: Checker, schema: str, old: Json, new: Json) -> Json:
    """`new`, with what only the service writes kept from `old`."""
    properties = checker.properties(schema)
    kept = {
        name: value
        for name, value in old.items()
        if name in KEPT or OUTPUT in properties.get(name, {}).get("behaves", ()) or name not in properties
    }
    return kept | new


def merged(old: Any, new: Any) -> Any:
    """A merge patch (RFC 7396, with nulls gone already), as the older APIs apply a PATCH."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    return old | {name: merged(old.get(name), value) for name, value in new.items()}


def _steps(checker: Checker, schema: str, path: str) -> list[str]:
    """The fields of a path by their JSON names; what follows the name of a map is one key of it."""
    steps: list[str] = []
    words = path.split(".")
    properties: Json | None = checker.properties(schema)
    while words:
        if properties is None:
            return [*steps, ".".join(words)]
        name = words[0] if words[0] in properties else camel(words[0])
        if name not in properties:
            text = f"Invalid field mask: '{path}' has no field '{words[0]}' to update."
            raise invalid("update_mask", text)
        one = properties[name]
        steps.append(name)
        words.pop(0)
        if OUTPUT in one.get("behaves", ()) and name not in KEPT:
            return []
        properties = checker.properties(one["$ref"]) if "$ref" in one else one.get("properties")
        if words and properties is None and one.get("type") != "object":
            raise invalid("update_mask", f"Invalid field mask: '{path}' goes into a field that has no parts.")
    return steps


def _take(old: Json, new: Json, steps: list[str]) -> None:
    if not steps:
        return
    first, *rest = steps
    if not rest or not isinstance(new.get(first), dict):
        if first in new and not rest:
            old[first] = copy.deepcopy(new[first])
        elif not rest:
            old.pop(first, None)
        elif isinstance(old.get(first), dict):
            _take(old[first], {}, rest)
        return
    inner = old.setdefault(first, {})
    if isinstance(inner, dict):
        _take(inner, new[first], rest)
