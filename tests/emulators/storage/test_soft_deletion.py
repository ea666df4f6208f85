"""Soft deletion: what is deleted or overwritten stays for a while, is listed apart, and can be restored."""

import datetime
import uuid
from pathlib import Path
from typing import Any

import pytest
import requests
from google.api_core import exceptions
from google.cloud import storage

from emulators.storage.state.errors import StorageError
from emulators.storage.state.listing import Query
from emulators.storage.state.preconditions import NONE
from emulators.storage.state.store import Store
from emulators.storage.state.times import moment
from tests.emulators.storage.clock import Clock

WEEK = datetime.timedelta(days=7)


def soft_deleted(bucket: storage.Bucket) -> list[tuple[str, int]]:
    return [(blob.name, blob.generation) for blob in bucket.list_blobs(soft_deleted=True)]


def without_policy(client: storage.Client) -> storage.Bucket:
    bucket = client.bucket(f"hard-{uuid.uuid4().hex}")
    bucket.soft_delete_policy.retention_duration_seconds = 0
    return client.create_bucket(bucket)


def test_what_is_overwritten_or_deleted_is_listed_apart(bucket: storage.Bucket) -> None:
    blob = bucket.blob("a")
    blob.upload_from_string("first")
    first = blob.generation
    blob.upload_from_string("second")
    second = blob.generation
    blob.delete()
    assert list(bucket.list_blobs(versions=True)) == []
    assert soft_deleted(bucket) == [("a", first), ("a", second)]
    found = bucket.get_blob("a", generation=second, soft_deleted=True)
    assert found is not None and found.hard_delete_time - found.soft_delete_time == WEEK
    assert (found.size, found.time_deleted) == (6, None)


def test_a_restored_object_is_a_new_one_with_the_old_metadata(bucket: storage.Bucket) -> None:
    blob = bucket.blob("a")
    blob.metadata = {"color": "red"}
    blob.upload_from_string("x", content_type="x/y")
    blob.metadata = {"color": "blue"}
    blob.patch()
    blob.delete()
    made = bucket.restore_blob("a", generation=blob.generation, if_generation_match=0)
    assert made.generation > blob.generation and made.metageneration == 1
    assert (made.metadata, made.content_type, made.download_as_bytes()) == ({"color": "blue"}, "x/y", b"x")
    assert made.soft_delete_time is None
    assert soft_deleted(bucket) == [("a", blob.generation)]
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.restore_blob("a", generation=blob.generation, if_generation_match=0)
    bucket.restore_blob("a", generation=blob.generation)
    assert len(soft_deleted(bucket)) == 2, "the live object that was overwritten"


def test_an_acl_comes_back_where_it_is_asked_for(bucket: storage.Bucket) -> None:
    blob = bucket.blob("a")
    blob.upload_from_string("x", predefined_acl="publicRead")
    blob.delete()
    plain = bucket.restore_blob("a", generation=blob.generation)
    assert "allUsers" not in {entry["entity"] for entry in plain.acl}
    same = bucket.restore_blob("a", generation=blob.generation, copy_source_acl=True)
    assert "allUsers" in {entry["entity"] for entry in same.acl}


def test_in_a_versioned_bucket_versions_are_soft_deleted_when_they_go(client: storage.Client) -> None:
    bucket = client.bucket(f"soft-{uuid.uuid4().hex}")
    bucket.versioning_enabled = True
    bucket = client.create_bucket(bucket)
    blob = bucket.blob("a")
    blob.upload_from_string("x")
    generation = blob.generation
    bucket.delete_blob("a")
    assert soft_deleted(bucket) == []
    bucket.delete_blob("a", generation=generation)
    assert soft_deleted(bucket) == [("a", generation)]
    found = bucket.get_blob("a", generation=generation, soft_deleted=True)
    assert found is not None and found.time_deleted is not None
    with pytest.raises(exceptions.NotFound):
        bucket.delete_blob("a", generation=generation)


def test_without_a_policy_a_deletion_is_for_good(client: storage.Client, storage_address: str) -> None:
    bucket = without_policy(client)
    blob = bucket.blob("a")
    blob.upload_from_string("x")
    blob.delete()
    assert soft_deleted(bucket) == []
    restore = f"{storage_address}/storage/v1/b/{bucket.name}/o/a/restore?generation={blob.generation}"
    assert reason(requests.post(restore, timeout=5)) == (412, "softDeletePolicyNotSet")
    bulk = f"{storage_address}/storage/v1/b/{bucket.name}/o/bulkRestore"
    assert reason(requests.post(bulk, json={}, timeout=5)) == (400, "SoftDeletePolicyRequired")


def test_only_what_is_soft_deleted_is_restored(storage_address: str, bucket: storage.Bucket) -> None:
    blob = bucket.blob("a")
    blob.upload_from_string("x")
    restore = f"{storage_address}/storage/v1/b/{bucket.name}/o/a/restore?generation={blob.generation}"
    assert reason(requests.post(restore, timeout=5)) == (412, "objectNotSoftDeleted")
    blob.delete()
    read = f"{storage_address}/storage/v1/b/{bucket.name}/o/a"
    query = {"generation": str(blob.generation), "softDeleted": "true", "alt": "media"}
    assert requests.get(read, params=query, timeout=5).status_code == 400


@pytest.mark.parametrize("seconds", ["1", "604799", "7776001", "-1", "x", True])
def test_a_policy_is_off_or_from_7_to_90_days(storage_address: str, bucket: storage.Bucket, seconds: Any) -> None:
    url = f"{storage_address}/storage/v1/b/{bucket.name}"
    body = {"softDeletePolicy": {"retentionDurationSeconds": seconds}}
    assert reason(requests.patch(url, json=body, timeout=5)) == (400, "invalid")


