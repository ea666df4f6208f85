"""From a method and a path to a function, on the path as it was sent: an object's name may hold an encoded slash."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.responses import Response

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


def _match(segments: list[str], parts: list[str]) -> dict[str, str] | None:
    values = {}
    for segment, part in zip(segments, parts, strict=True):
        if segment.startswith("{"):
            # Bytes that are not UTF-8 become lone surrogates, which the check of names refuses.
            values[segment[1:-1]] = unquote(part, errors="surrogateescape")
        elif segment != part:
            return None
    return values
