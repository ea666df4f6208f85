"""The XML API: /, /bucket and /bucket/object (cloud.google.com/storage/docs/xml-api/reference-methods).

Clients of Amazon S3 send the same requests with x-amz- headers, which are read as the x-goog- ones that they stand for.
"""

from starlette.requests import Request
from starlette.responses import Response

from emulators.storage.state import errors
from emulators.storage.state.store import Store
from emulators.storage.wire import xml_buckets, xml_objects
from emulators.storage.wire.call import Call
from emulators.storage.wire.routing import decode
from emulators.storage.wire.signed_urls import SIGNATURES, check_signed

_KNOWN = frozenset(("userProject", *SIGNATURES))
_REFUSED = tuple(
    f"x-{owner}-{name}"
    for owner in ("goog", "amz")
    for name in ("object-lock", "bypass-governance", "server-side-encryption", "website-redirect-location", "tagging")
)
"""Headers, by how they begin, that would change what is done."""


async def answer(store: Store, request: Request, path: str) -> Response:
    """The response to one request; StorageError where it fails."""
    check_signed(request)
    call = Call(store, _translated(request), _names(path))
    methods = xml_objects.METHODS if "object" in call.path else xml_buckets.METHODS
    if not call.path:
        methods = xml_buckets.SERVICE
    asked = [name for name in request.query_params if not name.lower().startswith(("x-goog-", "x-amz-"))]
    for (verb, subresource), (method, parameters) in methods.items():
        if verb == request.method and (not subresource or subresource in asked):
            unknown = set(asked) - _KNOWN - parameters - {subresource}
            if unknown:
                raise errors.not_implemented(f"{verb} {path}?{'&'.join(sorted(unknown))}")
            return await method(call)
    raise errors.not_implemented(f"{request.method} {path}")


def _names(path: str) -> dict[str, str]:
    """The bucket and the object that a path names; an object's name may begin and end with slashes."""
    bucket, _, name = path.removeprefix("/").partition("/")
    if not bucket:
        return {}
    return {"bucket": decode(bucket)} | ({"object": decode(name)} if name else {})


def _translated(request: Request) -> Request:
    headers = []
    for name, value in request.scope["headers"]:
        if name.decode("latin-1").startswith(_REFUSED):
            raise errors.not_implemented(f"The header {name.decode('latin-1')}")
        if name.startswith(b"x-amz-"):
            headers.append((name.replace(b"x-amz-", b"x-goog-", 1), value))
        elif name == b"content-encoding" and b"aws-chunked" in value:
            raise errors.not_implemented("The content encoding aws-chunked")
        headers.append((name, value))
    return Request(dict(request.scope) | {"headers": headers}, request.receive)
