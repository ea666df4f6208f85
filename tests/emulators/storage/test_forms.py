"""Uploads by HTML forms, with the policies that Google's client signs."""

import base64
import datetime
import json
from pathlib import Path
from typing import Any

import pytest
import requests
from google.cloud import storage
from google.oauth2.service_account import Credentials

from emulators.auth.credentials import write_service_account_key
from tests.emulators.storage.test_xml import code


@pytest.fixture
def url(storage_address: str, bucket: storage.Bucket) -> str:
    return f"{storage_address}/{bucket.name}"


@pytest.fixture
def credentials(tmp_path: Path) -> Credentials:
    path = tmp_path / "key.json"
    write_service_account_key(path, tmp_path, "http://127.0.0.1:1", "p")
    return Credentials.from_service_account_file(str(path))


def post(url: str, fields: dict[str, str], data: bytes = b"bytes", name: str = "local.txt") -> requests.Response:
    files = {"file": (name, data, "text/x")}
    return requests.post(url, data=fields, files=files, timeout=5, allow_redirects=False)


def policy(*conditions: Any, seconds: int = 60) -> dict[str, str]:
    end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)
    document = {"expiration": end.isoformat(), "conditions": conditions}
    encoded = base64.b64encode(json.dumps(document).encode()).decode()
    return {"policy": encoded, "GoogleAccessId": "a", "Signature": "b"}


def test_a_policy_of_googles_client_is_taken(
    client: storage.Client, bucket: storage.Bucket, url: str, credentials: Credentials
) -> None:
    signed = client.generate_signed_post_policy_v4(
        bucket.name,
        "made/${filename}",
        datetime.timedelta(minutes=1),
        conditions=[["content-length-range", 0, 10]],
        fields={"x-goog-meta-color": "red", "content-type": "x/y"},
        credentials=credentials,
    )
    assert post(url, signed["fields"]).status_code == 204
    blob = bucket.get_blob("made/local.txt")
    assert blob is not None and (blob.content_type, blob.metadata) == ("x/y", {"color": "red"})
    assert blob.download_as_bytes() == b"bytes"
    assert code(post(url, signed["fields"], b"more than ten bytes")) == (400, "EntityTooLarge")
    assert code(post(url, signed["fields"] | {"acl": "private"})) == (400, "InvalidPolicyDocument")
    assert code(post(url, signed["fields"] | {"x-goog-meta-color": "blue"})) == (400, "InvalidPolicyDocument")


def test_conditions_say_what_may_be_uploaded(url: str, bucket: storage.Bucket) -> None:
    rules = policy(["starts-with", "$key", "a/"], {"bucket": bucket.name}, ["eq", "$acl", "public-read"])
    assert post(url, rules | {"key": "a/b", "acl": "public-read"}).status_code == 204
    assert "allUsers" in {entry["entity"] for entry in bucket.blob("a/b").acl}
    assert code(post(url, rules | {"key": "b", "acl": "public-read"})) == (400, "InvalidPolicyDocument")
    assert code(post(url, rules | {"key": "a/b"})) == (400, "InvalidPolicyDocument")
    assert post(url, rules | {"key": "a/b", "acl": "public-read", "x-ignore-me": "x"}).status_code == 204


def test_a_policy_that_cannot_be_is_refused(url: str) -> None:
    assert code(post(url, policy({"key": "a"}, seconds=-1) | {"key": "a"})) == (400, "PolicyExpired")
    unsigned = {"policy": policy({"key": "a"})["policy"], "key": "a"}
    assert code(post(url, unsigned)) == (400, "InvalidArgument")
    for broken in ("no base64!", base64.b64encode(b"{}").decode(), base64.b64encode(b"[]").decode()):
        sent = {"policy": broken, "key": "a", "GoogleAccessId": "a", "Signature": "b"}
        assert code(post(url, sent)) == (400, "InvalidPolicyDocument")


@pytest.mark.parametrize(("wanted", "status"), [("200", 200), ("201", 201), ("204", 204), ("302", 204)])
def test_the_form_says_what_is_answered(url: str, wanted: str, status: int) -> None:
    answer = post(url, {"key": "a b", "success_action_status": wanted})
    assert (answer.status_code, answer.headers["Location"]) == (status, f"{url}/a%20b")
    assert (b"<Key>a b</Key>" in answer.content) == (status == 201)


def test_a_redirection_tells_of_the_object(url: str, bucket: storage.Bucket) -> None:
    answer = post(url, {"key": "a", "success_action_redirect": "https://example.com/done?x=1"})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(f"https://example.com/done?x=1&bucket={bucket.name}&key=a&etag=")


def test_a_form_without_a_key_or_a_file_is_refused(url: str, bucket: storage.Bucket) -> None:
    assert code(post(url, {})) == (400, "InvalidArgument")
    without = requests.post(url, files={"key": (None, "a")}, timeout=5)
    assert code(without) == (400, "InvalidArgument")
    other = requests.post(url, data=b"x", headers={"Content-Type": "text/plain"}, timeout=5)
    assert code(other) == (400, "MalformedPOSTRequest")
    assert list(bucket.list_blobs()) == []


def test_a_large_file_arrives_whole(url: str, bucket: storage.Bucket) -> None:
    data = bytes(range(256)) * 8192 + b"\r\n--not the end--\r\n"
    assert post(url, {"key": "big"}, data).status_code == 204
    assert bucket.blob("big").download_as_bytes() == data
