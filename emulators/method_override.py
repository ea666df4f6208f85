"""Methods in a header: Java's own HTTP client cannot send PATCH, so Google's clients send POST and name it there."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

_METHODS = ("DELETE", "GET", "PATCH", "PUT")


class MethodOverride:
    """An ASGI application before another: a POST with X-HTTP-Method-Override becomes the method that it names."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            named = Headers(scope=scope).get("x-http-method-override", "").upper()
            scope = {**scope, "method": named} if named in _METHODS else scope
        await self._app(scope, receive, send)
