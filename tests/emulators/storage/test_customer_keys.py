"""Customer-supplied encryption keys: who has not the right one does not read."""

import base64
import hashlib
import os
from xml.etree import ElementTree

import pytest
import requests
from google.api_core import exceptions
from google.cloud import storage

KEY, OTHER = b"k" * 32, b"o" * 32


def headers(key: bytes, prefix: str = "x-goog-encryption-") -> dict[str, str]:
    return {
        f"{prefix}algorithm": "AES256",
        f"{prefix}key": base64.b64encode(key).decode(),
        f"{prefix}key-sha256": base64.b64encode(hashlib.sha256(key).digest()).decode(),
    }


@pytest.fixture
def url(storage_address: str, bucket: storage.Bucket) -> str:
    bucket.blob("a", encryption_key=KEY).upload_from_string("secret")
    return f"{storage_address}/storage/v1/b/{bucket.name}/o/a"


def test_the_key_reads_and_nothing_else_does(bucket: storage.Bucket, url: str) -> None:
    assert bucket.blob("a", encryption_key=KEY).download_as_bytes() == b"secret"
    with pytest.raises(exceptions.BadRequest, match="is encrypted by a customer-supplied"):
        bucket.blob("a").download_as_bytes()
    with pytest.raises(exceptions.BadRequest, match="incorrect"):
        bucket.blob("a", encryption_key=OTHER).download_as_bytes()
    bucket.blob("plain").upload_from_string("x")
    with pytest.raises(exceptions.BadRequest, match="not encrypted"):
        bucket.blob("plain", encryption_key=KEY).download_as_bytes()


def test_the_metadata_is_open_but_for_the_digests(bucket: storage.Bucket, url: str) -> None:
    whole = requests.get(url, headers=headers(KEY), timeout=5).json()
    sha256 = headers(KEY)["x-goog-encryption-key-sha256"]
    assert whole["customerEncryption"] == {"encryptionAlgorithm": "AES256", "keySha256": sha256}
    without = {name: whole[name] for name in whole if name not in ("md5Hash", "crc32c")}
    assert len(whole) - len(without) == 2
    assert requests.get(url, timeout=5).json() == without
    assert requests.get(url.removesuffix("/a"), timeout=5).json()["items"] == [without]
    assert reason(requests.get(url, headers=headers(OTHER), timeout=5)) == "customerEncryptionKeyIsIncorrect"
    patched = requests.patch(url, json={"metadata": {"a": "b"}, "customerEncryption": {}}, timeout=5).json()
    assert patched["customerEncryption"] == whole["customerEncryption"]
    assert requests.put(url, json={}, timeout=5).json()["customerEncryption"] == whole["customerEncryption"]
    bucket.delete_blob("a")


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"algorithm": "AES128"}, "customerEncryptionAlgorithmIsInvalid"),
        ({"algorithm": None}, "customerEncryptionAlgorithmIsInvalid"),
        ({"key": "c2hvcnQ="}, "customerEncryptionKeyFormatIsInvalid"),
        ({"key": "no base64!"}, "customerEncryptionKeyFormatIsInvalid"),
        ({"key": None}, "customerEncryptionKeyFormatIsInvalid"),
        ({"key-sha256": headers(OTHER)["x-goog-encryption-key-sha256"]}, "customerEncryptionKeySha256IsInvalid"),
        ({"key-sha256": None}, "customerEncryptionKeySha256IsInvalid"),
    ],
)
def test_headers_that_do_not_fit_are_refused(url: str, wrong: dict[str, str | None], expected: str) -> None:
    sent = headers(KEY) | {f"x-goog-encryption-{part}": value for part, value in wrong.items()}
    upload = url.replace("/storage/v1", "/upload/storage/v1").removesuffix("/a") + "?uploadType=media&name=b"
    answer = requests.post(upload, data=b"x", headers={name: text for name, text in sent.items() if text}, timeout=5)
    assert (answer.status_code, reason(answer)) == (400, expected)


