"""Buckets with a hierarchical namespace, and their folders."""

import uuid
from pathlib import Path
from typing import Any

import pytest
import requests
from google.api_core import exceptions
from google.cloud import storage

from emulators.storage.state.errors import StorageError
from emulators.storage.state.folders import FolderQuery
from emulators.storage.state.listing import Query
from emulators.storage.state.preconditions import NONE
from emulators.storage.state.store import Store


@pytest.fixture
def hierarchical(client: storage.Client) -> storage.Bucket:
    bucket = client.bucket(f"tree-{uuid.uuid4().hex}")
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    bucket.hierarchical_namespace_enabled = True
    return client.create_bucket(bucket)


@pytest.fixture
def url(storage_address: str, hierarchical: storage.Bucket) -> str:
    return f"{storage_address}/storage/v1/b/{hierarchical.name}"


def make(url: str, name: str, recursive: bool = False) -> requests.Response:
    query = {"recursive": "true"} if recursive else {}
    return requests.post(f"{url}/folders", params=query, json={"name": name}, timeout=5)


def names(url: str, **query: str) -> list[str]:
    found = requests.get(f"{url}/folders", params=query, timeout=5)
    assert found.status_code == 200, found.text
    return [item["name"] for item in found.json().get("items", [])]


def path(name: str) -> str:
    return name.replace("/", "%2F")


def test_a_bucket_is_hierarchical_from_the_start(client: storage.Client, hierarchical: storage.Bucket) -> None:
    assert client.get_bucket(hierarchical.name).hierarchical_namespace_enabled
    hierarchical.versioning_enabled = True
    with pytest.raises(exceptions.BadRequest, match="versioning"):
        hierarchical.patch()
    flat = client.bucket(f"flat-{uuid.uuid4().hex}")
    flat.hierarchical_namespace_enabled = True
    with pytest.raises(exceptions.BadRequest, match="uniform"):
        client.create_bucket(flat)


def test_a_flat_bucket_has_no_folders(storage_address: str, bucket: storage.Bucket) -> None:
    url = f"{storage_address}/storage/v1/b/{bucket.name}"
    assert reason(make(url, "a/")) == (400, "invalid")
    assert reason(requests.get(f"{url}/folders", timeout=5)) == (400, "invalid")


def test_folders_are_made_one_by_one_or_at_once(url: str) -> None:
    assert reason(make(url, "a/b/")) == (412, "conditionNotMet")
    made = make(url, "a/b/", recursive=True).json()
    assert (made["kind"], made["name"], made["metageneration"]) == ("storage#folder", "a/b/", "1")
    assert requests.get(made["selfLink"], timeout=5).json() == made
    assert reason(make(url, "a/b/")) == (409, "conflict")
    for bad in ("", "/", "a//", "../", "x" * 512 + "/"):
        assert reason(make(url, bad))[0] == 400, bad
    assert requests.get(f"{url}/folders/x%2F", timeout=5).status_code == 404
    assert requests.get(f"{url}/folders/a%2Fb", timeout=5).json() == made, "the last slash may be left out"


def test_they_are_listed_by_level_range_and_page(url: str) -> None:
    for name in ("a/b/c/", "d/", "e/f/"):
        make(url, name, recursive=True)
    assert names(url) == ["a/", "a/b/", "a/b/c/", "d/", "e/", "e/f/"]
    assert names(url, delimiter="/") == ["a/", "d/", "e/"]
    assert names(url, delimiter="/", prefix="a/") == ["a/", "a/b/"]
    assert names(url, startOffset="a/b/c/", endOffset="e/") == ["a/b/c/", "d/"]
    first = requests.get(f"{url}/folders", params={"pageSize": 4}, timeout=5).json()
    assert len(first["items"]) == 4
    assert names(url, pageToken=first["nextPageToken"]) == ["e/", "e/f/"]
    assert requests.get(f"{url}/folders", params={"prefix": "a"}, timeout=5).status_code == 400
    assert requests.get(f"{url}/folders", params={"delimiter": "b"}, timeout=5).status_code == 400


def test_an_object_has_its_folders_and_leaves_them(hierarchical: storage.Bucket, url: str) -> None:
    blob = hierarchical.blob("a/b/x")
    blob.upload_from_string("x")
    assert names(url) == ["a/", "a/b/"]
    assert reason(requests.delete(f"{url}/folders/a%2Fb%2F", timeout=5)) == (409, "conflict")
    blob.delete()
    assert names(url) == ["a/", "a/b/"]
    with pytest.raises(exceptions.Conflict, match="folders"):
        hierarchical.delete()
    assert reason(requests.delete(f"{url}/folders/a%2F", timeout=5)) == (409, "conflict")
    for name in ("a/b/", "a/"):
        assert requests.delete(f"{url}/folders/{path(name)}", timeout=5).status_code == 204
    hierarchical.delete()


