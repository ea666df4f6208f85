"""Resources of a dozen services through Google's own client: made, shown, listed, changed, removed, made once only."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.emulators.control.answers import holds, refusal

Api = Callable[..., Any]


@dataclass
class Kind:
    """A kind of resource: its collection, the parameter with its id, a body, a change of it."""

    service: str
    version: str
    path: str
    id_parameter: str
    body: dict[str, Any]
    change: dict[str, Any] = field(default_factory=dict)

    @property
    def collection(self) -> str:
        return self.path.rpartition(".")[2]


L = "projects.locations."
CONTAINERS = {"containers": [{"image": "europe-docker.pkg.dev/p/r/i"}]}
KINDS = [
    Kind("artifactregistry", "v1", L + "repositories", "repositoryId", {"format": "DOCKER"}, {"description": "x"}),
    Kind("bigqueryconnection", "v1", L + "connections", "connectionId", {"cloudResource": {}}, {"friendlyName": "x"}),
    Kind(
        "bigqueryreservation",
        "v1",
        L + "reservations",
        "reservationId",
        {"edition": "ENTERPRISE"},
        {"slotCapacity": "50"},
    ),
    Kind("bigquerydatapolicy", "v2", L + "dataPolicies", "", {"dataPolicyType": "RAW_DATA_ACCESS_POLICY"}),
    Kind("cloudkms", "v1", L + "keyRings", "keyRingId", {}),
    Kind(
        "cloudscheduler",
        "v1",
        L + "jobs",
        "",
        {"schedule": "0 3 * * *", "httpTarget": {"uri": "https://x"}},
        {"description": "x"},
    ),
    Kind("datacatalog", "v1", L + "taxonomies", "", {"displayName": "pii"}, {"description": "x"}),
    Kind(
        "datastream",
        "v1",
        L + "connectionProfiles",
        "connectionProfileId",
        {"displayName": "d", "gcsProfile": {"bucket": "b"}},
        {"displayName": "e"},
    ),
    Kind(
        "iam", "v1", L + "workloadIdentityPools", "workloadIdentityPoolId", {"displayName": "ci"}, {"displayName": "cd"}
    ),
    Kind("iam", "v1", "projects.roles", "", {"roleId": "loader", "role": {"title": "Loads"}}, {"title": "Reads"}),
    Kind("logging", "v2", L + "buckets", "bucketId", {"retentionDays": 10}, {"retentionDays": 20}),
    Kind("monitoring", "v1", "projects.dashboards", "", {"displayName": "d", "gridLayout": {}}, {"displayName": "e"}),
    Kind(
        "monitoring",
        "v3",
        "projects.notificationChannels",
        "",
        {"type": "email", "labels": {"email_address": "a@b.co"}},
        {"displayName": "x"},
    ),
    Kind(
        "run",
        "v2",
        L + "services",
        "serviceId",
        {"template": CONTAINERS},
        {"template": CONTAINERS, "labels": {"a": "b"}},
    ),
    Kind(
        "secretmanager",
        "v1",
        "projects.secrets",
        "secretId",
        {"replication": {"automatic": {}}},
        {"labels": {"a": "b"}},
    ),
]


def finished(answer: dict[str, Any]) -> dict[str, Any]:
    """The resource, out of the operation that made it where there is one."""
    if "done" not in answer:
        return answer
    assert answer["done"] and answer["name"].rpartition("/")[0].endswith("operations")
    response: dict[str, Any] = answer["response"]
    assert response["@type"].startswith("type.googleapis.com/google.")
    return response


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.service}.{kind.collection}")
def test_a_resource_has_its_life(api: Api, project: str, kind: Kind) -> None:
    collection = api(kind.service, kind.version)
    for word in kind.path.split("."):
        collection = getattr(collection, word)()
    parent = f"projects/{project}" + ("/locations/europe-west1" if "locations" in kind.path else "")
    at = {"parent": parent} if "parent:" in collection.create.__doc__ else {"name": parent}
    identifier = {kind.id_parameter: "first"} if kind.id_parameter else {}
    body = {"dataPolicyId": "first", "dataPolicy": kind.body} if kind.service == "bigquerydatapolicy" else kind.body

    name = finished(collection.create(**at, **identifier, body=body).execute())["name"]
    assert name.startswith(f"{parent}/{kind.collection}/")
    assert holds(collection.get(name=name).execute(), kind.body.get("role", kind.body))
    assert name in [one["name"] for many in collection.list(**at).execute().values() for one in many]
    if identifier:
        assert refusal(collection.create(**at, **identifier, body=body))["status"] == "ALREADY_EXISTS"
    if kind.change:
        mask = {"updateMask": ",".join(kind.change)} if "updateMask" in collection.patch.__doc__ else {}
        finished(collection.patch(name=name, body=kind.change, **mask).execute())
        assert holds(collection.get(name=name).execute(), kind.change)
    if hasattr(collection, "delete"):
        collection.delete(name=name).execute()
        left = [one for many in collection.list(**at).execute().values() for one in many if one["name"] == name]
        assert all(one.get("lifecycleState") == "DELETE_REQUESTED" for one in left)
    assert refusal(collection.get(name=f"{parent}/{kind.collection}/never-made"))["status"] == "NOT_FOUND"


def test_lists_come_in_pages(api: Api, project: str) -> None:
    secrets = api("secretmanager", "v1").projects().secrets()
    wanted = [f"projects/{project}/secrets/s{number}" for number in range(5)]
    for name in wanted:
        body: dict[str, Any] = {"replication": {"automatic": {}}}
        secrets.create(parent=f"projects/{project}", secretId=name.rpartition("/")[2], body=body).execute()
    found, request = [], secrets.list(parent=f"projects/{project}", pageSize=2)
    while request is not None:
        page = request.execute()
        assert len(page["secrets"]) <= 2
        found += [one["name"] for one in page["secrets"]]
        request = secrets.list_next(request, page)
    assert found == wanted
    short = secrets.list(parent=f"projects/{project}", fields="secrets/name").execute()
    assert short == {"secrets": [{"name": name} for name in wanted]}
    assert refusal(secrets.list(parent=f"projects/{project}", pageToken="b"))["status"] == "INVALID_ARGUMENT"


def test_an_operation_can_be_asked_for_afterwards(api: Api, project: str) -> None:
    repositories = api("artifactregistry", "v1").projects().locations()
    parent = f"projects/{project}/locations/europe"
    made = repositories.repositories().create(parent=parent, repositoryId="r", body={"format": "PYTHON"}).execute()
    assert repositories.operations().get(name=made["name"]).execute() == made
    unknown = repositories.operations().get(name=f"{parent}/operations/never")
    assert refusal(unknown)["status"] == "NOT_FOUND"


def test_an_old_etag_is_refused(api: Api, project: str) -> None:
    roles = api("iam", "v1").projects().roles()
    body = {"roleId": "reader", "role": {"title": "a"}}
    role = roles.create(parent=f"projects/{project}", body=body).execute()
    roles.patch(name=role["name"], body={"title": "b", "etag": role["etag"]}, updateMask="title").execute()
    stale = roles.patch(name=role["name"], body={"title": "c", "etag": role["etag"]}, updateMask="title")
    assert refusal(stale)["status"] == "ABORTED"
    assert roles.get(name=role["name"]).execute()["title"] == "b"


def test_a_fingerprint_of_the_older_apis_works_likewise(api: Api, project: str) -> None:
    compute = api("compute", "v1")
    made = compute.networks().insert(project=project, body={"name": "n", "autoCreateSubnetworks": False}).execute()
    assert made["status"] == "DONE"
    assert compute.globalOperations().wait(project=project, operation=made["name"]).execute() == made
    body = {"name": "s", "network": f"projects/{project}/global/networks/n", "ipCidrRange": "10.0.0.0/24"}
    subnetworks = compute.subnetworks()
    at = {"project": project, "region": "europe-west1"}
    subnetworks.insert(**at, body=body).execute()
    old = subnetworks.get(**at, subnetwork="s").execute()
    change = {"privateIpGoogleAccess": True, "fingerprint": old["fingerprint"]}
    subnetworks.patch(**at, subnetwork="s", body=change).execute()
    assert subnetworks.get(**at, subnetwork="s").execute()["privateIpGoogleAccess"]
    error = refusal(subnetworks.patch(**at, subnetwork="s", body=change))
    assert (error["code"], error["errors"][0]["reason"]) == (412, "conditionNotMet")


def test_a_dry_request_leaves_nothing(api: Api, project: str) -> None:
    services = api("run", "v2").projects().locations().services()
    parent = f"projects/{project}/locations/europe-west1"
    services.create(parent=parent, serviceId="s", body={"template": CONTAINERS}, validateOnly=True).execute()
    assert refusal(services.get(name=f"{parent}/services/s"))["status"] == "NOT_FOUND"
