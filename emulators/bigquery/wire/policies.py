"""IAM policies of datasets, tables and routines: kept and returned; nobody is refused."""

from starlette.requests import Request
from starlette.responses import Response

from emulators.bigquery.state.access.policies import get_policy, set_policy
from emulators.bigquery.state.definitions.routines import require_routine
from emulators.bigquery.state.warehouse import Warehouse
from emulators.bigquery.wire.replies import reply
from emulators.bigquery.wire.request_bodies import parse_body
from emulators.bigquery.wire.tables import name_of


def _dataset(warehouse: Warehouse, request: Request) -> str:
    project, dataset = request.path_params["project"], request.path_params["dataset"]
    warehouse.catalog.dataset(project, dataset)
    return f"{project}:{dataset}"


def _table(warehouse: Warehouse, request: Request) -> str:
    return str(warehouse.catalog.require(name_of(request)).name)


def _routine(warehouse: Warehouse, request: Request) -> str:
    key = (request.path_params["project"], request.path_params["dataset"], request.path_params["routine"])
    require_routine(warehouse.catalog, key)
    return "routine {}:{}.{}".format(*key)


def get_dataset(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """POST datasets/{dataset}:getIamPolicy."""
    return reply(get_policy(warehouse.catalog, _dataset(warehouse, request)))


def set_dataset(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """POST datasets/{dataset}:setIamPolicy."""
    return reply(
        set_policy(
            warehouse.catalog, _dataset(warehouse, request), parse_body(body, "SetIamPolicyRequest").get("policy")
        )
    )


def get_table(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """POST tables/{table}:getIamPolicy."""
    return reply(get_policy(warehouse.catalog, _table(warehouse, request)))


def set_table(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """POST tables/{table}:setIamPolicy."""
    return reply(
        set_policy(warehouse.catalog, _table(warehouse, request), parse_body(body, "SetIamPolicyRequest").get("policy"))
    )


def get_routine(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """POST routines/{routine}:getIamPolicy."""
    return reply(get_policy(warehouse.catalog, _routine(warehouse, request)))


def set_routine(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """POST routines/{routine}:setIamPolicy."""
    given = parse_body(body, "SetIamPolicyRequest").get("policy")
    return reply(set_policy(warehouse.catalog, _routine(warehouse, request), given))


def _permissions(body: bytes) -> Response:
    return reply({"permissions": parse_body(body, "TestIamPermissionsRequest").get("permissions") or []})


def test_dataset(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """POST datasets/{dataset}:testIamPermissions: the caller has all of them."""
    _dataset(warehouse, request)
    return _permissions(body)


def test_table(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """POST tables/{table}:testIamPermissions, and of its row access policies: the caller has all of them."""
    _table(warehouse, request)
    return _permissions(body)


def test_routine(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """POST routines/{routine}:testIamPermissions: the caller has all of them."""
    _routine(warehouse, request)
    return _permissions(body)
