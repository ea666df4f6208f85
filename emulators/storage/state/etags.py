"""Entity tags as the service makes them: the version numbers as a protocol buffer, in base64."""

import base64

from emulators.varints import varint


def etag(*numbers: int) -> str:
    """The tag of a bucket (its metageneration) or of an object (generation, metageneration): etag(1) == "CAE="."""
    fields = b"".join(bytes([field << 3]) + varint(number) for field, number in enumerate(numbers, start=1))
    return base64.b64encode(fields).decode()
