"""Who calls: taken from the bearer token when it says so, else a fixed account."""

import base64
import binascii
import json

from starlette.requests import Request

_DEFAULT = "sluice@sluice-local.iam.gserviceaccount.com"


def principal(request: Request) -> str:
    """The caller's e-mail address: the `email` or `sub` claim of a JWT, or the default account. Nothing is verified."""
    token = request.headers.get("authorization", "").partition(" ")[2]
    parts = token.split(".")
    if len(parts) != 3:
        return _DEFAULT
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return _DEFAULT
    found = claims.get("email") or claims.get("sub") if isinstance(claims, dict) else None
    return found if isinstance(found, str) else _DEFAULT