def test_empty_folders_are_among_the_prefixes_where_they_are_asked_for(
    hierarchical: storage.Bucket, url: str, bucket: storage.Bucket
) -> None:
    hierarchical.blob("a/x").upload_from_string("x")
    hierarchical.blob("c").upload_from_string("x")
    for name in ("a/d/e/", "b/", "z/"):
        make(url, name, recursive=True)

    def listed(where: storage.Bucket, **options: Any) -> tuple[list[str], list[str]]:
        found = where.list_blobs(delimiter="/", **options)
        return [blob.name for blob in found], sorted(found.prefixes)

    assert listed(hierarchical) == (["c"], ["a/"])
    assert listed(hierarchical, include_folders_as_prefixes=True) == (["c"], ["a/", "b/", "z/"])
    assert listed(hierarchical, include_folders_as_prefixes=True, page_size=1) == (["c"], ["a/", "b/", "z/"])
    assert listed(hierarchical, include_folders_as_prefixes=True, prefix="a/") == (["a/x"], ["a/d/"])
    marker = {"include_trailing_delimiter": True, "include_folders_as_prefixes": True}
    hierarchical.blob("b/").upload_from_string("")
    assert listed(hierarchical, **marker) == (["b/", "c"], ["a/", "b/", "z/"])
    address = url.rpartition("/")[0]
    requests.post(f"{address}/{bucket.name}/managedFolders", json={"name": "m/"}, timeout=5)
    assert listed(bucket, include_folders_as_prefixes=True) == ([], ["m/"]), "managed folders of flat buckets, too"


def test_a_rename_moves_all_that_lies_below(hierarchical: storage.Bucket, url: str) -> None:
    kept = hierarchical.blob("a/b/x")
    kept.upload_from_string("x")
    hierarchical.blob("ab").upload_from_string("beside")
    operation = requests.post(f"{url}/folders/a%2F/renameTo/folders/z", timeout=5).json()
    assert (operation["done"], operation["response"]["name"].endswith("/folders/z/")) == (True, True)
    assert operation["metadata"]["commonMetadata"]["type"] == "rename-folder"
    assert requests.get(operation["selfLink"], timeout=5).json() == operation
    assert names(url) == ["z/", "z/b/"]
    found = hierarchical.get_blob("z/b/x")
    assert found is not None and (found.generation, found.download_as_bytes()) == (kept.generation, b"x")
    assert {blob.name for blob in hierarchical.list_blobs()} == {"ab", "z/b/x"}

    def refused(source: str, target: str, **query: str) -> tuple[int, str]:
        route = f"{url}/folders/{path(source)}/renameTo/folders/{path(target)}"
        return reason(requests.post(route, params=query, timeout=5))

    make(url, "y/")
    assert refused("z/", "y/") == (409, "conflict")
    assert refused("z/", "z/c/") == (400, "invalid")
    assert refused("z/", "no/where/") == (412, "conditionNotMet")
    assert refused("absent/", "w/") == (404, "notFound")
    for condition in ("ifSourceMetagenerationMatch", "ifMetagenerationMatch"):
        assert refused("z/", "w/", **{condition: "9"}) == (412, "conditionNotMet")
    deep = "d/" * 61
    assert make(url, deep, recursive=True).status_code == 200
    assert make(url, "p/q/r/", recursive=True).status_code == 200
    assert refused("d/", "p/q/r/d/") == (400, "invalid")


def test_a_folder_goes_with_all_that_lies_below(hierarchical: storage.Bucket, url: str) -> None:
    blob = hierarchical.blob("a/b/x")
    blob.upload_from_string("x")
    operation = requests.post(f"{url}/folders/a%2F/deleteRecursive", timeout=5).json()
    assert operation["done"]
    assert names(url) == [] and list(hierarchical.list_blobs()) == []
    (kept,) = hierarchical.list_blobs(soft_deleted=True)
    token = kept._properties["restoreToken"]
    route, query = f"{url}/o/a%2Fb%2Fx/restore", {"generation": kept.generation}
    assert requests.post(route, params=query | {"restoreToken": "other"}, timeout=5).status_code == 404
    assert requests.post(route, params=query | {"restoreToken": token}, timeout=5).status_code == 200
    assert names(url) == ["a/", "a/b/"]


def test_a_refused_deletion_does_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    access = {"uniformBucketLevelAccess": {"enabled": True}}
    store.buckets.create("p", {"name": "tree", "iamConfiguration": access, "hierarchicalNamespace": {"enabled": True}})
    for name, body in (("a/1", {}), ("a/2", {"temporaryHold": True})):
        incoming = store.files.receive()
        store.objects.insert("tree", name, incoming.finish(), body)
    with pytest.raises(StorageError, match="hold"):
        store.folders.delete_recursive("tree", "a/", NONE)
    assert len(store.list_objects(Query("tree"))) == 2
    assert [folder.name for folder in store.folders.list("tree", FolderQuery(), "", 10)] == ["a/"]
    store.close()


def reason(response: requests.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["errors"][0]["reason"]
