"""State as the API's resources (kind storage#...)."""

import zlib
from typing import Any
from urllib.parse import quote

from emulators.storage.state.etags import etag
from emulators.storage.state.folders import Folder
from emulators.storage.state.managed_folders import ManagedFolder
from emulators.storage.state.model import Bucket, ObjectVersion
from emulators.storage.state.protection import retained_until
from emulators.storage.state.settings import shown
from emulators.storage.state.times import moment

Resource = dict[str, Any]

_ACLS = ("acl", "defaultObjectAcl")
_MULTI_REGIONS = ("US", "EU", "ASIA")


def managed_folder(found: ManagedFolder, base_url: str) -> Resource:
    """storage#managedFolder"""
    updated = found.created if found.updated is None else found.updated
    return _folder("managedFolder", found, base_url, updated)


def folder_policy(found: ManagedFolder) -> Resource:
    """storage#policy: what was set; a new managed folder grants nothing by itself."""
    resource = f"projects/_/buckets/{found.bucket}/managedFolders/{found.name}"
    policy = {"kind": "storage#policy", "resourceId": resource, "version": 1}
    return policy | (found.policy or {}) | {"etag": etag(found.version)}


def folder(found: Folder, base_url: str) -> Resource:
    """storage#folder"""
    return _folder("folder", found, base_url, found.updated)


def _folder(kind: str, found: Folder | ManagedFolder, base_url: str, updated: int) -> Resource:
    return {
        "kind": f"storage#{kind}",
        "selfLink": f"{base_url}/storage/v1/b/{found.bucket}/{kind}s/{quote(found.name, safe='')}",
        "id": f"{found.bucket}/{found.name}",
        "name": found.name,
        "bucket": found.bucket,
        "metageneration": str(found.metageneration),
        "createTime": moment(found.created),
        "updateTime": moment(updated),
    }


def bucket(found: Bucket, base_url: str) -> Resource:
    """storage#bucket"""
    settings = found.settings
    location_type = "dual-region" if "customPlacementConfig" in settings else _location_type(settings["location"])
    fixed: Resource = {
        "kind": "storage#bucket",
        "selfLink": f"{base_url}/storage/v1/b/{found.name}",
        "id": found.name,
        "name": found.name,
        "projectNumber": str(project_number(found.project)),
        "generation": str(found.generation),
        "metageneration": str(found.metageneration),
        "etag": etag(found.metageneration),
        "timeCreated": moment(found.generation),
        "updated": moment(found.updated),
        "locationType": location_type,
        "iamConfiguration": _iam_configuration(settings.get("iamConfiguration", {}), found),
        "softDeletePolicy": _soft_delete(settings["softDeletePolicy"], found),
    }
    if location_type != "region":
        fixed["rpo"] = settings.get("rpo", "DEFAULT")
    if settings.get("autoclass"):
        # A bucket from before the times were kept says the latest at which it may have been changed.
        changed = {"toggleTime": moment(found.updated), "terminalStorageClassUpdateTime": moment(found.updated)}
        fixed["autoclass"] = changed | {"terminalStorageClass": "NEARLINE"} | settings["autoclass"]
    if "retentionPolicy" in settings:
        fixed["retentionPolicy"] = {"effectiveTime": moment(found.updated)} | settings["retentionPolicy"]
        fixed["retentionPolicy"]["retentionPeriod"] = str(found.retention_seconds)
    fixed |= _deletion(found)
    return {field: value for field, value in settings.items() if field not in _ACLS} | fixed


