"""The XML API's multipart uploads, by which clients send the parts of one object at once."""

import asyncio
import base64
import binascii
from typing import NoReturn
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from starlette.responses import Response

from emulators.storage.state import errors
from emulators.storage.state.encryption import check_same
from emulators.storage.state.errors import StorageError
from emulators.storage.state.model import Settings
from emulators.storage.state.objects import check_digests
from emulators.storage.state.part_uploads import MOST_PARTS
from emulators.storage.wire import uploads
from emulators.storage.wire.call import Call

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_LONGEST = 8 << 20


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
    tag = f'"{version.generation}"'
    return _xml("CompleteMultipartUploadResult", Location=location, ETag=tag, **_names(call))


def abort(call: Call) -> Response:
    """DELETE ?uploadId="""
    call.store.part_uploads.abort(*_target(call), call.text("uploadId"))
    return Response(status_code=204)


def _target(call: Call) -> tuple[str, str]:
    return call.path["bucket"], call.path["object"]


def _names(call: Call) -> dict[str, str]:
    return {"Bucket": call.path["bucket"], "Key": call.path["object"]}


def _xml(root: str, **fields: str) -> Response:
    inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields.items())
    body = f"<?xml version='1.0' encoding='UTF-8'?><{root} xmlns='{_NAMESPACE}'>{inner}</{root}>"
    return Response(body.encode(), media_type="application/xml; charset=UTF-8")


def _listed(data: bytes) -> list[tuple[int, str]]:
    """The numbers and MD5s of a CompleteMultipartUpload, whatever its namespace; StorageError 400."""
    # No document type: it could declare entities that grow.
    if len(data) > _LONGEST or b"<!" in data:
        _malformed()
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError:
        _malformed()
    found = []
    for part in root:
        fields = {child.tag.rpartition("}")[2]: (child.text or "").strip() for child in part}
        number = fields.get("PartNumber", "")
        if not (number.isascii() and number.isdigit()) or len(number) > 9:
            _malformed()
        found.append((int(number), _base64(fields.get("ETag", "").strip('"'))))
    return found


def _malformed() -> NoReturn:
    raise StorageError(400, "malformedXml", "A CompleteMultipartUpload with Part, PartNumber and ETag expected.")


def _hex(md5: str) -> str:
    return base64.b64decode(md5).hex()


def _base64(tag: str) -> str:
    try:
        return base64.b64encode(binascii.unhexlify(tag)).decode()
    except (binascii.Error, ValueError):
        return "-"  # no part's
