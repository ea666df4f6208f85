"""Since when a bucket's settings hold, which the service alone says of them."""

from emulators.storage.state import errors
from emulators.storage.state.acls import is_uniform
from emulators.storage.state.model import Settings
from emulators.storage.state.soft_deletion import policy
from emulators.storage.state.times import microseconds
from emulators.storage.state.times import moment as written

_LOCKS_AFTER = 90 * 24 * 3600 * 1_000_000
"""Microseconds for which uniform bucket-level access can be switched off again."""


def stamped(settings: Settings, before: Settings, moment: int) -> Settings:
    """A bucket's settings with the times of those that are other ones than `before`.

    StorageError 400 for uniform access that can no longer be switched off.
    """
    made = {"softDeletePolicy": policy(settings["softDeletePolicy"], before.get("softDeletePolicy") or {}, moment)}
    if settings.get("retentionPolicy"):
        made["retentionPolicy"] = _retention(settings["retentionPolicy"], before.get("retentionPolicy") or {}, moment)
    if settings.get("autoclass"):
        made["autoclass"] = _autoclass(settings["autoclass"], before.get("autoclass") or {}, moment)
    if settings.get("iamConfiguration") or is_uniform(before):
        made["iamConfiguration"] = _access(settings, before, moment)
    return settings | made


def _retention(new: Settings, old: Settings, moment: int) -> Settings:
    is_same = old and int(new["retentionPeriod"]) == int(old["retentionPeriod"])
    return new | {"effectiveTime": _time(old, "effectiveTime", moment) if is_same else written(moment)}


def _autoclass(new: Settings, old: Settings, moment: int) -> Settings:
    new = {"terminalStorageClass": "NEARLINE"} | new
    was_toggled = bool(new.get("enabled")) != bool(old.get("enabled"))
    was_changed = was_toggled or new["terminalStorageClass"] != old.get("terminalStorageClass")
    now = written(moment)
    return new | {
        "toggleTime": now if was_toggled else _time(old, "toggleTime", moment),
        "terminalStorageClassUpdateTime": now if was_changed else _time(old, "terminalStorageClassUpdateTime", moment),
    }


def _access(settings: Settings, before: Settings, moment: int) -> Settings:
    new, old = settings.get("iamConfiguration") or {}, before.get("iamConfiguration") or {}
    locked: str | None = (old.get("uniformBucketLevelAccess") or {}).get("lockedTime")
    was_uniform, uniform = is_uniform(before), _is_uniform(new, is_uniform(before))
    if was_uniform and locked and not uniform and moment > microseconds(locked):
        message = f"Cannot disable uniform bucket-level access: it has been locked since {locked}."
        raise errors.invalid(message, "iamConfiguration")
    switch: Settings = {"enabled": uniform}
    if uniform:
        switch["lockedTime"] = locked if was_uniform and locked else written(moment + _LOCKS_AFTER)
    rest = {field: value for field, value in new.items() if field != "bucketPolicyOnly"}
    return rest | {"uniformBucketLevelAccess": switch}


def _is_uniform(new: Settings, before: bool) -> bool:
    """What the two names of one switch say; where they differ the one that is another than before."""
    uniform = bool((new.get("uniformBucketLevelAccess") or {}).get("enabled"))
    older = (new.get("bucketPolicyOnly") or {}).get("enabled")
    return older if older is not None and uniform == before else uniform


def _time(old: Settings, field: str, moment: int) -> str:
    found: str = old.get(field) or written(moment)
    return found
