"""matchGlob, by which a listing chooses names."""

import pytest
import requests
from google.cloud import storage

NAMES = ["a.csv", "a.txt", "b.csv", "d/a.csv", "d/e/a.csv", "d/e/b[1].csv", "d/{x}"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.csv", ["a.csv", "b.csv"]),
        ("**.csv", ["a.csv", "b.csv", "d/a.csv", "d/e/a.csv", "d/e/b[1].csv"]),
        ("d/**/a.csv", ["d/a.csv", "d/e/a.csv"]),
        ("?.csv", ["a.csv", "b.csv"]),
        ("d?a.csv", []),
        ("[!a].csv", ["b.csv"]),
        ("a.{csv,txt}", ["a.csv", "a.txt"]),
        ("**/b\\[[0-9]\\].csv", ["d/e/b[1].csv"]),
        ("d/\\{x\\}", ["d/{x}"]),
        ("A.csv", []),
    ],
)
def test_a_pattern_chooses_names(bucket: storage.Bucket, pattern: str, expected: list[str]) -> None:
    for name in NAMES:
        bucket.blob(name).upload_from_string("x")
    assert [blob.name for blob in bucket.list_blobs(match_glob=pattern, page_size=2)] == expected


@pytest.mark.parametrize("pattern", ["[a", "{a", "a}", "{a,{b}}", "[z-a]"])
def test_a_broken_pattern_is_refused(storage_address: str, bucket: storage.Bucket, pattern: str) -> None:
    address = f"{storage_address}/storage/v1/b/{bucket.name}/o"
    response = requests.get(address, params={"matchGlob": pattern}, timeout=5)
    assert (response.status_code, response.json()["error"]["errors"][0]["location"]) == (400, "matchGlob")
