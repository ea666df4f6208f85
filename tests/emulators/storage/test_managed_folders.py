"""Managed folders: made once, listed, removed; a bucket with one stays."""

import requests
from google.cloud import storage


def test_a_managed_folder_has_its_life(bucket: storage.Bucket, storage_address: str) -> None:
    url = f"{storage_address}/storage/v1/b/{bucket.name}/managedFolders"
    for name in ("saas/", "saas/accounts/"):
        made = requests.post(url, json={"name": name}, timeout=10).json()
        assert (made["name"], made["bucket"], made["metageneration"]) == (name, bucket.name, "1")
    assert requests.post(url, json={"name": "saas/"}, timeout=10).status_code == 409
    for wrong in ("saas", "/", "a//", "x/" * 16, 3):
        assert requests.post(url, json={"name": wrong}, timeout=10).status_code == 400
    page = requests.get(url, params={"pageSize": 1}, timeout=10).json()
    assert [one["name"] for one in page["items"]] == ["saas/"]
    rest = requests.get(url, params={"pageToken": page["nextPageToken"]}, timeout=10).json()
    assert [one["name"] for one in rest["items"]] == ["saas/accounts/"]
    assert requests.get(f"{url}/saas%2Faccounts%2F", timeout=10).json()["id"] == f"{bucket.name}/saas/accounts/"

    bucket.blob("saas/file").upload_from_string("x")
    assert requests.delete(f"{url}/saas%2F", timeout=10).status_code == 409
    assert requests.delete(f"{url}/saas%2F", params={"allowNonEmpty": "true"}, timeout=10).status_code == 204
    assert bucket.blob("saas/file").exists()
    bucket.blob("saas/file").delete()
    assert requests.delete(f"{storage_address}/storage/v1/b/{bucket.name}", timeout=10).status_code == 409
    assert requests.delete(f"{url}/saas%2Faccounts%2F", timeout=10).status_code == 204
    assert requests.get(f"{url}/saas%2Faccounts%2F", timeout=10).status_code == 404
    bucket.delete()


def test_a_managed_folder_has_a_policy(bucket: storage.Bucket, storage_address: str) -> None:
    url = f"{storage_address}/storage/v1/b/{bucket.name}/managedFolders"
    requests.post(url, json={"name": "a/"}, timeout=10)
    place = f"{url}/a%2F"
    empty = requests.get(f"{place}/iam", timeout=10).json()
    assert (empty["kind"], empty.get("bindings")) == ("storage#policy", None)
    binding = {"role": "roles/storage.objectViewer", "members": ["allUsers"]}
    body = {"bindings": [binding], "etag": empty["etag"]}
    made = requests.put(f"{place}/iam", json=body, timeout=10).json()
    assert made["bindings"] == [binding] == requests.get(f"{place}/iam", timeout=10).json()["bindings"]
    assert requests.put(f"{place}/iam", json=body, timeout=10).status_code == 412
    assert requests.put(f"{place}/iam", json={"bindings": [5]}, timeout=10).status_code == 400
    asked = {"permissions": ["storage.objects.get"]}
    allowed = requests.get(f"{place}/iam/testPermissions", params=asked, timeout=10).json()
    assert allowed["permissions"] == ["storage.objects.get"]
    assert requests.get(place, timeout=10).json()["metageneration"] == "2"
    assert requests.get(f"{url}/b%2F/iam", timeout=10).status_code == 404

    stale = {"ifMetagenerationMatch": "1"}
    assert requests.get(place, params=stale, timeout=10).status_code == 412
    assert requests.delete(place, params=stale, timeout=10).status_code == 412
    assert requests.delete(place, params={"ifMetagenerationMatch": "2"}, timeout=10).status_code == 204
    requests.post(url, json={"name": "a/"}, timeout=10)
    assert "bindings" not in requests.get(f"{place}/iam", timeout=10).json()
