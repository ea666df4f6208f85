"""What `gcloud storage` sends, which differs from what Google's libraries do."""

from typing import Any

import pytest
import requests
from google.cloud import storage

APITOOLS = (
    b"--==1==\nContent-Type: application/json\nMIME-Version: 1.0\n\n%s\n"
    b"--==1==\nContent-Type: text/plain\nMIME-Version: 1.0\nContent-Transfer-Encoding: binary\n\nhello\n\n--==1==--\n"
)


def test_a_boundary_may_stand_between_apostrophes(storage_address: str, bucket: storage.Bucket) -> None:
    headers = {"Content-Type": "multipart/related; boundary='==1=='"}
    url = f"{storage_address}/upload/storage/v1/b/{bucket.name}/o?alt=json&uploadType=multipart"
    answer = requests.post(url, APITOOLS % b'{"name": "a.txt"}', headers=headers, timeout=10)
    assert answer.status_code == 200, answer.text
    assert bucket.blob("a.txt").download_as_bytes() == b"hello\n"


def test_an_upload_in_parts_begins_where_the_api_s_document_has_it(
    storage_address: str, bucket: storage.Bucket
) -> None:
    url = f"{storage_address}/resumable/upload/storage/v1/b/{bucket.name}/o?alt=json&uploadType=resumable"
    begun = requests.post(url, json={"name": "b"}, timeout=10)
    assert begun.status_code == 200, begun.text
    assert requests.put(begun.headers["Location"], b"hello", timeout=10).json()["size"] == "5"


def listing(storage_address: str, bucket: storage.Bucket, **parameters: str) -> dict[str, Any]:
    url = f"{storage_address}/storage/v1/b/{bucket.name}/o"
    found: dict[str, Any] = requests.get(url, params=parameters, timeout=10).json()
    return found


def test_folders_may_be_asked_for_in_a_listing_with_or_without_any(
    storage_address: str, bucket: storage.Bucket
) -> None:
    bucket.blob("a/b").upload_from_string(b"x")
    asked = {"delimiter": "/", "includeFoldersAsPrefixes": "true"}
    assert listing(storage_address, bucket, **asked)["prefixes"] == ["a/"]
    requests.post(
        f"{storage_address}/storage/v1/b/{bucket.name}/managedFolders", json={"name": "c/"}, timeout=10
    ).raise_for_status()
    assert listing(storage_address, bucket, **asked)["prefixes"] == ["a/", "c/"]


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ("items/metadata/a,items/name,items/metadata/b", {"name": "x", "metadata": {"a": "1", "b": "2"}}),
        ("items/metadata/a,items/metadata", {"metadata": {"a": "1", "b": "2", "c": "3"}}),
        ("items(metadata),items(metadata(a))", {"metadata": {"a": "1", "b": "2", "c": "3"}}),
        ("items/metadata(a,c),items(metadata/b,name)", {"name": "x", "metadata": {"a": "1", "b": "2", "c": "3"}}),
    ],
)
def test_a_field_is_chosen_by_each_path_to_it(
    storage_address: str, bucket: storage.Bucket, fields: str, shown: dict[str, Any]
) -> None:
    """rsync asks so for the times of the files, and copies all of them again where they are missing."""
    blob = bucket.blob("x")
    blob.metadata = {"a": "1", "b": "2", "c": "3"}
    blob.upload_from_string(b"x")
    assert listing(storage_address, bucket, fields=fields)["items"] == [shown]


def test_a_composition_is_not_held_to_the_digests_of_its_first_source(
    storage_address: str, bucket: storage.Bucket
) -> None:
    for name in ("one", "two"):
        bucket.blob(name).upload_from_string(name)
    first = bucket.get_blob("one")
    assert first is not None
    body = {"destination": {"contentType": "text/plain", "crc32c": first.crc32c, "md5Hash": first.md5_hash},
            "sourceObjects": [{"name": "one"}, {"name": "two"}]}  # fmt: skip
    url = f"{storage_address}/storage/v1/b/{bucket.name}/o/both/compose"
    answer = requests.post(url, json=body, timeout=10)
    assert answer.status_code == 200, answer.text
    assert bucket.blob("both").download_as_bytes() == b"onetwo"
