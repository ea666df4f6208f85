"""Datastream's REST API, version 1, as far as the emulator has it; what it has not is refused as UNIMPLEMENTED."""

import json
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulators.datastream.errors import ApiError, invalid
from emulators.datastream.resources import Resource, now
from emulators.datastream.service import Datastream, without_secrets
from emulators.packed_bodies import unpacked

Json = dict[str, Any]
PACKAGE = "type.googleapis.com/google.cloud.datastream.v1"
LOCATION = "/v1/projects/{project}/locations/{location}"
Handler = Callable[[Datastream, Request, Json], Json]


def resource_name(request: Request) -> str:
    """The resource's name: the path without version and custom method."""
    return request.url.path.removeprefix("/v1/").partition(":")[0]


def collection_name(request: Request) -> str:
    """The name of a collection that is listed. An empty list of all locations would be a wrong answer."""
    name = resource_name(request)
    if "/locations/-/" in name:
        raise ApiError("UNIMPLEMENTED", "listing all locations is not supported by this emulator; name one")
    return name


def parent(request: Request) -> str:
    """`projects/p/locations/l`."""
    return f"projects/{request.path_params['project']}/locations/{request.path_params['location']}"


def flag(request: Request, name: str) -> bool:
    """A boolean parameter."""
    return request.query_params.get(name, "").lower() == "true"


def operation(service: Datastream, request: Request, kind: str, verb: str, response: Resource) -> Json:
    """A long-running operation that is done; it can be asked for again."""
    metadata = {
        "@type": f"{PACKAGE}.OperationMetadata",
        "createTime": now(),
        "endTime": now(),
        "target": response.get("name", resource_name(request)),
        "verb": verb,
        "requestedCancellation": False,
        "apiVersion": "v1",
    }
    typed = {"@type": "type.googleapis.com/google.protobuf.Empty" if kind == "Empty" else f"{PACKAGE}.{kind}"}
    name = f"{parent(request)}/operations/operation-{uuid.uuid4()}"
    result = {"name": name, "metadata": metadata, "done": True, "response": {**typed, **response}}
    service.resources.put(result)
    return result


def page(request: Request, key: str, found: Sequence[Resource]) -> Json:
    """A page of a list: pageSize (1000 at most), and a token that is the place to go on from."""
    for name in ("filter", "orderBy"):
        if request.query_params.get(name):
            raise ApiError("UNIMPLEMENTED", f"{name} is not supported by this emulator")
    given = [request.query_params.get(name) or "0" for name in ("pageSize", "pageToken")]
    if not all(text.isdecimal() for text in given):
        raise invalid("pageSize and pageToken must be what this API gave, or whole numbers")
    size, start = min(int(given[0]) or 1000, 1000), int(given[1])
    following = {"nextPageToken": str(start + size)} if start + size < len(found) else {}
    return {key: found[start : start + size], **following}


def create_profile(service: Datastream, request: Request, body: Json) -> Json:
    """connectionProfiles.create"""
    identifier, dry = request.query_params.get("connectionProfileId"), flag(request, "validateOnly")
    created = service.create_profile(parent(request), identifier, body, dry)
    return operation(service, request, "ConnectionProfile", "create", created)


def list_profiles(service: Datastream, request: Request, _: Json) -> Json:
    """connectionProfiles.list"""
    found = service.resources.children(collection_name(request))
    return page(request, "connectionProfiles", [without_secrets(each) for each in found])


def get_profile(service: Datastream, request: Request, _: Json) -> Json:
    """connectionProfiles.get"""
    return without_secrets(service.get(resource_name(request)))


def patch_profile(service: Datastream, request: Request, body: Json) -> Json:
    """connectionProfiles.patch"""
    mask, dry = request.query_params.get("updateMask"), flag(request, "validateOnly")
    changed = service.patch_profile(resource_name(request), body, mask, dry)
    return operation(service, request, "ConnectionProfile", "update", changed)


def delete_profile(service: Datastream, request: Request, _: Json) -> Json:
    """connectionProfiles.delete"""
    service.delete_profile(resource_name(request))
    return operation(service, request, "Empty", "delete", {})


def create_stream(service: Datastream, request: Request, body: Json) -> Json:
    """streams.create"""
    identifier = request.query_params.get("streamId")
    created = service.create_stream(
        parent(request), identifier, body, flag(request, "force"), flag(request, "validateOnly")
    )
    return operation(service, request, "Stream", "create", created)


def list_streams(service: Datastream, request: Request, _: Json) -> Json:
    """streams.list"""
    found = service.resources.children(collection_name(request))
    return page(request, "streams", [service.show_stream(each) for each in found])


def get_stream(service: Datastream, request: Request, _: Json) -> Json:
    """streams.get"""
    return service.show_stream(service.get(resource_name(request)))


def patch_stream(service: Datastream, request: Request, body: Json) -> Json:
    """streams.patch"""
    mask, dry = request.query_params.get("updateMask"), flag(request, "validateOnly")
    changed = service.patch_stream(resource_name(request), body, mask, dry)
    return operation(service, request, "Stream", "update", changed)


