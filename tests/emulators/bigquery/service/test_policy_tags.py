"""Columns with policy tags: clear for their readers, masked by data policies, denied to others; the control plane
keeps tags and policies."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from google.api_core.exceptions import Forbidden
from google.cloud import bigquery
from google.cloud.bigquery import PolicyTagList, SchemaField

from tests.emulators.bigquery.service.conftest import PROJECT, Service
from tests.emulators.bigquery.service.test_row_access import client_of, run
from tests.emulators.process import running

READER, MASKED, OTHER = "reader@example.com", "masked@example.com", "other@example.com"
PLACE = f"projects/{PROJECT}/locations/us"

pytestmark = pytest.mark.long


def post(url: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = requests.post(url, json=body, timeout=20)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def grant(url: str, role: str, email: str) -> None:
    policy = {"bindings": [{"role": role, "members": [f"user:{email}"]}]}
    post(f"{url}:setIamPolicy", {"policy": policy})


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running("control", tmp_path_factory.mktemp("control")) as address:
        wanted = {"serviceIds": ["datacatalog.googleapis.com", "bigquerydatapolicy.googleapis.com"]}
        post(f"{address}/serviceusage.googleapis.com/v1/projects/{PROJECT}/services:batchEnable", wanted)
        yield address


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, control: str) -> Iterator[Service]:
    """A service that asks the control plane."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOOGLE_DATA_CATALOG_CUSTOM_ENDPOINT", f"{control}/datacatalog.googleapis.com/v1/")
        patch.setenv("GOOGLE_BIGQUERY_DATAPOLICY_CUSTOM_ENDPOINT", f"{control}/bigquerydatapolicy.googleapis.com/v1/")
        service = Service(tmp_path_factory.mktemp("guarded") / "state").start()
    yield service
    assert service.stop() == 0


@pytest.fixture(scope="module")
def table(guarded: Service, control: str) -> str:
    """A table with an e-mail address that is masked, and a note that is denied."""
    catalog = f"{control}/datacatalog.googleapis.com/v1"
    taxonomy = post(
        f"{catalog}/{PLACE}/taxonomies",
        {"displayName": "classes", "activatedPolicyTypes": ["FINE_GRAINED_ACCESS_CONTROL"]},
    )
    email, note = (
        post(f"{catalog}/{taxonomy['name']}/policyTags", {"displayName": n})["name"] for n in ("pii", "note")
    )
    grant(f"{catalog}/{email}", "roles/datacatalog.categoryFineGrainedReader", READER)
    grant(f"{catalog}/{note}", "roles/datacatalog.categoryFineGrainedReader", READER)
    policies = f"{control}/bigquerydatapolicy.googleapis.com/v1"
    policy = {"dataPolicyType": "DATA_MASKING_POLICY", "policyTag": email, "dataPolicyId": "hidden",
              "dataMaskingPolicy": {"predefinedExpression": "EMAIL_MASK"}}  # fmt: skip
    made = post(f"{policies}/{PLACE}/dataPolicies", policy)
    grant(f"{policies}/{made['name']}", "roles/bigquerydatapolicy.maskedReader", MASKED)
    client = client_of(guarded, READER)
    client.create_dataset("d")
    schema = [SchemaField("id", "INTEGER"), SchemaField("email", "STRING", policy_tags=PolicyTagList((email,))),
              SchemaField("note", "STRING", policy_tags=PolicyTagList((note,)))]  # fmt: skip
    client.create_table(bigquery.Table(f"{PROJECT}.d.people", schema))
    run(client, "INSERT INTO d.people VALUES (1, 'ada@example.com', 'x'), (2, 'none', 'y')")
    run(client, "CREATE VIEW d.seen AS SELECT email FROM d.people WHERE id = 1")
    return "d.people"


def test_who_sees_what(guarded: Service, table: str) -> None:
    query = f"SELECT email FROM {table} WHERE id = 1"
    assert run(client_of(guarded, READER), query) == [("ada@example.com",)]
    assert run(client_of(guarded, MASKED), query) == [("XXXXX@example.com",)]
    assert run(client_of(guarded, MASKED), "SELECT email FROM d.seen") == [("XXXXX@example.com",)]
    assert run(client_of(guarded, MASKED), f"SELECT COUNT(*) FROM {table} WHERE email = 'ada@example.com'") == [(0,)]
    assert run(client_of(guarded, OTHER), f"SELECT id FROM {table} ORDER BY id") == [(1,), (2,)]


@pytest.mark.parametrize(
    ("email", "sql"),
    [
        (OTHER, "SELECT email FROM {}"),
        (OTHER, "SELECT * FROM d.seen"),
        (MASKED, "SELECT * FROM {}"),
        (MASKED, "UPDATE {} SET id = 3 WHERE email LIKE 'a%'"),
        (MASKED, "CREATE TABLE d.stolen CLONE {}"),
        (OTHER, "CREATE TABLE d.stolen AS SELECT note FROM {}"),
    ],
)
def test_who_does_not(guarded: Service, table: str, email: str, sql: str) -> None:
    with pytest.raises(Forbidden, match="policy tag"):
        run(client_of(guarded, email), sql.format(table))


def test_ways_around_queries(guarded: Service, table: str) -> None:
    client = client_of(guarded, MASKED)
    with pytest.raises(Forbidden):
        list(client.list_rows(f"{PROJECT}.{table}"))
    with pytest.raises(Forbidden):
        client.copy_table(f"{PROJECT}.{table}", f"{PROJECT}.d.copied").result()
