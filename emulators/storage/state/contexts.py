"""Object contexts: keys with values and times, by which listings can be filtered.

Source: cloud.google.com/storage/docs/object-contexts, use-object-contexts and listing-objects (filter by contexts).
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from emulators.storage.state import errors
from emulators.storage.state.model import Settings
from emulators.storage.state.times import moment as written

LONGEST = 256
MOST, LARGEST = 50, 25 << 10
"""Contexts of an object, and bytes of all of them."""
_FORBIDDEN = frozenset("'\"\\/")
_RESERVED = "google:"
_WRITTEN_BY_THE_SERVICE = ("createTime", "updateTime")
_FILTER = re.compile(r'\s*(NOT\s+|-)?contexts\."([^"]+)"\s*(?::\s*\*|=\s*"([^"]*)")\s*')

Filter = Callable[[Settings], bool]


def check(field: str, value: Any) -> None:
    """StorageError 400 unless a value is contexts, of which a null removes one or all."""
    custom = value.get("custom") if isinstance(value, dict) else value
    if not isinstance(value, dict) or value.keys() - {"custom"} or not isinstance(custom, dict | None):
        raise errors.invalid(f"Invalid value for field {field}: custom contexts by key expected.", field)
    for key, payload in (custom or {}).items():
        if key.startswith(_RESERVED):
            raise errors.invalid(f"Context keys that begin with {_RESERVED} are the service's: {key!r}", field)
        _check_text(f"{field}.custom", key)
        if payload is not None:
            _check_payload(f"{field}.custom.{key}", payload)


def _check_payload(field: str, payload: Any) -> None:
    if not isinstance(payload, dict):
        raise errors.invalid(f"Invalid value for field {field}: an object expected.", field)
    unknown = payload.keys() - {"value", *_WRITTEN_BY_THE_SERVICE}
    if unknown:
        raise errors.not_implemented(f"The field {field}.{min(unknown)}")
    _check_text(f"{field}.value", payload.get("value"))


def _check_text(field: str, text: Any) -> None:
    valid = isinstance(text, str) and 0 < len(text) <= LONGEST and text[0].isalnum() and not set(text) & _FORBIDDEN
    if not valid:
        raise errors.invalid(
            f"Invalid context {field}: {text!r}; 1 to {LONGEST} characters, the first one a letter or a digit, "
            "no quotes and no slashes expected.",
            field,
        )


def stamped(merged: Settings, before: Settings, moment: int) -> Settings:
    """An object's settings with the times of its contexts, which were other ones `before`.

    StorageError 400 for too many.
    """
    if "contexts" not in merged:
        return merged
    known = custom_of(before)
    custom = {
        key: _stamped(payload["value"], known.get(key), moment)
        for key, payload in custom_of(merged).items()
        if payload.get("value") is not None
    }
    size = len(json.dumps(custom).encode())
    if len(custom) > MOST or size > LARGEST:
        raise errors.invalid(f"An object has at most {MOST} contexts of {LARGEST} bytes in all.", "contexts")
    rest = {field: value for field, value in merged.items() if field != "contexts"}
    return rest | ({"contexts": {"custom": custom}} if custom else {})


def _stamped(value: str, known: Settings | None, moment: int) -> Settings:
    if known and known["value"] == value:
        return known
    now = written(moment)
    return {"value": value, "createTime": known["createTime"] if known else now, "updateTime": now}


def custom_of(settings: Settings) -> dict[str, Settings]:
    custom: dict[str, Settings] | None = (settings.get("contexts") or {}).get("custom")
    return custom or {}


def composed(sources: Iterable[Settings]) -> Settings:
    """The contexts of an object that is made of others.

    StorageError 400 where two of them disagree: the documentation does not say which one counts.
    """
    custom: dict[str, Settings] = {}
    for settings in sources:
        for key, payload in custom_of(settings).items():
            if custom.setdefault(key, payload)["value"] != payload["value"]:
                raise errors.not_implemented(f"A composition of objects with different values of the context {key!r}")
    return {"contexts": {"custom": custom}} if custom else {}


def compiled(text: str) -> Filter:
    """A filter of a listing as a test of an object's settings; StorageError 400 for none."""
    match = _FILTER.fullmatch(text)
    if match is None:
        raise errors.invalid_parameter(f"Invalid filter: {text}", "filter")
    negated, key, value = bool(match[1]), match[2], match[3]

    def matches(settings: Settings) -> bool:
        payload = custom_of(settings).get(key)
        found = payload is not None and value in (None, payload["value"])
        return found != negated

    return matches