def test_a_rewrite_needs_the_sources_key_and_may_rotate_it(bucket: storage.Bucket, url: str) -> None:
    rotated = bucket.blob("a", encryption_key=OTHER)
    with pytest.raises(exceptions.BadRequest, match="encrypted"):
        rotated.rewrite(bucket.blob("a"))
    assert rotated.rewrite(bucket.blob("a", encryption_key=KEY))[0] is None
    assert bucket.blob("a", encryption_key=OTHER).download_as_bytes() == b"secret"
    plain = bucket.blob("plain")
    plain.rewrite(bucket.blob("a", encryption_key=OTHER))
    assert plain.download_as_bytes() == b"secret"


def test_a_composition_has_the_key_of_all_its_sources(bucket: storage.Bucket, url: str) -> None:
    bucket.blob("plain").upload_from_string("x")

    def compose(*names: str, **sent: str) -> requests.Response:
        body = {"sourceObjects": [{"name": name} for name in names]}
        return requests.post(url.removesuffix("/a") + "/whole/compose", json=body, headers=sent, timeout=5)

    assert compose("a", "a", **headers(KEY)).status_code == 200
    assert bucket.blob("whole", encryption_key=KEY).download_as_bytes() == b"secretsecret"
    assert reason(compose("a", "plain", **headers(KEY))) == "resourceNotEncryptedWithCustomerEncryptionKey"
    assert reason(compose("a")) == "resourceIsEncryptedWithCustomerEncryptionKey"


def test_a_resumable_upload_keeps_to_its_key(bucket: storage.Bucket, url: str) -> None:
    data = os.urandom(600_000)
    blob = bucket.blob("big", chunk_size=256 * 1024, encryption_key=KEY)
    with blob.open("wb") as file:
        file.write(data)
    assert bucket.blob("big", encryption_key=KEY).download_as_bytes() == data
    upload = url.replace("/storage/v1", "/upload/storage/v1").removesuffix("/a") + "?uploadType=resumable&name=b"
    session = requests.post(upload, headers=headers(KEY), timeout=5).headers["Location"]
    refused = requests.put(session, data=b"x", headers=headers(OTHER), timeout=5)
    assert reason(refused) == "customerEncryptionKeyIsIncorrect"
    assert requests.put(session, data=b"x", headers=headers(KEY), timeout=5).status_code == 200


def test_a_key_of_cloud_kms_and_one_of_the_customer_exclude_each_other(url: str) -> None:
    name = "projects/p/locations/us/keyRings/r/cryptoKeys/k"
    upload = url.replace("/storage/v1", "/upload/storage/v1").removesuffix("/a")
    query = {"uploadType": "media", "name": "b", "kmsKeyName": name}
    assert requests.post(upload, params=query, data=b"x", headers=headers(KEY), timeout=5).status_code == 400


def test_the_xml_api_asks_for_it_too(storage_address: str, bucket: storage.Bucket) -> None:
    url = f"{storage_address}/{bucket.name}/x"
    assert requests.put(url, data=b"secret", headers=headers(KEY), timeout=5).status_code == 200
    read = requests.get(url, headers=headers(KEY), timeout=5)
    assert (read.content, read.headers["X-Goog-Encryption-Algorithm"]) == (b"secret", "AES256")
    refused = requests.get(url, timeout=5)
    code = ElementTree.fromstring(refused.content).findtext("Code")
    assert (refused.status_code, code) == (400, "ResourceIsEncryptedWithCustomerEncryptionKey")
    started = requests.post(f"{url}?uploads", headers=headers(KEY), timeout=5)
    upload = next(node.text for node in ElementTree.fromstring(started.content) if node.tag.endswith("UploadId"))
    part = {"partNumber": "1", "uploadId": str(upload)}
    assert requests.put(url, params=part, data=b"x", headers=headers(OTHER), timeout=5).status_code == 400


def test_a_restored_object_keeps_its_key(bucket: storage.Bucket, url: str) -> None:
    generation = requests.get(url, timeout=5).json()["generation"]
    bucket.delete_blob("a")
    bucket.restore_blob("a", generation=int(generation))
    assert bucket.blob("a", encryption_key=KEY).download_as_bytes() == b"secret"
    with pytest.raises(exceptions.BadRequest):
        bucket.blob("a").download_as_bytes()


def reason(response: requests.Response) -> str:
    return str(response.json()["error"]["errors"][0]["reason"])
