"""Entity tags as the service makes them: the version numbers as a protocol buffer, in base64."""

import base64


def etag(*numbers: int) -> str:
    """The tag of a bucket (its metageneration) or of an object (generation, metageneration): etag(1) == "CAE="."""
    fields = b"".join(bytes([field << 3]) + _varint(number) for field, number in enumerate(numbers, start=1))
    return base64.b64encode(fields).decode()


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
