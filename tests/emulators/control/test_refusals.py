"""What the services refuse: bodies that do not fit their schemas, references to nothing, changes to what is fixed."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.emulators.control.answers import fields, make_agent, refusal
from tests.emulators.control.conftest import enable

Api = Callable[..., Any]
AUTOMATIC: dict[str, Any] = {"replication": {"automatic": {}}}


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({**AUTOMATIC, "colour": "red"}, ["secret.colour"]),
        ({"replication": {"automatic": {"x": 1}}}, ["secret.replication.automatic.x"]),
        ({**AUTOMATIC, "labels": {"a": 3}}, ["secret.labels.a"]),
        ({**AUTOMATIC, "topics": {"name": "t"}}, ["secret.topics"]),
        ({**AUTOMATIC, "ttl": "1 day", "expireTime": "soon"}, ["secret.ttl", "secret.expireTime"]),
        (
            {"replication": {"userManaged": {"replicas": [{}, {"location": 3}]}}},
            ["secret.replication.userManaged.replicas[1].location"],
        ),
        ({}, ["secret.replication"]),
    ],
)
def test_a_body_that_does_not_fit_is_refused_with_its_path(
    api: Api, project: str, body: dict[str, Any], paths: list[str]
) -> None:
    secrets = api("secretmanager", "v1").projects().secrets()
    error = refusal(secrets.create(parent=f"projects/{project}", secretId="s", body=body))
    assert (error["code"], error["status"], fields(error)) == (400, "INVALID_ARGUMENT", paths)


def test_clients_of_the_newer_kind_ask_for_enums_as_numbers(control_address: str, project: str) -> None:
    """Go's, Java's and Python's over REST; an enum that comes as a number cannot be known, and is refused."""
    base = f"{control_address}/cloudkms.googleapis.com/v1/projects/{project}/locations/us/keyRings"
    query = {"$alt": "json;enum-encoding=int"}
    assert requests.post(base, params=query | {"keyRingId": "r"}, json={}, timeout=5).status_code == 200
    assert requests.get(f"{base}/r", params={"$alt": "proto"}, timeout=5).status_code == 501
    key: dict[str, Any] = {"params": query | {"cryptoKeyId": "k"}, "json": {"purpose": 1}, "timeout": 5}
    answer = requests.post(f"{base}/r/cryptoKeys", **key)
    assert answer.status_code == 400 and "ENCRYPT_DECRYPT" in answer.json()["error"]["message"]


def test_a_whole_message_may_repeat_what_the_path_tells(control_address: str, project: str) -> None:
    """As Go's clients over REST send it; a resource has no such fields."""
    secrets = f"{control_address}/secretmanager.googleapis.com/v1/projects/{project}/secrets"
    assert requests.post(secrets, params={"secretId": "s"}, json=AUTOMATIC, timeout=5).status_code == 200
    body = {"parent": f"projects/{project}/secrets/s", "payload": {"data": "aHVzaA=="}}
    assert requests.post(f"{secrets}/s:addVersion", json=body, timeout=5).status_code == 200
    repeated = AUTOMATIC | {"parent": f"projects/{project}"}
    assert requests.post(secrets, params={"secretId": "t"}, json=repeated, timeout=5).status_code == 400


def test_parameters_are_checked_too(control_address: str, project: str) -> None:
    url = f"{control_address}/secretmanager.googleapis.com/v1/projects/{project}/secrets"
    for query in ({"secretid": "s"}, {}, {"secretId": "s", "colour": "red"}):
        answer = requests.post(url, params=query, json=AUTOMATIC, timeout=10)
        assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT"), query
    assert requests.get(url, params={"pageSize": "many"}, timeout=10).status_code == 400
    # snake_case is taken in the query and in the body, as everywhere in proto3's JSON.
    body = {"replication": {"user_managed": {"replicas": [{"location": "europe-west1"}]}}}
    made = requests.post(url, params={"secret_id": "s"}, json=body, timeout=10).json()
    assert made["replication"]["userManaged"]["replicas"] == [{"location": "europe-west1"}]