def object_version(version: ObjectVersion, base_url: str, owner: Bucket | None = None) -> Resource:
    """storage#object; what its bucket (`owner`) says of it stands there where that is known."""
    path = f"b/{version.bucket}/o/{quote(version.name, safe='')}"
    created = moment(version.created)
    resource: Resource = {
        "kind": "storage#object",
        "id": f"{version.bucket}/{version.name}/{version.generation}",
        "selfLink": f"{base_url}/storage/v1/{path}",
        "mediaLink": f"{base_url}/download/storage/v1/{path}?generation={version.generation}&alt=media",
        "name": version.name,
        "bucket": version.bucket,
        "generation": str(version.generation),
        "metageneration": str(version.metageneration),
        "size": str(version.size),
        "crc32c": version.crc32c,
        "etag": etag(version.generation, version.metageneration),
        "timeCreated": created,
        "updated": created if version.updated == version.created else moment(version.updated),
        "timeStorageClassUpdated": created,
        "timeFinalized": created,
    }
    if version.settings.get("kmsKeyName"):
        resource["kmsKeyName"] = _key_version(version.settings["kmsKeyName"])
    if version.md5 is not None:
        resource["md5Hash"] = version.md5
    if version.components is not None:
        resource["componentCount"] = version.components
    if version.deleted is not None:
        resource["timeDeleted"] = moment(version.deleted)
    end = retained_until(owner, version) if owner else None
    if end is not None:
        resource["retentionExpirationTime"] = moment(end)
    resource |= _deletion(version)
    if owner and owner.is_hierarchical and version.soft_deleted is not None:
        resource["restoreToken"] = restore_token(version)
    return {field: value for field, value in shown(version.settings).items() if field not in _ACLS} | resource


def restore_token(version: ObjectVersion) -> str:
    """What tells soft-deleted versions of one name and generation apart: here there is never but one."""
    return etag(version.generation)


def _key_version(key: str) -> str:
    """The service names the version that has encrypted: here always the first."""
    return key if "/cryptoKeyVersions/" in key else f"{key}/cryptoKeyVersions/1"


def policy(found: Bucket) -> Resource:
    """storage#policy: what was set, or the grants that a new bucket has."""
    resource = {"kind": "storage#policy", "resourceId": f"projects/_/buckets/{found.name}", "version": 1}
    body = found.policy if found.policy is not None else {"bindings": _default_bindings(found)}
    return resource | body | {"etag": etag(found.policy_version)}


def project_number(project: str) -> int:
    """A stable number for a project id, twelve digits as in the cloud."""
    return 100_000_000_000 + zlib.crc32(project.encode())


def _location_type(location: str) -> str:
    if location in _MULTI_REGIONS:
        return "multi-region"
    # Dual regions are the predefined pairs (NAM4, EUR4, ASIA1); every single region has a dash.
    return "region" if "-" in location else "dual-region"


def _iam_configuration(written: Resource, found: Bucket) -> Resource:
    # Two names of one switch; the older one is still what some clients write.
    switches = (written.get("uniformBucketLevelAccess", {}), written.get("bucketPolicyOnly", {}))
    uniform = any(switch.get("enabled") for switch in switches)
    access: Resource = {"enabled": uniform}
    if uniform:
        # Ninety days, after which the service locks the choice.
        access["lockedTime"] = moment(found.generation + 90 * 24 * 3600 * 1_000_000)
        access |= written.get("uniformBucketLevelAccess") or {}
    return {
        "bucketPolicyOnly": access,
        "uniformBucketLevelAccess": access,
        "publicAccessPrevention": written.get("publicAccessPrevention", "inherited"),
    }


def _soft_delete(written: Resource, found: Bucket) -> Resource:
    if not found.soft_delete_seconds:
        return {"retentionDurationSeconds": "0"}
    return {"effectiveTime": moment(found.generation)} | written


def _deletion(found: Bucket | ObjectVersion) -> Resource:
    if found.soft_deleted is None or found.hard_delete is None:
        return {}
    return {"softDeleteTime": moment(found.soft_deleted), "hardDeleteTime": moment(found.hard_delete)}


def _default_bindings(found: Bucket) -> list[Resource]:
    owners = [f"projectEditor:{found.project}", f"projectOwner:{found.project}"]
    viewers = [f"projectViewer:{found.project}"]
    return [
        {"role": "roles/storage.legacyBucketOwner", "members": owners},
        {"role": "roles/storage.legacyBucketReader", "members": viewers},
    ]
