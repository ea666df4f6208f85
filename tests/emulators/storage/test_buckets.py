"""Buckets, through Google's client: what is written is read back as the service writes it."""

import re
import uuid
from typing import Any

import pytest
import requests
from google.api_core import exceptions
from google.cloud import storage


@pytest.fixture
def name() -> str:
    return f"made-{uuid.uuid4().hex}"


def test_a_new_bucket_has_the_services_defaults(client: storage.Client, name: str) -> None:
    client.create_bucket(name)
    bucket = client.get_bucket(name)
    assert (bucket.location, bucket.location_type, bucket.storage_class) == ("US", "multi-region", "STANDARD")
    assert bucket.soft_delete_policy.retention_duration_seconds == 604800
    assert bucket.iam_configuration.public_access_prevention == "inherited"
    assert bucket.metageneration == 1
    assert bucket.project_number == client.get_bucket(name).project_number
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", bucket._properties["timeCreated"])


def test_what_is_set_is_given_back(client: storage.Client, name: str) -> None:
    bucket = client.bucket(name)
    bucket.storage_class = "NEARLINE"
    bucket.labels = {"team": "data"}
    bucket.versioning_enabled = True
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    bucket.add_lifecycle_delete_rule(age=90)
    client.create_bucket(bucket, location="europe-west1")
    found = client.get_bucket(name)
    assert (found.location, found.location_type, found.storage_class) == ("EUROPE-WEST1", "region", "NEARLINE")
    assert found.labels == {"team": "data"}
    assert found.versioning_enabled
    assert list(found.lifecycle_rules) == [{"action": {"type": "Delete"}, "condition": {"age": 90}}]
    assert found.iam_configuration.uniform_bucket_level_access_locked_time is not None


def test_a_patch_changes_what_it_names_and_null_removes(client: storage.Client, name: str) -> None:
    bucket = client.create_bucket(name)
    bucket.labels = {"a": "1", "b": "2"}
    bucket.patch()
    labels = bucket.labels
    del labels["a"]
    bucket.labels = labels
    bucket.patch(if_metageneration_match=bucket.metageneration)
    assert client.get_bucket(name).labels == {"b": "2"}
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.patch(if_metageneration_match=1)


def test_buckets_are_listed_in_pages(client: storage.Client, name: str) -> None:
    made = [f"{name[:40]}-{number}" for number in range(5)]
    for one in made:
        client.create_bucket(one)
    pages = client.list_buckets(prefix=name[:40], page_size=2).pages
    assert [[bucket.name for bucket in page] for page in pages] == [made[:2], made[2:4], made[4:]]


def test_a_name_is_taken_once_and_a_bucket_goes_only_when_it_is_empty(client: storage.Client, name: str) -> None:
    bucket = client.create_bucket(name)
    with pytest.raises(exceptions.Conflict):
        client.create_bucket(name)
    bucket.blob("x").upload_from_string("x")
    with pytest.raises(exceptions.Conflict, match="not empty"):
        bucket.delete()
    bucket.delete(force=True)
    assert client.lookup_bucket(name) is None


@pytest.mark.parametrize(
    "bad", ["ab", "UPPER", "a" * 64, "-a-", "1.2.3.4", "a..b", "google-x", "my-g00gle", "with space"]
)
def test_bad_names_are_refused(client: storage.Client, storage_address: str, bad: str) -> None:
    url = f"{storage_address}/storage/v1/b?project=p"
    response = requests.post(url, json={"name": bad}, timeout=5)
    assert (response.status_code, response.json()["error"]["errors"][0]["reason"]) == (400, "invalid")


def test_the_iam_policy_is_kept_and_a_stale_etag_is_refused(client: storage.Client, name: str) -> None:
    bucket = client.create_bucket(name)
    policy = bucket.get_iam_policy(requested_policy_version=3)
    stale = bucket.get_iam_policy(requested_policy_version=3)
    assert {binding["role"] for binding in policy.bindings} >= {"roles/storage.legacyBucketOwner"}
    policy.bindings.append({"role": "roles/storage.objectViewer", "members": {"allUsers"}})
    bucket.set_iam_policy(policy)
    roles = {binding["role"] for binding in bucket.get_iam_policy().bindings}
    assert "roles/storage.objectViewer" in roles
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.set_iam_policy(stale)
    assert bucket.test_iam_permissions(["storage.objects.get"]) == ["storage.objects.get"]


