"""Pages of other origins may call the service from a browser, as they may call Google's (CORS)."""

from starlette.requests import Request
from starlette.responses import Response

_EXPOSED = "content-encoding, content-length, content-type, date, location, x-guploader-uploadid"


def share(request: Request, response: Response) -> None:
    """Let the caller's page read the answer; of an OPTIONS request also say what the page may send."""
    origin = request.headers.get("origin")
    if origin is None:
        return
    response.headers["access-control-allow-origin"] = origin
    response.headers["access-control-allow-credentials"] = "true"
    response.headers["access-control-expose-headers"] = _EXPOSED
    response.headers["vary"] = "Origin, X-Origin, Referer"
    if request.method == "OPTIONS":
        response.headers["access-control-allow-methods"] = "DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT"
        response.headers["access-control-allow-headers"] = request.headers.get("access-control-request-headers", "")
        response.headers["access-control-max-age"] = "3600"
