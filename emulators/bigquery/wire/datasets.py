"""datasets.*: thin over state.datasets."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from emulators.bigquery.state.definitions.datasets import (
    change_dataset,
    create_dataset,
    delete_dataset,
    list_datasets,
    undelete_dataset,
)
from emulators.bigquery.state.errors import invalid
from emulators.bigquery.state.warehouse import Warehouse
from emulators.bigquery.wire.principal import principal
from emulators.bigquery.wire.replies import collection, dataset_body, flag, number, page_of, reply
from emulators.bigquery.wire.request_bodies import parse_body

_ACL = ("kind", "etag", "id", "selfLink", "datasetReference", "access", "type")


def insert(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """POST projects/{project}/datasets."""
    content, project = _content(request, body), request.path_params["project"]
    return reply(dataset_body(request, create_dataset(warehouse.catalog, project, content, owner=principal(request))))


def _content(request: Request, body: bytes) -> dict[str, Any]:
    """The dataset that is sent; 400 for access under a condition without the version of policies that has them."""
    content, version = parse_body(body, "Dataset"), number(request, "accessPolicyVersion", 0)
    if version not in (0, 1, 3):
        raise invalid(f"Invalid value for accessPolicyVersion: {version}; use 0, 1 or 3.")
    if version != 3 and any(entry.get("condition") for entry in content.get("access") or ()):
        raise invalid("An entry of access with a condition needs accessPolicyVersion=3.")
    return content


def get(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """GET projects/{project}/datasets/{dataset}."""
    found = warehouse.catalog.dataset(request.path_params["project"], request.path_params["dataset"])
    return reply(_seen(dataset_body(request, found), request.query_params.get("datasetView")))


def _seen(body: dict[str, Any], view: str | None) -> dict[str, Any]:
    """What datasetView asks for: METADATA is without the access list, ACL has it and the names alone."""
    if view == "METADATA":
        return {key: value for key, value in body.items() if key != "access"}
    return {key: body[key] for key in _ACL if key in body} if view == "ACL" else body


def listing(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """GET projects/{project}/datasets: filter, all, maxResults, pageToken."""
    found = list_datasets(
        warehouse.catalog, request.path_params["project"], request.query_params.get("filter"), flag(request, "all")
    )
    kept = ("kind", "id", "datasetReference", "labels", "friendlyName", "location")
    page = page_of(request, found, lambda r: {k: v for k, v in dataset_body(request, r).items() if k in kept})
    return reply(collection("datasetList", "datasets", page))


def patch(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """PATCH: only the fields that are given change."""
    return _change(warehouse, request, body, replace=False)


def update(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """PUT: the fields that are not given are reset."""
    return _change(warehouse, request, body, replace=True)


def _change(warehouse: Warehouse, request: Request, body: bytes, replace: bool) -> Response:
    project, dataset = request.path_params["project"], request.path_params["dataset"]
    etag, mode, content = (
        request.headers.get("if-match"),
        request.query_params.get("updateMode"),
        _content(request, body),
    )
    if mode == "UPDATE_ACL":  # all else stays, whatever is sent
        content, replace = {key: value for key, value in content.items() if key == "access"}, False
    elif mode == "UPDATE_METADATA":
        content.pop("access", None)
    found = change_dataset(warehouse.catalog, project, dataset, content, replace, etag)
    return reply(dataset_body(request, found))


def delete(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """DELETE, with deleteContents."""
    project, dataset = request.path_params["project"], request.path_params["dataset"]
    delete_dataset(warehouse.catalog, project, dataset, flag(request, "deleteContents"))
    return Response(status_code=204)


def undelete(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """POST datasets/{dataset}:undelete: as it was when it was last deleted."""
    if parse_body(body, "UndeleteDatasetRequest").get("deletionTime"):
        raise invalid("Undeleting a dataset using deletion time is not supported.")
    found = undelete_dataset(warehouse.catalog, request.path_params["project"], request.path_params["dataset"])
    return reply(dataset_body(request, found))
