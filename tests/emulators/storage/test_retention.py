"""Object retention: what keeps an object from going, and who may weaken it."""

import datetime
import uuid
from pathlib import Path
from typing import Any

import pytest
import requests
from google.api_core import exceptions
from google.cloud import storage

from emulators.storage.state.preconditions import NONE
from emulators.storage.state.protection import retained_until
from emulators.storage.state.store import Store

NOW = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
SOON, LATER = NOW + datetime.timedelta(hours=1), NOW + datetime.timedelta(hours=2)


@pytest.fixture
def retaining(client: storage.Client) -> storage.Bucket:
    return client.create_bucket(f"retaining-{uuid.uuid4().hex}", enable_object_retention=True)


@pytest.fixture
def blob(retaining: storage.Bucket) -> storage.Blob:
    blob = retaining.blob("kept")
    blob.upload_from_string("x")
    return blob


def retain(blob: storage.Blob, mode: str | None, until: datetime.datetime | None, override: bool = False) -> None:
    blob.retention.mode = mode
    blob.retention.retain_until_time = until
    blob.patch(override_unlocked_retention=override)


def test_a_bucket_says_that_its_objects_may_be_retained(retaining: storage.Bucket, bucket: storage.Bucket) -> None:
    assert (retaining.object_retention_mode, bucket.object_retention_mode) == ("Enabled", None)
    retaining.labels = {"a": "b"}
    retaining.update()
    assert retaining.object_retention_mode == "Enabled"


def test_a_retained_object_is_neither_deleted_nor_overwritten(blob: storage.Blob) -> None:
    retain(blob, "Unlocked", SOON)
    blob.reload()
    assert (blob.retention.mode, blob.retention.retain_until_time) == ("Unlocked", SOON)
    assert blob.retention_expiration_time == SOON
    for change in (blob.delete, lambda: blob.upload_from_string("y"), lambda: blob.bucket.move_blob(blob, "other")):
        with pytest.raises(exceptions.Forbidden, match="object retention"):
            change()
    assert blob.download_as_bytes() == b"x"
    blob.metadata = {"still": "mutable"}
    blob.patch()
    copied = blob.bucket.copy_blob(blob, blob.bucket, "copied")
    assert (copied.retention.mode, copied.retention_expiration_time) == (None, None)
    retain(blob, None, None, override=True)
    blob.reload()
    assert blob.retention.mode is None
    blob.delete()


def test_what_weakens_an_unlocked_one_needs_the_override(blob: storage.Blob) -> None:
    retain(blob, "Unlocked", SOON)
    retain(blob, "Unlocked", LATER)
    for mode, until in (("Unlocked", SOON), (None, None), ("Locked", LATER)):
        with pytest.raises(exceptions.Forbidden, match="overrideUnlockedRetention"):
            retain(blob, mode, until)
    retain(blob, "Unlocked", SOON, override=True)
    retain(blob, "Locked", SOON, override=True)


def test_a_locked_one_is_only_extended(blob: storage.Blob) -> None:
    retain(blob, "Locked", SOON)
    for mode, until in (("Unlocked", SOON), ("Unlocked", LATER), (None, None), ("Locked", NOW)):
        with pytest.raises((exceptions.Forbidden, exceptions.BadRequest)):
            retain(blob, mode, until, override=True)
    retain(blob, "Locked", LATER)
    blob.reload()
    assert (blob.retention.mode, blob.retention.retain_until_time) == ("Locked", LATER)


def test_an_update_that_says_nothing_of_it_takes_it_away(storage_address: str, blob: storage.Blob) -> None:
    retain(blob, "Unlocked", SOON)
    url = f"{storage_address}/storage/v1/b/{blob.bucket.name}/o/kept"
    assert reason(requests.put(url, json={}, timeout=5)) == (403, "forbidden")
    answer = requests.put(url, params={"overrideUnlockedRetention": "true"}, json={}, timeout=5)
    assert "retention" not in answer.json()


@pytest.mark.parametrize(
    "retention",
    [
        {"mode": "Unlocked"},
        {"retainUntilTime": "2090-01-01T00:00:00Z"},
        {"mode": "Sealed", "retainUntilTime": "2090-01-01T00:00:00Z"},
        {"mode": "Locked", "retainUntilTime": "2020-01-01T00:00:00Z"},
        {"mode": "Locked", "retainUntilTime": "2400-01-01T00:00:00Z"},
        {"mode": "Locked", "retainUntilTime": "2090-01-01T00:00:00"},
        {"mode": "Locked", "retainUntilTime": "tomorrow"},
        {"mode": "Locked", "retainUntilTime": 5},
        "Locked",
    ],
)
def test_a_configuration_that_cannot_be_is_refused(storage_address: str, blob: storage.Blob, retention: Any) -> None:
    url = f"{storage_address}/storage/v1/b/{blob.bucket.name}/o/kept"
    assert reason(requests.patch(url, json={"retention": retention}, timeout=5)) == (400, "invalid")


def test_a_bucket_without_the_feature_and_an_event_refuse_it(bucket: storage.Bucket, blob: storage.Blob) -> None:
    other = bucket.blob("other")
    other.upload_from_string("x")
    with pytest.raises(exceptions.BadRequest, match="not enabled"):
        retain(other, "Unlocked", SOON)
    blob.event_based_hold = True
    blob.patch()
    with pytest.raises(exceptions.BadRequest, match="event-based hold"):
        retain(blob, "Unlocked", SOON)


def test_a_hold_keeps_a_version_from_becoming_noncurrent(client: storage.Client) -> None:
    bucket = client.bucket(f"versioned-{uuid.uuid4().hex}")
    bucket.versioning_enabled = True
    blob = client.create_bucket(bucket).blob("held")
    blob.upload_from_string("x")
    blob.temporary_hold = True
    blob.patch()
    with pytest.raises(exceptions.Forbidden, match="Temporary hold"):
        blob.upload_from_string("y")


def test_the_policy_of_a_bucket_counts_from_the_end_of_an_event_based_hold(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.buckets.create("p", {"name": "events", "retentionPolicy": {"retentionPeriod": 60}})
    owner = store.buckets.get("events")
    incoming = store.files.receive()
    incoming.write(b"x")
    made = store.objects.insert("events", "a", incoming.finish(), {"eventBasedHold": True})
    assert retained_until(owner, made) is None
    changed = store.objects.patch("events", "a", None, {"eventBasedHold": False}, NONE, keep=True)
    assert retained_until(owner, changed) == changed.updated + 60_000_000 > made.created + 60_000_000
    store.close()


def reason(response: requests.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["errors"][0]["reason"]
