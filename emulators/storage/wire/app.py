"""The ASGI application: finds the method, runs it, writes its resource or its error."""

import json
import logging
import re
import sqlite3
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from emulators.partial_response import Mask, parse, select
from emulators.storage.state import errors
from emulators.storage.state.errors import StorageError
from emulators.storage.state.store import Store
from emulators.storage.wire import batch, cors, xml_api
from emulators.storage.wire.call import Call
from emulators.storage.wire.downloads import Media
from emulators.storage.wire.entity_tags import check_tags
from emulators.storage.wire.methods import ROUTES
from emulators.storage.wire.notifier import Notifier
from emulators.storage.wire.routing import decode
from emulators.storage.wire.xml_errors import xml_error

_SHORT = re.compile(r"/b(/|$)|/projects/[^/]+/(serviceAccount|hmacKeys)(/|$)")

Resource = dict[str, Any]

logger = logging.getLogger(__name__)

_VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    412: "FAILED_PRECONDITION",
    503: "UNAVAILABLE",
}


def application(store: Store) -> ASGIApp:
    """The API over a store."""
    Notifier(store)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"unexpected {scope['type']} connection")
        request = Request(scope, receive)
        response = await answer(store, request)
        if "origin" in request.headers and request.method != "OPTIONS":
            _expose(response, cors.exposed(request, _rules(store, _full_path(request))))
        await response(scope, receive, send)

    return app


async def answer(store: Store, request: Request) -> Response:
    """The response to one request; whatever goes wrong is an error of the service's form."""
    path = _full_path(request)
    try:
        if path == "/healthz":
            return Response("ok", media_type="text/plain")
        if request.method == "OPTIONS":
            return cors.preflight(request, _rules(store, path))
        if path.strip("/") == "batch/storage/v1" and request.method == "POST":
            return await batch.run(request, lambda part: answer(store, part))
        result = await _call(store, request, path)
    except StorageError as error:
        return _error_response(error, request)
    except (OSError, sqlite3.OperationalError) as error:  # a full disk: not the caller's, and it may pass
        logger.error("the state folder cannot be used: %s", error)
        message = f"The emulator's state folder cannot be used: {error}"
        return _error_response(StorageError(503, "backendError", message), request)
    except Exception:  # the last resort: the reason goes to the log, a 500 to the client
        logger.exception("%s %s failed", request.method, request.url)
        return _error_response(StorageError(500, "internalError", "Internal error; see the emulator's log."), request)
    return result


async def _call(store: Store, request: Request, path: str) -> Response:
    if not _is_json(path):
        return await xml_api.answer(store, request, path)
    found = ROUTES.find(request.method, path)
    if found is None:
        raise _no_method(request.method, path)
    route, values = found
    call = Call(store, request, values)
    call.check_parameters(route.parameters)
    mask = _mask(call.text("fields"))
    _check_alt(call.text("alt", "json"))
    result = await route.method(call)
    if request.method == "GET":
        _check_tags(request, result)
    return result if isinstance(result, Response) else _json_response(200, select(result, mask))


def _no_method(verb: str, path: str) -> StorageError:
    """The service's answer to what it has not; what this emulator alone lacks is a route that refuses."""
    if any(ROUTES.find(other, path) for other in _VERBS):
        return StorageError(405, "methodNotAllowed", f"{verb} is not allowed on {path}.")
    return StorageError(404, "notFound", "Not Found")


def _check_alt(alt: str) -> None:
    if alt not in ("json", "media", ""):
        raise StorageError(400, "invalidAltValue", f"Invalid value '{alt}' for alt.", "parameter", "alt")


def _check_tags(request: Request, result: Resource | Response) -> None:
    """StorageError 412 and 304 by the tag of what was found."""
    try:
        tag = result.headers.get("etag") if isinstance(result, Response) else result.get("etag")
        if tag is not None:
            check_tags(request.headers, tag)
    except StorageError:
        if isinstance(result, Media):
            result.close()
        raise


def _rules(store: Store, path: str) -> list[Resource] | None:
    """What a bucket lets pages of other origins do over the XML API; None for the JSON API, which lets all in."""
    if _is_json(path):
        return None
    try:
        found = store.buckets.get(decode(path.removeprefix("/").partition("/")[0]))
    except StorageError:
        return []
    return found.settings.get("cors") or []


def _expose(response: Response, headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        response.headers[name] = value


def _mask(text: str) -> Mask:
    """What the parameter `fields` asks for."""
    try:
        return parse(text) if text else {}
    except ValueError as error:
        raise errors.StorageError(400, "invalidParameter", str(error), "parameter", "fields") from None


def _full_path(request: Request) -> str:
    """The path as it was sent, with the /storage/v1 that the Node client leaves out where STORAGE_EMULATOR_HOST is set.

    No bucket's name is as short as b.
    """
    path: str = request.scope["raw_path"].decode("latin-1")
    return f"/storage/v1{path}" if _SHORT.match(path) else path


def _is_json(path: str) -> bool:
    """Whether a path belongs to the JSON API; every other one is the XML API's, /bucket/object."""
    return path.startswith(("/storage/v1/", "/upload/", "/resumable/upload/", "/download/", "/batch/"))


def _error_response(error: StorageError, request: Request) -> Response:
    if error.code == 304:
        return Response(status_code=304)
    if not _is_json(_full_path(request)):
        return xml_error(error, request.method)
    if request.query_params.get("alt") == "media":
        # The media host answers in plain text.
        return Response(error.message, error.code, dict(error.headers), media_type="text/html")
    detail: dict[str, Any] = {"message": error.message, "domain": "global", "reason": error.reason}
    if error.location:
        detail |= {"locationType": error.location_type, "location": error.location}
    body = {"code": error.code, "message": error.message, "errors": [detail]}
    if error.code in _STATUS:
        body["status"] = _STATUS[error.code]
    return _json_response(error.code, {"error": body})


def _json_response(code: int, resource: dict[str, Any]) -> Response:
    data = json.dumps(resource, ensure_ascii=False).encode()
    return Response(data, code, headers={"Content-Type": "application/json; charset=UTF-8"})
