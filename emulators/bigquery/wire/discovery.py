"""The discovery document, which google-api-python-client ships, with this server's address in it."""

from importlib.resources import files

import orjson
from starlette.requests import Request
from starlette.responses import Response

from emulators.bigquery.state.warehouse import Warehouse
from emulators.bigquery.wire.replies import reply


def document(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """GET discovery/v1/apis/bigquery/v2/rest and $discovery/rest."""
    source = files("googleapiclient") / "discovery_cache" / "documents" / "bigquery.v2.json"
    root = f"{request.url.scheme}://{request.url.netloc}/"
    return reply(
        orjson.loads(source.read_bytes()) | {"rootUrl": root, "baseUrl": root + "bigquery/v2/", "mtlsRootUrl": root}
    )
