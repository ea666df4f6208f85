"""Who may read an object, as far as an answer depends on it: everybody, or not."""

from emulators.storage.state.acls import is_uniform
from emulators.storage.state.model import Bucket, ObjectVersion

_READING = frozenset(
    f"roles/storage.{role}"
    for role in ("objectViewer", "objectUser", "objectAdmin", "admin", "legacyObjectReader", "legacyObjectOwner")
)


def is_public(version: ObjectVersion, owner: Bucket) -> bool:
    """Whether all who are on the internet may read an object: by its list, or by its bucket's policy."""
    if (owner.settings.get("iamConfiguration") or {}).get("publicAccessPrevention") == "enforced":
        return False
    for binding in (owner.policy or {}).get("bindings", []):
        if binding["role"] in _READING and "allUsers" in binding["members"] and "condition" not in binding:
            return True
    if is_uniform(owner.settings):
        return False
    return any(entry["entity"] == "allUsers" for entry in version.settings.get("acl") or ())
