"""What a bucket's settings may be, and what the service says of them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from emulators.storage.state.errors import StorageError
from emulators.storage.state.preconditions import NONE
from emulators.storage.state.store import Store
from tests.emulators.storage.clock import Clock

Patch = Callable[..., Any]
RULE = {"action": {"type": "Delete"}, "condition": {"age": 1}}


@pytest.fixture
def patch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Patch]:
    """Changes settings of a bucket a second, or so many, later; what they are then."""
    clock = Clock(monkeypatch)
    store = Store(tmp_path)
    store.buckets.create("p", {"name": "made"})

    def change(seconds: float = 1, **body: Any) -> Any:
        clock.forward(seconds)
        return store.buckets.patch("made", body, NONE).settings

    yield change
    store.close()


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
def test_what_cannot_be_is_refused(patch: Patch, field: str, value: Any) -> None:
    with pytest.raises(StorageError) as refused:
        patch(**{field: value})
    assert refused.value.code == 400


def test_what_can_be_is_kept(patch: Patch) -> None:
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
    assert patch(**wanted).items() >= wanted.items()


def test_a_retention_policy_says_since_when(patch: Patch) -> None:
    first = patch(retentionPolicy={"retentionPeriod": 60})["retentionPolicy"]["effectiveTime"]
    assert patch(labels={"a": "b"})["retentionPolicy"]["effectiveTime"] == first
    again = {"retentionPeriod": "60", "effectiveTime": "2020-01-01T00:00:00Z"}
    assert patch(retentionPolicy=again)["retentionPolicy"]["effectiveTime"] == first
    assert patch(retentionPolicy={"retentionPeriod": 61})["retentionPolicy"]["effectiveTime"] > first


def test_autoclass_says_since_when(patch: Patch) -> None:
    first = patch(autoclass={"enabled": True})["autoclass"]
    assert first["terminalStorageClass"] == "NEARLINE"
    second = patch(autoclass={"terminalStorageClass": "ARCHIVE"})["autoclass"]
    assert second["toggleTime"] == first["toggleTime"]
    assert second["terminalStorageClassUpdateTime"] > first["terminalStorageClassUpdateTime"]


@pytest.mark.parametrize("name", ["uniformBucketLevelAccess", "bucketPolicyOnly"])
def test_uniform_access_is_locked_after_ninety_days(patch: Patch, name: str) -> None:
    def switch(on: bool, days: float = 0) -> Any:
        changed = patch(days * 24 * 3600 + 1, iamConfiguration={name: {"enabled": on}})
        return changed["iamConfiguration"]["uniformBucketLevelAccess"]

    first = switch(True)
    assert switch(True, days=50) == first
    assert switch(False) == {"enabled": False}
    second = switch(True)
    assert second["lockedTime"] > first["lockedTime"]
    with pytest.raises(StorageError, match="locked"):
        switch(False, days=91)
