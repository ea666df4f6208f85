"""Whose project an XML request is about."""

import re

from emulators.storage.state import errors
from emulators.storage.wire.call import Call

_SIGNED = re.compile(r"(?:AWS4-HMAC-SHA256|GOOG4-\S+) Credential=([^/,]+)/|(?:AWS|GOOG1) ([^:]+):")


def project_of(call: Call) -> str:
    """The project that a header names or, as clients of S3 name none, that of the HMAC key by which they sign."""
    named = call.request.headers.get("x-goog-project-id")
    if named:
        return named
    match = _SIGNED.match(call.request.headers.get("authorization", ""))
    key = call.store.hmac_keys.find(match[1] or match[2]) if match else None
    if key is None:
        raise errors.invalid("The request names no project: x-goog-project-id, or an HMAC key that is there.")
    return key.project
