"""The XML API's objects, by which the Go client reads, and signed URLs."""

import re
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
import requests
from google.cloud import storage
from google.oauth2.service_account import Credentials

from emulators.auth.credentials import write_service_account_key


@pytest.fixture
def url(storage_address: str, bucket: storage.Bucket) -> str:
    return f"{storage_address}/{bucket.name}/a%20b"


def send(method: str, url: str, data: bytes = b"", **headers: str) -> requests.Response:
    return requests.request(
        method, url, data=data, headers={k.replace("_", "-"): v for k, v in headers.items()}, timeout=5
    )


def code(response: requests.Response) -> tuple[int, str | None]:
    return response.status_code, ElementTree.fromstring(response.content).findtext("Code")


def test_an_object_is_written_read_and_deleted(url: str, bucket: storage.Bucket) -> None:
    written = send("PUT", url, b"bytes", Content_Type="x/y", x_goog_meta_color="red", Cache_Control="no-cache")
    blob = bucket.get_blob("a b")
    assert blob is not None and (blob.content_type, blob.metadata) == ("x/y", {"color": "red"})
    assert (written.status_code, written.headers["X-Goog-Generation"]) == (200, str(blob.generation))
    read = send("GET", url)
    assert (read.content, read.headers["X-Goog-Meta-Color"], read.headers["Cache-Control"]) == (
        b"bytes",
        "red",
        "no-cache",
    )
    head = send("HEAD", url)
    assert (head.content, head.headers["Content-Length"]) == (b"", "5")
    assert send("DELETE", url).status_code == 204
    assert code(send("GET", url)) == (404, "NoSuchKey")


def test_preconditions_come_in_headers(url: str) -> None:
    first = send("PUT", url, b"1", x_goog_if_generation_match="0").headers["X-Goog-Generation"]
    assert code(send("PUT", url, b"2", x_goog_if_generation_match="0")) == (412, "PreconditionFailed")
    assert send("PUT", url, b"2", x_goog_if_generation_match=first).status_code == 200
    assert code(send("GET", url, x_goog_if_generation_match=first)) == (412, "PreconditionFailed")
    assert code(send("DELETE", url, x_goog_if_metageneration_match="7")) == (412, "PreconditionFailed")
    assert code(send("GET", url, x_goog_if_generation_match="x")) == (400, "InvalidArgument")


def test_errors_are_xml(url: str, storage_address: str) -> None:
    send("PUT", url, b"1")
    beyond = send("GET", url, Range="bytes=5-")
    assert (code(beyond), beyond.headers["Content-Range"]) == ((416, "InvalidRange"), "bytes */1")
    assert code(send("GET", f"{storage_address}/absent-bucket/x")) == (404, "NoSuchBucket")
    assert code(send("PUT", url, b"1", Content_MD5="AAAAAAAAAAAAAAAAAAAAAA=="))[0] == 400
    for refused in (send("GET", url + "?acl"), send("POST", url), send("GET", storage_address + "/a-bucket")):
        assert code(refused) == (400, "NotImplemented")


def test_a_resumable_upload_begins(url: str, bucket: storage.Bucket) -> None:
    started = send("POST", url, Content_Type="x/y", x_goog_resumable="start")
    assert started.status_code == 201
    assert send("PUT", started.headers["Location"], b"whole").status_code == 200
    blob = bucket.get_blob("a b")
    assert blob is not None and (blob.size, blob.content_type) == (5, "x/y")


class TestSignedURLs:
    @pytest.fixture
    def credentials(self, tmp_path: Path) -> Credentials:
        path = tmp_path / "key.json"
        write_service_account_key(path, tmp_path, "http://127.0.0.1:1", "p")
        return Credentials.from_service_account_file(str(path))

    def sign(self, bucket: storage.Bucket, storage_address: str, credentials: Credentials, **options: object) -> str:
        options = {"version": "v4", "expiration": timedelta(minutes=1), "credentials": credentials} | options
        signed: str = bucket.blob("a b").generate_signed_url(api_access_endpoint=storage_address, **options)
        return signed

    def test_they_write_and_read(self, bucket: storage.Bucket, storage_address: str, credentials: Credentials) -> None:
        put = self.sign(bucket, storage_address, credentials, method="PUT", content_type="x/y")
        assert send("PUT", put, b"signed", Content_Type="x/y").status_code == 200
        assert send("GET", self.sign(bucket, storage_address, credentials)).content == b"signed"

    def test_a_signed_header_must_be_sent(
        self, bucket: storage.Bucket, storage_address: str, credentials: Credentials
    ) -> None:
        put = self.sign(bucket, storage_address, credentials, method="PUT", content_type="x/y")
        assert code(send("PUT", put, b"signed")) == (400, "InvalidArgument")

    def test_version_2_which_the_node_client_signs_by_default(
        self, bucket: storage.Bucket, storage_address: str, credentials: Credentials
    ) -> None:
        bucket.blob("a b").upload_from_string("signed")
        signed = self.sign(bucket, storage_address, credentials, version="v2", response_disposition="inline")
        read = send("GET", signed)
        assert (read.content, read.headers["Content-Disposition"]) == (b"signed", "inline")
        assert code(send("GET", re.sub(r"Expires=\d+", "Expires=1000", signed))) == (400, "ExpiredToken")
        assert code(send("GET", re.sub(r"Expires=\d+", "", signed))) == (400, "InvalidArgument")

    def test_they_expire(self, bucket: storage.Bucket, storage_address: str, credentials: Credentials) -> None:
        signed = self.sign(bucket, storage_address, credentials)
        date = signed.split("X-Goog-Date=")[1][:16]
        assert code(send("GET", signed.replace(date, "20200101T000000Z"))) == (400, "ExpiredToken")
        assert code(send("GET", signed.replace("X-Goog-Expires=60", "X-Goog-Expires=604801"))) == (
            400,
            "InvalidArgument",
        )
        assert code(send("GET", signed.replace(date, "20261399T000000Z"))) == (400, "InvalidArgument")
        assert code(send("GET", signed.replace("X-Goog-Credential", "x-goog-other"))) == (400, "InvalidArgument")
