"""REST for Pub/Sub (/v1/projects/...), as gcloud and Terraform speak it: the same operations as over gRPC."""

import json
from typing import Any

from google.protobuf import json_format
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route as Endpoint

from emulators.packed_bodies import unpacked
from emulators.partial_response import Mask, parse, select
from emulators.pubsub.messages import v1
from emulators.pubsub.state.broker import Broker
from emulators.pubsub.state.errors import DamagedState, PubsubError, invalid
from emulators.pubsub.wire.delivery import pull
from emulators.pubsub.wire.operations import operations
from emulators.pubsub.wire.rest_routes import ROUTES, Route
from emulators.pubsub.wire.server import state_error

_HTTP = {
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "DATA_LOSS": 500,
    "FAILED_PRECONDITION": 400,
    "INVALID_ARGUMENT": 400,
    "NOT_FOUND": 404,
    "PERMISSION_DENIED": 403,
    "UNAVAILABLE": 503,
    "UNIMPLEMENTED": 501,
}
_REASONS = {
    400: "badRequest",
    403: "forbidden",
    404: "notFound",
    409: "alreadyExists",
    500: "dataLoss",
    501: "notImplemented",
    503: "backendError",
}
_PULL_SECONDS = 30.0
_SYSTEM_PARAMETERS = frozenset(
    {"$.xgafv", "$alt", "$prettyPrint", "access_token", "alt", "callback", "fields", "key", "oauth_token"}
    | {"prettyPrint", "quotaUser", "uploadType", "upload_protocol"}
)


def rest_application(broker: Broker) -> Starlette:
    """The ASGI application: /healthz and the paths of rest_routes."""
    methods = operations(broker)

    async def call(request: Request) -> Response:
        try:
            route, name = _find(request)
            mask = _mask(request)
            answer = await _answer(broker, methods, route, await _read(request, methods, route, name))
            return JSONResponse(select(answer, mask))
        except PubsubError as error:
            return _refusal(error)
        except (DamagedState, OSError) as error:
            return _refusal(state_error(error))

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "SERVING"})

    verbs = ["GET", "PUT", "POST", "PATCH", "DELETE"]
    return Starlette(routes=[Endpoint("/healthz", health), Endpoint("/{path:path}", call, methods=verbs)])


def _find(request: Request) -> tuple[Route, str]:
    for route in ROUTES:
        match = route.path.fullmatch(request.url.path) if route.verb == request.method else None
        if match:
            return route, match[1]
    raise PubsubError("NOT_FOUND", f"The requested URL {request.url.path} was not found for {request.method}.")


def _mask(request: Request) -> Mask:
    """What of the answer is asked for by `fields`; only JSON is written."""
    form = request.query_params.get("$alt") or request.query_params.get("alt") or "json"
    if form.partition(";")[0] != "json":
        raise invalid(f"Invalid value for the parameter alt: {form}; json is expected.")
    try:
        return parse(request.query_params["fields"]) if request.query_params.get("fields") else {}
    except ValueError as error:
        raise invalid(str(error)) from error


async def _unpacked(request: Request) -> bytes:
    try:
        return unpacked(await request.body(), request.headers)
    except ValueError as error:
        raise invalid(str(error)) from None


async def _read(request: Request, methods: Any, route: Route, name: str) -> Any:
    """The request message: from the path, the query and the body."""
    message = _request_class(methods, route)()
    content = await _unpacked(request)
    fields: dict[str, Any] = {}
    for key in request.query_params:
        if key not in _SYSTEM_PARAMETERS:
            _set(fields, key, request.query_params[key])
    try:
        body = json.loads(content) if content and route.body else {}
        if route.body == "*":
            fields |= body
        elif route.body:
            fields[route.body] = body
        json_format.ParseDict(fields, message)
    except (ValueError, TypeError, RecursionError, json_format.ParseError) as error:
        raise invalid(f"Invalid JSON payload received. {error}") from error
    target, _, last = route.field.rpartition(".")
    setattr(getattr(message, target) if target else message, last, name)
    return message


def _request_class(methods: Any, route: Route) -> Any:
    special = {"Publish": v1.PublishRequest, "Pull": v1.PullRequest}
    return special.get(route.method) or methods[route.service][route.method].request


def _set(fields: dict[str, Any], path: str, value: str) -> None:
    *parents, last = path.split(".")
    for parent in parents:
        fields = fields.setdefault(parent, {})
    fields[last] = {"true": True, "false": False}.get(value, value)


async def _answer(broker: Broker, methods: Any, route: Route, message: Any) -> dict[str, Any]:
    response: Any
    if route.method == "Publish":
        ids = broker.topics.publish(message.topic, [one.SerializeToString() for one in message.messages])
        response = v1.PublishResponse(message_ids=ids)
    elif route.method == "Pull":
        response = v1.PullResponse.FromString(await pull(broker, message, _PULL_SECONDS))
    else:
        response = await methods[route.service][route.method].answer(message)
    return {} if response is None else dict(json_format.MessageToDict(response))


def _refusal(error: PubsubError) -> Response:
    """Google's error form."""
    code = _HTTP[error.status]
    item = {"message": error.message, "domain": "global", "reason": _REASONS[code]}
    content: dict[str, Any] = {"code": code, "message": error.message, "errors": [item], "status": error.status}
    if error.reason:
        info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": error.reason}
        content["details"] = [info | {"domain": "pubsub.googleapis.com", "metadata": error.metadata}]
    return JSONResponse({"error": content}, status_code=code)
