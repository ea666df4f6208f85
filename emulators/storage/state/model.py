"""What the service keeps: buckets and object versions. Times and generations are microseconds since 1970 (UTC)."""

from dataclasses import dataclass
from typing import Any

Settings = dict[str, Any]
"""The part of a resource that clients may write, in the API's own field names."""


@dataclass(frozen=True)
class Bucket:
    """A bucket. `settings` holds what its owner wrote; `policy` is its IAM policy, or None for the default one.

    One that is soft-deleted says since when and until when.
    """

    name: str
    project: str
    generation: int
    metageneration: int
    updated: int
    settings: Settings
    policy: Settings | None
    policy_version: int
    soft_deleted: int | None = None
    hard_delete: int | None = None

    @property
    def keeps_versions(self) -> bool:
        return bool(self.settings.get("versioning", {}).get("enabled"))

    @property
    def is_hierarchical(self) -> bool:
        return bool((self.settings.get("hierarchicalNamespace") or {}).get("enabled"))

    @property
    def retention_seconds(self) -> int:
        return int(self.settings.get("retentionPolicy", {}).get("retentionPeriod", 0))

    @property
    def soft_delete_seconds(self) -> int:
        """For how long what is deleted now can be restored; 0: not at all."""
        return int((self.settings.get("softDeletePolicy") or {}).get("retentionDurationSeconds") or 0)


@dataclass(frozen=True)
class ObjectVersion:
    """One generation of an object. `deleted` is None while it is live; `md5` is None for a composite object.

    One that is soft-deleted says since when and until when.
    """

    bucket: str
    name: str
    generation: int
    metageneration: int
    size: int
    md5: str | None
    crc32c: str
    updated: int
    deleted: int | None
    components: int | None
    settings: Settings
    soft_deleted: int | None = None
    hard_delete: int | None = None

    @property
    def created(self) -> int:
        """A generation is the moment of its creation, made unique."""
        return self.generation


@dataclass(frozen=True)
class Content:
    """Bytes that are not yet an object: few ones in memory (`data`), many in a file of the incoming folder (`path`).

    Digests are base64.
    """

    data: bytes | None
    path: str
    size: int
    md5: str | None
    crc32c: str
