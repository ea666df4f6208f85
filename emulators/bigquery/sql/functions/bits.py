"""Bit operators on INT64 and BYTES: of BYTES as one number in network order, whose size stays."""

from collections.abc import Callable
from typing import Any


def shift_left(value: int, places: int) -> int:
    number = (value << places) & 0xFFFFFFFFFFFFFFFF
    return number - 2**64 if number >= 2**63 else number


def shift_right(value: int, places: int) -> int:
    """The bits move as of an unsigned number."""
    number = (value & 0xFFFFFFFFFFFFFFFF) >> places
    return number - 2**64 if number >= 2**63 else number


def _together(x: bytes, y: bytes, function: Callable[[int, int], int]) -> bytes:
    if len(x) != len(y):
        raise ValueError(
            "Bitwise binary operator for BYTES requires equal length of the inputs. "
            f"Got {len(x)} bytes on the left hand side and {len(y)} bytes on the right hand side."
        )
    return function(int.from_bytes(x), int.from_bytes(y)).to_bytes(len(x))


def bytes_and(x: bytes, y: bytes) -> bytes:
    return _together(x, y, int.__and__)


def bytes_or(x: bytes, y: bytes) -> bytes:
    return _together(x, y, int.__or__)


def bytes_xor(x: bytes, y: bytes) -> bytes:
    return _together(x, y, int.__xor__)


def bytes_not(x: bytes) -> bytes:
    return bytes(byte ^ 0xFF for byte in x)


def bytes_count(x: bytes) -> int:
    return int.from_bytes(x).bit_count()


def bytes_shift_left(x: bytes, places: int) -> bytes:
    if places < 0:
        raise ValueError("Bitwise shift by negative offset.")
    return (int.from_bytes(x) << min(places, len(x) * 8) & (1 << len(x) * 8) - 1).to_bytes(len(x))


def bytes_shift_right(x: bytes, places: int) -> bytes:
    if places < 0:
        raise ValueError("Bitwise shift by negative offset.")
    return (int.from_bytes(x) >> min(places, len(x) * 8)).to_bytes(len(x))


FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (shift_left, ("BIGINT", "BIGINT"), "BIGINT"),
    (shift_right, ("BIGINT", "BIGINT"), "BIGINT"),
    (bytes_and, ("BLOB", "BLOB"), "BLOB"),
    (bytes_or, ("BLOB", "BLOB"), "BLOB"),
    (bytes_xor, ("BLOB", "BLOB"), "BLOB"),
    (bytes_not, ("BLOB",), "BLOB"),
    (bytes_count, ("BLOB",), "BIGINT"),
    (bytes_shift_left, ("BLOB", "BIGINT"), "BLOB"),
    (bytes_shift_right, ("BLOB", "BIGINT"), "BLOB"),
)
