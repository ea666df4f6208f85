"""A method of an API: the form of its path, its parameters, its request and response."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

_PREFIX = re.compile(r"(?:[a-z]+/)?v\d+[a-z\d]*/")
_VARIABLE = re.compile(r"\{(\+?)(\w+)\}")


@dataclass(frozen=True)
class Method:
    """One method.

    Attributes:
        name: its id without the service: "projects.secrets.create".
        http: GET, POST, ...
        tokens: the path after the version, by segments: a word, "*" for any segment, "**" for any number of them.
        owners: for each token the parameter whose value it belongs to, or "".
        custom: the verb after the path (":addVersion", "/setLabels"), or "".
        parameters: by name, as the document has them.
        request, response: names of schemas, or "".
        is_full_name: the resource's name is its whole path, as in {+name}, not the path's last segment.
    """

    name: str
    http: str
    tokens: tuple[str, ...]
    owners: tuple[str, ...]
    custom: str
    parameters: dict[str, Json]
    request: str
    response: str
    is_full_name: bool

    @property
    def verb(self) -> str:
        """What it does: "create"."""
        return self.name.rpartition(".")[2]

    @property
    def short_name(self) -> str:
        """The collection and the verb: "secrets.create"."""
        return ".".join(self.name.split(".")[-2:])

    def match(self, parts: list[str]) -> dict[str, str] | None:
        """The values of the parameters in the path, or None where it is not a path of this method."""
        if self.custom.startswith(":"):
            if not parts[-1].endswith(self.custom):
                return None
            parts = [*parts[:-1], parts[-1].removesuffix(self.custom)]
        if self.tokens and self.tokens[-1] == "**":
            if len(parts) < len(self.tokens):
                return None
            parts = [*parts[: len(self.tokens) - 1], "/".join(parts[len(self.tokens) - 1 :])]
        values: dict[str, list[str]] = {}
        for part, token, owner in zip(parts, self.tokens, self.owners, strict=True):
            if (token not in ("*", "**") and token != part) or not part:
                return None
            if owner:
                values.setdefault(owner, []).append(part)
        return {name: "/".join(found) for name, found in values.items()}

    def key(self, path: str) -> str:
        """The name of what a path is about: the path without the verb after it."""
        return path.removesuffix(self.custom) if self.custom else path


def read_methods(content: Json) -> Iterator[Method]:
    """The methods of a discovery document; one whose path has a form that no service here has is left out."""
    service = content.get("servicePath", "")
    waiting = [content]
    while waiting:
        level = waiting.pop()
        waiting += level.get("resources", {}).values()
        for described in level.get("methods", {}).values():
            if method := _read(described, service + described["path"]):
                yield method


def _read(described: Json, full_path: str) -> Method | None:
    parameters = described.get("parameters", {})
    path = _PREFIX.sub("", full_path, count=1)
    verb = described["id"].rpartition(".")[2]
    path, colon, custom = path.rpartition(":") if re.search(r":\w+$", path) else (path, "", "")
    tokens: list[str] = []
    owners: list[str] = []
    for segment in path.split("/"):
        variable = _VARIABLE.fullmatch(segment)
        name = variable[2] if variable else ""
        words = _words(parameters.get(name, {})) if variable and variable[1] else ["*" if variable else segment]
        tokens += words
        owners += [name] * len(words)
    if "**" in tokens[:-1] or any(re.search(r"[{}^$()\[\]]", token) for token in tokens):
        return None
    ending = f":{custom}" if colon else ""
    if not colon and described["httpMethod"] != "DELETE" and len(tokens) > 1 and tokens[-1] == verb:
        ending = f"/{verb}"
    return Method(
        name=described["id"].partition(".")[2],
        http=described["httpMethod"],
        tokens=tuple(tokens),
        owners=tuple(owners),
        custom=ending,
        parameters=parameters,
        request=described.get("request", {}).get("$ref", ""),
        response=described.get("response", {}).get("$ref", ""),
        is_full_name=path.endswith("{+name}"),
    )


def _words(parameter: Json) -> list[str]:
    """The segments of a name, from a pattern such as ^projects/[^/]+/secrets/[^/]+$."""
    pattern: str = parameter.get("pattern", "^.*$").removeprefix("^").removesuffix("$")
    return pattern.replace("[^/]+", "*").replace(".*", "**").split("/")
