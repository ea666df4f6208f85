"""Access control lists: kept and given back, without effect, as every caller may do everything here.

Source: cloud.google.com/storage/docs/access-control/lists. The entry of an object's owner is left out: nobody is known.
"""

import re
from typing import Any

from emulators.storage.state import errors
from emulators.storage.state.model import Settings

Entries = list[dict[str, str]]

BUCKET_ROLES = ("OWNER", "WRITER", "READER")
OBJECT_ROLES = ("OWNER", "READER")
_ENTITY = re.compile(
    r"(user|group)-[^\s@]+@[^\s@]+|(user|group)-[0-9A-Za-z]+|domain-[\w.-]+|project-(owners|editors|viewers)-[\w:.-]+"
    r"|allUsers|allAuthenticatedUsers"
)
_TEAM = ("project-owners-{}", "OWNER"), ("project-editors-{}", "OWNER"), ("project-viewers-{}", "READER")
_PUBLIC, _SIGNED_IN = ("allUsers", "READER"), ("allAuthenticatedUsers", "READER")
_OF_BUCKETS = {
    "private": (_TEAM[0],),
    "projectPrivate": _TEAM,
    "authenticatedRead": (_TEAM[0], _SIGNED_IN),
    "publicRead": (_TEAM[0], _PUBLIC),
    "publicReadWrite": (_TEAM[0], ("allUsers", "WRITER")),
}
_OF_OBJECTS = {
    "private": (),
    "projectPrivate": _TEAM,
    "authenticatedRead": (_SIGNED_IN,),
    "publicRead": (_PUBLIC,),
    "bucketOwnerRead": (("project-owners-{}", "READER"),),
    "bucketOwnerFullControl": (("project-owners-{}", "OWNER"),),
}
_EVERYBODY = ("allUsers", "allAuthenticatedUsers")
_PREVENTED = (
    "The member bindings allUsers and allAuthenticatedUsers are not allowed since public access prevention is enforced."
)
UNIFORM = (
    "Cannot use legacy ACLs for a bucket that has uniform bucket-level access. "
    "Read more at https://cloud.google.com/storage/docs/uniform-bucket-level-access"
)


def predefined(name: str, roles: tuple[str, ...], project_number: int, parameter: str = "") -> Entries:
    """The list that a name stands for, of buckets or of objects by their roles; StorageError 400 for none."""
    known = _OF_BUCKETS if roles == BUCKET_ROLES else _OF_OBJECTS
    if name not in known:
        raise errors.invalid_parameter(f"Invalid value '{name}' for {parameter}.", parameter)
    return [{"entity": entity.format(project_number), "role": role} for entity, role in known[name]]


def check_entries(roles: tuple[str, ...], field: str, value: Any) -> None:
    """StorageError 400 unless a value is a list of entries."""
    if not isinstance(value, list):
        raise errors.invalid(f"Invalid value for field {field}: {value!r}", field)
    for one in value:
        check_entry(one if isinstance(one, dict) else {}, roles)


def check_entry(entry: Settings, roles: tuple[str, ...]) -> None:
    """StorageError 400 unless the entity and the role can be."""
    entity, role = entry.get("entity"), entry.get("role")
    if not isinstance(entity, str) or not _ENTITY.fullmatch(entity):
        raise errors.invalid(f"Could not parse entity: {entity}", "entity")
    if role not in roles:
        raise errors.invalid(f"Invalid value '{role}' for role: one of {', '.join(roles)} expected.", "role")


def with_entry(entries: Entries, entity: str, role: str) -> Entries:
    """The list with this role in the place of any that the entity had."""
    return [*without_entry(entries, entity), {"entity": entity, "role": role}]


def without_entry(entries: Entries, entity: str) -> Entries:
    return [one for one in entries if one["entity"] != entity]


def is_uniform(settings: Settings) -> bool:
    """Whether a bucket has no ACLs at all (uniform bucket-level access, under either of its names)."""
    iam = settings.get("iamConfiguration") or {}
    return any((iam.get(name) or {}).get("enabled") for name in ("uniformBucketLevelAccess", "bucketPolicyOnly"))


def check_allowed(settings: Settings, entries: Entries | None, parameter: str) -> None:
    """StorageError where a bucket, by its settings, takes no lists (400) or none that are public (412)."""
    if not entries:
        return
    refuse_uniform(settings, parameter)
    guarded = (settings.get("iamConfiguration") or {}).get("publicAccessPrevention") == "enforced"
    if guarded and any(one["entity"] in _EVERYBODY for one in entries):
        raise errors.StorageError(412, "conditionNotMet", _PREVENTED)


def refuse_uniform(settings: Settings, parameter: str = "") -> None:
    """StorageError 400 for a bucket without ACLs, by its settings."""
    if is_uniform(settings):
        raise errors.invalid(UNIFORM, parameter)
