"""The XML API's methods of the service and of buckets (cloud.google.com/storage/docs/xml-api/reference-methods)."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.responses import Response

from emulators.storage.state import errors
from emulators.storage.state.errors import StorageError
from emulators.storage.state.model import Settings
from emulators.storage.state.preconditions import NONE, Preconditions
from emulators.storage.wire import xml_acls, xml_configs, xml_forms, xml_listings, xml_parts
from emulators.storage.wire.bucket_methods import with_predefined
from emulators.storage.wire.call import Call, whole_number
from emulators.storage.wire.xml_documents import LISTINGS, Node, fields, malformed, parse, response, text
from emulators.storage.wire.xml_errors import code_and_message
from emulators.storage.wire.xml_projects import project_of

Method = Callable[[Call], Awaitable[Response]]
Methods = Mapping[tuple[str, str], tuple[Method, frozenset[str]]]
"""By verb and subresource ("": none), the first that fits: the method, and the parameters that it acts on."""

MOST_KEYS = 1000
"""Objects that one request deletes."""


async def _list_buckets(call: Call) -> Response:
    return xml_listings.buckets(call, project_of(call))


async def _create(call: Call) -> Response:
    sent = call.request.headers
    unknown = [name for name in sent if name.startswith("x-goog-bucket-")]
    if unknown:
        raise errors.not_implemented(f"The header {unknown[0]}")
    body: Settings = {"name": call.path["bucket"]}
    data = await call.unpacked()
    if data.strip():
        found = fields(parse(data, "CreateBucketConfiguration"), ("LocationConstraint", "StorageClass"))
        body |= {"location": found["LocationConstraint"]} if found.get("LocationConstraint") else {}
        body |= {"storageClass": found["StorageClass"]} if found.get("StorageClass") else {}
    if "x-goog-storage-class" in sent:
        body["storageClass"] = sent["x-goog-storage-class"]
    project = project_of(call)
    lists = {
        "predefinedAcl": xml_acls.predefined_name(sent.get("x-goog-acl")),
        "predefinedDefaultObjectAcl": xml_acls.predefined_name(sent.get("x-goog-default-object-acl")),
    }
    call.store.buckets.create(project, with_predefined(project, body, body, lists))
    return Response(headers={"Content-Length": "0"})


async def _head(call: Call) -> Response:
    found = call.store.buckets.get(call.path["bucket"])
    headers = {
        "Content-Type": "application/xml; charset=UTF-8",
        "X-Goog-Metageneration": str(found.metageneration),
        "X-Goog-Bucket-Location": found.settings["location"],
        "X-Goog-Storage-Class": found.settings["storageClass"],
    }
    return Response(headers=headers)


async def _delete(call: Call) -> Response:
    sent, name = call.request.headers, "x-goog-if-metageneration-match"
    conditions = Preconditions(metageneration_match=whole_number(sent[name], name) if name in sent else None)
    call.store.buckets.delete(call.path["bucket"], conditions)
    return Response(status_code=204)


async def _delete_objects(call: Call) -> Response:
    """POST ?delete: each object by itself; what fails is told, and the others go."""
    root = parse(await call.unpacked(), "Delete")
    bucket = call.store.buckets.get(call.path["bucket"]).name
    is_quiet = text(root.find("Quiet")).lower() == "true"
    listed = root.findall("Object")
    if not 1 <= len(listed) <= MOST_KEYS:
        malformed("Delete")
    inside: list[Node] = []
    for element in listed:
        found = fields(element, ("Key", "VersionId"))
        named: list[Node] = [(tag, value) for tag, value in found.items() if value]
        try:
            generation = whole_number(found["VersionId"], "VersionId") if found.get("VersionId") else None
            call.store.objects.delete(bucket, found.get("Key", ""), generation, NONE)
        except StorageError as error:
            if error.code != 404:
                code, message = code_and_message(error)
                inside.append(("Error", [*named, ("Code", code), ("Message", message)]))
                continue
        if not is_quiet:
            inside.append(("Deleted", named))
    return response("DeleteResult", inside, LISTINGS)


_NO_PARAMETERS = frozenset[str]()
SERVICE: Methods = {("GET", ""): (_list_buckets, _NO_PARAMETERS)}
METHODS: Methods = {
    ("GET", "uploads"): (xml_parts.list_uploads, xml_parts.LIST_PARAMETERS),
    **{(verb, name): (method, _NO_PARAMETERS) for verb, name, method in (*xml_acls.OF_BUCKETS, *xml_configs.METHODS)},
    ("GET", ""): (xml_listings.objects, xml_listings.PARAMETERS),
    ("HEAD", ""): (_head, _NO_PARAMETERS),
    ("PUT", ""): (_create, _NO_PARAMETERS),
    ("DELETE", ""): (_delete, _NO_PARAMETERS),
    ("POST", "delete"): (_delete_objects, _NO_PARAMETERS),
    ("POST", ""): (xml_forms.upload, _NO_PARAMETERS),
}
