"""Log positions of Postgres: 64-bit numbers, written as two halves in hexadecimal, 16/B374D848."""


def parse_lsn(text: str) -> int:
    """The number of a position."""
    high, low = text.split("/")
    return int(high, 16) << 32 | int(low, 16)


def format_lsn(lsn: int) -> str:
    """The text of a position, as Postgres prints it."""
    return f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}"
