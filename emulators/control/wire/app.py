"""The ASGI application: http://HOST:PORT/<service's host>/<its path>. One request at a time, each a transaction."""

import json
import logging
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from emulators.control.plane import standard
from emulators.control.services.registry import find_service
from emulators.control.state.errors import REASONS, ControlError, invalid
from emulators.control.state.store import Store
from emulators.control.wire.reading import read_call, read_place
from emulators.packed_bodies import unpacked
from emulators.partial_response import parse, select

logger = logging.getLogger(__name__)


def application(store: Store) -> ASGIApp:
    """The APIs over a store."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"unexpected {scope['type']} connection")
        request = Request(scope, receive)
        response = _answer(store, request, await request.body())
        await response(scope, receive, send)

    return app


def _answer(store: Store, request: Request, body: bytes) -> Response:
    """The response to one request; whatever goes wrong is an error of the service's form."""
    path = request.scope["raw_path"].decode("latin-1")
    if path == "/healthz":
        return Response("ok", media_type="text/plain")
    is_old = False
    try:
        place = read_place(path)
        service = find_service(place.label)
        is_old = service.is_old
        with store.transaction():
            call = read_call(store, service, place, request.method, request.query_params, _unpacked(request, body))
            result = _selected(request, standard.answer(call))
    except ControlError as error:
        return _error(error, is_old)
    except Exception:  # the last resort: the reason goes to the log; a 400, because clients try a 500 again for minutes
        logger.exception("%s %s failed", request.method, request.url)
        text = "Internal error of the emulator; see its log."
        return _error(ControlError("FAILED_PRECONDITION", text, reason="internalError"), is_old)
    return _json(200, result) if call.method.response else Response(status_code=204)


def _unpacked(request: Request, body: bytes) -> bytes:
    try:
        return unpacked(body, request.headers)
    except ValueError as error:
        raise invalid("", str(error)) from None


def _selected(request: Request, result: dict[str, Any]) -> dict[str, Any]:
    """The part of an answer that the parameter `fields` asks for."""
    wanted = request.query_params.get("fields")
    try:
        chosen: dict[str, Any] = select(result, parse(wanted)) if wanted else result
    except ValueError as error:
        raise invalid("fields", str(error)) from None
    return chosen


def _error(error: ControlError, is_old: bool) -> Response:
    body: dict[str, Any] = {"code": error.code, "message": error.message}
    if is_old:
        reason = error.reason or REASONS[error.status]
        body["errors"] = [{"message": error.message, "domain": "global", "reason": reason}]
    else:
        body["status"] = error.status
        if error.violations:
            violations = [{"field": field, "description": text} for field, text in error.violations]
            body["details"] = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations}]
    return _json(error.code, {"error": body})


def _json(code: int, resource: dict[str, Any]) -> Response:
    data = json.dumps(resource, ensure_ascii=False).encode()
    return Response(data, code, headers={"Content-Type": "application/json; charset=UTF-8"})
