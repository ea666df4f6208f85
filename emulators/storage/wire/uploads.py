"""Uploads: simple (uploadType=media), multipart and resumable, with the digests that the caller announces checked.

Source: cloud.google.com/storage/docs/uploading-objects and .../performing-resumable-uploads.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any
from weakref import WeakValueDictionary

from starlette.requests import ClientDisconnect
from starlette.responses import Response

from emulators.storage.state import errors
from emulators.storage.state.encryption import check_same
from emulators.storage.state.files import Incoming
from emulators.storage.state.model import Settings
from emulators.storage.state.preconditions import Preconditions
from emulators.storage.state.uploads import Session
from emulators.storage.wire import multipart
from emulators.storage.wire.call import Call
from emulators.storage.wire.object_methods import insert, show, with_parameters

Resource = dict[str, Any]

CHUNK = 256 * 1024
"""Every chunk of a resumable upload but the last has at least so many bytes."""

_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+|\*)|\*)/(\d+|\*)")
# One request at a time works on a session; the locks go when nobody holds them.
_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


async def upload(call: Call) -> Resource | Response:
    """Start or do an upload, as uploadType says."""
    if call.text("upload_id"):
        # The service takes a chunk by POST too, which is how gcsfs sends it.
        return await resume(call)
    kind = call.text("uploadType")
    if kind == "resumable":
        return await _start(call)
    if kind not in ("media", "multipart"):
        raise errors.invalid_parameter("uploadType must be media, multipart or resumable.", "uploadType")
    incoming = call.store.files.receive()
    try:
        body = await (_receive_multipart(call, incoming) if kind == "multipart" else receive_media(call, incoming))
        body |= announced(call)
        name = _name(call, body)
        version = insert(call, call.path["bucket"], name, incoming.finish(), body, call.conditions())
        return show(call, version, is_full="acl" in body)
    except BaseException:
        incoming.discard()
        raise


async def refuse_metadata_alone(call: Call) -> Resource:
    """An object is inserted where its bytes can come along."""
    message = "Upload requests must be uploaded to */upload/* URLs."
    raise errors.StorageError(400, "wrongUrlForUpload", message)


async def resume(call: Call) -> Resource | Response:
    """A chunk of a resumable upload, or the question how far it has come."""
    upload = call.text("upload_id")
    lock = _locks.setdefault(upload, asyncio.Lock())
    async with lock:
        session = call.store.uploads.find(upload)
        check_same(session.body, call.key_hash)
        if session.generation is not None:
            version = call.store.objects.get(session.bucket, session.name, session.generation)
            return show(call, version, is_full="acl" in session.body)
        return await _continue(call, session)


async def cancel(call: Call) -> Response:
    session = call.store.uploads.find(call.text("upload_id"))
    call.store.uploads.cancel(session)
    return Response(status_code=499)


async def _start(call: Call) -> Response:
    body = await call.body()
    if call.request.headers.get("x-upload-content-type"):
        body.setdefault("contentType", call.request.headers["x-upload-content-type"])
    bucket = call.path["bucket"]
    return session(call, bucket, _name(call, body), body, call.conditions(), 200)


def session(call: Call, bucket: str, name: str, body: Settings, conditions: Preconditions, status: int) -> Response:
    """A new resumable upload, and in Location where its chunks go."""
    body = with_parameters(call, bucket, body) | announced(call)
    upload = call.store.uploads.start(bucket, name, body, conditions)
    location = f"{call.base_url}/upload/storage/v1/b/{bucket}/o?uploadType=resumable&upload_id={upload}"
    return Response(status_code=status, headers={"Location": location, "X-GUploader-UploadID": upload})


async def _continue(call: Call, session: Session) -> Resource | Response:
    start, end, total = _content_range(call)
    incoming = call.store.uploads.incoming(session)
    if start is not None:
        is_last = total is not None and end == total
        if end is not None and end - start < CHUNK and not is_last:
            raise errors.invalid(f"A chunk that is not the last must have at least {CHUNK} bytes.", "Content-Range")
        total = await _receive_chunk(call, incoming, start, end, total)
    if total is None or incoming.size < total:
        return _resume_incomplete(call, incoming.size)
    if incoming.size > total:
        raise errors.invalid(f"{incoming.size} bytes have arrived, more than the {total} announced.", "Content-Range")
    version = call.store.uploads.finish(session, announced(call) | _last_metadata(call, session))
    return show(call, version, is_full="acl" in session.body)


def _last_metadata(call: Call, session: Session) -> Settings:
    """The custom metadata of the session with what the last request's headers add, in small letters."""
    prefix = "x-goog-meta-"
    sent = {name.removeprefix(prefix): value for name, value in call.request.headers.items() if name.startswith(prefix)}
    return {"metadata": (session.body.get("metadata") or {}) | sent} if sent else {}


