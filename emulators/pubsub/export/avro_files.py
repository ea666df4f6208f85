"""Object container files of Avro: a header with the schema, then one block of records.

https://avro.apache.org/docs/1.11.1/specification/#object-container-files
"""

import secrets
from collections.abc import Sequence

from emulators.pubsub.export.avro_codec import text, whole


def avro_file(schema: str, records: Sequence[bytes]) -> bytes:
    """A whole file of records that are encoded already; schema is its JSON."""
    sync = secrets.token_bytes(16)
    encoded = schema.encode()
    metadata = text("avro.schema") + whole(len(encoded)) + encoded + text("avro.codec") + text("null")
    content = b"".join(records)
    block = whole(len(records)) + whole(len(content)) + content + sync if records else b""
    return b"Obj\x01" + whole(2) + metadata + b"\0" + sync + block