def run_stream(service: Datastream, request: Request, body: Json) -> Json:
    """streams.run"""
    if body.get("cdcStrategy"):
        raise ApiError("UNIMPLEMENTED", "cdcStrategy is not supported; a stream goes on from where it stopped")
    changed = service.patch_stream(resource_name(request), {"state": "RUNNING"}, "state", False)
    return operation(service, request, "Stream", "start", changed)


def delete_stream(service: Datastream, request: Request, _: Json) -> Json:
    """streams.delete"""
    service.delete_stream(resource_name(request))
    return operation(service, request, "Empty", "delete", {})


def list_objects(service: Datastream, request: Request, _: Json) -> Json:
    """streams.objects.list"""
    return page(request, "streamObjects", service.objects.list(resource_name(request).removesuffix("/objects")))


def get_object(service: Datastream, request: Request, _: Json) -> Json:
    """streams.objects.get"""
    return service.objects.get(resource_name(request))


def lookup_object(service: Datastream, request: Request, body: Json) -> Json:
    """streams.objects.lookup"""
    return service.objects.lookup(resource_name(request).removesuffix("/objects"), body)


def start_backfill(service: Datastream, request: Request, body: Json) -> Json:
    """streams.objects.startBackfillJob"""
    return {"object": service.objects.start_backfill(resource_name(request), body)}


def stop_backfill(service: Datastream, request: Request, _: Json) -> Json:
    """streams.objects.stopBackfillJob"""
    return {"object": service.objects.stop_backfill(resource_name(request))}


def get_operation(service: Datastream, request: Request, _: Json) -> Json:
    """operations.get"""
    return service.get(resource_name(request))


def position(service: Datastream, request: Request, _: Json) -> Json:
    """Emulator only: how far a stream has come, by its id or by its whole name."""
    wanted = request.path_params["stream"]
    names = [each["name"] for each in service.resources.all() if "sourceConfig" in each]
    found = [name for name in names if wanted in (name, name.rpartition("/")[2])]
    if len(found) != 1:
        raise ApiError("NOT_FOUND", f"{len(found)} streams are called {wanted!r}; give the whole name of one")
    return service.position(found[0])


PROFILES, STREAMS = f"{LOCATION}/connectionProfiles", f"{LOCATION}/streams"
OBJECTS = f"{STREAMS}/{{stream}}/objects"
METHODS: list[tuple[str, str, Handler]] = [
    ("POST", f"{OBJECTS}/{{object}}:startBackfillJob", start_backfill),
    ("POST", f"{OBJECTS}/{{object}}:stopBackfillJob", stop_backfill),
    ("POST", f"{OBJECTS}:lookup", lookup_object),
    ("GET", OBJECTS, list_objects),
    ("GET", f"{OBJECTS}/{{object}}", get_object),
    ("POST", f"{STREAMS}/{{stream}}:run", run_stream),
    ("POST", STREAMS, create_stream),
    ("GET", STREAMS, list_streams),
    ("GET", f"{STREAMS}/{{stream}}", get_stream),
    ("PATCH", f"{STREAMS}/{{stream}}", patch_stream),
    ("DELETE", f"{STREAMS}/{{stream}}", delete_stream),
    ("POST", PROFILES, create_profile),
    ("GET", PROFILES, list_profiles),
    ("GET", f"{PROFILES}/{{profile}}", get_profile),
    ("PATCH", f"{PROFILES}/{{profile}}", patch_profile),
    ("DELETE", f"{PROFILES}/{{profile}}", delete_profile),
    ("GET", f"{LOCATION}/operations/{{operation}}", get_operation),
    ("GET", "/emulator/streams/{stream:path}/position", position),
]


async def _unpacked(request: Request) -> bytes:
    try:
        return unpacked(await request.body(), request.headers)
    except ValueError as error:
        raise invalid(str(error)) from None


def route(service: Datastream, method: str, path: str, handler: Handler) -> Route:
    """A route whose handler runs in a thread and whose errors are answered in Google's form."""

    async def endpoint(request: Request) -> Response:
        try:
            body = json.loads(await _unpacked(request) or b"{}")
            if not isinstance(body, dict):
                raise invalid("the request's body must be a JSON object")
            return JSONResponse(await run_in_threadpool(handler, service, request, without_nulls(body)))
        except ApiError as error:
            return JSONResponse(error.body(), status_code=error.code)
        except json.JSONDecodeError as error:
            refused = invalid(f"the request's body is not JSON: {error}")
            return JSONResponse(refused.body(), status_code=refused.code)

    return Route(path, endpoint, methods=[method])


def without_nulls(value: Any) -> Any:
    """A JSON value whose objects leave out what is null: in protocol buffers' JSON the two mean the same."""
    if isinstance(value, dict):
        return {name: without_nulls(field) for name, field in value.items() if field is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


async def healthy(_: Request) -> Response:
    """Ready."""
    return JSONResponse({"status": "ok"})


async def unknown(request: Request, _: Exception) -> Response:
    """A path or method that is not here."""
    error = ApiError("UNIMPLEMENTED", f"{request.method} {request.url.path} is not supported by this emulator")
    return JSONResponse(error.body(), status_code=error.code)


def application(service: Datastream) -> Starlette:
    """The ASGI application."""
    routes = [route(service, *method) for method in METHODS]
    handlers = {404: unknown, 405: unknown, HTTPException: unknown}
    return Starlette(routes=[Route("/healthz", healthy), *routes], exception_handlers=handlers)
