"""NET.PUBLIC_SUFFIX and NET.REG_DOMAIN: the public suffix list of ICANN's domains, as pymongo carries it."""

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

from emulators.bigquery.sql.functions.network import host

_LAST_OF_ICANN = "zuerich"  # what follows it in the list are private domains, which BigQuery ignores


@cache
def _rules() -> frozenset[str]:
    """Suffixes in Punycode; `*.x` is any label before x, `!y.x` none but y."""
    lines = files("pymongo").joinpath("public_suffix_list.dat").read_text(encoding="utf-8").split()
    return frozenset(lines[: lines.index(_LAST_OF_ICANN) + 1])


def _encoded(label: str) -> str:
    return label.lower() if label.isascii() else "xn--" + label.lower().encode("punycode").decode()


def _labels(url: str) -> tuple[list[str], int]:
    """The labels of a URL's host, and how many of the last ones are its public suffix."""
    labels = (host(url) or "").strip(".").split(".")
    encoded = [_encoded(label) for label in labels]
    if not all(labels):
        return [], 0
    for at in range(len(encoded)):
        name, wild = ".".join(encoded[at:]), ".".join(["*", *encoded[at + 1 :]])
        if f"!{name}" in _rules():
            return labels, len(labels) - at - 1
        if name in _rules() or (wild in _rules() and at + 1 < len(encoded)):
            return labels, len(labels) - at
    return [], 0


def public_suffix(url: str) -> str | None:
    labels, size = _labels(url)
    return ".".join(labels[-size:]) if size else None


def reg_domain(url: str) -> str | None:
    """The public suffix with the label before it."""
    labels, size = _labels(url)
    return ".".join(labels[-size - 1 :]) if 0 < size < len(labels) else None


MAY_BE_NULL = ("public_suffix", "reg_domain")
FUNCTIONS: tuple[tuple[Callable[..., Any], tuple[str, ...], str], ...] = (
    (public_suffix, ("VARCHAR",), "VARCHAR"),
    (reg_domain, ("VARCHAR",), "VARCHAR"),
)
