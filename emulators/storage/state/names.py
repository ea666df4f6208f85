"""Which names a bucket and an object may have (cloud.google.com/storage/docs/buckets#naming and objects#naming)."""

import ipaddress
import re

from emulators.storage.state import errors

_GOOGLE = re.compile("g[o0]{2}gle")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?")


def check_bucket_name(name: str) -> None:
    """Raise 400 unless `name` is 3-63 characters (222 with dots) of lower-case letters, digits, '-', '_' and '.'."""
    labels = name.split(".")
    longest = 222 if len(labels) > 1 else 63
    valid = 3 <= len(name) <= longest and all(_LABEL.fullmatch(label) for label in labels)
    if not valid or _is_address(name) or name.startswith("goog") or _GOOGLE.search(name):
        raise errors.invalid(f"Invalid bucket name: '{name}'", "bucket")


def check_object_name(name: str) -> None:
    """Raise 400 unless `name` is 1-1024 bytes of UTF-8 without line ends, and is not '.' or '..'."""
    if not name:
        raise errors.required("name")
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        raise errors.invalid("Object names must be valid UTF-8.", "name") from None
    if size > 1024:
        raise errors.invalid("The specified object name is longer than 1024 bytes.", "name")
    forbidden = name in (".", "..") or name.startswith(".well-known/acme-challenge/") or set(name) & set("\r\n\x00")
    if forbidden:
        raise errors.invalid(f"Invalid object name: {name!r}", "name")


def check_hierarchical_name(name: str) -> None:
    """Raise 400 where the folder of an object or its own name is too long for a hierarchical namespace."""
    folder, _, own = name.rpartition("/")
    if max(len(folder.encode()) + 1, len(own.encode())) > 512:
        raise errors.invalid("The folder and the name of an object have at most 512 bytes each.", "name")


def _is_address(name: str) -> bool:
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True
