"""The XML API's multipart uploads, by which clients send the parts of one object at once."""

import asyncio
import base64
import binascii

from starlette.responses import Response

from emulators.storage.state import errors
from emulators.storage.state.encryption import check_same
from emulators.storage.state.model import Settings
from emulators.storage.state.objects import check_digests
from emulators.storage.state.part_uploads import MOST_PARTS
from emulators.storage.state.times import moment
from emulators.storage.wire import uploads
from emulators.storage.wire.call import Call
from emulators.storage.wire.entity_tags import xml_etag
from emulators.storage.wire.xml_documents import UPLOADS, Node, malformed, parse, response, text

_COMPLETE = "CompleteMultipartUpload"
MOST_LISTED = 1000
LIST_PARAMETERS = frozenset(("prefix", "max-uploads", "key-marker", "upload-id-marker"))
PART_PARAMETERS = frozenset(("max-parts", "part-number-marker"))


def start(call: Call, body: Settings) -> Response:
    """POST ?uploads"""
    upload = call.store.part_uploads.start(*_target(call), body)
    return _xml("InitiateMultipartUploadResult", UploadId=upload, **_names(call))


async def put_part(call: Call) -> Response:
    """PUT ?partNumber=&uploadId="""
    number = call.number("partNumber") or 0
    if not 1 <= number <= MOST_PARTS:
        raise errors.invalid(f"partNumber must be from 1 to {MOST_PARTS}.", "partNumber")
    check_same(call.store.part_uploads.settings(*_target(call), call.text("uploadId")), call.key_hash)
    incoming = call.store.part_uploads.receive(*_target(call), call.text("uploadId"))
    try:
        await uploads.receive_media(call, incoming)
        content = incoming.finish()
        check_digests(uploads.announced(call), content)
        call.store.part_uploads.keep(call.text("uploadId"), number, content)
    except BaseException:
        incoming.discard()
        raise
    digests = f"crc32c={content.crc32c},md5={content.md5}"
    return Response(headers={"ETag": f'"{_hex(content.md5 or "")}"', "X-Goog-Hash": digests, "Content-Length": "0"})


async def complete(call: Call) -> Response:
    """POST ?uploadId="""
    data = await call.request.body()
    listed = _listed(data)
    # In a thread, because it reads and writes all the bytes.
    version = await asyncio.to_thread(call.store.part_uploads.complete, *_target(call), call.text("uploadId"), listed)
    location = f"{call.base_url}/{version.bucket}/{version.name}"
    return _xml("CompleteMultipartUploadResult", Location=location, ETag=xml_etag(version), **_names(call))


async def abort(call: Call) -> Response:
    """DELETE ?uploadId="""
    call.store.part_uploads.abort(*_target(call), call.text("uploadId"))
    return Response(status_code=204)


async def list_parts(call: Call) -> Response:
    """GET ?uploadId="""
    most = min(call.number("max-parts") or MOST_LISTED, MOST_LISTED)
    after = call.number("part-number-marker") or 0
    parts = call.store.part_uploads.parts(*_target(call), call.text("uploadId"))
    found = [part for part in parts if part.number > after]
    inside: list[Node] = [*_names(call).items(), ("UploadId", call.text("uploadId")), ("PartNumberMarker", str(after))]
    if len(found) > most:
        inside.append(("NextPartNumberMarker", str(found[most - 1].number)))
    inside += [("MaxParts", str(most)), ("IsTruncated", "true" if len(found) > most else "false")]
    for part in found[:most]:
        told: list[Node] = [("PartNumber", str(part.number)), ("ETag", f'"{_hex(part.md5)}"'), ("Size", str(part.size))]
        inside.append(("Part", told))
    return response("ListPartsResult", inside, UPLOADS)


async def list_uploads(call: Call) -> Response:
    """GET /bucket?uploads"""
    most = min(call.number("max-uploads") or MOST_LISTED, MOST_LISTED)
    after = call.text("key-marker"), call.text("upload-id-marker") or chr(0x10FFFF)
    found = [one for one in call.store.part_uploads.of(call.path["bucket"], call.text("prefix")) if one[:2] > after]
    inside: list[Node] = [("Bucket", call.path["bucket"]), ("KeyMarker", after[0])]
    if len(found) > most:
        inside += [("NextKeyMarker", found[most - 1][0]), ("NextUploadIdMarker", found[most - 1][1])]
    inside += [("MaxUploads", str(most)), ("IsTruncated", "true" if len(found) > most else "false")]
    for name, upload, started in found[:most]:
        told: list[Node] = [("Key", name), ("UploadId", upload), ("Initiated", moment(started * 1_000_000))]
        inside.append(("Upload", told))
    return response("ListMultipartUploadsResult", inside, UPLOADS)


def _target(call: Call) -> tuple[str, str]:
    return call.path["bucket"], call.path["object"]


def _names(call: Call) -> dict[str, str]:
    return {"Bucket": call.path["bucket"], "Key": call.path["object"]}


def _xml(root: str, **texts: str) -> Response:
    return response(root, [*texts.items()], UPLOADS)


def _listed(data: bytes) -> list[tuple[int, str]]:
    """The numbers and MD5s of a CompleteMultipartUpload; StorageError 400."""
    found = []
    for part in parse(data, _COMPLETE):
        texts = {child.tag: text(child) for child in part}
        number = texts.get("PartNumber", "")
        if not (number.isascii() and number.isdigit()) or len(number) > 9:
            malformed(_COMPLETE)
        found.append((int(number), _base64(texts.get("ETag", "").strip('"'))))
    return found


def _hex(md5: str) -> str:
    return base64.b64decode(md5).hex()


def _base64(tag: str) -> str:
    try:
        return base64.b64encode(binascii.unhexlify(tag)).decode()
    except (binascii.Error, ValueError):
        return "-"  # no part's
