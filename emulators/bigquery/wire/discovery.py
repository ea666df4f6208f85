"""The discovery document, which google-api-python-client ships, with this server's address in it."""

from starlette.requests import Request
from starlette.responses import Response

from emulators.bigquery.state.warehouse import Warehouse
from emulators.bigquery.wire.replies import reply
from emulators.bigquery.wire.request_bodies import document as api_document


def document(warehouse: Warehouse, request: Request, body: bytes) -> Response:
    """GET discovery/v1/apis/bigquery/v2/rest and $discovery/rest."""
    root = f"{request.url.scheme}://{request.url.netloc}/"
    return reply(api_document() | {"rootUrl": root, "baseUrl": root + "bigquery/v2/", "mtlsRootUrl": root})
