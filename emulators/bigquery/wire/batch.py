"""POST /batch/bigquery/v2: several requests in one multipart/mixed body, answered in their order."""

from collections.abc import Awaitable, Callable
from email import message_from_bytes
from email.message import Message
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message as AsgiMessage

from emulators.bigquery.state.errors import invalid
from emulators.bigquery.wire.replies import refusal

_MOST = 1000
_BOUNDARY = "batch_of_answers"
Answer = Callable[[Request], Awaitable[Response]]


async def answer_batch(request: Request, answer: Answer) -> Response:
    """The answers of the parts, each under the Content-ID of its request; 400 for what is no batch."""
    kind = request.headers.get("content-type", "")
    whole = message_from_bytes(b"Content-Type: " + kind.encode("latin-1") + b"\r\n\r\n" + await request.body())
    parts = whole.get_payload()
    if not kind.lower().startswith("multipart/mixed") or not isinstance(parts, list):
        return refusal(invalid("A batch needs Content-Type multipart/mixed with a boundary."))
    if len(parts) > _MOST:
        return refusal(invalid(f"The batch has {len(parts)} requests; at most {_MOST} are allowed."))
    written = [_written(part, await _one(request, part, answer)) for part in parts if isinstance(part, Message)]
    end = f"--{_BOUNDARY}--\r\n".encode()
    return Response(b"".join(written) + end, headers={"content-type": f"multipart/mixed; boundary={_BOUNDARY}"})


async def _one(request: Request, part: Message, answer: Answer) -> Response:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    line, _, rest = content.lstrip(b"\r\n").partition(b"\n")
    words = line.decode("latin-1").split()
    if part.get_content_type() != "application/http" or len(words) < 2:
        return refusal(invalid("Each part of a batch must be application/http and begin with a method and a path."))
    inner = message_from_bytes(rest)
    body = inner.get_payload(decode=True)
    return await answer(_request(request, words[0], words[1], inner, body if isinstance(body, bytes) else b""))


def _request(outer: Request, method: str, target: str, inner: Message, body: bytes) -> Request:
    """The request of a part; the batch's own Authorization counts where the part has none."""
    path, _, query = target.partition("?")
    own = {name.lower(): str(value) for name, value in inner.items()}
    shared = {name: value for name, value in outer.headers.items() if name in ("authorization", "host")}
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in (shared | own).items()]
    scope: dict[str, Any] = {
        **outer.scope, "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "headers": headers, "state": {},
    }  # fmt: skip

    async def receive() -> AsgiMessage:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(scope, receive)


def _written(part: Message, response: Response) -> bytes:
    number = str(part.get("Content-ID", "")).removeprefix("<")
    status = f"{response.status_code} {HTTPStatus(response.status_code).phrase}"
    head = (
        f"--{_BOUNDARY}\r\nContent-Type: application/http\r\nContent-ID: <response-{number}\r\n\r\n"
        f"HTTP/1.1 {status}\r\nContent-Type: {response.media_type or 'application/json'}\r\n"
        f"Content-Length: {len(response.body)}\r\n\r\n"
    )
    return head.encode() + bytes(response.body) + b"\r\n"
