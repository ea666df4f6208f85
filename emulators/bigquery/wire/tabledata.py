"""tabledata.list and tabledata.insertAll."""

from starlette.requests import Request
from starlette.responses import Response

from emulators.bigquery.state.access.row_policies import require_all_rows
from emulators.bigquery.state.errors import not_implemented
from emulators.bigquery.state.jobs.pages import result_page, table_page
from emulators.bigquery.state.streams.streaming import insert_all
from emulators.bigquery.state.warehouse import Warehouse
from emulators.bigquery.wire.principal import principal
from emulators.bigquery.wire.replies import number, reply
from emulators.bigquery.wire.request_bodies import parse_body
from emulators.bigquery.wire.rows import rest_rows, timestamp_format
from emulators.bigquery.wire.tables import name_of, partition_of


def listing(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """GET .../tables/{table}/data: rows from startIndex or pageToken on."""
    start = number(request, "startIndex", 0) or 0
    token, count = number(request, "pageToken"), number(request, "maxResults")
    begin = start if token is None else token
    paths = request.query_params.get("selectedFields")
    selected = paths.split(",") if paths else None
    name = name_of(request)
    anonymous = warehouse.anonymous.get(str(name))
    if anonymous is not None:
        page = result_page(warehouse, anonymous, begin, count, selected)
    else:
        table = warehouse.catalog.require(name)
        require_all_rows(warehouse.catalog, table.name, principal(request), "listing it")
        warehouse.tags.require(table, principal(request), [field.name for field in table.fields], clear=True)
        page = table_page(warehouse, table, begin, count, selected, partition_of(request))
    form = timestamp_format(request.query_params)
    found = {"kind": "bigquery#tableDataList", "etag": "", "totalRows": str(page.total),
             "rows": rest_rows(page.rows, page.fields, form)}  # fmt: skip
    end = begin + page.rows.num_rows
    if end < page.total and page.rows.num_rows:
        found["pageToken"] = str(end)
    return reply(found)


def insert(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """POST .../tables/{table}/insertAll: errors per row."""
    if partition_of(request):
        raise not_implemented("insertAll into a partition")
    errors = insert_all(warehouse, name_of(request), parse_body(body, "TableDataInsertAllRequest"))
    content: dict[str, object] = {"kind": "bigquery#tableDataInsertAllResponse"}
    return reply(content | ({"insertErrors": errors} if errors else {}))
