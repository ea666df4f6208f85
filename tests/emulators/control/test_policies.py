"""IAM policies: read, changed under an etag, checked."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.emulators.control.answers import fields, make_agent, refusal

Api = Callable[..., Any]
READER = "roles/secretmanager.secretAccessor"


@pytest.fixture
def secret(api: Api, project: str) -> str:
    secrets = api("secretmanager", "v1").projects().secrets()
    body: dict[str, Any] = {"replication": {"automatic": {}}}
    name: str = secrets.create(parent=f"projects/{project}", secretId="s", body=body).execute()["name"]
    return name


def test_a_policy_changes_under_its_etag(api: Api, secret: str) -> None:
    secrets = api("secretmanager", "v1").projects().secrets()
    policy = secrets.getIamPolicy(resource=secret).execute()
    policy["bindings"] = [{"role": READER, "members": ["user:a@example.com"]}]
    set_once = secrets.setIamPolicy(resource=secret, body={"policy": policy}).execute()
    assert set_once["etag"] != policy["etag"]
    assert refusal(secrets.setIamPolicy(resource=secret, body={"policy": policy}))["status"] == "ABORTED"
    assert secrets.getIamPolicy(resource=secret).execute() == set_once
    secrets.delete(name=secret).execute()
    assert refusal(secrets.getIamPolicy(resource=secret))["status"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("binding", "path"),
    [
        ({"role": "reader", "members": ["user:a@example.com"]}, "role"),
        ({"role": READER, "members": ["a@example.com"]}, "members[0]"),
        (
            {"role": READER, "members": ["user:a@example.com", "serviceAccount:x@p-123456.iam.gserviceaccount.com"]},
            "members[1]",
        ),
        ({"role": "projects/p-123456/roles/never", "members": ["allUsers"]}, "role"),
        ({"role": READER, "members": ["allUsers"], "condition": {"expression": "true"}}, "condition"),
    ],
)
def test_a_binding_that_cannot_be_is_refused(api: Api, secret: str, binding: dict[str, Any], path: str) -> None:
    body = {"policy": {"bindings": [binding]}}
    error = refusal(api("secretmanager", "v1").projects().secrets().setIamPolicy(resource=secret, body=body))
    assert fields(error) == [f"policy.bindings[0].{path}"]


def test_a_projects_policy_is_one_in_both_versions(api: Api, control_address: str, project: str) -> None:
    accounts = api("iam", "v1").projects().serviceAccounts()
    email = accounts.create(name=f"projects/{project}", body={"accountId": "loader"}).execute()["email"]
    binding = {
        "role": "roles/viewer",
        "members": [f"serviceAccount:{email}", f"serviceAccount:{make_agent(control_address, project, 'pubsub')}"],
    }
    audit = {"service": "allServices", "auditLogConfigs": [{"logType": "DATA_READ"}]}
    policy = {"bindings": [binding, binding], "auditConfigs": [audit]}
    one, three = api("cloudresourcemanager", "v1").projects(), api("cloudresourcemanager", "v3").projects()
    one.setIamPolicy(resource=project, body={"policy": policy, "updateMask": "bindings,etag,auditConfigs"}).execute()
    number = one.get(projectId=project).execute()["projectNumber"]
    shown = three.getIamPolicy(resource=f"projects/{number}", body={}).execute()
    assert shown["bindings"] == [binding] and shown["auditConfigs"] == [audit]
    # Without a mask the audit configuration is not meant.
    three.setIamPolicy(resource=f"projects/{project}", body={"policy": {"bindings": []}}).execute()
    assert one.getIamPolicy(resource=project, body={}).execute()["auditConfigs"] == [audit]
