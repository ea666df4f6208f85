"""The XML API's methods of objects, at /bucket/object (cloud.google.com/storage/docs/xml-api/reference-methods).

Signed URLs are requests of this API.
"""

from urllib.parse import unquote

from starlette.responses import Response

from emulators.storage.state import errors
from emulators.storage.state.encryption import check_key
from emulators.storage.state.errors import StorageError
from emulators.storage.state.model import Settings
from emulators.storage.state.settings import shown
from emulators.storage.state.times import moment
from emulators.storage.wire import uploads, xml_acls, xml_parts
from emulators.storage.wire.call import Call, whole_number
from emulators.storage.wire.downloads import download
from emulators.storage.wire.entity_tags import check_tags, check_times, xml_etag
from emulators.storage.wire.object_methods import NOT_INHERITED, concatenated, insert, with_parameters
from emulators.storage.wire.xml_acls import predefined_name
from emulators.storage.wire.xml_buckets import Methods
from emulators.storage.wire.xml_documents import LISTINGS, fields, parse, response
from emulators.storage.wire.xml_settings import conditions, metadata_headers, settings, written_headers

# What the caller of a read wants said of the bytes.
_RESPONSE = {"response-content-type": "Content-Type", "response-content-disposition": "Content-Disposition"}
_DIRECTIVES = ("COPY", "REPLACE")


async def _read(call: Call) -> Response:
    answer = download(call, conditions(call), is_json=False)
    version = answer.version
    try:
        check_tags(call.request.headers, xml_etag(version))
        check_times(call.request.headers, version.updated)
    except StorageError:
        answer.close()
        raise
    answer.add({"ETag": xml_etag(version)} | metadata_headers(call, version))
    answer.add({header: call.text(name) for name, header in _RESPONSE.items() if _is_header(call.text(name))})
    return answer


async def _write(call: Call) -> Response:
    if "x-goog-copy-source" in call.request.headers:
        return _copy(call)
    incoming = call.store.files.receive()
    try:
        await uploads.receive_media(call, incoming)
        _check_length(call, incoming.size)
        body = settings(call) | uploads.announced(call)
        acl = predefined_name(call.request.headers.get("x-goog-acl"))
        version = insert(call, *_target(call), incoming.finish(), body, conditions(call), predefined_acl=acl)
    except BaseException:
        incoming.discard()
        raise
    return Response(headers=written_headers(version) | {"Content-Length": "0"})


def _copy(call: Call) -> Response:
    """PUT with x-goog-copy-source: /bucket/object, by default with the source's metadata."""
    sent = call.request.headers
    bucket, _, name = unquote(sent["x-goog-copy-source"].removeprefix("/")).partition("/")
    generation = sent.get("x-goog-copy-source-generation")
    wanted = None if generation is None else whole_number(generation, "x-goog-copy-source-generation")
    source = call.store.objects.get(bucket, name, wanted, conditions(call, of_source=True))
    prefix = "x-goog-copy-source-"
    check_tags({key.removeprefix(prefix): sent[key] for key in sent if key.startswith(prefix)}, xml_etag(source))
    check_key(source, call.source_key_hash)
    directive = sent.get("x-goog-metadata-directive", "COPY")
    if directive not in _DIRECTIVES:
        raise errors.invalid(f"Invalid value '{directive}' for x-goog-metadata-directive.", "x-goog-metadata-directive")
    body = settings(call)
    known = shown(source.settings)
    if directive == "COPY":
        body = {"storageClass": body["storageClass"]} if "storageClass" in body else {}
        body |= {field: value for field, value in known.items() if field not in NOT_INHERITED}
    if "contexts" in known:
        body["contexts"] = known["contexts"]
    acl = predefined_name(sent.get("x-goog-acl"))
    content = call.store.objects.duplicate(source)
    made = insert(call, *_target(call), content, body, conditions(call), source.components, predefined_acl=acl)
    answer = response("CopyObjectResult", [("LastModified", moment(made.updated)), ("ETag", xml_etag(made))], LISTINGS)
    answer.headers.update(written_headers(made))
    return answer


async def _compose(call: Call) -> Response:
    """PUT ?compose"""
    root = parse(await call.unpacked(), "ComposeRequest")
    sources = []
    for element in root.iterfind("Component"):
        found = fields(element, ("Name", "Generation", "IfGenerationMatch"))
        source: Settings = {"name": found.get("Name")}
        if found.get("Generation"):
            source["generation"] = found["Generation"]
        if found.get("IfGenerationMatch"):
            source["objectPreconditions"] = {"ifGenerationMatch": found["IfGenerationMatch"]}
        sources.append(source)
    bucket, name = _target(call)
    content, inherited, components = await concatenated(call, bucket, sources)
    acl = predefined_name(call.request.headers.get("x-goog-acl"))
    body = settings(call) | inherited
    version = insert(call, bucket, name, content, body, conditions(call), components, predefined_acl=acl)
    return Response(headers=written_headers(version) | {"Content-Length": "0"})


async def _delete(call: Call) -> Response:
    call.store.objects.delete(*_target(call), call.number("generation"), conditions(call))
    return Response(status_code=204)


async def _start(call: Call) -> Response:
    """201 and a session, whose chunks come as in the JSON API."""
    if call.request.headers.get("x-goog-resumable") != "start":
        raise errors.not_implemented(f"POST {call.request.url.path} without x-goog-resumable: start")
    acl = predefined_name(call.request.headers.get("x-goog-acl"))
    body = with_parameters(call, call.path["bucket"], settings(call), acl)
    return uploads.session(call, *_target(call), body, conditions(call), 201)


async def _start_parts(call: Call) -> Response:
    acl = predefined_name(call.request.headers.get("x-goog-acl"))
    return xml_parts.start(call, with_parameters(call, call.path["bucket"], settings(call), acl))


def _target(call: Call) -> tuple[str, str]:
    return call.path["bucket"], call.path["object"]


def _is_header(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable()


def _check_length(call: Call, size: int) -> None:
    """StorageError 400 for bytes that are not as many as x-goog-content-length-range wants."""
    wanted = call.request.headers.get("x-goog-content-length-range")
    if wanted is None:
        return
    least, _, most = wanted.partition(",")
    name = "x-goog-content-length-range"
    if size < whole_number(least.strip(), name):
        raise StorageError(400, "entityTooSmall", f"{size} bytes are fewer than {least}.")
    if size > whole_number(most.strip(), name):
        raise StorageError(400, "entityTooLarge", f"{size} bytes are more than {most}.")


_GENERATION = frozenset({"generation"})
_PART = frozenset({"uploadId", "partNumber"})
METHODS: Methods = {
    **{(verb, name): (method, _GENERATION) for verb, name, method in xml_acls.OF_OBJECTS},
    ("GET", "uploadId"): (xml_parts.list_parts, xml_parts.PART_PARAMETERS),
    ("GET", ""): (_read, _GENERATION | _RESPONSE.keys()),
    ("HEAD", ""): (_read, _GENERATION | _RESPONSE.keys()),
    ("PUT", "uploadId"): (xml_parts.put_part, _PART),
    ("PUT", "compose"): (_compose, frozenset()),
    ("PUT", ""): (_write, frozenset()),
    ("DELETE", "uploadId"): (xml_parts.abort, _PART),
    ("DELETE", ""): (_delete, _GENERATION),
    ("POST", "uploadId"): (xml_parts.complete, _PART),
    ("POST", "uploads"): (_start_parts, frozenset()),
    ("POST", ""): (_start, frozenset()),
}
