"""Page tokens: a position in the listing, opaque to the caller."""

import base64
import binascii
import json

from emulators.storage.state import errors


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
