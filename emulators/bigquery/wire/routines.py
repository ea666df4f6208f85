"""routines.*: thin over state.routines."""

from starlette.requests import Request
from starlette.responses import Response

from emulators.bigquery.state.catalog import Resource, etag
from emulators.bigquery.state.definitions.references import require_project
from emulators.bigquery.state.definitions.rest_routines import check_definition
from emulators.bigquery.state.definitions.routines import (
    ROUTINE_TYPES,
    delete_routine,
    list_routines,
    put_routine,
    require_routine,
)
from emulators.bigquery.state.errors import invalid
from emulators.bigquery.state.warehouse import Warehouse
from emulators.bigquery.wire.partial import masked, parse_mask
from emulators.bigquery.wire.replies import page_of, reply
from emulators.bigquery.wire.request_bodies import parse_body

_LISTED = "etag,routineReference,routineType,creationTime,lastModifiedTime,language,remoteFunctionOptions"


def _key(request: Request) -> tuple[str, str, str]:
    return request.path_params["project"], request.path_params["dataset"], request.path_params["routine"]


def _body(resource: Resource) -> Resource:
    return resource | {"etag": etag(resource)}


def insert(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """POST .../routines."""
    content = parse_body(body, "Routine")
    routine = str((content.get("routineReference") or {}).get("routineId") or "")
    project, dataset = request.path_params["project"], request.path_params["dataset"]
    require_project((content.get("routineReference") or {}).get("projectId"), project)
    check_definition(warehouse, project, dataset, content)
    return reply(_body(put_routine(warehouse.catalog, (project, dataset, routine), content, create=True)))


def get(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """GET .../routines/{routine}."""
    return reply(_seen(_body(require_routine(warehouse.catalog, _key(request))), request.query_params.get("readMask")))


def _seen(body: Resource, mask: str | None) -> Resource:
    """The fields that readMask names (a comma between two), or all."""
    found: Resource = masked(body, parse_mask(mask.replace(".", "/"))) if mask else body
    return found


def listing(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """GET .../routines: by name; filter routineType:PROCEDURE; without a readMask only what tells routines apart."""
    found = list_routines(warehouse.catalog, request.path_params["project"], request.path_params["dataset"])
    wanted = request.query_params.get("filter")
    if wanted:
        name, _, kind = wanted.partition(":")
        if name.strip() != "routineType" or kind.strip() not in ROUTINE_TYPES:
            raise invalid(f"Invalid value for filter: {wanted!r}; use routineType:{'|'.join(ROUTINE_TYPES)}.")
        found = [routine for routine in found if routine["routineType"] == kind.strip()]
    mask = request.query_params.get("readMask") or _LISTED
    page = page_of(request, found, lambda routine: _seen(_body(routine), mask))
    return reply({"routines": page.pop("items")} | page if page["items"] else {})


def update(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """PUT .../routines/{routine}."""
    content, key = parse_body(body, "Routine"), _key(request)
    require_routine(warehouse.catalog, key)
    check_definition(warehouse, key[0], key[1], content)
    return reply(_body(put_routine(warehouse.catalog, key, content, create=False)))


def delete(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """DELETE .../routines/{routine}."""
    delete_routine(warehouse.catalog, _key(request))
    return Response(status_code=204)
