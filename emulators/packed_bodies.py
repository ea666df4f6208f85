"""Bodies of requests that come as gzip: Google's Java clients pack every JSON body and say so in Content-Encoding."""

import gzip
import zlib
from collections.abc import Mapping


def unpacked(body: bytes, headers: Mapping[str, str]) -> bytes:
    """The body as it was before it was packed; ValueError where it is not gzip though the headers say so."""
    if not body or headers.get("content-encoding", "").lower() != "gzip":
        return body
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error):
        raise ValueError("The body of the request is not gzip, as its Content-Encoding says.") from None