def _resume_incomplete(call: Call, size: int) -> Response:
    """308 and what has arrived; 200 that stands for it where the client's HTTP library would follow a 308 elsewhere."""
    headers = {"Range": f"bytes=0-{size - 1}"} if size else {}
    if call.request.headers.get("x-guploader-no-308") == "yes":
        return Response(headers=headers | {"X-HTTP-Status-Code-Override": "308"})
    return Response(status_code=308, headers=headers)


async def _receive_chunk(call: Call, incoming: Incoming, start: int, end: int | None, total: int | None) -> int | None:
    """Append the request's bytes, without those that have arrived before. Returns the size of the whole, if known."""
    if start > incoming.size:
        message = (
            f"Invalid request. According to the Content-Range header, the upload offset is {start} byte(s), "
            f"which exceeds already uploaded size of {incoming.size} byte(s)."
        )
        raise errors.StorageError(503, "backendError", message)
    position = start
    async for chunk in stream(call):
        known = max(incoming.size - position, 0)
        position += len(chunk)
        if end is not None and position > end:
            raise errors.invalid("The body is longer than Content-Range says.", "Content-Range")
        if chunk[known:]:
            incoming.write(chunk[known:])
    if end is None and total not in (None, position):
        raise errors.invalid(f"{position} bytes have arrived, not the {total} announced.", "Content-Range")
    # Without an end in Content-Range the body is all the rest.
    return position if end is None else total


def _content_range(call: Call) -> tuple[int | None, int | None, int | None]:
    """First byte, the one after the last, size of the whole; start is None for a question, end None for all the rest.

    The Node client streams what it does not know the end of as "bytes 0-*/*".
    """
    header = call.request.headers.get("content-range")
    if header is None:
        return 0, None, None
    match = _CONTENT_RANGE.fullmatch(header.strip())
    if not match:
        raise errors.invalid(f"Invalid Content-Range: {header}", "Content-Range")
    first, last, whole = match.groups()
    total = None if whole == "*" else int(whole)
    if first is None:
        return None, None, total
    if last == "*":
        return int(first), None, total
    start, end = int(first), int(last) + 1
    if end <= start or (total is not None and end > total):
        raise errors.invalid(f"Invalid Content-Range: {header}", "Content-Range")
    return start, end, total


async def receive_media(call: Call, incoming: Incoming) -> Settings:
    """Take the body as the bytes; returns what its headers say of them."""
    async for chunk in stream(call):
        incoming.write(chunk)
    body = {"contentType": call.request.headers.get("content-type")}
    if call.text("contentEncoding"):
        body["contentEncoding"] = call.text("contentEncoding")
    return {field: value for field, value in body.items() if value}


async def _receive_multipart(call: Call, incoming: Incoming) -> Settings:
    content_type = call.request.headers.get("content-type", "")
    is_packed = "content-encoding" in call.request.headers
    parts = await multipart.receive(content_type, _unpacked(call) if is_packed else stream(call), incoming)
    body = dict(parts.resource)
    if parts.content_type:
        body.setdefault("contentType", parts.content_type)
    if call.text("contentEncoding"):
        body["contentEncoding"] = call.text("contentEncoding")
    return body


async def stream(call: Call) -> AsyncIterator[bytes]:
    """The body as it comes. A client that goes away has sent what it has sent: the exception ends the request."""
    try:
        async for chunk in call.request.stream():
            if chunk:
                yield chunk
    except ClientDisconnect:
        raise errors.StorageError(400, "badRequest", "The client closed the connection.") from None


async def _unpacked(call: Call) -> AsyncIterator[bytes]:
    """The body at once, which is in its sender's memory too: the Java client packs what it sends in one request."""
    yield await call.unpacked()


def announced(call: Call) -> Settings:
    """The digests in the headers, as fields: "X-Goog-Hash: crc32c=...,md5=..." and "Content-MD5: ..."."""
    fields = {"crc32c": "crc32c", "md5": "md5Hash"}
    digests = {}
    for header in call.request.headers.getlist("x-goog-hash"):
        for item in header.split(","):
            name, _, value = item.strip().partition("=")
            if name in fields:
                digests[fields[name]] = value
    if "content-md5" in call.request.headers:
        digests["md5Hash"] = call.request.headers["content-md5"]
    return digests


def _name(call: Call, body: Settings) -> str:
    name = call.text("name") or body.get("name")
    if not isinstance(name, str):
        raise errors.required("name")
    return name
