"""The body of an upload with uploadType=multipart (RFC 2387): a JSON part, then the bytes, never held whole."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Any

from emulators.storage.state import errors
from emulators.storage.state.files import Incoming
from emulators.storage.wire.call import parse_object

# Some clients end lines with \n alone, so both are a line's end here.
BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_MOST_METADATA = 1 << 20


@dataclass(frozen=True)
class Parts:
    """What stands before the bytes: the resource, and the content type of the second part ("" where it has none)."""

    resource: dict[str, Any]
    content_type: str


async def receive(content_type: str, stream: AsyncIterator[bytes], incoming: Incoming) -> Parts:
    """Write the second part's bytes into `incoming`; StorageError 400 where the body is not such a pair."""
    boundary = boundary_of(content_type)
    head = b""
    async for chunk in stream:
        head += chunk
        parsed = _parse_head(head, boundary)
        if parsed:
            break
        if len(head) > _MOST_METADATA:
            raise _malformed("the metadata part does not end")
    else:
        raise _malformed("the second part is missing")
    parts, rest = parsed
    await receive_media(rest, stream, boundary, incoming)
    return parts


async def receive_media(held: bytes, stream: AsyncIterator[bytes], boundary: bytes, incoming: Incoming) -> None:
    """Write all but the closing boundary, which is looked for in what comes last."""
    # The longest end: \r\n, the boundary between two pairs of dashes, \r\n and some room for white space.
    longest = len(boundary) + 64
    async for chunk in stream:
        held += chunk
        if len(held) > longest:
            incoming.write(held[:-longest])
            held = held[-longest:]
    closing = re.compile(rb"\r?\n--" + re.escape(boundary) + rb"--\s*")
    # A boundary may follow bytes that look like a line's end: the last match that reaches the end is the closing one.
    for match in closing.finditer(held):
        if match.end() == len(held):
            incoming.write(held[: match.start()])
            return
    raise _malformed("the closing boundary is missing")


def _parse_head(head: bytes, boundary: bytes) -> tuple[Parts, bytes] | None:
    """Both parts' headers and the first part's JSON, with the bytes that follow; None until all of it has arrived."""
    opening = re.compile(rb"(?:^|\r?\n)--" + re.escape(boundary) + rb"[ \t]*\r?\n")
    first = opening.search(head)
    second = opening.search(head, first.end() - 1) if first else None
    end = BLANK_LINE.search(head, second.end() - 2) if second else None
    if not first or not second or not end:
        return None
    metadata_headers = BLANK_LINE.search(head, first.end() - 2, second.start())
    if not metadata_headers:
        raise _malformed("the first part has no blank line after its headers")
    resource = parse_object(head[metadata_headers.end() : second.start()])
    headers = BytesHeaderParser().parsebytes(head[second.end() : end.start()])
    return Parts(resource, str(headers.get("content-type", ""))), head[end.end() :]


def boundary_of(content_type: str, subtype: str = "") -> bytes:
    """What stands between the parts; StorageError 400 for a type that has none."""
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_param("boundary")
    if not message.get_content_type().startswith(f"multipart/{subtype}") or not isinstance(boundary, str):
        raise _malformed("the Content-Type must be multipart/related with a boundary")
    # gcloud writes it between apostrophes, which are not part of it.
    return boundary.strip("'").encode()


def _malformed(what: str) -> errors.StorageError:
    return errors.StorageError(400, "badContent", f"Malformed multipart body: {what}.")
