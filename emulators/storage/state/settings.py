"""Which fields of a bucket and of an object a client may write, and what each must look like.

Source: the Buckets and Objects resource pages of the JSON API. A field that is named nowhere here is refused: to keep
it without acting on it would be an answer that only looks right.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from emulators.storage.state import contexts, encryption, errors
from emulators.storage.state.acls import BUCKET_ROLES, OBJECT_ROLES, check_entries
from emulators.storage.state.model import Settings
from emulators.storage.state.protection import check_retention

STORAGE_CLASSES = ("STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE")
_OLD_CLASSES = ("MULTI_REGIONAL", "REGIONAL", "DURABLE_REDUCED_AVAILABILITY")
_LOCATION = re.compile(r"US|EU|ASIA|[A-Z]+[0-9]|[A-Z]+-[A-Z]+[0-9]+")

_DAY = 24 * 3600

Check = Callable[[str, Any], None]


_KEY = re.compile(r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+(/cryptoKeyVersions/\d+)?")


def _of_type(*types: type) -> Check:
    def check(field: str, value: Any) -> None:
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise errors.invalid(f"Invalid value for field {field}: {value!r}", field)

    return check


_TEXT, _FLAG, _RECORD, _LIST = _of_type(str), _of_type(bool), _of_type(dict), _of_type(list)


def _storage_class(field: str, value: Any) -> None:
    if value not in STORAGE_CLASSES + _OLD_CLASSES:
        raise errors.invalid(f"Invalid storage class: {value!r}", field)


def _location(field: str, value: Any) -> None:
    if not isinstance(value, str) or not _LOCATION.fullmatch(value.upper()):
        raise errors.invalid("The specified location constraint is not valid.", field)


def _moment(field: str, value: Any) -> None:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise errors.invalid(f"Invalid value for field {field}: {value!r} (RFC 3339 time expected)", field) from None


def _string_map(field: str, value: Any) -> None:
    # null stands for a key that a patch removes.
    strings = isinstance(value, dict) and all(part is None or isinstance(part, str) for part in value.values())
    if not strings:
        raise errors.invalid(f"Invalid value for field {field}: strings by name expected", field)


def _header(field: str, value: Any) -> None:
    """A text that goes into a header of the download, where a line's end would be another header."""
    if not isinstance(value, str) or not value.isprintable():
        raise errors.invalid(f"Invalid value for field {field}: {value!r}", field)


def _whole_number(field: str, value: Any) -> None:
    if not re.fullmatch(r"[0-9]{1,18}", str(value)):
        raise errors.invalid(f"Invalid value for field {field}: {value!r} (a whole number expected)", field)


def _kms_key(field: str, value: Any) -> None:
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        form = "projects/{project}/locations/{location}/keyRings/{ring}/cryptoKeys/{key}"
        raise errors.invalid(f"Invalid Cloud KMS key name: {value!r}; {form} expected.", field)


def _access_prevention(field: str, value: Any) -> None:
    if value not in ("inherited", "enforced", "unspecified"):
        raise errors.invalid(f"Invalid value for field {field}: {value!r}", field)


def _record(**fields: Check) -> Check:
    """A record whose named fields are checked; others in it are kept as they are."""

    def check(field: str, value: Any) -> None:
        _RECORD(field, value)
        for name, check_one in fields.items():
            if value.get(name) is not None:
                check_one(f"{field}.{name}", value[name])

    return check


def _retention(field: str, value: Any) -> None:
    """A retention policy: retentionPeriod in seconds, up to 100 years."""
    period = value.get("retentionPeriod") if isinstance(value, dict) else None
    if not str(period).isdigit() or not 0 < int(str(period)) <= 3_155_760_000:
        raise errors.invalid(f"Invalid retention period: {period!r}", field)


def _unrestricted(field: str, value: Any) -> None:
    if not isinstance(value, dict) or value.get("restrictionMode") not in (None, "NotRestricted"):
        raise errors.not_implemented(f"A restriction in {field}")


def _soft_delete(field: str, value: Any) -> None:
    """A soft delete policy: retentionDurationSeconds, 0 or from 7 to 90 days."""
    _RECORD(field, value)
    if value.get("hardDeletePause"):
        _absent_or_off(f"{field}.hardDeletePause", value["hardDeletePause"])
    seconds = value.get("retentionDurationSeconds")
    if seconds is None:
        return
    _whole_number(f"{field}.retentionDurationSeconds", seconds)
    if int(seconds) and not 7 * _DAY <= int(seconds) <= 90 * _DAY:
        message = f"Invalid soft delete retention duration: {seconds} seconds; 0, or from 7 to 90 days expected."
        raise errors.invalid(message, f"{field}.retentionDurationSeconds")


