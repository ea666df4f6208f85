"""models.*: there are none, because CREATE MODEL is refused."""

from starlette.requests import Request
from starlette.responses import Response

from emulators.bigquery.state.errors import not_found
from emulators.bigquery.state.warehouse import Warehouse
from emulators.bigquery.wire.replies import reply


def listing(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """GET .../models."""
    warehouse.catalog.dataset(request.path_params["project"], request.path_params["dataset"])
    return reply({})


def get(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """GET, PATCH and DELETE .../models/{model}: 404."""
    project, dataset = request.path_params["project"], request.path_params["dataset"]
    warehouse.catalog.dataset(project, dataset)
    raise not_found("Model", f"{project}:{dataset}.{request.path_params['model']}")