def test_a_service_that_is_off_does_not_answer(control_address: str, api: Api) -> None:
    request = api("secretmanager", "v1").projects().secrets().list(parent="projects/other-project")
    error = refusal(request)
    assert (error["code"], error["status"]) == (403, "PERMISSION_DENIED") and "disabled" in error["message"]
    services = api("serviceusage", "v1").services()
    name = "projects/other-project/services/secretmanager.googleapis.com"
    services.enable(name=name, body={}).execute()
    assert request.execute() == {} and services.get(name=name).execute()["state"] == "ENABLED"
    services.disable(name=name, body={}).execute()
    assert refusal(request)["code"] == 403


def test_only_the_service_writes_what_is_its_own(api: Api, project: str) -> None:
    secrets = api("secretmanager", "v1").projects().secrets()
    body = {**AUTOMATIC, "createTime": "1999-01-01T00:00:00Z", "name": "projects/other/secrets/x"}
    made = secrets.create(parent=f"projects/{project}", secretId="s", body=body).execute()
    assert made["name"] == f"projects/{project}/secrets/s"
    assert not made["createTime"].startswith("1999")


def test_what_was_written_as_a_secret_is_not_shown(api: Api, project: str) -> None:
    profiles = api("datastream", "v1").projects().locations().connectionProfiles()
    parent = f"projects/{project}/locations/europe-west1"
    source = {"hostname": "h", "database": "d", "username": "u", "password": "swordfish"}
    body = {"displayName": "d", "postgresqlProfile": source}
    made = profiles.create(parent=parent, connectionProfileId="source", body=body).execute()
    shown = profiles.get(name=f"{parent}/connectionProfiles/source").execute()
    assert "swordfish" not in str(made) + str(shown) and shown["postgresqlProfile"]["username"] == "u"


def test_a_required_field_deep_inside_is_missed(api: Api, project: str) -> None:
    profiles = api("datastream", "v1").projects().locations().connectionProfiles()
    body = {"displayName": "d", "postgresqlProfile": {"hostname": "h", "username": "u"}}
    parent = f"projects/{project}/locations/europe-west1"
    error = refusal(profiles.create(parent=parent, connectionProfileId="source", body=body))
    assert fields(error) == ["postgresqlProfile.database"]


def test_what_is_fixed_stays(api: Api, project: str) -> None:
    secrets = api("secretmanager", "v1").projects().secrets()
    name = secrets.create(parent=f"projects/{project}", secretId="s", body=AUTOMATIC).execute()["name"]
    other = {"replication": {"userManaged": {"replicas": [{"location": "europe-west1"}]}}}
    assert fields(refusal(secrets.patch(name=name, updateMask="replication", body=other))) == ["replication"]
    assert fields(refusal(secrets.patch(name=name, updateMask="colour", body={}))) == ["update_mask"]
    assert secrets.get(name=name).execute()["replication"] == AUTOMATIC["replication"]


def test_references_must_lead_somewhere(api: Api, control_address: str, project: str) -> None:
    parent = f"projects/{project}/locations/europe-west1"
    repositories = api("artifactregistry", "v1").projects().locations().repositories()
    key = f"{parent}/keyRings/r/cryptoKeys/k"
    request = repositories.create(parent=parent, repositoryId="r", body={"format": "DOCKER", "kmsKeyName": key})
    assert fields(refusal(request)) == ["kmsKeyName"]
    rings = api("cloudkms", "v1").projects().locations().keyRings()
    lonely = rings.cryptoKeys().create(
        parent=f"{parent}/keyRings/r", cryptoKeyId="k", body={"purpose": "ENCRYPT_DECRYPT"}
    )
    assert refusal(lonely)["status"] == "NOT_FOUND"
    rings.create(parent=parent, keyRingId="r", body={}).execute()
    made = lonely.execute()
    assert made["primary"]["name"] == f"{key}/cryptoKeyVersions/1" and made["primary"]["state"] == "ENABLED"
    # The key is there, and the service may not use it yet: its agent must be made, and then be let to the key.
    error = refusal(request)
    agent = error["message"].split()[2]
    assert error["status"] == "FAILED_PRECONDITION" and "@gcp-sa-artifactregistry." in agent
    binding = {"role": "roles/cloudkms.cryptoKeyEncrypterDecrypter", "members": [agent]}
    grant = rings.cryptoKeys().setIamPolicy(resource=key, body={"policy": {"bindings": [binding]}})
    assert "does not exist" in refusal(grant)["message"]
    make_agent(control_address, project, "artifactregistry")
    grant.execute()
    elsewhere = f"projects/{project}/locations/europe-west4"
    far = repositories.create(parent=elsewhere, repositoryId="r", body={"format": "DOCKER", "kmsKeyName": key})
    assert fields(refusal(far)) == ["kmsKeyName"]
    assert request.execute()["done"]