def test_a_policy_says_since_when_it_keeps_for_so_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    clock = Clock(monkeypatch)

    def change(seconds: int) -> Any:
        clock.forward(1)
        body = {"softDeletePolicy": {"retentionDurationSeconds": seconds, "effectiveTime": "2020-01-01T00:00:00Z"}}
        return store.buckets.patch("made", body, NONE).settings["softDeletePolicy"].get("effectiveTime")

    made = store.buckets.create("p", {"name": "made"})
    assert made.settings["softDeletePolicy"]["effectiveTime"] == moment(made.generation)
    longer = change(864000)
    assert longer == moment(clock.now // 1000)
    assert change(604800) == longer
    assert change(0) is None
    assert change(604800) > longer
    store.close()


def test_many_are_restored_at_once(storage_address: str, bucket: storage.Bucket) -> None:
    for name in ("a.txt", "a.txt", "b.txt", "c.csv"):
        bucket.blob(name).upload_from_string("x")
        bucket.blob(name).delete()
    bucket.blob("b.txt").upload_from_string("live")
    url = f"{storage_address}/storage/v1/b/{bucket.name}"
    body = {"matchGlobs": ["*.txt"], "softDeletedAfterTime": "2020-01-01T00:00:00Z"}
    operation = requests.post(f"{url}/o/bulkRestore", json=body, timeout=5).json()
    counts = [operation["metadata"][f"{field}Count"] for field in ("succeeded", "skipped", "failed")]
    assert (operation["done"], counts) == (True, ["1", "2", "1"])
    assert {blob.name for blob in bucket.list_blobs()} == {"a.txt", "b.txt"}
    assert bucket.blob("b.txt").download_as_bytes() == b"live"
    assert requests.get(operation["selfLink"], timeout=5).json() == operation
    assert requests.get(f"{url}/operations", timeout=5).json()["operations"] == [operation]
    requests.post(f"{url}/o/bulkRestore", json={"allowOverwrite": True}, timeout=5)
    assert bucket.blob("b.txt").download_as_bytes() == b"x"
    late = {"softDeletedAfterTime": "2999-01-01T00:00:00Z"}
    metadata = requests.post(f"{url}/o/bulkRestore", json=late, timeout=5).json()["metadata"]
    assert metadata["succeededCount"] == "0"
    assert reason(requests.post(f"{url}/o/bulkRestore", json={"softDeletedAfterTime": "x"}, timeout=5))[0] == 400


def test_a_bucket_is_soft_deleted_and_restored_with_what_was_soft_deleted_in_it(client: storage.Client) -> None:
    name = f"soft-{uuid.uuid4().hex}"
    bucket = client.bucket(name)
    bucket.labels = {"team": "data"}
    bucket = client.create_bucket(bucket)
    bucket.blob("a").upload_from_string("x")
    deleted = bucket.blob("a")
    deleted.reload()
    deleted.delete()
    bucket.delete()
    assert client.lookup_bucket(name) is None
    (listed,) = client.list_buckets(prefix=name, soft_deleted=True)
    assert (listed.generation, listed.labels) == (bucket.generation, {"team": "data"})
    assert listed.hard_delete_time - listed.soft_delete_time == WEEK
    found = client.get_bucket(name, generation=bucket.generation, soft_deleted=True)
    assert found.soft_delete_time == listed.soft_delete_time

    other = client.create_bucket(name)
    assert soft_deleted(other) == [], "what lies in another bucket of this name"
    with pytest.raises(exceptions.Conflict):
        client.restore_bucket(name, generation=bucket.generation)
    other.soft_delete_policy.retention_duration_seconds = 0
    other.patch()
    other.delete()
    restored = client.restore_bucket(name, generation=bucket.generation)
    assert (restored.labels, restored.soft_delete_time) == ({"team": "data"}, None)
    assert list(client.list_buckets(prefix=name, soft_deleted=True)) == []
    made = restored.restore_blob("a", generation=deleted.generation)
    assert made.download_as_bytes() == b"x"


def test_what_has_had_its_time_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    store.buckets.create("p", {"name": "kept"})
    incoming = store.files.receive()
    incoming.write(b"x")
    made = store.objects.insert("kept", "a", incoming.finish(), {})
    store.objects.delete("kept", "a", None, NONE)
    store.buckets.create("p", {"name": "gone"})
    store.buckets.delete("gone", NONE)
    Clock(monkeypatch).forward(7 * 24 * 3600 + 1)
    assert len(store.list_objects(Query("kept", soft_deleted=True))) == 0
    assert store.soft_deletion.buckets("p", "", ("", -1), 10) == []
    with pytest.raises(StorageError, match="404"):
        store.restores.restore("kept", "a", made.generation, NONE, copy_acl=False)
    assert store.files.path(made.generation).exists()
    incoming = store.files.receive()
    store.objects.insert("kept", "b", incoming.finish(), {})
    store.objects.delete("kept", "b", None, NONE)
    assert not store.files.path(made.generation).exists(), "the next deletion takes it away for good"
    store.close()


def test_a_start_takes_away_what_has_had_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    store.buckets.create("p", {"name": "kept"})
    incoming = store.files.receive()
    made = store.objects.insert("kept", "a", incoming.finish(), {})
    store.objects.delete("kept", "a", None, NONE)
    store.close()
    Clock(monkeypatch).forward(7 * 24 * 3600 + 1)
    Store(tmp_path).close()
    assert not store.files.path(made.generation).exists()


def reason(response: requests.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["errors"][0]["reason"]
