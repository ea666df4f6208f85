"""Requests that no client sends: each gets an answer of the service's form, never a 500 or silence."""

import copy
import json
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.emulators.control.conftest import enable

PARENT = "projects/project-1"
AT = f"{PARENT}/locations/europe-west1"
CONTAINERS = {"containers": [{"image": "i", "env": [{"name": "A", "value": "b"}]}]}
Mutated = tuple[str, str, dict[str, str], bytes]
REQUESTS: list[tuple[str, str, dict[str, str], dict[str, Any]]] = [
    (
        "POST",
        f"secretmanager.googleapis.com/v1/{PARENT}/secrets",
        {"secretId": "s"},
        {"replication": {"automatic": {}}},
    ),
    ("PATCH", f"secretmanager.googleapis.com/v1/{PARENT}/secrets/s", {"updateMask": "labels"}, {"labels": {"a": "b"}}),
    ("POST", f"secretmanager.googleapis.com/v1/{PARENT}/secrets/s:addVersion", {}, {"payload": {"data": "aGk="}}),
    (
        "POST",
        f"secretmanager.googleapis.com/v1/{PARENT}/secrets/s:setIamPolicy",
        {},
        {"policy": {"bindings": [{"role": "roles/viewer", "members": ["allUsers"]}]}},
    ),
    (
        "POST",
        f"compute.googleapis.com/compute/v1/{PARENT}/global/networks",
        {},
        {"name": "n", "routingConfig": {"routingMode": "GLOBAL"}},
    ),
    (
        "POST",
        f"compute.googleapis.com/compute/v1/{PARENT}/regions/r/subnetworks",
        {},
        {"name": "n", "network": f"{PARENT}/global/networks/n", "ipCidrRange": "10.0.0.0/20"},
    ),
    ("POST", f"run.googleapis.com/v2/{AT}/services", {"serviceId": "s"}, {"template": CONTAINERS, "labels": {}}),
    ("PATCH", f"run.googleapis.com/v2/{AT}/services/s", {}, {"template": CONTAINERS}),
    ("POST", f"cloudkms.googleapis.com/v1/{AT}/keyRings", {"keyRingId": "r"}, {}),
    (
        "POST",
        f"cloudkms.googleapis.com/v1/{AT}/keyRings/r/cryptoKeys",
        {"cryptoKeyId": "k"},
        {"purpose": "ENCRYPT_DECRYPT", "versionTemplate": {"algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION"}},
    ),
    (
        "POST",
        f"iam.googleapis.com/v1/{PARENT}/serviceAccounts",
        {},
        {"accountId": "loader", "serviceAccount": {"displayName": "x"}},
    ),
    (
        "POST",
        f"iam.googleapis.com/v1/{PARENT}/roles",
        {},
        {"roleId": "role", "role": {"title": "x", "includedPermissions": ["a.b.c"]}},
    ),
    (
        "POST",
        f"monitoring.googleapis.com/v3/{PARENT}/alertPolicies",
        {},
        {
            "displayName": "a",
            "combiner": "OR",
            "conditions": [{"displayName": "c", "conditionThreshold": {"filter": "f", "comparison": "COMPARISON_GT"}}],
        },
    ),
    (
        "POST",
        f"monitoring.googleapis.com/v3/{PARENT}/notificationChannels",
        {},
        {"type": "email", "labels": {"email_address": "a@b.co"}},
    ),
    (
        "POST",
        f"dns.googleapis.com/dns/v1/{PARENT}/managedZones",
        {},
        {"name": "z", "dnsName": "example.com.", "description": ""},
    ),
    (
        "POST",
        f"dns.googleapis.com/dns/v1/{PARENT}/managedZones/z/changes",
        {},
        {"additions": [{"name": "a.example.com.", "type": "A", "ttl": 5, "rrdatas": ["1.2.3.4"]}]},
    ),
    (
        "POST",
        f"sqladmin.googleapis.com/sql/v1beta4/{PARENT}/instances",
        {},
        {"name": "i", "databaseVersion": "POSTGRES_16", "settings": {"tier": "db-f1-micro"}},
    ),
    ("POST", f"sqladmin.googleapis.com/sql/v1beta4/{PARENT}/instances/i/databases", {}, {"name": "d"}),
    ("PATCH", f"sqladmin.googleapis.com/sql/v1beta4/{PARENT}/instances/i", {}, {"settings": {"tier": "db-g1-small"}}),
    (
        "POST",
        f"dataflow.googleapis.com/v1b3/{AT}/templates",
        {},
        {"jobName": "j", "gcsPath": "gs://b/t", "environment": {"tempLocation": "gs://b"}},
    ),
    (
        "POST",
        f"logging.googleapis.com/v2/{PARENT}/sinks",
        {"uniqueWriterIdentity": "true"},
        {"name": "s", "destination": "storage.googleapis.com/b"},
    ),
    (
        "POST",
        "servicenetworking.googleapis.com/v1/services/servicenetworking.googleapis.com/connections",
        {},
        {"network": f"{PARENT}/global/networks/n", "reservedPeeringRanges": ["r"]},
    ),
    (
        "POST",
        f"serviceusage.googleapis.com/v1/{PARENT}/services:batchEnable",
        {},
        {"serviceIds": ["run.googleapis.com"]},
    ),
    (
        "POST",
        f"datastream.googleapis.com/v1/{AT}/connectionProfiles",
        {"connectionProfileId": "c"},
        {"displayName": "d", "postgresqlProfile": {"hostname": "h", "username": "u", "database": "d"}},
    ),
    (
        "POST",
        "billingbudgets.googleapis.com/v1/billingAccounts/000000-000000-000000/budgets",
        {},
        {"amount": {"specifiedAmount": {"units": "5"}}, "thresholdRules": [{"thresholdPercent": 0.5}]},
    ),
]
STRANGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from(
        ["", "true", "-1", "projects/p/secrets/x", "a@project-1.iam.gserviceaccount.com", "1s", "%2F", "10.0.0.0/99"]
    ),
    st.just([]),
    st.just({}),
    st.just([{"name": []}]),
    st.just({"name": {"name": {}}}),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of each value in a body."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in inner for place in places(one, (*path, key)))]