def test_a_revision_refers_to_what_is_there(api: Api, project: str) -> None:
    services = api("run", "v2").projects().locations().services()
    parent = f"projects/{project}/locations/europe-west1"
    secret = {"name": "PASSWORD", "valueSource": {"secretKeyRef": {"secret": "db", "version": "latest"}}}
    account = f"dagster@{project}.iam.gserviceaccount.com"
    template = {"serviceAccount": account, "containers": [{"image": "i", "env": [secret]}]}
    request = services.create(parent=parent, serviceId="ui", body={"template": template})
    assert "Secret" in refusal(request)["message"]
    secrets = api("secretmanager", "v1").projects().secrets()
    secrets.create(parent=f"projects/{project}", secretId="db", body=AUTOMATIC).execute()
    secrets.addVersion(parent=f"projects/{project}/secrets/db", body={"payload": {"data": "cHc="}}).execute()
    assert account in refusal(request)["message"]
    accounts = api("iam", "v1").projects().serviceAccounts()
    accounts.create(name=f"projects/{project}", body={"accountId": "dagster"}).execute()
    large = {"image": "i", "resources": {"limits": {"cpu": "1", "memory": "8Gi"}}}
    body = {"template": {**template, "containers": [large]}}
    assert "8 GiB with 1 CPU" in refusal(services.create(parent=parent, serviceId="ui", body=body))["message"]
    made = request.execute()["response"]
    assert made["terminalCondition"]["state"] == "CONDITION_SUCCEEDED" and made["uri"].endswith(".run.app")


def test_a_network_in_use_stays(api: Api, project: str) -> None:
    compute = api("compute", "v1")
    compute.networks().insert(project=project, body={"name": "n", "autoCreateSubnetworks": False}).execute()
    network = f"projects/{project}/global/networks/n"
    subnetworks, at = compute.subnetworks(), {"project": project, "region": "europe-west1"}
    body = {"name": "s", "network": network, "ipCidrRange": "10.0.0.0/20"}
    subnetworks.insert(**at, body=body).execute()
    overlapping = subnetworks.insert(**at, body={**body, "name": "t", "ipCidrRange": "10.0.8.0/24"})
    assert "conflicts" in refusal(overlapping)["message"]
    missing = subnetworks.insert(**at, body={**body, "name": "t", "network": network + "2"})
    assert refusal(missing)["errors"][0]["reason"] == "notFound"
    in_use = refusal(compute.networks().delete(project=project, network="n"))
    assert in_use["errors"][0]["reason"] == "resourceInUseByAnotherResource"
    subnetworks.delete(**at, subnetwork="s").execute()
    reserved = {"name": "g", "purpose": "VPC_PEERING", "addressType": "INTERNAL", "network": network}
    reserved |= {"address": "10.0.0.0", "prefixLength": 20}  # type: ignore[dict-item]
    compute.globalAddresses().insert(project=project, body=reserved).execute()
    assert "reserved range" in refusal(subnetworks.insert(**at, body=body))["message"]
    compute.globalAddresses().delete(project=project, address="g").execute()
    compute.networks().delete(project=project, network="n").execute()
    assert refusal(compute.networks().get(project=project, network="n"))["code"] == 404


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("translate.googleapis.com/v3/projects/p/locations/l", 501),
        ("secretmanager.googleapis.com/v7/projects/p/secrets", 404),
        ("secretmanager.googleapis.com/v1/projects/p/colours", 404),
        ("compute.googleapis.com/compute/v1/projects/project-1/zones/z/instances/i/serialPort", 501),
        ("nowhere/v1/projects", 404),
        ("", 404),
    ],
)
def test_what_is_not_known_is_not_answered(control_address: str, path: str, code: int) -> None:
    enable(control_address, "project-1")
    answer = requests.get(f"{control_address}/{path}", timeout=10)
    assert answer.status_code == code
    assert answer.json()["error"]["code"] == code
