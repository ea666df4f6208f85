"""Pages of a list: the token is the name that the next page starts with."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from emulators.pubsub.state.errors import invalid

_Item = TypeVar("_Item")
MAX_PAGE = 1000
_MARK = b"from:"


def page(items: Sequence[tuple[str, _Item]], size: int, token: str) -> tuple[list[_Item], str]:
    """(items of one page, next token or "") of (name, item) pairs in the order of their names.

    Raises:
        PubsubError: INVALID_ARGUMENT, the size is negative or the token none of ours.
    """
    if size < 0:
        raise invalid(f"Invalid page_size (value={size}): it must not be negative.")
    start = _start(token) if token else ""
    rest = [pair for pair in items if pair[0] >= start]
    count = min(size, MAX_PAGE) or MAX_PAGE
    following = base64.urlsafe_b64encode(_MARK + rest[count][0].encode()).decode() if len(rest) > count else ""
    return [item for _, item in rest[:count]], following


def _start(token: str) -> str:
    try:
        decoded = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
        if decoded.startswith(_MARK):
            return decoded.removeprefix(_MARK).decode()
    except (binascii.Error, ValueError):
        pass
    raise invalid(f"Invalid page_token (value={token}): use the next_page_token of the page before.")
