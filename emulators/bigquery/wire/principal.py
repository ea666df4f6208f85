"""Who calls: taken from the bearer token when it says so, else a fixed account."""

import base64
import binascii
import json

from starlette.requests import Request

_DEFAULT = "sluice@sluice-local.iam.gserviceaccount.com"


def principal(request: Request) -> str:
    """The e-mail address of a request's caller."""
    return caller(request.headers.get("authorization", ""))


def caller(authorization: str) -> str:
    """Who an Authorization header names: the `email` or `sub` claim of a JWT, or the default. Nothing is verified."""
    parts = authorization.partition(" ")[2].split(".")
    if len(parts) != 3:
        return _DEFAULT
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return _DEFAULT
    found = claims.get("email") or claims.get("sub") if isinstance(claims, dict) else None
    return found if isinstance(found, str) else _DEFAULT
