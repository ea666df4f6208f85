"""Multipart uploads of the XML API: by the transfer manager of Google's client, and step by step."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
import requests
from google.cloud import storage
from google.cloud.storage import transfer_manager

MIB = 1 << 20


@pytest.fixture
def url(storage_address: str, bucket: storage.Bucket) -> str:
    return f"{storage_address}/{bucket.name}/a%20b"


def begin(url: str, **headers: str) -> str:
    answer = requests.post(url + "?uploads", headers=headers, timeout=5)
    found = next(one.text for one in ElementTree.fromstring(answer.content) if one.tag.endswith("UploadId"))
    assert found
    return f"{url}?uploadId={found}"


def put(upload: str, number: int, data: bytes) -> str:
    answer = requests.put(f"{upload}&partNumber={number}", data=data, timeout=10)
    assert answer.status_code == 200
    return answer.headers["ETag"]


def complete(upload: str, *parts: tuple[int, str]) -> tuple[int, str]:
    listed = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{tag}</ETag></Part>" for n, tag in parts)
    body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>"
    answer = requests.post(upload, data=body, timeout=10)
    return answer.status_code, ElementTree.fromstring(answer.content).findtext("Code") or ""


def test_the_transfer_manager_sends_parts_at_once(bucket: storage.Bucket, tmp_path: Path) -> None:
    data = bytes(range(256)) * (12 * 4096)
    path = tmp_path / "file"
    path.write_bytes(data)
    blob = bucket.blob("large", chunk_size=5 * MIB)
    blob.metadata = {"k": "v"}
    threads = {"worker_type": transfer_manager.THREAD, "max_workers": 3}
    transfer_manager.upload_chunks_concurrently(str(path), blob, chunk_size=5 * MIB, **threads)
    found = bucket.get_blob("large")
    assert found is not None and (found.size, found.metadata, found.md5_hash) == (len(data), {"k": "v"}, None)
    assert found.download_as_bytes() == data


def test_the_last_of_a_number_counts_and_what_is_not_listed_goes(url: str, bucket: storage.Bucket) -> None:
    upload = begin(url, **{"Content-Type": "t/t"})
    big, small = b"a" * (5 * MIB), b"z"
    put(upload, 3, b"first")
    tags = (1, put(upload, 1, big)), (3, put(upload, 3, small))
    put(upload, 7, b"unlisted")
    assert bucket.get_blob("a b") is None
    assert complete(upload, *tags) == (200, "")
    found = bucket.get_blob("a b")
    assert found is not None and (found.content_type, found.download_as_bytes()) == ("t/t", big + small)
    assert complete(upload, *tags) == (404, "NoSuchUpload")


def test_what_cannot_be_is_refused_and_the_upload_goes_on(url: str, bucket: storage.Bucket) -> None:
    upload = begin(url)
    one, two = (1, put(upload, 1, b"a")), (2, put(upload, 2, b"b"))
    assert complete(upload) == (400, "InvalidArgument")
    assert complete(upload, two, one) == (400, "InvalidPartOrder")
    assert complete(upload, (1, two[1])) == (400, "InvalidPart")
    assert complete(upload, (9, one[1])) == (400, "InvalidPart")
    assert complete(upload, one, two) == (400, "EntityTooSmall")
    for body in (b"", b"<a", b"<!DOCTYPE a><a/>", b"<a><Part><PartNumber>x</PartNumber></Part></a>"):
        assert requests.post(upload, data=body, timeout=5).status_code == 400
    assert requests.put(f"{upload}&partNumber=0", data=b"x", timeout=5).status_code == 400
    wrong = {"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}
    assert requests.put(f"{upload}&partNumber=3", data=b"x", headers=wrong, timeout=5).status_code == 400
    assert complete(upload, two) == (200, "")


def test_an_upload_is_aborted(url: str, bucket: storage.Bucket) -> None:
    upload = begin(url)
    put(upload, 1, b"a")
    assert requests.delete(upload, timeout=5).status_code == 204
    assert requests.delete(upload, timeout=5).status_code == 404
    assert requests.put(f"{upload}&partNumber=1", data=b"x", timeout=5).status_code == 404
    assert bucket.get_blob("a b") is None
