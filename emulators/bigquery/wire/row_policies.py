"""rowAccessPolicies: thin over state; a filter is analysed before it is kept."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from emulators.bigquery.sql.model import TableName
from emulators.bigquery.state.access import row_policies
from emulators.bigquery.state.definitions.rest_tables import check_condition
from emulators.bigquery.state.errors import invalid
from emulators.bigquery.state.warehouse import Warehouse
from emulators.bigquery.wire.replies import page_of, reply
from emulators.bigquery.wire.request_bodies import parse_body
from emulators.bigquery.wire.tables import name_of


def _table(warehouse: Warehouse, request: Request) -> TableName:
    return warehouse.catalog.require(name_of(request)).name


def listing(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """GET .../rowAccessPolicies: by id; pageSize, pageToken."""
    found = row_policies.policies_of(warehouse.catalog, _table(warehouse, request))
    page = page_of(request, found, row_policies.shown, size="pageSize")
    return reply({"rowAccessPolicies": page.pop("items")} | page)


def get(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """GET .../rowAccessPolicies/{policy}; 404 when there is none."""
    table = _table(warehouse, request)
    return reply(row_policies.shown(row_policies.require_policy(warehouse.catalog, table, _policy(request))))


def _policy(request: Request) -> str:
    return str(request.path_params["policy"])


def insert(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """POST .../rowAccessPolicies."""
    given = parse_body(body, "RowAccessPolicy")
    name = (given.get("rowAccessPolicyReference") or {}).get("policyId")
    if not isinstance(name, str):
        raise invalid("Required parameter is missing: rowAccessPolicyReference.policyId")
    table = _table(warehouse, request)
    _check(warehouse, table, given)
    return reply(row_policies.shown(row_policies.change_policy(warehouse.catalog, table, name, given, create=True)))


def _check(warehouse: Warehouse, table: TableName, given: Mapping[str, Any]) -> None:
    """400 without a condition over the table's columns."""
    if not given.get("filterPredicate"):
        raise invalid("Required parameter is missing: filterPredicate")
    check_condition(warehouse, table, given["filterPredicate"])


def update(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """PUT .../rowAccessPolicies/{policy}."""
    given, table = parse_body(body, "RowAccessPolicy"), _table(warehouse, request)
    _check(warehouse, table, given)
    tag = request.headers.get("if-match")
    found = row_policies.change_policy(warehouse.catalog, table, _policy(request), given, create=False, if_match=tag)
    return reply(row_policies.shown(found))


def delete(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """DELETE .../rowAccessPolicies/{policy}; 404 when there is none."""
    _remove(warehouse, _table(warehouse, request), [_policy(request)])
    return Response(status_code=204)


def delete_several(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """POST .../rowAccessPolicies:batchDelete: all of them or none."""
    _remove(
        warehouse,
        _table(warehouse, request),
        list(parse_body(body, "BatchDeleteRowAccessPoliciesRequest").get("policyIds") or ()),
    )
    return Response(status_code=204)


def _remove(warehouse: Warehouse, table: TableName, names: list[str]) -> None:
    with warehouse.store.lock(str(table)), warehouse.store.transaction() as transaction:
        for name in names:
            row_policies.drop_policy(warehouse.catalog, transaction, table, str(name))


def get_iam(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """POST .../rowAccessPolicies/{policy}:getIamPolicy: who is granted its rows."""
    table = _table(warehouse, request)
    return reply(row_policies.iam_policy(row_policies.require_policy(warehouse.catalog, table, _policy(request))))
