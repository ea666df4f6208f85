"""The habits of Google's Java clients over REST: bodies packed as gzip, and PATCH in a header of a POST."""

import gzip
import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from tests.emulators.process import running

PACKED = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
SECRETS = "/secretmanager.googleapis.com/v1/projects/p/secrets"
CREATIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "storage": ("POST", "/storage/v1/b?project=p", {"name": "java-bucket"}),
    "control": ("POST", f"{SECRETS}?secretId=s", {"replication": {"automatic": {}}}),
    "bigquery": ("POST", "/bigquery/v2/projects/p/datasets", {"datasetReference": {"datasetId": "d"}}),
}
CHANGES: dict[str, tuple[str, dict[str, Any]]] = {
    "storage": ("/storage/v1/b/java-bucket", {"labels": {"c": "d"}}),
    "control": (f"{SECRETS}/s?updateMask=labels", {"labels": {"c": "d"}}),
    "bigquery": ("/bigquery/v2/projects/p/datasets/d", {"labels": {"c": "d"}}),
}


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with ExitStack() as stack:
        found = {}
        for name in CREATIONS:
            # The usual gRPC port may be a local platform's.
            options = ("--grpc-port", "0") if name == "bigquery" else ()
            found[name] = stack.enter_context(running(name, tmp_path_factory.mktemp(name), *options))
        enable = "/serviceusage.googleapis.com/v1/projects/p/services/secretmanager.googleapis.com:enable"
        assert requests.post(found["control"] + enable, json={}, timeout=10).status_code == 200
        yield found


@pytest.mark.parametrize("name", CREATIONS)
def test_a_body_may_be_packed_and_a_patch_may_be_a_post(addresses: dict[str, str], name: str) -> None:
    method, path, body = CREATIONS[name]
    packed = gzip.compress(json.dumps(body).encode())
    created = requests.request(method, addresses[name] + path, data=packed, headers=PACKED, timeout=10)
    assert created.status_code == 200, created.text
    path, change = CHANGES[name]
    headers = PACKED | {"X-HTTP-Method-Override": "PATCH"}
    packed = gzip.compress(json.dumps(change).encode())
    patched = requests.post(addresses[name] + path, data=packed, headers=headers, timeout=10)
    assert (patched.status_code, patched.json()["labels"]) == (200, {"c": "d"}), patched.text


@pytest.mark.parametrize("name", CREATIONS)
def test_what_is_not_packed_is_refused(addresses: dict[str, str], name: str) -> None:
    method, path, _ = CREATIONS[name]
    answer = requests.request(method, addresses[name] + path, data=b"{}", headers=PACKED, timeout=10)
    assert answer.status_code == 400
    assert "is not gzip, as its Content-Encoding says" in answer.json()["error"]["message"]


def test_an_upload_in_one_request_comes_packed_as_a_whole(addresses: dict[str, str]) -> None:
    requests.post(f"{addresses['storage']}/storage/v1/b?project=p", json={"name": "upload-bucket"}, timeout=10)
    parts = b"--x\r\nContent-Type: application/json\r\n\r\n{}\r\n--x\r\nContent-Type: t/t\r\n\r\nhello\r\n--x--\r\n"
    headers = {"Content-Type": "multipart/related; boundary=x", "Content-Encoding": "gzip"}
    url = f"{addresses['storage']}/upload/storage/v1/b/upload-bucket/o?uploadType=multipart&name=o"
    assert requests.post(url, data=gzip.compress(parts), headers=headers, timeout=10).json()["size"] == "5"
    assert requests.get(f"{addresses['storage']}/upload-bucket/o", timeout=10).content == b"hello"
