"""Buckets and versions as rows of the database, and back."""

import json
import sqlite3

from emulators.storage.state.model import Bucket, ObjectVersion

Row = tuple[object, ...]


def marks(row: Row) -> str:
    """What stands for a row's values in a statement."""
    return ", ".join("?" * len(row))


def version_of(row: sqlite3.Row) -> ObjectVersion:
    fields = dict(row) | {"settings": json.loads(row["settings"])}
    fields.pop("bucket_generation", None)
    return ObjectVersion(**fields)


def version_row(version: ObjectVersion) -> Row:
    """The columns of the table `objects`."""
    return (
        version.bucket,
        version.name,
        version.generation,
        version.metageneration,
        version.size,
        version.md5,
        version.crc32c,
        version.updated,
        version.deleted,
        version.components,
        json.dumps(version.settings),
    )


def bucket_of(row: sqlite3.Row) -> Bucket:
    policy = json.loads(row["policy"]) if row["policy"] else None
    fields = dict(row) | {"settings": json.loads(row["settings"]), "policy": policy}
    return Bucket(**fields)


def bucket_row(bucket: Bucket) -> Row:
    """The columns of the table `buckets`."""
    policy = json.dumps(bucket.policy) if bucket.policy is not None else None
    return (
        bucket.name,
        bucket.project,
        bucket.generation,
        bucket.metageneration,
        bucket.updated,
        json.dumps(bucket.settings),
        policy,
        bucket.policy_version,
    )
