"""From a method and a path to a function, on the path as it was sent: an object's name may hold an encoded slash."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.responses import Response

from emulators.storage.state import errors
from emulators.storage.wire.call import Call

Method = Callable[[Call], Awaitable[dict[str, Any] | Response]]


@dataclass(frozen=True)
class Route:
    """`template` is a path with {names}; `parameters` are those that the method acts on."""

    verb: str
    template: str
    method: Method
    parameters: frozenset[str] = frozenset()

    @property
    def segments(self) -> list[str]:
        return self.template.split("/")


class Routes:
    """A table of routes, looked up by the verb and the number of segments."""

    def __init__(self, routes: list[Route]) -> None:
        self._by_shape: dict[tuple[str, int], list[Route]] = {}
        for route in routes:
            self._by_shape.setdefault((route.verb, len(route.segments)), []).append(route)

    def find(self, verb: str, raw_path: str) -> tuple[Route, dict[str, str]] | None:
        """The route and the decoded values of its {names}; None where nothing has this path."""
        parts = raw_path.strip("/").split("/")
        for route in self._by_shape.get((verb, len(parts)), ()):
            values = _match(route.segments, parts)
            if values is not None:
                return route, values
        return None


def decode(part: str) -> str:
    """A part of a path without its percent signs; StorageError 400 where its bytes are not UTF-8."""
    try:
        return unquote(part, errors="strict")
    except UnicodeDecodeError:
        raise errors.invalid(f"The path is not valid UTF-8: {part}") from None


def _match(segments: list[str], parts: list[str]) -> dict[str, str] | None:
    values = {}
    for segment, part in zip(segments, parts, strict=True):
        if segment.startswith("{"):
            values[segment[1:-1]] = decode(part)
        elif segment != part:
            return None
    return values
