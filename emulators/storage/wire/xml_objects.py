"""The XML API's methods of objects: GET, HEAD, PUT, DELETE and uploads in several requests, at /bucket/object.

Source: cloud.google.com/storage/docs/xml-api/reference-methods. Signed URLs are requests of this API.
"""

from starlette.requests import Request
from starlette.responses import Response

from emulators.storage.state import errors
from emulators.storage.state.model import ObjectVersion, Settings
from emulators.storage.state.preconditions import Preconditions
from emulators.storage.state.store import Store
from emulators.storage.wire import uploads, xml_parts
from emulators.storage.wire.call import Call, whole_number
from emulators.storage.wire.downloads import download, headers_of
from emulators.storage.wire.object_methods import insert, with_parameters
from emulators.storage.wire.routing import decode
from emulators.storage.wire.signed_urls import VERSION_2, check_signed

_SETTINGS = {
    "content-type": "contentType",
    "content-encoding": "contentEncoding",
    "content-disposition": "contentDisposition",
    "content-language": "contentLanguage",
    "cache-control": "cacheControl",
    "x-goog-storage-class": "storageClass",
    "x-goog-custom-time": "customTime",
    "x-goog-encryption-kms-key-name": "kmsKeyName",
}
_METADATA = "x-goog-meta-"
_CONDITIONS = ("x-goog-if-generation-match", "", "x-goog-if-metageneration-match", "")
# What the caller of a read wants said of the bytes.
_RESPONSE = {"response-content-type": "Content-Type", "response-content-disposition": "Content-Disposition"}
# What asks for another resource than the object's bytes; a signed URL brings parameters of its own.
_KNOWN = ("generation", "userProject", "uploads", "uploadId", "partNumber", *VERSION_2, *_RESPONSE)


async def xml_object(store: Store, request: Request, path: str) -> Response:
    """One request for an object named in the path; StorageError where it fails."""
    bucket, _, name = path.strip("/").partition("/")
    unknown = [key for key in request.query_params if key not in _KNOWN and not key.lower().startswith("x-goog-")]
    if not name or unknown or request.method not in _METHODS:
        raise errors.not_implemented(f"{request.method} {path}{'?' if unknown else ''}{'&'.join(unknown)}")
    check_signed(request)
    call = Call(store, request, {"bucket": decode(bucket), "object": decode(name)})
    return await _METHODS[request.method](call)


async def _read(call: Call) -> Response:
    if "uploadId" in call.request.query_params:
        raise errors.not_implemented("The list of the parts of an upload")
    response = download(call, _conditions(call))
    metadata = response.version.settings.get("metadata") or {}
    response.add({header: call.text(name) for name, header in _RESPONSE.items() if _is_header(call.text(name))})
    response.add({_METADATA + key: value for key, value in metadata.items() if value.isascii()})
    return response


async def _write(call: Call) -> Response:
    if "uploadId" in call.request.query_params:
        return await xml_parts.put_part(call)
    incoming = call.store.files.receive()
    try:
        await uploads.receive_media(call, incoming)
        body = _settings(call) | uploads.announced(call)
        target = call.path["bucket"], call.path["object"]
        version = insert(call, *target, incoming.finish(), body, _conditions(call))
    except BaseException:
        incoming.discard()
        raise
    return Response(headers=_headers(version) | {"Content-Length": "0"})


async def _delete(call: Call) -> Response:
    if "uploadId" in call.request.query_params:
        return xml_parts.abort(call)
    target = call.path["bucket"], call.path["object"]
    call.store.objects.delete(*target, call.number("generation"), _conditions(call))
    return Response(status_code=204)


async def _start(call: Call) -> Response:
    """201 and a session, whose chunks come as in the JSON API; or the start or the end of an upload in parts."""
    if "uploadId" in call.request.query_params:
        return await xml_parts.complete(call)
    if "uploads" in call.request.query_params:
        return xml_parts.start(call, with_parameters(call, call.path["bucket"], _settings(call)))
    if call.request.headers.get("x-goog-resumable") != "start":
        raise errors.not_implemented(f"POST {call.request.url.path} without x-goog-resumable: start")
    bucket, name = call.path["bucket"], call.path["object"]
    return uploads.session(call, bucket, name, _settings(call), _conditions(call), 201)


_METHODS = {"GET": _read, "HEAD": _read, "PUT": _write, "DELETE": _delete, "POST": _start}


def _is_header(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable()


def _conditions(call: Call) -> Preconditions:
    """From the headers; the Go client's reads bring them as parameters, too."""
    sent = call.request.headers
    return Preconditions(*(whole_number(sent[name], name) if name and name in sent else None for name in _CONDITIONS))


def _settings(call: Call) -> Settings:
    sent = call.request.headers
    settings: Settings = {field: sent[header] for header, field in _SETTINGS.items() if header in sent}
    metadata = {name.removeprefix(_METADATA): value for name, value in sent.items() if name.startswith(_METADATA)}
    return settings | ({"metadata": metadata} if metadata else {})


def _headers(version: ObjectVersion) -> dict[str, str]:
    headers = headers_of(version)
    return {name: headers[name] for name in headers if name.startswith("X-Goog-") or name == "ETag"}