def _absent_or_off(field: str, value: Any) -> None:
    if isinstance(value, dict) and value.get("enabled") in (None, False):
        return
    raise errors.not_implemented(f"The bucket feature {field}")


# The features without an effect that a caller could see at once (lifecycle, logging, cors ...) are kept and given back.
BUCKET_FIELDS: Mapping[str, Check] = {
    "location": _location,
    "storageClass": _storage_class,
    "labels": _string_map,
    "versioning": _record(enabled=_FLAG),
    "lifecycle": _RECORD,
    "softDeletePolicy": _soft_delete,
    "iamConfiguration": _record(
        uniformBucketLevelAccess=_record(enabled=_FLAG),
        bucketPolicyOnly=_record(enabled=_FLAG),
        publicAccessPrevention=_access_prevention,
    ),
    "retentionPolicy": _retention,
    "encryption": _record(
        defaultKmsKeyName=_kms_key,
        customerManagedEncryptionEnforcementConfig=_unrestricted,
        customerSuppliedEncryptionEnforcementConfig=_unrestricted,
        googleManagedEncryptionEnforcementConfig=_unrestricted,
    ),
    "logging": _RECORD,
    "website": _RECORD,
    "cors": _LIST,
    "billing": _RECORD,
    "autoclass": _RECORD,
    "customPlacementConfig": _RECORD,
    "rpo": _TEXT,
    "defaultEventBasedHold": _FLAG,
    "hierarchicalNamespace": _record(enabled=_FLAG),
    "acl": partial(check_entries, BUCKET_ROLES),
    "defaultObjectAcl": partial(check_entries, OBJECT_ROLES),
}
BUCKET_OUTPUT = frozenset(
    (
        "kind",
        "id",
        "selfLink",
        "name",
        "projectNumber",
        "generation",
        "metageneration",
        "timeCreated",
        "updated",
        "etag",
        "locationType",
        "objectRetention",
        "owner",
        "satisfiesPZS",
        "satisfiesPZI",
        "softDeleteTime",
        "hardDeleteTime",
    )
)
OBJECT_FIELDS: Mapping[str, Check] = {
    "contentType": _header,
    "contentEncoding": _header,
    "contentDisposition": _header,
    "contentLanguage": _header,
    "cacheControl": _header,
    "metadata": _string_map,
    "customTime": _moment,
    "storageClass": _storage_class,
    "eventBasedHold": _FLAG,
    "temporaryHold": _FLAG,
    "kmsKeyName": _kms_key,
    "retention": check_retention,
    "customerEncryption": encryption.check_setting,
    "contexts": contexts.check,
    "acl": partial(check_entries, OBJECT_ROLES),
}
OBJECT_OUTPUT = frozenset(
    (
        "kind",
        "id",
        "selfLink",
        "mediaLink",
        "name",
        "bucket",
        "generation",
        "metageneration",
        "size",
        "etag",
        "md5Hash",
        "crc32c",
        "timeCreated",
        "updated",
        "timeDeleted",
        "timeFinalized",
        "timeStorageClassUpdated",
        "componentCount",
        "owner",
        "retentionExpirationTime",
        "softDeleteTime",
        "hardDeleteTime",
        "restoreToken",
    )
)


def check(body: Settings, fields: Mapping[str, Check], output: frozenset[str]) -> Settings:
    """The writable part of a resource, each value checked; fields that only the service writes are left out."""
    settings = {}
    for field, value in body.items():
        if field in fields:
            if value is not None:
                fields[field](field, value)
            settings[field] = value
        elif field not in output and value not in (None, [], {}):
            raise errors.not_implemented(f"The field {field}")
    return settings


def shown(settings: Settings) -> Settings:
    """The part of the settings that is the API's; what the emulator alone notes begins with an underscore."""
    return {field: value for field, value in settings.items() if not field.startswith("_")}


def merge(old: Settings, patch: Settings) -> Settings:
    """JSON merge patch (RFC 7396), which the API's PATCH methods follow: null removes, objects merge."""
    merged = dict(old)
    for field, value in patch.items():
        if value is None:
            merged.pop(field, None)
        elif isinstance(value, dict):
            known = old.get(field)
            merged[field] = merge(known if isinstance(known, dict) else {}, value)
        else:
            merged[field] = value
    return merged
