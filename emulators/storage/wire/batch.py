"""Batches: many calls in one multipart/mixed request, answered in their order (cloud.google.com/storage/docs/batch)."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from email.message import Message
from email.parser import BytesParser
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message as Event

from emulators.storage.state import errors

MOST_CALLS = 100
Answer = Callable[[Request], Awaitable[Response]]


async def run(request: Request, answer: Answer) -> Response:
    """Run the calls one after the other and put their responses into one body."""
    calls = _parts(request.headers.get("content-type", ""), await request.body())
    if len(calls) > MOST_CALLS:
        raise errors.invalid(f"The batch has {len(calls)} calls; the most are {MOST_CALLS}.")
    boundary = f"batch_{uuid.uuid4().hex}"
    body = b""
    for part in calls:
        response = await answer(_request(part, request))
        body += b"--%b\r\n%b" % (boundary.encode(), _response_part(part, response))
    body += b"--%b--\r\n" % boundary.encode()
    return Response(body, headers={"Content-Type": f"multipart/mixed; boundary={boundary}"})


def _parts(content_type: str, body: bytes) -> list[Message]:
    message = BytesParser().parsebytes(b"Content-Type: " + content_type.encode("latin-1") + b"\r\n\r\n" + body)
    if not message.is_multipart():
        raise errors.StorageError(400, "badRequest", "A batch must be multipart/mixed with a boundary.")
    return [part for part in message.get_payload() if isinstance(part, Message)]


def _request(part: Message, outer: Request) -> Request:
    """The call that a part of the type application/http describes, as a request of its own."""
    payload = part.get_payload(decode=True)
    head, _, rest = (payload if isinstance(payload, bytes) else b"").replace(b"\r\n", b"\n").partition(b"\n")
    words = head.decode("latin-1").split()
    target = urlsplit(words[1]) if len(words) in (2, 3) else None
    if target is None:
        raise errors.StorageError(400, "badRequest", f"Malformed request line in a batch: {head!r}")
    inner = BytesParser().parsebytes(rest)
    content = inner.get_payload(decode=True)
    if target.path.startswith(("/upload/", "/download/", "/batch/")) or "alt=media" in target.query:
        raise errors.StorageError(400, "badRequest", f"A batch moves no media: {head!r}")
    scope: dict[str, Any] = dict(outer.scope) | {
        "method": words[0],
        "path": target.path,
        "raw_path": target.path.encode("latin-1"),
        "query_string": target.query.encode("latin-1"),
        "headers": _headers(inner, outer),
    }
    events = _events(content if isinstance(content, bytes) else b"")

    async def receive() -> Event:
        return await anext(events)

    return Request(scope, receive)


def _headers(inner: Message, outer: Request) -> list[tuple[bytes, bytes]]:
    """Those of the call itself; that the whole is a multipart body says nothing of it."""
    own = [
        (name.lower(), str(value)) for name, value in inner.items() if name.lower() not in ("host", "content-length")
    ]
    return [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in own] + [
        (b"host", outer.headers.get("host", "localhost").encode())
    ]


async def _events(body: bytes) -> AsyncIterator[Event]:
    yield {"type": "http.request", "body": body, "more_body": False}


def _response_part(part: Message, response: Response) -> bytes:
    identifier = str(part.get("Content-ID", "")).strip("<>")
    head = ["Content-Type: application/http"]
    if identifier:
        head.append(f"Content-ID: <response-{identifier}>")
    return _http(head, response.status_code, bytes(response.body))


def _http(head: list[str], status: int, data: bytes) -> bytes:
    inner = [f"HTTP/1.1 {status} {_PHRASES.get(status, 'Status')}"]
    if data:
        inner.append("Content-Type: application/json; charset=UTF-8")
    inner.append(f"Content-Length: {len(data)}")
    text = "\r\n".join(head) + "\r\n\r\n" + "\r\n".join(inner) + "\r\n\r\n"
    return text.encode() + data + b"\r\n"


_PHRASES = {200: "OK", 204: "No Content", 304: "Not Modified", 404: "Not Found", 412: "Precondition Failed"}
