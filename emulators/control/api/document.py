"""A Google API as its discovery document describes it: its methods by path, its schemas.

The documents ship with google-api-python-client. They are large, so one is read when it is first asked for, and its
prose is dropped, but for the words that say how a field behaves (google.aip.dev/203).
"""

import importlib.util
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from emulators.control.api.method import Method, read_methods

Json = dict[str, Any]

REQUIRED, IMMUTABLE, OUTPUT, INPUT = "required", "immutable", "output", "input"
_WORDS = {
    REQUIRED: re.compile(r"(?:Identifier\. )?(?:Required|REQUIRED)[.:]"),
    IMMUTABLE: re.compile(r"(?:(?:Required|Optional|Identifier|Input only)\. )*Immutable\."),
    OUTPUT: re.compile(r"(?:(?:Optional|Identifier)\. )?(?:Output only[.:]|\[Output Only\])", re.IGNORECASE),
    INPUT: re.compile(r"(?:(?:Required|Optional|Immutable)\. )*Input only\."),
}


class Document:
    """One version of one API."""

    def __init__(self, content: Json) -> None:
        self.schemas: dict[str, Json] = content.get("schemas", {})
        self.parameters: Json = content.get("parameters", {})
        self._by_shape: dict[tuple[str, int], list[Method]] = {}
        self._open_ended: list[Method] = []
        for method in read_methods(content):
            if method.tokens and method.tokens[-1] == "**":
                self._open_ended.append(method)
            else:
                self._by_shape.setdefault((method.http, len(method.tokens)), []).append(method)
        for methods in (*self._by_shape.values(), self._open_ended):
            # A literal word says more than a place for any: it is tried first.
            methods.sort(key=lambda one: (not one.custom, one.tokens.count("*")))

    def find(self, http: str, path: str) -> tuple[Method, dict[str, str]] | None:
        """The method for a path after the version, and the values of its parameters; None where there is none."""
        parts = path.split("/")
        for method in self._by_shape.get((http, len(parts)), ()):
            if (values := method.match(parts)) is not None:
                return method, values
        for method in self._open_ended:
            if method.http == http and (values := method.match(parts)) is not None:
                return method, values
        return None

    def properties(self, schema: str) -> dict[str, Json]:
        """The fields of a schema."""
        fields: dict[str, Json] = self.schemas.get(schema, {}).get("properties", {})
        return fields


@cache
def load(name: str) -> Document | None:
    """The document of this name, such as "secretmanager.v1"; None where there is none."""
    path = _folder() / f"{name}.json"
    if not re.fullmatch(r"[a-z]+\.v\d+[a-z\d]*", name) or not path.exists():
        return None
    content = json.loads(path.read_text(), object_hook=_without_prose)
    return Document(content)


def _folder() -> Path:
    found = importlib.util.find_spec("googleapiclient")  # found, not imported: that takes longer than the rest
    if found is None or found.origin is None:
        raise RuntimeError("google-api-python-client is not installed; its discovery documents are needed")
    return Path(found.origin).parent / "discovery_cache" / "documents"


def _without_prose(value: Json) -> Json:
    """A part of a document with `behaves` in the place of its description."""
    description = value.get("description")
    if not isinstance(description, str):
        return value
    del value["description"]
    value.pop("enumDescriptions", None)
    behaves = {word for word, pattern in _WORDS.items() if pattern.match(description)}
    if value.get("readOnly"):
        behaves.add(OUTPUT)
    if behaves:
        value["behaves"] = behaves
    return value
