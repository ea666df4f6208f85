"""HMAC keys, by Google's client."""

import uuid

import pytest
import requests
from google.api_core.exceptions import BadRequest, NotFound, TooManyRequests
from google.cloud import storage


@pytest.fixture
def account() -> str:
    return f"a{uuid.uuid4().hex}@p.iam.gserviceaccount.com"


def test_a_key_lives_and_dies(client: storage.Client, account: str) -> None:
    key, secret = client.create_hmac_key(account)
    assert (key.state, key.service_account_email, len(key.access_id), len(secret)) == ("ACTIVE", account, 61, 40)
    with pytest.raises(BadRequest, match="other than INACTIVE"):
        client.get_hmac_key_metadata(key.access_id).delete()
    key.state = "INACTIVE"
    key.update()
    assert client.get_hmac_key_metadata(key.access_id).state == "INACTIVE"
    key.delete()
    assert list(client.list_hmac_keys(service_account_email=account)) == []
    assert [one.state for one in client.list_hmac_keys(service_account_email=account, show_deleted_keys=True)] == [
        "DELETED"
    ]


def test_keys_are_listed_in_pages(client: storage.Client, account: str) -> None:
    made = {client.create_hmac_key(account)[0].access_id for _ in range(10)}
    assert {one.access_id for one in client.list_hmac_keys(service_account_email=account, max_results=100)} == made
    with pytest.raises(TooManyRequests):
        client.create_hmac_key(account, retry=None)


def test_what_cannot_be_is_refused(client: storage.Client, account: str, storage_address: str) -> None:
    with pytest.raises(BadRequest):
        client.create_hmac_key("joe@example.com")
    with pytest.raises(NotFound):
        client.get_hmac_key_metadata("GOOG1ENONE")
    key, _ = client.create_hmac_key(account)
    url = f"{storage_address}/storage/v1/projects/sluice-local/hmacKeys/{key.access_id}"
    etag = requests.get(url, timeout=5).json()["etag"]
    change = {"state": "INACTIVE", "etag": etag}
    assert [requests.put(url, json=change, timeout=5).status_code for _ in range(2)] == [200, 412]
    assert requests.put(url, json={"state": "GONE"}, timeout=5).status_code == 400
