"""Calls of the other services over HTTP, without waiting for them in the event loop."""

import asyncio
import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, NamedTuple

_SECONDS = 30
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Answer(NamedTuple):
    """A status, and the JSON of the body ({}: it has none)."""

    status: int
    body: Any

    @property
    def message(self) -> str:
        """What an error says."""
        error = self.body.get("error") if isinstance(self.body, Mapping) else None
        return str(error.get("message", "")) if isinstance(error, Mapping) else f"HTTP status {self.status}"


def address(variable: str) -> str:
    """The address of another emulator, as http://host:port; "" where the environment names none."""
    found = os.environ.get(variable, "").rstrip("/")
    return found if not found or "://" in found else f"http://{found}"


async def call(method: str, url: str, body: bytes | None = None, kind: str = "application/json") -> Answer:
    """Raises OSError: nobody answers."""
    return await asyncio.to_thread(_call, method, url, body, kind)


def _call(method: str, url: str, body: bytes | None, kind: str) -> Answer:
    request = urllib.request.Request(url, body, {"Content-Type": kind}, method=method)
    try:
        with _OPENER.open(request, timeout=_SECONDS) as response:
            return Answer(response.status, _json(response.read()))
    except urllib.error.HTTPError as error:
        return Answer(error.code, _json(error.read()))


def _json(content: bytes) -> Any:
    try:
        return json.loads(content or b"{}")
    except ValueError:
        return {}
