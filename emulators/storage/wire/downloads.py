"""Media: an object's bytes, whole or a range, as alt=media and as GET /bucket/object."""

import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import BinaryIO

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from emulators.storage.state import errors
from emulators.storage.state.access import is_public
from emulators.storage.state.encryption import ALGORITHM, check_key, key_hash_of
from emulators.storage.state.errors import StorageError
from emulators.storage.state.etags import etag
from emulators.storage.state.model import ObjectVersion
from emulators.storage.state.preconditions import Preconditions
from emulators.storage.wire.call import Call

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_BLOCK = 1 << 20


class Media(Response):
    """A response that reads its file as the client takes it."""

    def __init__(
        self, version: ObjectVersion, blocks: Iterator[bytes], file: BinaryIO, status: int, headers: dict[str, str]
    ) -> None:
        super().__init__(status_code=status)
        self.version = version
        self.raw_headers = []
        self.add(headers)
        self._blocks = blocks
        self._file = file

    def add(self, headers: Mapping[str, str]) -> None:
        """More headers, or other ones in the place of those that have their names."""
        known = dict(self.raw_headers)
        known |= {name.lower().encode(): value.encode() for name, value in headers.items()}
        self.raw_headers = list(known.items())

    def close(self) -> None:
        """Where the response is not sent."""
        self._file.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        with self._file:
            if scope["method"] != "HEAD":
                for block in self._blocks:
                    await send({"type": "http.response.body", "body": block, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def download(call: Call, conditions: Preconditions, is_json: bool = True) -> Media:
    """The bytes of the object that the path names, or of the range that the Range header asks for; StorageError 416.

    The two APIs (`is_json`) let them be cached differently.
    """
    generation = call.number("generation")
    version, file = call.store.objects.open(call.path["bucket"], call.path["object"], generation, conditions)
    try:
        check_key(version, call.key_hash)
    except StorageError:
        file.close()
        raise
    headers = headers_of(version) | {"Cache-Control": _caching(call, version, is_json)}
    if _is_unpacked(version, call.request.headers):
        headers.pop("Content-Encoding")
        headers["Warning"] = "214 UploadServer gunzipped"
        return Media(version, _gunzip(_read(file, 0, version.size)), file, 200, headers)
    bounds = _bounds(call.request, version.size)
    if bounds is None:
        file.close()
        raise errors.range_not_satisfiable(version.size)
    start, end = bounds
    headers["Content-Length"] = str(end - start)
    status = 200
    if _wanted(call.request):
        status = 206
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{version.size}"
    return Media(version, _read(file, start, end), file, status, headers)


def _caching(call: Call, version: ObjectVersion, is_json: bool) -> str:
    """What everybody may read may be kept, for an hour if the object says nothing; the JSON API keeps the rest back."""
    written: str | None = version.settings.get("cacheControl")
    if is_public(version, call.store.buckets.get(version.bucket)):
        return written or "public, max-age=3600"
    return "no-cache" if is_json else written or "private, max-age=0"


def headers_of(version: ObjectVersion) -> dict[str, str]:
    """What every answer about the object's bytes says of it."""
    settings = version.settings
    digests = [f"crc32c={version.crc32c}"] + ([f"md5={version.md5}"] if version.md5 else [])
    headers = {
        "Content-Type": settings.get("contentType", "application/octet-stream"),
        "ETag": etag(version.generation, version.metageneration),
        "Last-Modified": format_datetime(datetime.fromtimestamp(version.updated // 1_000_000, UTC), usegmt=True),
        "Accept-Ranges": "bytes",
        "X-Goog-Generation": str(version.generation),
        "X-Goog-Metageneration": str(version.metageneration),
        "X-Goog-Hash": ",".join(digests),
        "X-Goog-Stored-Content-Encoding": settings.get("contentEncoding", "identity"),
        "X-Goog-Stored-Content-Length": str(version.size),
        "X-Goog-Storage-Class": settings["storageClass"],
    }
    if key_hash_of(settings):
        headers["X-Goog-Encryption-Algorithm"] = ALGORITHM
        headers["X-Goog-Encryption-Key-Sha256"] = str(key_hash_of(settings))
    optional = ("contentEncoding", "contentDisposition", "contentLanguage", "cacheControl")
    names = ("Content-Encoding", "Content-Disposition", "Content-Language", "Cache-Control")
    headers |= {name: settings[field] for field, name in zip(optional, names, strict=True) if settings.get(field)}
    return headers


def _bounds(request: Request, size: int) -> tuple[int, int] | None:
    """The first byte and the one after the last; None where the range has nothing in it (416)."""
    wanted = _wanted(request)
    if not wanted:
        return 0, size
    first, last = wanted
    if not first:
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
    return (start, end) if start < end else None


def _wanted(request: Request) -> tuple[str, str] | None:
    """The two ends of the Range header; None where there is none, or one that HTTP says to ignore."""
    match = _RANGE.fullmatch(request.headers.get("range", "").strip())
    if not match or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    backwards = bool(first and last) and int(last) < int(first)
    return None if backwards else (first, last)


def _read(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    file.seek(start)
    while start < end:
        block = file.read(min(_BLOCK, end - start))
        start += len(block)
        yield block


def _is_unpacked(version: ObjectVersion, headers: Headers) -> bool:
    """Whether the service would unpack a gzip object for this client (decompressive transcoding)."""
    keeps = "no-transform" in version.settings.get("cacheControl", "")
    packed = version.settings.get("contentEncoding") == "gzip"
    return packed and not keeps and "gzip" not in headers.get("accept-encoding", "")


def _gunzip(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The text of all members, of which a composition of packed objects has many."""
    unpacker = zlib.decompressobj(wbits=31)
    for block in blocks:
        yield unpacker.decompress(block)
        while unpacker.eof and unpacker.unused_data:
            rest, unpacker = unpacker.unused_data, zlib.decompressobj(wbits=31)
            yield unpacker.decompress(rest)
    yield unpacker.flush()
