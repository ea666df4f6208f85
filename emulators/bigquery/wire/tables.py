"""tables.*: thin over state."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from emulators.bigquery.sql.model import TableName
from emulators.bigquery.state.catalog import Table
from emulators.bigquery.state.definitions.rest_tables import change_table, delete_table, insert_table
from emulators.bigquery.state.definitions.schema import fields_from_rest, fields_to_rest
from emulators.bigquery.state.jobs.pages import table_page
from emulators.bigquery.state.jobs.selection import selected_fields
from emulators.bigquery.state.metadata.partition_summary import SUMMARY
from emulators.bigquery.state.warehouse import Warehouse
from emulators.bigquery.wire.replies import STORAGE_STATISTICS, collection, page_of, reply, table_body, table_summary
from emulators.bigquery.wire.request_bodies import parse_body

_A_DAY = 86_400_000  # milliseconds


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
                "creationTime": str(result.made),
                "lastModifiedTime": str(result.made),
                "expirationTime": str(result.made + _A_DAY),
                "schema": fields_to_rest(result.fields),
                "numRows": str(result.rows),
                "numBytes": str(result.size),
            }
        )
    table = warehouse.catalog.require(name)
    body_of_table = table_body(request, table, warehouse.catalog, warehouse.sizes)
    if request.query_params.get("view", "").upper() == "BASIC":
        body_of_table = {key: value for key, value in body_of_table.items() if key not in STORAGE_STATISTICS}
    return reply(_selected(request, body_of_table | _decorated(warehouse, table, partition_of(request))))


def _selected(request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """The table with the columns alone that selectedFields names; a field inside of a RECORD is named with its path."""
    selected = request.query_params.get("selectedFields")
    if not selected:
        return body
    fields = selected_fields(fields_from_rest(body.get("schema")), selected.split(","))
    return body | {"schema": fields_to_rest(fields)}


def partition_of(request: Request) -> str | None:
    """The partition that a path's table is decorated with ($20240101), or None."""
    return str(request.path_params["table"]).partition("$")[2] or None


def _decorated(warehouse: Warehouse, table: Table, partition: str | None) -> dict[str, Any]:
    """What is of a partition's own: its name and its rows; of the list of partitions its columns as well."""
    if partition is None:
        return {}
    name, page = f"{table.name.table}${partition}", table_page(warehouse, table, 0, 0, None, partition)
    found = {
        "id": f"{table.name}${partition}", "tableReference": table.resource["tableReference"] | {"tableId": name},
        "numRows": str(page.total),
    }  # fmt: skip
    return found | ({"schema": fields_to_rest(page.fields)} if partition == SUMMARY else {})


def listing(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """GET .../tables: by name."""
    project, dataset = request.path_params["project"], request.path_params["dataset"]
    warehouse.catalog.dataset(project, dataset)
    found = warehouse.catalog.tables(project, dataset)
    page = page_of(request, found, table_summary)
    return reply(collection("tableList", "tables", page, len(found)))


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
    delete_table(warehouse, name_of(request), partition_of(request))
    return Response(status_code=204)
