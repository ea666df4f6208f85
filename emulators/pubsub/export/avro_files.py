"""Object container files of Avro: a header with the schema, then one block of records.

https://avro.apache.org/docs/1.11.1/specification/#object-container-files
"""

import secrets
from collections.abc import Sequence

from emulators.varints import avro_long, avro_string


def avro_file(schema: str, records: Sequence[bytes]) -> bytes:
    """A whole file of records that are encoded already; schema is its JSON."""
    sync = secrets.token_bytes(16)
    metadata = b"".join(map(avro_string, ("avro.schema", schema, "avro.codec", "null")))
    content = b"".join(records)
    block = avro_long(len(records)) + avro_long(len(content)) + content + sync if records else b""
    return b"Obj\x01" + avro_long(2) + metadata + b"\0" + sync + block
