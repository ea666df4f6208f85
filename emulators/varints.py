"""Whole numbers in groups of seven bits, the least significant first, as Protocol Buffers and Avro write them."""


def varint(number: int) -> bytes:
    """A number that is not negative."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def avro_long(number: int) -> bytes:
    """A number of 64 bits with its sign, by zigzag (Avro specification 1.11, "Binary Encoding")."""
    return varint((number << 1) ^ (number >> 63))


def avro_string(text: str) -> bytes:
    """A string: its length in bytes, then UTF-8."""
    encoded = text.encode()
    return avro_long(len(encoded)) + encoded
