"""Which fields of a bucket and of an object a client may write, and what each must look like.

Source: the Buckets and Objects resource pages of the JSON API. A field that is named nowhere here is refused: to keep
it without acting on it would be an answer that only looks right.
"""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from emulators.storage.state import bucket_checks, contexts, encryption, errors
from emulators.storage.state.acls import BUCKET_ROLES, OBJECT_ROLES, check_entries
from emulators.storage.state.bucket_checks import OLD_CLASSES, STORAGE_CLASSES
from emulators.storage.state.checks import FLAG, RECORD, Check, header, moment, one_of, record, string_map, whole_number
from emulators.storage.state.model import Settings
from emulators.storage.state.protection import check_retention

_LOCATION = re.compile(r"US|EU|ASIA|[A-Z]+[0-9]|[A-Z]+-[A-Z]+[0-9]+")

_DAY = 24 * 3600
_MOST_METADATA = 8 << 10
"""Bytes of the keys and values of an object's own metadata."""


_KEY = re.compile(r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+(/cryptoKeyVersions/\d+)?")


def _storage_class(field: str, value: Any) -> None:
    if value not in STORAGE_CLASSES + OLD_CLASSES:
        raise errors.invalid(f"Invalid storage class: {value!r}", field)


def _location(field: str, value: Any) -> None:
    if not isinstance(value, str) or not _LOCATION.fullmatch(value.upper()):
        raise errors.invalid("The specified location constraint is not valid.", field)


def _metadata(field: str, value: Any) -> None:
    string_map(field, value)
    size = sum(len((key + (text or "")).encode()) for key, text in value.items())
    if size > _MOST_METADATA:
        raise errors.invalid(f"Custom metadata of {size} bytes; at most {_MOST_METADATA} expected.", field)


def _kms_key(field: str, value: Any) -> None:
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        form = "projects/{project}/locations/{location}/keyRings/{ring}/cryptoKeys/{key}"
        raise errors.invalid(f"Invalid Cloud KMS key name: {value!r}; {form} expected.", field)


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
    RECORD(field, value)
    if value.get("hardDeletePause"):
        _absent_or_off(f"{field}.hardDeletePause", value["hardDeletePause"])
    seconds = value.get("retentionDurationSeconds")
    if seconds is None:
        return
    whole_number(f"{field}.retentionDurationSeconds", seconds)
    if int(seconds) and not 7 * _DAY <= int(seconds) <= 90 * _DAY:
        message = f"Invalid soft delete retention duration: {seconds} seconds; 0, or from 7 to 90 days expected."
        raise errors.invalid(message, f"{field}.retentionDurationSeconds")


def _absent_or_off(field: str, value: Any) -> None:
    if isinstance(value, dict) and value.get("enabled") in (None, False):
        return
    raise errors.not_implemented(f"The bucket feature {field}")


BUCKET_FIELDS: Mapping[str, Check] = {
    "location": _location,
    "storageClass": _storage_class,
    "labels": bucket_checks.labels,
    "versioning": record(enabled=FLAG),
    "lifecycle": bucket_checks.lifecycle,
    "softDeletePolicy": _soft_delete,
    "iamConfiguration": record(
        uniformBucketLevelAccess=record("lockedTime", enabled=FLAG),
        bucketPolicyOnly=record("lockedTime", enabled=FLAG),
        publicAccessPrevention=one_of("inherited", "enforced", "unspecified"),
    ),
    "retentionPolicy": _retention,
    "encryption": record(
        defaultKmsKeyName=_kms_key,
        customerManagedEncryptionEnforcementConfig=_unrestricted,
        customerSuppliedEncryptionEnforcementConfig=_unrestricted,
        googleManagedEncryptionEnforcementConfig=_unrestricted,
    ),
    "logging": bucket_checks.logging,
    "website": bucket_checks.website,
    "cors": bucket_checks.cors,
    "billing": bucket_checks.billing,
    "autoclass": bucket_checks.autoclass,
    "customPlacementConfig": bucket_checks.placement,
    "rpo": bucket_checks.rpo,
    "defaultEventBasedHold": FLAG,
    "hierarchicalNamespace": record(enabled=FLAG),
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
    "contentType": header,
    "contentEncoding": header,
    "contentDisposition": header,
    "contentLanguage": header,
    "cacheControl": header,
    "metadata": _metadata,
    "customTime": moment,
    "storageClass": _storage_class,
    "eventBasedHold": FLAG,
    "temporaryHold": FLAG,
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
