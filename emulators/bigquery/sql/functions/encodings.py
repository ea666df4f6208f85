"""Bytes and text: checked UTF-8, base32, code points, normal forms."""

import base64
import binascii
import hashlib
import unicodedata
from collections.abc import Callable
from typing import Any


def bytes_to_string(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise ValueError("invalid UTF-8 string") from error


def safe_bytes_to_string(value: bytes) -> str:
    """Each invalid sequence becomes U+FFFD."""
    return value.decode(errors="replace")


def latin1(value: bytes) -> str:
    """Bytes as text with one character a byte, for LIKE and other byte-wise functions."""
    return value.decode("latin-1")


def from_latin1(value: str) -> bytes:
    return value.encode("latin-1")


def hex_to_int64(value: str) -> int:
    number = int(value, 16)
    if not -(2**63) <= number < 2**63:
        raise ValueError(f"Bad int64 value: {value}")
    return number


def to_base32(value: bytes) -> str:
    return base64.b32encode(value).decode()


def from_base32(value: str) -> bytes:
    try:
        return base64.b32decode(value)
    except binascii.Error as error:
        raise ValueError("Failed to decode invalid base32 string") from error


def from_base64(value: str) -> bytes:
    text = value.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError("Failed to decode invalid base64 string") from error


def from_hex(value: str) -> bytes:
    try:
        return bytes.fromhex(value if len(value) % 2 == 0 else "0" + value)
    except ValueError as error:
        raise ValueError("Failed to decode invalid hexadecimal string") from error


def normalize(value: str, mode: str) -> str:
    return unicodedata.normalize(mode, value)  # type: ignore[arg-type]


def normalize_and_casefold(value: str, mode: str) -> str:
    return unicodedata.normalize(mode, unicodedata.normalize(mode, value).casefold())  # type: ignore[arg-type]


def code_points_to_string(value: list[int]) -> str:
    for point in value:
        if not 0 <= point <= 0x10FFFF or 0xD800 <= point < 0xE000:
            raise ValueError(f"Invalid codepoint {point}")
    return "".join(map(chr, value))


def code_points_to_bytes(value: list[int]) -> bytes:
    for point in value:
        if not 0 <= point <= 255:
            raise ValueError(f"Invalid extended ASCII code point {point}")
    return bytes(value)


def upper_text(value: str) -> str:
    return value.upper()


def lower_text(value: str) -> str:
    return value.lower()


def initcap(value: str, delimiters: str) -> str:
    found, start = [], True
    for letter in value:
        between = letter in delimiters
        found.append(letter if between else letter.upper() if start else letter.lower())
        start = between
    return "".join(found)


def soundex(value: str) -> str:
    codes = {c: str(i) for i, letters in enumerate(("BFPV", "CGJKQSXZ", "DT", "L", "MN", "R"), 1) for c in letters}
    letters = [c for c in value.upper() if c.isascii() and c.isalpha()]
    if not letters:
        return ""
    found, last = letters[0], codes.get(letters[0], "")
    for letter in letters[1:]:
        code = codes.get(letter, "")
        if code and code != last:
            found += code
        if letter not in "HW":
            last = code
    return (found + "000")[:4]


def sha512(value: bytes) -> bytes:
    return hashlib.sha512(value).digest()


def reverse(value: str) -> str:
    """By code point."""
    return value[::-1]


def instr(value: str, wanted: str, start: int, occurrence: int) -> int:
    """The place of an occurrence, from 1; a negative start searches backwards. 0 when there is none."""
    if start == 0 or occurrence <= 0:
        raise ValueError("Position and occurrence in INSTR must not be 0 or negative")
    at = start - 1 if start > 0 else len(value) + start + 1
    for _ in range(occurrence):
        if start > 0:
            found = value.find(wanted, at)
            at = found + 1
        else:
            found = value.rfind(wanted, 0, at + len(wanted) - 1) if at > 0 else -1
            at = found
        if found < 0:
            return 0
    return found + 1


FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (upper_text, ("VARCHAR",), "VARCHAR"),
    (lower_text, ("VARCHAR",), "VARCHAR"),
    (bytes_to_string, ("BLOB",), "VARCHAR"),
    (safe_bytes_to_string, ("BLOB",), "VARCHAR"),
    (latin1, ("BLOB",), "VARCHAR"),
    (from_latin1, ("VARCHAR",), "BLOB"),
    (hex_to_int64, ("VARCHAR",), "BIGINT"),
    (to_base32, ("BLOB",), "VARCHAR"),
    (from_base32, ("VARCHAR",), "BLOB"),
    (from_base64, ("VARCHAR",), "BLOB"),
    (from_hex, ("VARCHAR",), "BLOB"),
    (normalize, ("VARCHAR", "VARCHAR"), "VARCHAR"),
    (normalize_and_casefold, ("VARCHAR", "VARCHAR"), "VARCHAR"),
    (code_points_to_string, ("BIGINT[]",), "VARCHAR"),
    (code_points_to_bytes, ("BIGINT[]",), "BLOB"),
    (initcap, ("VARCHAR", "VARCHAR"), "VARCHAR"),
    (soundex, ("VARCHAR",), "VARCHAR"),
    (sha512, ("BLOB",), "BLOB"),
    (reverse, ("VARCHAR",), "VARCHAR"),
    (instr, ("VARCHAR", "VARCHAR", "BIGINT", "BIGINT"), "BIGINT"),
)
