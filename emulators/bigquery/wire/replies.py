"""Answers and requests in JSON: errors in the service's form, resources with their output-only fields."""

import gzip
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from emulators.bigquery.state.catalog import Catalog, Resource, Table, etag
from emulators.bigquery.state.errors import ServiceError, invalid
from emulators.bigquery.state.metadata.sizes import Sizes
from emulators.bigquery.wire.partial import masked, parse_mask

_PAGE = 1000  # items
_WORTH_PACKING = 1000  # bytes
STORAGE_STATISTICS = (
    "numRows", "numBytes", "numLongTermBytes", "numTotalLogicalBytes", "numActiveLogicalBytes",
    "numLongTermLogicalBytes", "numTotalPhysicalBytes", "numActivePhysicalBytes", "numCurrentPhysicalBytes",
    "numLongTermPhysicalBytes", "numTimeTravelPhysicalBytes", "numPartitions",
)  # fmt: skip


def reply(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON response."""
    return Response(orjson.dumps(content), status, dict(headers or {}), "application/json")


def refusal(error: ServiceError) -> Response:
    """A ServiceError as a response."""
    return reply(error.body, error.code)


def shaped(request: Request, response: Response) -> Response:
    """A good answer as the caller wants it: parts of it (fields), indented (prettyPrint), or 304 when it is known."""
    fields, pretty = request.query_params.get("fields"), flag(request, "prettyPrint")
    known = request.headers.get("if-none-match")
    if response.media_type != "application/json" or not (fields or pretty or known):
        return response
    content = orjson.loads(response.body)
    if known and request.method == "GET" and content.get("etag") and content["etag"] in known:
        return Response(status_code=304, headers={"etag": content["etag"]})
    shown = masked(content, parse_mask(fields)) if fields else content
    return Response(
        orjson.dumps(shown, option=orjson.OPT_INDENT_2 if pretty else 0), response.status_code,
        media_type="application/json",
    )  # fmt: skip


def packed(request: Request, response: Response) -> Response:
    """The answer as gzip for a caller that accepts it and says so in its User-Agent too, as Google's services ask."""
    accepted, agent = (request.headers.get(name, "") for name in ("accept-encoding", "user-agent"))
    if "gzip" not in accepted or "gzip" not in agent or len(response.body) < _WORTH_PACKING:
        return response
    response.body = gzip.compress(response.body, compresslevel=1)
    response.headers["content-encoding"] = "gzip"
    response.headers["content-length"] = str(len(response.body))
    response.headers["vary"] = "Accept-Encoding"
    return response


def number(request: Request, name: str, default: int | None = None) -> int | None:
    """A non-negative integer of the query string; 400 when it is none."""
    text = request.query_params.get(name)
    if text is None or text == "":
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise invalid(f"Invalid value for {name}: {text!r} is not a non-negative integer.")
    return int(text)


def flag(request: Request, name: str) -> bool:
    """A boolean of the query string."""
    return request.query_params.get(name, "").lower() == "true"


def page_of(
    request: Request, items: Sequence[Any], render: Callable[[Any], Any], size: str = "maxResults"
) -> dict[str, Any]:
    """{"items": ..., "nextPageToken": ...}: as many as the parameter `size` says, from pageToken (an offset) on."""
    start, count = number(request, "pageToken", 0) or 0, number(request, size)
    count = _PAGE if count is None else count
    found: dict[str, Any] = {"items": [render(item) for item in items[start : start + count]]}
    if start + count < len(items):
        found["nextPageToken"] = str(start + count)
    return found


def collection(kind: str, name: str, page: Mapping[str, Any], total: int | None = None) -> dict[str, Any]:
    """A page as a list of the service: no entry for items when there are none, and an etag."""
    items = page["items"]
    versions = [item.get("etag") or item["id"] for item in items]
    found: dict[str, Any] = {"kind": f"bigquery#{kind}", "etag": etag({"items": versions})}
    found |= {name: items} if items else {}
    found |= {} if total is None else {"totalItems": total}
    return found | {key: value for key, value in page.items() if key != "items"}


def self_link(request: Request, path: str) -> str:
    """The address of a resource on this server."""
    return f"{request.url.scheme}://{request.url.netloc}/bigquery/v2/{path}"


def dataset_body(request: Request, resource: Resource) -> dict[str, Any]:
    """A dataset as the service returns it."""
    reference = resource["datasetReference"]
    project, dataset = reference["projectId"], reference["datasetId"]
    return (
        {"maxTimeTravelHours": "168"}
        | resource
        | {
            "kind": "bigquery#dataset",
            "etag": etag(resource),
            "id": f"{project}:{dataset}",
            "selfLink": self_link(request, f"projects/{project}/datasets/{dataset}"),
        }
    )


def table_body(request: Request, table: Table, catalog: Catalog, sizes: Sizes) -> dict[str, Any]:
    """A table as the service returns it, with its size."""
    name = table.name
    found = table.resource | {
        "kind": "bigquery#table",
        "etag": etag(table.resource),
        "id": str(name),
        "selfLink": self_link(request, f"projects/{name.project}/datasets/{name.dataset}/tables/{name.table}"),
        "lastModifiedTime": str(catalog.modified(table)),
    }
    if table.kind in ("TABLE", "SNAPSHOT"):
        rows, size = sizes.of(table)
        found |= {
            "numRows": str(rows),
            "numBytes": str(size),
            "numLongTermBytes": "0",
            "numTotalLogicalBytes": str(size),
            "numActiveLogicalBytes": str(size),
            "numLongTermLogicalBytes": "0",
            **{
                name: str(size)
                for name in ("numTotalPhysicalBytes", "numActivePhysicalBytes", "numCurrentPhysicalBytes")
            },
            "numLongTermPhysicalBytes": "0",
            "numTimeTravelPhysicalBytes": "0",
        }
        if table.partitioned:
            found["numPartitions"] = str(sizes.partitions(table))
    return found


def table_summary(table: Table) -> dict[str, Any]:
    """A table in a list."""
    kept = ("tableReference", "type", "labels", "friendlyName", "timePartitioning", "rangePartitioning", "clustering",
            "creationTime", "expirationTime", "requirePartitionFilter", "view")  # fmt: skip
    found = {key: table.resource[key] for key in kept if key in table.resource}
    if "view" in found:
        found["view"] = {"useLegacySql": bool(found["view"].get("useLegacySql"))}
    return {"kind": "bigquery#table", "id": str(table.name)} | found
