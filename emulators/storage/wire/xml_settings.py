"""What the headers of an XML request, and the fields of a form, say of an object."""

from emulators.storage.state.model import ObjectVersion, Settings
from emulators.storage.state.preconditions import Preconditions
from emulators.storage.wire.call import Call, whole_number
from emulators.storage.wire.downloads import headers_of
from emulators.storage.wire.entity_tags import xml_etag

SETTINGS = {
    "content-type": "contentType",
    "content-encoding": "contentEncoding",
    "content-disposition": "contentDisposition",
    "content-language": "contentLanguage",
    "cache-control": "cacheControl",
    "x-goog-storage-class": "storageClass",
    "x-goog-custom-time": "customTime",
    "x-goog-encryption-kms-key-name": "kmsKeyName",
}
METADATA = "x-goog-meta-"
_OF_S3 = "x-amz-meta-"
_CONDITIONS = ("x-goog-if-generation-match", "", "x-goog-if-metageneration-match", "")
_OF_SOURCE = ("x-goog-copy-source-if-generation-match", "", "x-goog-copy-source-if-metageneration-match", "")


def conditions(call: Call, of_source: bool = False) -> Preconditions:
    """From the headers; the Go client's reads bring them as parameters, too."""
    sent = call.request.headers
    names = _OF_SOURCE if of_source else _CONDITIONS
    return Preconditions(*(whole_number(sent[name], name) if name and name in sent else None for name in names))


def settings(call: Call) -> Settings:
    sent = call.request.headers
    found: Settings = {field: sent[header] for header, field in SETTINGS.items() if header in sent}
    metadata = {name.removeprefix(METADATA): value for name, value in sent.items() if name.startswith(METADATA)}
    return found | ({"metadata": metadata} if metadata else {})


def is_of_s3(call: Call) -> bool:
    """Whether a client of Amazon S3 asks, which looks for x-amz- headers in the answer."""
    is_signed = call.request.headers.get("authorization", "").startswith("AWS")
    return is_signed or any(name.lower().startswith(("x-amz-", "awsaccess")) for name in call.request.query_params)


def metadata_headers(call: Call, version: ObjectVersion) -> dict[str, str]:
    metadata = version.settings.get("metadata") or {}
    prefix = _OF_S3 if is_of_s3(call) else METADATA
    return {prefix + key: value for key, value in metadata.items() if (key + value).isascii() and value.isprintable()}


def written_headers(version: ObjectVersion) -> dict[str, str]:
    """What the answer to a write says of the object."""
    headers = headers_of(version)
    return {name: headers[name] for name in headers if name.startswith("X-Goog-")} | {"ETag": xml_etag(version)}
