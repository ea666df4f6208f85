"""The fault switch of a REST service: wraps its application, and answers `/_faults` itself.

curl -X PUT localhost:9020/_faults -d '{"faults": [{"method": "POST /upload/*", "rate": 0.3, "error": "503"}]}'
curl localhost:9020/_faults; curl -X DELETE localhost:9020/_faults
"""

import asyncio
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulators.faults.rules import HTTP_STATUS, RESET, Faults, Rule, read_rules

_REASONS = {"RESOURCE_EXHAUSTED": "rateLimitExceeded", "INTERNAL": "internalError", "UNAVAILABLE": "backendError"}


class FaultSwitch:
    """An ASGI application before another: passes calls on, delays them, or lets them fail."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app, self._faults = app, faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == "/_faults":
            await (await self._control(Request(scope, receive)))(scope, receive, send)
        elif (rule := self._faults.choose(f"{scope['method']} {scope['path']}")) is not None:
            await self._fail(rule, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _control(self, request: Request) -> Response:
        if request.method == "PUT":
            try:
                self._faults.set(read_rules(await request.body()))
            except ValueError as error:
                return JSONResponse({"error": {"code": 400, "message": str(error), "status": "INVALID_ARGUMENT"}}, 400)
        elif request.method == "DELETE":
            self._faults.set(())
        return JSONResponse(self._faults.describe())

    async def _fail(self, rule: Rule, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(rule.latency)
        if not rule.error or rule.after:
            await self._app(scope, receive, _lose if rule.error else send)
        elif rule.error != RESET:
            await _read_all(receive)  # a client that still sends would see a broken connection, not the answer
        if rule.error == RESET:
            await _cut(scope, send)
        elif rule.error:
            await _answer(rule.error)(scope, receive, send)


async def _lose(_: Message) -> None:
    """Takes an answer that nobody shall see."""


async def _read_all(receive: Receive) -> None:
    while (await receive()).get("more_body"):
        pass


async def _cut(scope: Scope, send: Send) -> None:
    """Ends the connection. Uvicorn hands its transport to nobody, but `send` is a method of what holds it."""
    transport: Any = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise RuntimeError("a connection can be cut under uvicorn alone")
    transport.abort()
    await asyncio.sleep(0.05)  # until the server has seen that nobody waits for an answer


def _answer(name: str) -> Response:
    message = f"A fault that was asked for: {name}."
    detail = {"reason": _REASONS.get(name, "backendError"), "domain": "global", "message": message}
    error = {"code": HTTP_STATUS[name], "message": message, "errors": [detail], "status": name}
    return Response(json.dumps({"error": error}), HTTP_STATUS[name], media_type="application/json")
