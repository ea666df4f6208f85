"""What keeps a version from being deleted or overwritten: holds, and the bucket's retention policy.

Source: cloud.google.com/storage/docs/object-holds and bucket-lock.
"""

from emulators.storage.state.errors import StorageError
from emulators.storage.state.model import Bucket, ObjectVersion

_HOLDS = {"temporaryHold": "Temporary", "eventBasedHold": "Event-Based"}


def check_removal(owner: Bucket, version: ObjectVersion, moment: int) -> None:
    """Raise 403 where the version may not go at this moment."""
    check_holds(version)
    where = f"Object '{version.bucket}/{version.name}' is"
    if moment < version.created + owner.retention_seconds * 1_000_000:
        message = f"{where} subject to bucket's retention policy and cannot be deleted or overwritten yet."
        raise StorageError(403, "retentionPolicyNotMet", message)


def check_holds(version: ObjectVersion) -> None:
    """Raise 403 for a version under a hold: it may not even become noncurrent."""
    for field, title in _HOLDS.items():
        if version.settings.get(field):
            where = f"Object '{version.bucket}/{version.name}' is"
            message = f"{where} under active {title} hold and cannot be deleted, overwritten or archived."
            raise StorageError(403, "objectUnderActiveHold", message)
