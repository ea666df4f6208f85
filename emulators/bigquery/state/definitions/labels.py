"""Labels: their rules, and the list filter `labels.key[:value]`."""

import re
from collections.abc import Mapping
from typing import Any

from emulators.bigquery.state.errors import invalid

_KEY = re.compile(r"[^\W\d_A-Z][\w-]{0,62}")
_TERM = re.compile(r"labels\.([\w-]+)(?:\s*[:=]\s*(\"[^\"]*\"|[\w-]*))?")


def check_labels(labels: Any) -> None:
    """400 invalid for a key or value that BigQuery would refuse."""
    if labels is None:
        return
    if not isinstance(labels, Mapping):
        raise invalid("labels must be an object of strings")
    for key, value in labels.items():
        if not _KEY.fullmatch(key) or key != key.lower():
            raise invalid(f'Label key "{key}" has invalid characters.')
        if not isinstance(value, str) or len(value) > 63 or value != value.lower() or re.search(r"[^\w-]", value):
            raise invalid(f'Label value "{value}" has invalid characters.')


def matches_filter(expression: str | None, labels: Mapping[str, str]) -> bool:
    """Whether labels satisfy every term of a filter such as `labels.env:prod labels.team`."""
    if not expression:
        return True
    terms = _TERM.findall(expression)
    rest = re.sub(r"\bAND\b", "", _TERM.sub("", expression))
    if not terms or rest.strip():
        raise invalid(f'Invalid filter "{expression}": use labels.key or labels.key:value, separated by spaces.')
    return all(key in labels and (not value or labels[key] == value.strip('"')) for key, value in terms)