@st.composite
def mutated(draw: st.DrawFn) -> Mutated:
    """A request that was right, with something changed in its path, its parameters and its body."""
    method, path, query, body = copy.deepcopy(draw(st.sampled_from(REQUESTS)))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.sampled_from(places(body)))
        if not place:
            field = draw(st.sampled_from(["name", "etag", "labels", "state", "x", "kmsKeyName", "template"]))
            body[field] = copy.deepcopy(draw(STRANGE))  # a copy: what is drawn is shared, and may be changed next
            continue
        target: Any = body
        for step in place[:-1]:
            target = target[step]
        target[place[-1]] = copy.deepcopy(draw(STRANGE))
        if draw(st.booleans()) and isinstance(target, dict):
            del target[place[-1]]
    if draw(st.integers(0, 3)) == 0:
        method = draw(st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]))
    if draw(st.integers(0, 3)) == 0:
        parts = path.split("/")
        parts[draw(st.integers(1, len(parts) - 1))] = draw(
            st.sampled_from(["", "-", "%2F", "%FF", "%00", "..", "x:y", ":", "123", "ö"])
        )
        path = "/".join(parts)
    if draw(st.integers(0, 3)) == 0:
        query[draw(st.sampled_from(["updateMask", "pageToken", "filter", "fields", "alt", "etag", "x"]))] = draw(
            st.sampled_from(["", "a.b", "*", "labels.a.b", "template.containers.x", "name,", "\x00", "media"])
        )
    data = draw(
        st.sampled_from(
            [json.dumps(body).encode()] * 9 + [b"[" * 5000, b"{", b"\xff", b"[]", b'{"a": NaN}', b'"\\ud800"']
        )
    )
    return method, path, query, data


@pytest.fixture(scope="module")
def address(control_address: str) -> str:
    enable(control_address, "project-1")
    return control_address


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(request=mutated())
def test_every_request_is_answered(address: str, request: Mutated) -> None:
    is_answered(address, *request)


@pytest.mark.long
@settings(max_examples=2000, deadline=None, derandomize=False, suppress_health_check=[HealthCheck.too_slow])
@given(request=mutated())
def test_every_request_of_many_is_answered(address: str, request: Mutated) -> None:
    is_answered(address, *request)


def is_answered(address: str, method: str, path: str, query: dict[str, str], data: bytes) -> None:
    with requests.Session() as session:
        answer = session.request(method, f"{address}/{path}", params=query, data=data, timeout=10)
        assert answer.status_code < 500 or answer.status_code == 501, answer.text
        assert "Internal error" not in answer.text
        if answer.status_code >= 400 and method != "HEAD":
            error = answer.json()["error"]
            assert error["code"] == answer.status_code and error["message"]
            assert error.get("status") or error["errors"][0]["reason"]
        # Whatever was taken must not break what is read afterwards.
        collection = REQUESTS[0][1]
        assert session.get(f"{address}/{collection}", timeout=10).status_code == 200
