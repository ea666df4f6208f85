"""What a read depends on beside its object: entity tags, caches and who may see it."""

import pytest
import requests
from google.cloud import storage


@pytest.fixture
def url(storage_address: str, bucket: storage.Bucket) -> str:
    bucket.blob("a").upload_from_string("x")
    return f"{storage_address}/storage/v1/b/{bucket.name}"


@pytest.mark.parametrize("path", ["", "/o/a", "/o/a?alt=media", "/acl/{entity}", "/iam"])
def test_entity_tags_are_conditions_of_every_read(url: str, path: str) -> None:
    acl = requests.get(f"{url}/acl", timeout=5).json()["items"]
    place = url + path.replace("{entity}", acl[0]["entity"])
    found = requests.get(place, timeout=5)
    tag = found.headers["ETag"] if "alt=media" in path else found.json()["etag"]

    def status(**headers: str) -> int:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.get(place, headers=sent, timeout=5).status_code

    assert status(If_Match=tag) == status(If_Match=f'"{tag}"') == status(If_Match="*") == 200
    assert status(If_None_Match="other") == 200
    assert status(If_Match="other") == 412
    assert status(If_None_Match=tag) == 304


def test_a_write_looks_at_no_tag(url: str) -> None:
    answer = requests.patch(f"{url}/o/a", json={"metadata": {"a": "b"}}, headers={"If-Match": "other"}, timeout=5)
    assert answer.status_code == 200


def test_what_everybody_may_read_may_be_cached(url: str, storage_address: str, bucket: storage.Bucket) -> None:
    def caching() -> tuple[str, str]:
        json = requests.get(f"{url}/o/a?alt=media", timeout=5)
        xml = requests.get(f"{storage_address}/{bucket.name}/a", timeout=5)
        return json.headers["Cache-Control"], xml.headers["Cache-Control"]

    blob = bucket.blob("a")
    assert caching() == ("no-cache", "private, max-age=0")
    blob.cache_control = "max-age=5"
    blob.patch()
    assert caching() == ("no-cache", "max-age=5")
    blob.make_public()
    assert caching() == ("max-age=5", "max-age=5")
    blob.cache_control = None
    blob.patch()
    assert caching() == ("public, max-age=3600", "public, max-age=3600")
    blob.make_private()
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.bindings.append({"role": "roles/storage.objectViewer", "members": {"allUsers"}})
    bucket.set_iam_policy(policy)
    assert caching()[0] == "public, max-age=3600"


def test_a_call_in_a_batch_has_headers_of_its_own(url: str, storage_address: str, bucket: storage.Bucket) -> None:
    tag = requests.get(url, timeout=5).json()["etag"]
    call = f"GET /storage/v1/b/{bucket.name} HTTP/1.1\r\nIf-None-Match: {tag}\r\n\r\n"
    body = f"--x\r\nContent-Type: application/http\r\n\r\n{call}\r\n--x--\r\n"
    headers = {"Content-Type": "multipart/mixed; boundary=x"}
    answer = requests.post(f"{storage_address}/batch/storage/v1", data=body, headers=headers, timeout=5)
    assert "HTTP/1.1 304" in answer.text


def test_another_form_of_an_answer_is_refused(url: str) -> None:
    error = requests.get(f"{url}/o/a?alt=atom", timeout=5).json()["error"]
    assert (error["code"], error["errors"][0]["reason"]) == (400, "invalidAltValue")
