"""What keeps a version from being deleted or overwritten: holds, its own retention and its bucket's policy.

Source: cloud.google.com/storage/docs/object-holds, object-lock and bucket-lock.
"""

from typing import Any

from emulators.storage.state import errors
from emulators.storage.state.errors import StorageError
from emulators.storage.state.model import Bucket, ObjectVersion, Settings
from emulators.storage.state.times import microseconds
from emulators.storage.state.times import moment as written

RELEASED = "_eventBasedHoldReleased"
"""The setting, shown to nobody, that says from when a bucket's policy retains what was under an event-based hold."""
_HOLDS = {"temporaryHold": "Temporary", "eventBasedHold": "Event-Based"}
_SECOND = 1_000_000
_CENTURY = 3_155_760_000 * _SECOND
_MODES = ("Unlocked", "Locked")


def check_removal(owner: Bucket, version: ObjectVersion, moment: int) -> None:
    """Raise 403 where the version may not go at this moment."""
    check_holds(version)
    end = retained_until(owner, version)
    if end is not None and moment < end:
        message = (
            f"Object '{version.bucket}/{version.name}' is subject to bucket's retention policy or object retention "
            f"and cannot be deleted or overwritten until {written(end)}"
        )
        raise StorageError(403, "retentionPolicyNotMet", message)


def check_holds(version: ObjectVersion) -> None:
    """Raise 403 for a version under a hold: it may not even become noncurrent."""
    for field, title in _HOLDS.items():
        if version.settings.get(field):
            where = f"Object '{version.bucket}/{version.name}' is"
            message = f"{where} under active {title} hold and cannot be deleted, overwritten or archived."
            raise StorageError(403, "objectUnderActiveHold", message)


def retained_until(owner: Bucket, version: ObjectVersion) -> int | None:
    """The moment of a version's retentionExpirationTime; None without one, and while an event is waited for."""
    settings = version.settings
    if settings.get("eventBasedHold"):
        return None
    ends = [microseconds(settings["retention"]["retainUntilTime"])] if settings.get("retention") else []
    if owner.retention_seconds:
        ends.append(int(settings.get(RELEASED) or version.created) + owner.retention_seconds * _SECOND)
    return max(ends, default=None)


def released(before: Settings, after: Settings, moment: int) -> Settings:
    """An object's settings with the moment at which its event-based hold went."""
    if before.get("eventBasedHold") and not after.get("eventBasedHold"):
        return after | {RELEASED: moment}
    return after


def check_retention(field: str, value: Any) -> None:
    """StorageError 400 unless a value is a retention configuration, whole or with nulls that remove it."""
    if not isinstance(value, dict):
        raise errors.invalid(f"Invalid value for field {field}: an object expected.", field)
    mode, until = value.get("mode"), value.get("retainUntilTime")
    if mode is not None and mode not in _MODES:
        raise errors.invalid(f"Invalid value for field {field}.mode: {mode!r}", field)
    try:
        if until is not None:
            microseconds(until)
    except (TypeError, ValueError, OverflowError):
        raise errors.invalid(f"Invalid value for field {field}.retainUntilTime: {until!r}", field) from None


def with_retention(owner: Bucket, before: Settings, merged: Settings, moment: int, override: bool) -> Settings:
    """An object's settings with a retention configuration that may follow the one `before`, or without.

    Raises:
        StorageError: 400 for a configuration that cannot be, 403 for a change that a lock or the lack of `override`
            (overrideUnlockedRetention) forbids.
    """
    old = before.get("retention") or {}
    new = {field: (merged.get("retention") or {}).get(field) for field in ("mode", "retainUntilTime")}
    settings = {field: value for field, value in merged.items() if field != "retention"}
    if new == {"mode": None, "retainUntilTime": None}:
        if old:
            _check_weaker(old, override)
        return settings
    if new == old:
        _refuse_event(settings)
        return settings | {"retention": new}
    end = _checked(owner, settings, new, moment)
    if old and (end < microseconds(old["retainUntilTime"]) or new["mode"] != old["mode"]):
        is_locking = end >= microseconds(old["retainUntilTime"]) and new["mode"] == "Locked"
        _check_weaker(old, override, is_locking)
    return settings | {"retention": {"mode": new["mode"], "retainUntilTime": written(end)}}


def without_past_retention(settings: Settings, moment: int) -> Settings:
    """Settings for a new object, which cannot begin with a retention that has ended."""
    if settings.get("retention") and microseconds(settings["retention"]["retainUntilTime"]) <= moment:
        return {field: value for field, value in settings.items() if field != "retention"}
    return settings


def _check_weaker(old: Settings, override: bool, is_locking: bool = False) -> None:
    if old["mode"] == "Locked" and not is_locking:
        raise StorageError(403, "forbidden", "A locked retention configuration can only be extended.")
    if old["mode"] == "Unlocked" and not override:
        message = "An unlocked retention configuration is locked, reduced or removed with overrideUnlockedRetention."
        raise StorageError(403, "forbidden", message)


def _checked(owner: Bucket, settings: Settings, new: Settings, moment: int) -> int:
    """The moment until which a new configuration retains; StorageError 400."""
    if (owner.settings.get("objectRetention") or {}).get("mode") != "Enabled":
        raise errors.invalid("Object retention is not enabled for the bucket.", "retention")
    if new["mode"] is None or new["retainUntilTime"] is None:
        raise errors.invalid("A retention configuration needs both mode and retainUntilTime.", "retention")
    _refuse_event(settings)
    end = microseconds(new["retainUntilTime"])
    if not moment < end <= moment + _CENTURY:
        message = f"retainUntilTime must be in the future and within 100 years: {new['retainUntilTime']}"
        raise errors.invalid(message, "retention.retainUntilTime")
    return end


def _refuse_event(settings: Settings) -> None:
    if settings.get("eventBasedHold"):
        raise errors.invalid("An object cannot have a retention configuration and an event-based hold.", "retention")
