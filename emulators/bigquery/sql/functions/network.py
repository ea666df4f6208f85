"""NET.*: hosts of URLs, and IP addresses as bytes in network order."""

import ipaddress
import re
from collections.abc import Callable
from typing import Any

_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//(?:[^/?#@]*@)?(\[[^\]/?#]*\]|[^/?#:@]*)", re.IGNORECASE)
_BARE = re.compile(r"(?:[^/?#@:]*@)?([^/?#:@\s]+)(?:[:/?#]|$)")  # of mailto:x, too, it is what is before the colon


def host(url: str) -> str | None:
    """The host of a URL (its scheme may be missing); NULL when there is none."""
    text = url.strip()
    found = _HOST.match(text) or _BARE.match(text)
    name = found.group(1).strip() if found else ""
    return name or None


def ip_from_string(text: str) -> bytes:
    """4 or 16 bytes; ValueError for what is no address."""
    try:
        return ipaddress.ip_address(text).packed
    except ValueError as error:
        raise ValueError(f"NET.IP_FROM_STRING() encountered an unparseable IP-address: {text}") from error


def ip_to_string(value: bytes) -> str:
    address = _address(
        value,
        "NET.IP_TO_STRING() encountered an invalid IP address. Expected 4 (for IPv4) or 16 (for IPv6) bytes but got {}",
    )
    mapped = getattr(address, "ipv4_mapped", None)
    return f"::ffff:{mapped}" if mapped is not None else str(address)


def _address(value: bytes, refusal: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    if len(value) not in (4, 16):
        raise ValueError(refusal.format(len(value)))
    return ipaddress.ip_address(value)


def ip_net_mask(size: int, prefix: int) -> bytes:
    """A mask of `size` bytes whose first `prefix` bits are set."""
    if size not in (4, 16):
        raise ValueError(
            f"The first argument of NET.IP_NET_MASK() must be either 4 (for IPv4) or 16 (for IPv6); got {size}"
        )
    if not 0 <= prefix <= size * 8:
        raise ValueError(
            f"The second argument of NET.IP_NET_MASK() must be between 0 and the first argument * 8; got {prefix}"
        )
    return _mask(size, prefix).to_bytes(size, "big")


def _mask(size: int, prefix: int) -> int:
    return (1 << (size * 8)) - (1 << (size * 8 - prefix))


def ip_trunc(value: bytes, prefix: int) -> bytes:
    """The address with all but its first `prefix` bits cleared."""
    refusal = "The first argument of NET.IP_TRUNC() must have length 4 (for IPv4) or 16 (for IPv6); got {}"
    size = len(_address(value, refusal).packed)
    if not 0 <= prefix <= size * 8:
        raise ValueError(
            f"The second argument of NET.IP_TRUNC() must be between 0 and 8 * LENGTH(first argument); got {prefix}"
        )
    return (int.from_bytes(value, "big") & _mask(size, prefix)).to_bytes(size, "big")


def ipv4_from_int64(value: int) -> bytes:
    if not -(2**31) <= value < 2**32:
        raise ValueError(
            "NET.IPV4_FROM_INT64() encountered an invalid integer IP. "
            f"Expected range: [-0x80000000, 0xFFFFFFFF]; got {value}"
        )
    return (value & 0xFFFFFFFF).to_bytes(4, "big")


def ipv4_to_int64(value: bytes) -> int:
    if len(value) != 4:
        raise ValueError(f"NET.IPV4_TO_INT64() encountered a non-IPv4 address. Expected 4 bytes but got {len(value)}")
    return int.from_bytes(value, "big")


def ip_in_net(address: str, network: str) -> bool:
    """Whether an address is in a network (address/prefix)."""
    try:
        one = ipaddress.ip_address(address)
    except ValueError:
        raise ValueError("NET.IP_IN_NET() encountered an unparseable IP-address") from None
    try:
        return one in ipaddress.ip_network(network, strict=False)
    except ValueError:
        raise ValueError("NET.IP_IN_NET() encountered an unparseable net") from None


FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (host, ("VARCHAR",), "VARCHAR"),
    (ip_from_string, ("VARCHAR",), "BLOB"),
    (ip_to_string, ("BLOB",), "VARCHAR"),
    (ip_net_mask, ("BIGINT", "BIGINT"), "BLOB"),
    (ip_trunc, ("BLOB", "BIGINT"), "BLOB"),
    (ipv4_from_int64, ("BIGINT",), "BLOB"),
    (ipv4_to_int64, ("BLOB",), "BIGINT"),
    (ip_in_net, ("VARCHAR", "VARCHAR"), "BOOLEAN"),
)
MAY_BE_NULL = ("host",)
