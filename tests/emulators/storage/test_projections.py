"""What answers show by default, and what the last request of an upload and a rewrite in several calls may say."""

from typing import Any

import pytest
import requests
from google.cloud import storage


@pytest.fixture
def url(storage_address: str, bucket: storage.Bucket) -> str:
    bucket.blob("a").upload_from_string("x")
    return f"{storage_address}/storage/v1/b/{bucket.name}"


def shows_lists(response: requests.Response, inside: str = "") -> bool:
    assert response.status_code == 200, response.text
    resource = response.json()
    return "acl" in (resource[inside] if inside else resource)


def test_each_method_shows_what_its_page_says(url: str, bucket: storage.Bucket) -> None:
    acl = {"acl": [{"entity": "allUsers", "role": "READER"}]}
    assert not shows_lists(requests.get(url, timeout=5))
    assert not shows_lists(requests.get(f"{url}/o/a", timeout=5))
    assert shows_lists(requests.patch(url, json={}, timeout=5))
    assert shows_lists(requests.patch(f"{url}/o/a", json={}, timeout=5))
    assert not shows_lists(requests.patch(f"{url}/o/a?projection=noAcl", json={}, timeout=5))
    copy = f"{url}/o/a/copyTo/b/{bucket.name}/o/b"
    assert not shows_lists(requests.post(copy, json={}, timeout=5))
    assert shows_lists(requests.post(copy, json=acl, timeout=5))
    rewrite = copy.replace("copyTo", "rewriteTo")
    assert shows_lists(requests.post(rewrite, json=acl, timeout=5), "resource")
    error = requests.get(f"{url}?projection=half", timeout=5).json()["error"]["errors"][0]
    assert (error["reason"], error["location"]) == ("invalidParameter", "projection")


def test_the_last_request_of_an_upload_adds_metadata(url: str) -> None:
    start = f"{url.replace('/storage/v1', '/upload/storage/v1')}/o?uploadType=resumable&name=b"
    body = {"metadata": {"color": "red", "size": "9"}}
    session = requests.post(start, json=body, timeout=5).headers["Location"]
    done = requests.put(session, data=b"x", headers={"X-Goog-Meta-Color": "blue", "X-Goog-Meta-New": "1"}, timeout=5)
    assert done.json()["metadata"] == {"color": "blue", "size": "9", "new": "1"}


def test_a_rewrite_comes_as_far_as_its_caller_lets_it(url: str, bucket: storage.Bucket) -> None:
    data = bytes(range(256)) * 10240  # two mebibytes and a half
    bucket.blob("big").upload_from_string(data)

    def rewrite(body: Any, **query: Any) -> Any:
        route = f"{url}/o/big/rewriteTo/b/{bucket.name}/o/moved"
        return requests.post(route, params=query, json=body, timeout=5).json()

    colder = {"storageClass": "NEARLINE"}
    answer, totals = rewrite(colder, maxBytesRewrittenPerCall=1 << 20), []
    while not answer["done"]:
        totals.append(answer["totalBytesRewritten"])
        token = answer["rewriteToken"]
        answer = rewrite(colder, maxBytesRewrittenPerCall=1 << 20, rewriteToken=token)
    assert totals == ["1048576", "2097152"]
    assert answer["resource"]["storageClass"] == "NEARLINE"
    assert bucket.blob("moved").download_as_bytes() == data
    assert rewrite({}, maxBytesRewrittenPerCall=1 << 20)["done"], "within a place and a class no bytes move"
    assert rewrite(colder, maxBytesRewrittenPerCall=5)["error"]["errors"][0]["reason"] == "invalidParameter"
    assert rewrite(colder, maxBytesRewrittenPerCall=2 << 20, rewriteToken=token)["error"]["code"] == 400
    assert rewrite(colder, rewriteToken="none")["error"]["code"] == 400
