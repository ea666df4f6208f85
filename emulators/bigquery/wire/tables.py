"""tables.*: thin over state."""

from starlette.requests import Request
from starlette.responses import Response

from emulators.bigquery.sql.model import TableName
from emulators.bigquery.state.rest_tables import change_table, delete_table, insert_table
from emulators.bigquery.state.schema import fields_to_rest
from emulators.bigquery.state.warehouse import Warehouse
from emulators.bigquery.wire.replies import page_of, reply, table_body, table_summary
from emulators.bigquery.wire.request_bodies import parse_body


def name_of(request: Request) -> TableName:
    """The table that a path names, without a partition decorator."""
    table = request.path_params["table"].partition("$")[0]
    return TableName(request.path_params["project"], request.path_params["dataset"], table)


def insert(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """POST projects/{project}/datasets/{dataset}/tables."""
    project, dataset = request.path_params["project"], request.path_params["dataset"]
    table = insert_table(warehouse, project, dataset, parse_body(body, "Table"))
    return reply(table_body(request, table, warehouse.catalog, warehouse.sizes))


def get(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """GET .../tables/{table}; the anonymous table of a query's result as well."""
    name = name_of(request)
    result = warehouse.anonymous.get(str(name))
    if result is not None:
        reference = {"projectId": name.project, "datasetId": name.dataset, "tableId": name.table}
        return reply(
            {
                "kind": "bigquery#table",
                "id": str(name),
                "tableReference": reference,
                "type": "TABLE",
                "location": "US",
                "schema": fields_to_rest(result.fields),
                "numRows": str(result.rows),
                "numBytes": str(result.size),
            }
        )
    table = warehouse.catalog.require(name)
    return reply(table_body(request, table, warehouse.catalog, warehouse.sizes))


def listing(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """GET .../tables: by name."""
    project, dataset = request.path_params["project"], request.path_params["dataset"]
    warehouse.catalog.dataset(project, dataset)
    found = warehouse.catalog.tables(project, dataset)
    page = page_of(request, found, table_summary)
    page["tables"] = page.pop("items")
    return reply({"kind": "bigquery#tableList", "totalItems": len(found)} | page)


def patch(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """PATCH: only the fields that are given change."""
    return _change(warehouse, request, body, replace=False)


def update(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """PUT: the fields that are not given are reset."""
    return _change(warehouse, request, body, replace=True)


def _change(warehouse: Warehouse, request: Request, body: bytes, replace: bool) -> Response:
    table = change_table(
        warehouse, name_of(request), parse_body(body, "Table"), replace, request.headers.get("if-match")
    )
    return reply(table_body(request, table, warehouse.catalog, warehouse.sizes))


def delete(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """DELETE of a table, or with a decorator of a partition's rows; 404 when it is not there."""
    delete_table(warehouse, name_of(request), request.path_params["table"].partition("$")[2] or None)
    return Response(status_code=204)
