"""Access control lists as the API's resources, and what a bucket or an object has where nothing was written."""

from typing import Any

from emulators.storage.state import acls
from emulators.storage.state.etags import etag
from emulators.storage.state.model import Bucket, ObjectVersion
from emulators.storage.wire.render import project_number

Resource = dict[str, Any]


def acl_of(found: Bucket) -> acls.Entries:
    """Who may do what with the bucket itself."""
    return _entries(found.settings.get("acl"), acls.BUCKET_ROLES, found)


def default_acl_of(found: Bucket) -> acls.Entries:
    """What new objects of the bucket get."""
    return _entries(found.settings.get("defaultObjectAcl"), acls.OBJECT_ROLES, found)


def object_acl_of(version: ObjectVersion, owner: Bucket) -> acls.Entries:
    return _entries(version.settings.get("acl"), acls.OBJECT_ROLES, owner)


def _entries(written: acls.Entries | None, roles: tuple[str, ...], owner: Bucket) -> acls.Entries:
    if written is not None:
        return written
    return acls.predefined("projectPrivate", roles, project_number(owner.project))


def acl_entry(kind: str, owner: Bucket | ObjectVersion, entry: Resource) -> Resource:
    """storage#bucketAccessControl or storage#objectAccessControl"""
    entity = str(entry["entity"])
    resource: Resource = {"kind": kind, "entity": entity, "role": entry["role"], "etag": etag(owner.metageneration)}
    if isinstance(owner, ObjectVersion):
        place = {"bucket": owner.bucket, "object": owner.name, "generation": str(owner.generation)}
    else:
        place = {"bucket": owner.name}
    resource |= place | {"id": "/".join([*place.values(), entity])}
    label, _, rest = entity.partition("-")
    if label in ("user", "group") and "@" in rest:
        resource["email"] = rest
    elif label == "domain":
        resource["domain"] = rest
    elif label == "project":
        team, _, number = rest.partition("-")
        resource["projectTeam"] = {"team": team, "projectNumber": number}
    return resource


def bucket_acls(found: Bucket) -> Resource:
    """What projection=full shows beside the rest."""
    if acls.is_uniform(found.settings):
        return {}
    default = [acl_entry("storage#objectAccessControl", found, one) for one in default_acl_of(found)]
    return {
        "acl": [acl_entry("storage#bucketAccessControl", found, one) for one in acl_of(found)],
        "defaultObjectAcl": [{name: one[name] for name in one if name not in ("id", "bucket")} for one in default],
    }


def object_acls(version: ObjectVersion, owner: Bucket) -> Resource:
    """What projection=full shows beside the rest."""
    if acls.is_uniform(owner.settings):
        return {}
    return {"acl": [acl_entry("storage#objectAccessControl", version, one) for one in object_acl_of(version, owner)]}
