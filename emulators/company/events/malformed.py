"""How usage events go wrong, and the reason under which each must be found among the dead letters.

Each form keeps something of the event that no other has, so that no two malformed payloads are equal bytes and a dead
letter can be traced to what was published.
"""

import json
from collections.abc import Callable
from typing import Any, NamedTuple


class Malformed(NamedTuple):
    """A way to spoil an event: its name, the dead letter's reason, and good JSON text -> bad bytes."""

    variety: str
    reason: str
    spoil: Callable[[str], bytes]


def _with(**values: Any) -> Callable[[str], bytes]:
    """Fields set to other values."""
    return lambda text: json.dumps({**json.loads(text), **values}).encode()


def _without(name: str) -> Callable[[str], bytes]:
    """A field left out."""
    return lambda text: json.dumps({key: value for key, value in json.loads(text).items() if key != name}).encode()


def _plain_text(text: str) -> bytes:
    return f"event {json.loads(text)['event_id']} could not be serialised".encode()


def _not_an_object(text: str) -> bytes:
    return json.dumps([json.loads(text)]).encode()


def _latin_1(text: str) -> bytes:
    return json.dumps({**json.loads(text), "feature": "größe"}, ensure_ascii=False).encode("latin-1")


MALFORMED: tuple[Malformed, ...] = (
    Malformed("not_json", "invalid_json", _plain_text),
    Malformed("truncated", "invalid_json", lambda text: text[: len(text) * 2 // 3].encode()),
    Malformed("not_an_object", "invalid_json", _not_an_object),
    Malformed("latin_1", "invalid_encoding", _latin_1),
    Malformed("no_account", "missing_required", _without("account_id")),
    Malformed("null_feature", "missing_required", _with(feature=None)),
    Malformed("text_quantity", "wrong_type", _with(quantity="many")),
    Malformed("object_account", "wrong_type", _with(account_id={"id": 1})),
    Malformed("impossible_time", "invalid_timestamp", _with(occurred_at="2026-02-30T25:61:00Z")),
    Malformed("worded_time", "invalid_timestamp", _with(occurred_at="yesterday")),
    Malformed("year_20000", "unrepresentable", _with(occurred_at="20000-01-01T00:00:00Z")),
    Malformed("quantity_beyond_int64", "unrepresentable", _with(quantity=2**63)),
)
