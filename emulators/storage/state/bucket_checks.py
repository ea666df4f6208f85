"""The records in a bucket's resource that are kept and given back: each must be one that the service would take.

Source: the Buckets resource page of the JSON API, and cloud.google.com/storage/docs/lifecycle, tags-and-labels.
"""

import re
from typing import Any

from emulators.storage.state import errors
from emulators.storage.state.checks import (
    FLAG,
    TEXT,
    Check,
    day,
    list_of,
    one_of,
    record,
    string_map,
    whole_number,
    wrong,
)

STORAGE_CLASSES = ("STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE")
OLD_CLASSES = ("MULTI_REGIONAL", "REGIONAL", "DURABLE_REDUCED_AVAILABILITY")
_ACTIONS = ("Delete", "SetStorageClass", "AbortIncompleteMultipartUpload")
_MOST_RULES = 100
_MOST_LABELS, _LONGEST_LABEL = 64, 63
_LABEL_KEY = re.compile(r"[^\W\d_A-Z][\w-]*")
_TEXTS = list_of(TEXT)

_CONDITION = record(
    age=whole_number,
    createdBefore=day,
    customTimeBefore=day,
    daysSinceCustomTime=whole_number,
    daysSinceNoncurrentTime=whole_number,
    isLive=FLAG,
    matchesPrefix=_TEXTS,
    matchesStorageClass=list_of(one_of(*STORAGE_CLASSES, *OLD_CLASSES)),
    matchesSuffix=_TEXTS,
    noncurrentTimeBefore=day,
    numNewerVersions=whole_number,
    sizeAboveBytes=whole_number,
    sizeBelowBytes=whole_number,
)
_ACTION = record(type=one_of(*_ACTIONS), storageClass=one_of(*STORAGE_CLASSES, *OLD_CLASSES))
_OF_UPLOADS = {"age", "matchesPrefix", "matchesSuffix"}


def _rule(field: str, value: Any) -> None:
    record(action=_ACTION, condition=_CONDITION)(field, value)
    action, condition = value.get("action") or {}, value.get("condition") or {}
    given = {name for name, part in condition.items() if part is not None}
    if "type" not in action or not given:
        raise errors.invalid("A lifecycle rule needs the type of an action and at least one condition.", field)
    if (action["type"] == "SetStorageClass") != bool(action.get("storageClass")):
        raise errors.invalid("A storage class is what the action SetStorageClass needs, and no other.", field)
    if action["type"] == "AbortIncompleteMultipartUpload" and given - _OF_UPLOADS:
        raise errors.invalid(f"{action['type']} takes no other conditions than {sorted(_OF_UPLOADS)}.", field)


def labels(field: str, value: Any) -> None:
    """Up to 64 labels of small letters, digits, underscores and dashes; a key begins with a letter."""
    string_map(field, value)
    if len(value) > _MOST_LABELS:
        raise errors.invalid(f"A bucket has at most {_MOST_LABELS} labels.", field)
    for key, text in value.items():
        part = text or ""
        fits = _LABEL_KEY.fullmatch(key) and key == key.lower() and re.fullmatch(r"[\w-]*", part)
        if not fits or part != part.lower() or max(len(key), len(part)) > _LONGEST_LABEL:
            raise wrong(f"{field}.{key}", text, "small letters, digits, underscores and dashes, at most 63")


def _regions(field: str, value: Any) -> None:
    _TEXTS(field, value)
    if len(value) != 2:
        raise wrong(field, value, "two regions")


lifecycle: Check = record(rule=list_of(_rule, _MOST_RULES))
logging: Check = record(logBucket=TEXT, logObjectPrefix=TEXT)
website: Check = record(mainPageSuffix=TEXT, notFoundPage=TEXT)
cors: Check = list_of(record(origin=_TEXTS, method=_TEXTS, responseHeader=_TEXTS, maxAgeSeconds=whole_number))
billing: Check = record(requesterPays=FLAG)
autoclass: Check = record(
    "toggleTime",
    "terminalStorageClassUpdateTime",
    enabled=FLAG,
    terminalStorageClass=one_of("NEARLINE", "ARCHIVE"),
)
placement: Check = record(dataLocations=_regions)
rpo: Check = one_of("DEFAULT", "ASYNC_TURBO")
