"""The XML API's objects, by which the Go client reads, and signed URLs."""

import hashlib
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
    assert code(send("PUT", url, b"1", Content_MD5="AAAAAAAAAAAAAAAAAAAAAA==")) == (400, "BadDigest")
    assert code(send("PUT", url, b"1", x_goog_hash="crc32c=AAAAAA==")) == (400, "CrcMismatch")
    for refused in (send("GET", url + "?torrent"), send("POST", url), send("PATCH", url)):
        assert code(refused) == (400, "NotImplemented")


def test_an_entity_tag_is_the_md5(url: str) -> None:
    tag = send("PUT", url, b"1").headers["ETag"]
    assert tag == f'"{hashlib.md5(b"1").hexdigest()}"' == send("GET", url).headers["ETag"]
    assert send("GET", url, If_Match=tag).status_code == 200
    assert code(send("GET", url, If_Match='"other"')) == (412, "PreconditionFailed")
    same = send("GET", url, If_None_Match=f'"other", {tag}')
    assert (same.status_code, same.content) == (304, b"")
    modified = send("GET", url).headers["Last-Modified"]
    assert send("GET", url, If_Modified_Since=modified).status_code == 304
    assert send("GET", url, If_Unmodified_Since=modified).status_code == 200
    long_ago = "Sun, 06 Nov 1994 08:49:37 GMT"
    assert send("GET", url, If_Modified_Since=long_ago).status_code == 200
    assert code(send("GET", url, If_Unmodified_Since=long_ago)) == (412, "PreconditionFailed")


def test_an_object_may_end_in_a_slash(storage_address: str, bucket: storage.Bucket) -> None:
    url = f"{storage_address}/{bucket.name}/folder/"
    assert send("PUT", url, b"").status_code == 200
    assert [blob.name for blob in bucket.list_blobs()] == ["folder/"]
    assert send("DELETE", url).status_code == 204


def test_a_copy_brings_the_metadata_or_replaces_it(url: str, bucket: storage.Bucket) -> None:
    send("PUT", url, b"bytes", Content_Type="x/y", x_goog_meta_color="red")
    source = f"/{bucket.name}/a%20b"
    target = url.rpartition("/")[0] + "/copy"
    copied = send("PUT", target, x_goog_copy_source=source)
    assert ElementTree.fromstring(copied.content).tag.endswith("CopyObjectResult")
    blob = bucket.get_blob("copy")
    assert blob is not None and (blob.content_type, blob.metadata, blob.size) == ("x/y", {"color": "red"}, 5)
    send("PUT", target, Content_Type="z/z", x_goog_copy_source=source, x_goog_metadata_directive="REPLACE")
    blob = bucket.get_blob("copy")
    assert blob is not None and (blob.content_type, blob.metadata) == ("z/z", None)
    refused = send("PUT", target, x_goog_copy_source=source, x_goog_copy_source_if_generation_match="1")
    assert code(refused) == (412, "PreconditionFailed")
    assert code(send("PUT", target, x_goog_copy_source=source, x_goog_copy_source_if_match='"x"'))[0] == 412
    assert code(send("PUT", target, x_goog_copy_source=f"{bucket.name}/absent")) == (404, "NoSuchKey")


def test_objects_are_composed(url: str, bucket: storage.Bucket) -> None:
    send("PUT", url, b"one")
    component = "<Component><Name>a b</Name></Component>"
    document = f"<ComposeRequest>{component * 2}</ComposeRequest>".encode()
    made = send("PUT", url.rpartition("/")[0] + "/whole?compose", document, Content_Type="x/y")
    blob = bucket.get_blob("whole")
    assert blob is not None and (blob.component_count, blob.content_type) == (2, "x/y")
    assert blob.download_as_bytes() == b"oneone"
    assert re.fullmatch(r'"-[A-Za-z0-9+/=]+"', made.headers["ETag"])
    assert code(send("PUT", url + "?compose", b"<Compose/>")) == (400, "MalformedXML")


def test_a_clients_of_s3_headers_stand_for_the_services(url: str, bucket: storage.Bucket) -> None:
    signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=GOOG1E/20260101/auto/s3/aws4_request, Signature=x"}
    send("PUT", url, b"bytes", x_amz_meta_color="red", x_amz_storage_class="NEARLINE", **signed)
    blob = bucket.get_blob("a b")
    assert blob is not None and (blob.metadata, blob.storage_class) == ({"color": "red"}, "NEARLINE")
    assert send("HEAD", url, **signed).headers["x-amz-meta-color"] == "red"
    assert code(send("PUT", url, b"x", Content_Encoding="aws-chunked", **signed)) == (400, "NotImplemented")
    for header in ("x_amz_object_lock_mode", "x_goog_object_lock_mode", "x_amz_server_side_encryption"):
        assert code(send("PUT", url, b"x", **{header: "x"})) == (400, "NotImplemented")
    presigned = "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-Date=20200101T000000Z&X-Amz-Expires=60"
    assert code(send("GET", url + presigned + "&X-Amz-SignedHeaders=host&X-Amz-Signature=b")) == (400, "ExpiredToken")


def test_an_upload_has_as_many_bytes_as_a_header_wants(url: str) -> None:
    assert code(send("PUT", url, b"12345", x_goog_content_length_range="0,4")) == (400, "EntityTooLarge")
    assert code(send("PUT", url, b"1", x_goog_content_length_range="2,4")) == (400, "EntityTooSmall")
    assert send("PUT", url, b"1234", x_goog_content_length_range="0,4").status_code == 200


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
