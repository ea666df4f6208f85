"""The one derivation of keys: the same things always have the same key."""

import hashlib
from collections.abc import Iterable


def derive_key(parts: Iterable[str]) -> str:
    """32 hex digits of SHA-256 over the parts, each with its length, so that no two lists of parts run together."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()[:32]