def test_a_retention_policy_protects_and_can_be_locked(client: storage.Client, name: str) -> None:
    bucket = client.create_bucket(name)
    bucket.retention_period = 3600
    bucket.patch()
    blob = bucket.blob("kept")
    blob.upload_from_string("x")
    assert blob.retention_expiration_time is not None
    for change in (blob.delete, lambda: blob.upload_from_string("y")):
        with pytest.raises(exceptions.Forbidden, match="retention policy"):
            change()
    bucket.lock_retention_policy()
    bucket.retention_period = 60
    with pytest.raises(exceptions.Forbidden):
        bucket.patch()


def test_what_terraforms_provider_asks_for(storage_address: str, client: storage.Client, name: str) -> None:
    client.create_bucket(name, location="us-central1")

    def ask(path: str) -> Any:
        response = requests.get(f"{storage_address}/storage/v1/{path}", timeout=5)
        assert response.status_code == 200, response.text
        return response.json()

    assert ask(f"b/{name}?alt=json&prettyPrint=false")["location"] == "US-CENTRAL1"
    assert ask(f"b/{name}/anywhereCaches") == {"kind": "storage#anywhereCaches"}
    assert ask(f"b/{name}/o?versions=true") == {"kind": "storage#objects"}
    assert ask(f"b/{name}/storageLayout")["hierarchicalNamespace"] == {"enabled": False}
    assert ask("projects/p/serviceAccount")["email_address"].endswith("@gs-project-accounts.iam.gserviceaccount.com")


@pytest.mark.parametrize(
    "body",
    [
        {"softDeletePolicy": {"hardDeletePause": {"enabled": True}}},
        {"somethingNew": {"enabled": True}},
    ],
)
def test_what_is_not_done_is_refused(storage_address: str, client: storage.Client, name: str, body: Any) -> None:
    response = requests.post(f"{storage_address}/storage/v1/b?project=p", json=body | {"name": name}, timeout=5)
    error = response.json()["error"]
    assert (response.status_code, error["errors"][0]["reason"]) == (400, "notImplemented")
    assert client.lookup_bucket(name) is None


def test_an_invalid_location_or_class_is_refused(client: storage.Client, name: str) -> None:
    with pytest.raises(exceptions.BadRequest, match="location"):
        client.create_bucket(name, location="the moon")
    bucket = client.create_bucket(name)
    bucket._patch_property("storageClass", "FAST")
    with pytest.raises(exceptions.BadRequest, match="storage class"):
        bucket.patch()


def test_predefined_acls_are_taken_unless_the_bucket_has_none(client: storage.Client, name: str) -> None:
    bucket = client.create_bucket(name, predefined_acl="projectPrivate")
    bucket.blob("x").upload_from_string("x", predefined_acl="private")
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    bucket.patch()
    with pytest.raises(exceptions.BadRequest, match="uniform"):
        bucket.blob("y").upload_from_string("y", predefined_acl="private")
    assert bucket.get_blob("y") is None


def test_autoclass_says_since_when(client: storage.Client, bucket: storage.Bucket) -> None:
    """The Go client takes a policy without these moments for none."""
    bucket.autoclass_enabled = True
    bucket.patch()
    found = client.get_bucket(bucket.name)
    assert found.autoclass_terminal_storage_class == "NEARLINE"
    assert found.autoclass_toggle_time == found.autoclass_terminal_storage_class_update_time is not None


def test_two_chosen_regions_are_a_dual_region(client: storage.Client) -> None:
    regions = ["US-EAST1", "US-WEST1"]
    bucket = client.create_bucket(f"dual-{uuid.uuid4().hex}", location="US", data_locations=regions)
    assert (bucket.location_type, bucket.data_locations) == ("dual-region", regions)
