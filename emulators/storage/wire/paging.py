"""Page tokens: a position in the listing, opaque to the caller."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from emulators.storage.state import errors

Item = TypeVar("Item")


def page(
    found: Sequence[Item],
    limit: int,
    show: Callable[[Item], dict[str, Any]],
    position: Callable[[Item], tuple[str, int]],
    field: str = "items",
) -> dict[str, Any]:
    """The fields of an answer that lists `limit` items, and tells of one more in `found` by a token."""
    listed = found[:limit]
    resource: dict[str, Any] = {field: [show(one) for one in listed]} if listed else {}
    if len(found) > limit:
        resource["nextPageToken"] = write_token(*position(listed[-1]))
    return resource


def write_token(name: str, generation: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([name, generation]).encode()).decode()


def read_token(token: str) -> tuple[str, int]:
    """The position of a token, ("", -1) for no token; StorageError 400 for one that nobody gave out."""
    if not token:
        return "", -1
    try:
        name, generation = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
    except (ValueError, TypeError, binascii.Error):
        raise errors.invalid_parameter("Invalid page token.", "pageToken") from None
    if not isinstance(name, str) or not isinstance(generation, int) or not -1 <= generation < 2**63:
        raise errors.invalid_parameter("Invalid page token.", "pageToken")
    return name, generation
