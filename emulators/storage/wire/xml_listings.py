"""Listings of the XML API: buckets, and a bucket's objects in either version (xml-api/get-service, get-bucket-list)."""

from collections.abc import Callable
from urllib.parse import quote

from starlette.responses import Response

from emulators.storage.state import errors
from emulators.storage.state.listing import Query, successor
from emulators.storage.state.model import ObjectVersion
from emulators.storage.state.times import moment
from emulators.storage.wire import paging
from emulators.storage.wire.call import Call
from emulators.storage.wire.entity_tags import xml_etag
from emulators.storage.wire.xml_documents import LISTINGS, Node, response

PARAMETERS = frozenset(
    ("prefix", "delimiter", "marker", "max-keys", "encoding-type", "versions", "generation-marker")
) | {"list-type", "continuation-token", "start-after", "fetch-owner"}
_BEHIND_ALL = 2**63 - 1


def buckets(call: Call, project: str) -> Response:
    """ListAllMyBucketsResult"""
    found = call.store.buckets.list(project, "", "", -1)
    inside: list[Node] = [
        ("Bucket", [("Name", bucket.name), ("CreationDate", moment(bucket.generation))]) for bucket in found
    ]
    return response("ListAllMyBucketsResult", [("Owner", [("ID", project)]), ("Buckets", inside)], LISTINGS)


async def objects(call: Call) -> Response:
    """ListBucketResult"""
    version = call.text("list-type", "1")
    if version not in ("1", "2"):
        raise errors.invalid_parameter(f"Invalid value '{version}' for list-type: 1 or 2 expected.", "list-type")
    encode = _encoding(call)
    most = min(1000 if call.number("max-keys") is None else call.number("max-keys") or 0, 1000)
    query = Query(
        bucket=call.path["bucket"],
        prefix=call.text("prefix"),
        delimiter=call.text("delimiter"),
        versions="versions" in call.request.query_params,
        limit=max(most, 1),
    )
    page = call.store.list_objects(query, _start_2(call) if version == "2" else _start(call, query))
    objects, prefixes, following = page.objects, page.prefixes, page.next
    if not most:
        objects, prefixes, following = [], [], None
    last = max([one.name for one in objects[-1:]] + prefixes[-1:], default="")
    inside: list[Node] = [("Name", query.bucket), ("Prefix", encode(query.prefix))]
    if version == "2":
        inside += _about_2(call, len(objects) + len(prefixes), paging.write_token(*following) if following else "")
    else:
        inside.append(("Marker", encode(call.text("marker"))))
        inside += [("NextMarker", encode(last))] if following else []
        if following and query.versions and objects and last == objects[-1].name:
            inside.append(("NextGenerationMarker", str(objects[-1].generation)))
    inside += [("Delimiter", encode(query.delimiter))] if query.delimiter else []
    inside += [("EncodingType", "url")] if call.text("encoding-type") else []
    inside += [("MaxKeys", str(most)), ("IsTruncated", "true" if following else "false")]
    tag = "Version" if query.versions else "Contents"
    inside += [(tag, _entry(one, encode(one.name), query.versions)) for one in objects]
    inside += [("CommonPrefixes", [("Prefix", encode(prefix))]) for prefix in prefixes]
    return response("ListBucketResult", inside, LISTINGS)


def _entry(version: ObjectVersion, key: str, is_version: bool) -> list[Node]:
    entry: list[Node] = [
        ("Key", key),
        ("Generation", str(version.generation)),
        ("MetaGeneration", str(version.metageneration)),
    ]
    if is_version:
        entry.append(("IsLatest", "true" if version.deleted is None else "false"))
    entry.append(("LastModified", moment(version.updated)))
    if version.deleted is not None:
        entry.append(("DeletedTime", moment(version.deleted)))
    return [
        *entry,
        ("ETag", xml_etag(version)),
        ("Size", str(version.size)),
        ("StorageClass", version.settings["storageClass"]),
    ]


def _about_2(call: Call, count: int, following: str) -> list[Node]:
    inside: list[Node] = [("KeyCount", str(count))]
    for tag, parameter in (("ContinuationToken", "continuation-token"), ("StartAfter", "start-after")):
        if call.text(parameter):
            inside.append((tag, call.text(parameter)))
    return inside + ([("NextContinuationToken", following)] if following else [])


def _start_2(call: Call) -> tuple[str, int] | None:
    if call.text("continuation-token"):
        return paging.read_token(call.text("continuation-token"))
    return (max(call.text("start-after"), call.text("prefix")), _start_in(call)) if call.text("start-after") else None


def _start_in(call: Call) -> int:
    return _BEHIND_ALL if call.text("start-after") >= call.text("prefix") else -1


def _start(call: Call, query: Query) -> tuple[str, int] | None:
    """Behind the marker: behind all that a prefix stands for, and behind one generation where that is named."""
    marker = call.text("marker")
    if marker < query.prefix or not marker:
        return None
    generation = call.number("generation-marker")
    if generation is not None:
        return marker, generation
    if query.delimiter and marker.endswith(query.delimiter) and len(marker) > len(query.prefix):
        following = successor(marker)
        return (following, -1) if following else (marker, _BEHIND_ALL)
    return marker, _BEHIND_ALL


def _encoding(call: Call) -> Callable[[str], str]:
    kind = call.text("encoding-type")
    if kind not in ("", "url"):
        raise errors.invalid_parameter(f"Invalid value '{kind}' for encoding-type: url expected.", "encoding-type")
    return (lambda name: quote(name, safe="/")) if kind else (lambda name: name)
