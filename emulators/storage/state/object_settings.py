"""What an object's settings become when it is made and when they are changed."""

from emulators.storage.state import contexts, errors, settings
from emulators.storage.state.acls import check_allowed
from emulators.storage.state.model import Bucket, ObjectVersion, Settings
from emulators.storage.state.protection import released, with_retention

_LASTING = ("storageClass", "kmsKeyName", "customerEncryption", "retention")
"""What no update of the metadata takes away, or a rule of its own decides on."""


def checked(body: Settings) -> Settings:
    """The writable part of an object's resource; StorageError 400."""
    return settings.check(body, settings.OBJECT_FIELDS, settings.OBJECT_OUTPUT)


def of_new(owner: Bucket, body: Settings, moment: int) -> Settings:
    """What a new object has, by what its writer says and by what its bucket gives to all."""
    written = settings.merge({}, checked(body))
    written.setdefault("storageClass", owner.settings["storageClass"])
    check_allowed(owner.settings, written.get("acl"), "acl")
    if "defaultObjectAcl" in owner.settings and "acl" not in written:
        written["acl"] = owner.settings["defaultObjectAcl"]
    if "customerEncryption" not in written:
        key = written.get("kmsKeyName") or (owner.settings.get("encryption") or {}).get("defaultKmsKeyName")
        written |= {"kmsKeyName": key} if key else {}
    elif written.get("kmsKeyName"):
        raise errors.invalid("An object has a customer-supplied key or one of Cloud KMS, not both.", "kmsKeyName")
    if owner.settings.get("defaultEventBasedHold"):
        written.setdefault("eventBasedHold", True)
    written = contexts.stamped(written, {}, moment)
    return with_retention(owner, {}, written, moment, override=False)


def changed(owner: Bucket, version: ObjectVersion, body: Settings, moment: int, keep: bool, override: bool) -> Settings:
    """The settings with a part of the resource merged into them (`keep`) or in their place; StorageError 400, 403.

    `override` is overrideUnlockedRetention.
    """
    written = checked(body)
    for key in ("kmsKeyName", "customerEncryption"):
        written.pop(key, None)  # a key changes with a rewrite alone
    check_allowed(owner.settings, written.get("acl"), "acl")
    before = version.settings
    storage_class = before["storageClass"]
    if written.get("storageClass", storage_class) != storage_class:
        raise errors.invalid("The storage class of an object is changed by rewriting it.", "storageClass")
    base = before if keep else {field: before[field] for field in _LASTING if field in before}
    if not keep:
        written.setdefault("retention", None)
    merged = settings.merge(base, written) | {"storageClass": storage_class}
    merged = contexts.stamped(merged, before, moment)
    merged = released(before, merged, moment)
    return with_retention(owner, before, merged, moment, override)
