"""What a bucket's settings may be, and what the service says of them."""

import time
from pathlib import Path
from typing import Any

import pytest

from emulators.storage.state.errors import StorageError
from emulators.storage.state.preconditions import NONE
from emulators.storage.state.store import Store

RULE = {"action": {"type": "Delete"}, "condition": {"age": 1}}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    clock = [time.time_ns()]
    monkeypatch.setattr(time, "time_ns", lambda: clock[0])
    store = Store(tmp_path)
    store.clock = clock  # type: ignore[attr-defined]
    store.buckets.create("p", {"name": "made"})
    yield store
    store.close()


def patch(store: Any, seconds: float = 1, **body: Any) -> Any:
    store.clock[0] += int(seconds * 1_000_000_000)
    return store.buckets.patch("made", body, NONE).settings


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lifecycle", {"rule": [RULE | {"action": {"type": "Burn"}}]}),
        ("lifecycle", {"rule": [RULE | {"condition": {}}]}),
        ("lifecycle", {"rule": [RULE | {"condition": {"age": "old"}}]}),
        ("lifecycle", {"rule": [RULE | {"condition": {"createdBefore": "2020-01-01T00:00:00Z"}}]}),
        ("lifecycle", {"rule": [RULE | {"condition": {"mood": "bad"}}]}),
        ("lifecycle", {"rule": [RULE | {"action": {"type": "SetStorageClass"}}]}),
        ("lifecycle", {"rule": [RULE | {"action": {"type": "Delete", "storageClass": "NEARLINE"}}]}),
        (
            "lifecycle",
            {"rule": [{"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"isLive": True}}]},
        ),
        ("lifecycle", {"rule": [RULE] * 101}),
        ("cors", [{"origin": "*"}]),
        ("cors", [{"maxAgeSeconds": -1}]),
        ("website", {"mainPageSuffix": 5}),
        ("logging", {"logBucket": []}),
        ("billing", {"requesterPays": "yes"}),
        ("autoclass", {"enabled": True, "terminalStorageClass": "COLDLINE"}),
        ("customPlacementConfig", {"dataLocations": ["US-EAST1"]}),
        ("rpo", "FAST"),
        ("labels", {"Team": "data"}),
        ("labels", {"team": "Data"}),
        ("labels", {"1team": "x"}),
        ("labels", {"team": "x" * 64}),
        ("labels", {f"l{number}": "x" for number in range(65)}),
        ("iamConfiguration", {"publicAccessPrevention": "maybe"}),
        ("versioning", {"enabled": True, "something": "new"}),
    ],
)
def test_what_cannot_be_is_refused(store: Any, field: str, value: Any) -> None:
    with pytest.raises(StorageError) as refused:
        patch(store, **{field: value})
    assert refused.value.code == 400


def test_what_can_be_is_kept(store: Any) -> None:
    conditions = {
        "age": 1,
        "createdBefore": "2020-01-31",
        "isLive": False,
        "matchesStorageClass": ["NEARLINE"],
        "matchesPrefix": ["a/"],
        "numNewerVersions": 3,
        "sizeAboveBytes": "5",
    }
    wanted = {
        "lifecycle": {"rule": [{"action": {"type": "Delete"}, "condition": conditions}]},
        "cors": [{"origin": ["*"], "method": ["GET"], "responseHeader": ["x"], "maxAgeSeconds": 5}],
        "labels": {"team-1": "data_1", "größe": ""},
        "website": {"mainPageSuffix": "index.html", "notFoundPage": "404.html"},
    }
    assert patch(store, **wanted).items() >= wanted.items()


def test_a_retention_policy_says_since_when(store: Any) -> None:
    first = patch(store, retentionPolicy={"retentionPeriod": 60})["retentionPolicy"]["effectiveTime"]
    assert patch(store, labels={"a": "b"})["retentionPolicy"]["effectiveTime"] == first
    again = {"retentionPeriod": "60", "effectiveTime": "2020-01-01T00:00:00Z"}
    assert patch(store, retentionPolicy=again)["retentionPolicy"]["effectiveTime"] == first
    assert patch(store, retentionPolicy={"retentionPeriod": 61})["retentionPolicy"]["effectiveTime"] > first


def test_autoclass_says_since_when(store: Any) -> None:
    first = patch(store, autoclass={"enabled": True})["autoclass"]
    assert first["terminalStorageClass"] == "NEARLINE"
    second = patch(store, autoclass={"terminalStorageClass": "ARCHIVE"})["autoclass"]
    assert second["toggleTime"] == first["toggleTime"]
    assert second["terminalStorageClassUpdateTime"] > first["terminalStorageClassUpdateTime"]


@pytest.mark.parametrize("name", ["uniformBucketLevelAccess", "bucketPolicyOnly"])
def test_uniform_access_is_locked_after_ninety_days(store: Any, name: str) -> None:
    def switch(on: bool, days: float = 0) -> Any:
        changed = patch(store, days * 24 * 3600 + 1, iamConfiguration={name: {"enabled": on}})
        return changed["iamConfiguration"]["uniformBucketLevelAccess"]

    first = switch(True)
    assert switch(True, days=50) == first
    assert switch(False) == {"enabled": False}
    second = switch(True)
    assert second["lockedTime"] > first["lockedTime"]
    with pytest.raises(StorageError, match="locked"):
        switch(False, days=91)
