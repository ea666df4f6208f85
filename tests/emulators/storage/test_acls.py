"""Access control lists, by Google's client: they are kept, and nobody is refused by them."""

import pytest
import requests
from google.api_core.exceptions import BadRequest, PreconditionFailed
from google.cloud import storage


def roles(acl: storage.acl.ACL) -> dict[str, str]:
    acl.reload()
    return {one["entity"]: one["role"] for one in acl}


def teams(acl: storage.acl.ACL) -> dict[str, str]:
    """The lists as above, without the projects' numbers."""
    return {entity.rstrip("0123456789"): role for entity, role in roles(acl).items()}


TEAM = {"project-owners-": "OWNER", "project-editors-": "OWNER", "project-viewers-": "READER"}


def test_what_nobody_has_written_is_for_the_projects_team(bucket: storage.Bucket) -> None:
    blob = bucket.blob("x")
    blob.upload_from_string("x")
    assert teams(bucket.acl) == teams(bucket.default_object_acl) == teams(blob.acl) == TEAM


def test_an_object_is_made_public_and_private(bucket: storage.Bucket) -> None:
    blob = bucket.blob("x")
    blob.upload_from_string("x", predefined_acl="publicRead")
    assert roles(blob.acl) == {"allUsers": "READER"}
    blob.make_private()
    assert roles(blob.acl) == {}
    blob.make_public()
    assert roles(blob.acl) == {"allUsers": "READER"}
    found = bucket.get_blob("x")
    assert found is not None and found.metageneration == 3


def test_new_objects_have_their_buckets_default(bucket: storage.Bucket) -> None:
    bucket.default_object_acl.save_predefined("authenticatedRead")
    bucket.blob("x").upload_from_string("x")
    bucket.default_object_acl.save_predefined("private")
    assert roles(bucket.blob("x").acl) == {"allAuthenticatedUsers": "READER"}
    bucket.copy_blob(bucket.blob("x"), bucket, "y")
    assert roles(bucket.blob("y").acl) == {}


def test_one_entry_after_the_other(storage_address: str, bucket: storage.Bucket) -> None:
    url = f"{storage_address}/storage/v1/b/{bucket.name}/acl"
    entry = {"entity": "user-joe@example.com", "role": "READER"}
    made = requests.post(url, json=entry, timeout=5).json()
    assert (made["kind"], made["email"]) == ("storage#bucketAccessControl", "joe@example.com")
    one = f"{url}/user-joe@example.com"
    assert requests.patch(one, json={"role": "WRITER"}, timeout=5).json()["role"] == "WRITER"
    assert requests.get(one, timeout=5).json()["role"] == "WRITER"
    assert len(requests.get(url, timeout=5).json()["items"]) == len(TEAM) + 1
    assert requests.delete(one, timeout=5).status_code == 204
    assert requests.delete(one, timeout=5).status_code == 404
    assert requests.patch(one, json={"role": "WRITER"}, timeout=5).status_code == 404
    assert requests.put(one, json=entry, timeout=5).json()["role"] == "READER"
    assert requests.delete(one, timeout=5).status_code == 204
    assert teams(bucket.acl) == TEAM


@pytest.mark.parametrize("entry", [{"entity": "joe", "role": "READER"}, {"entity": "allUsers", "role": "READ"}, {}])
def test_entries_that_are_none(storage_address: str, bucket: storage.Bucket, entry: dict[str, str]) -> None:
    url = f"{storage_address}/storage/v1/b/{bucket.name}"
    assert requests.post(f"{url}/acl", json=entry, timeout=5).status_code == 400
    assert requests.patch(url, json={"acl": [entry]}, timeout=5).status_code == 400


def test_the_full_projection_shows_them(storage_address: str, bucket: storage.Bucket) -> None:
    bucket.blob("x").upload_from_string("x")
    for path in ("", "/o/x"):
        url = f"{storage_address}/storage/v1/b/{bucket.name}{path}"
        assert "acl" not in requests.get(url, timeout=5).json()
        assert len(requests.get(url, params={"projection": "full"}, timeout=5).json()["acl"]) == len(TEAM)


def test_a_bucket_with_uniform_access_has_none(bucket: storage.Bucket) -> None:
    blob = bucket.blob("x")
    blob.upload_from_string("x")
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    bucket.patch()
    for acl in (bucket.acl, bucket.default_object_acl, blob.acl):
        with pytest.raises(BadRequest, match="uniform bucket-level access"):
            acl.reload()
    with pytest.raises(BadRequest, match="uniform bucket-level access"):
        blob.acl.save([{"entity": "allUsers", "role": "READER"}])


def test_prevention_of_public_access(bucket: storage.Bucket, storage_address: str) -> None:
    bucket.iam_configuration.public_access_prevention = "enforced"
    bucket.patch()
    url = f"{storage_address}/storage/v1/b/{bucket.name}/acl"
    assert requests.post(url, json={"entity": "allUsers", "role": "READER"}, timeout=5).status_code == 412
    with pytest.raises(PreconditionFailed):
        bucket.blob("x").upload_from_string("x", predefined_acl="publicRead")
