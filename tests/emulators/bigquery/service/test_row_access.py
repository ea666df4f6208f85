"""Row access policies: each caller sees the rows that policies grant, by every way in; what cannot filter refuses."""

import base64
import json

import pytest
import requests
from google.api_core.exceptions import BadRequest, Conflict, Forbidden, GoogleAPICallError, NotFound
from google.cloud import bigquery
from google.oauth2.credentials import Credentials

from tests.emulators.bigquery.service.conftest import PROJECT, Service

ADA, BOB, ROOT = "ada@example.com", "bob@other.org", "root@example.com"


def client_of(service: Service, email: str) -> bigquery.Client:
    """A client whose bearer token names its owner."""
    parts = ({"alg": "none"}, {"email": email})
    token = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    options = {"api_endpoint": service.address}
    return bigquery.Client(project=PROJECT, credentials=Credentials(token=f"{token}.x"), client_options=options)


def run(client: bigquery.Client, sql: str) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in client.query_and_wait(sql, retry=None, job_retry=None)]


@pytest.fixture
def table(client: bigquery.Client, dataset: str) -> str:
    name = f"{dataset}.sales"
    run(client, f"CREATE TABLE {name} AS SELECT * FROM UNNEST([STRUCT('EU' AS region, 1 AS id), ('US', 2), ('US', 3)])")
    run(client, f"CREATE ROW ACCESS POLICY eu ON {name} GRANT TO ('user:{ADA}') FILTER USING (region = 'EU')")
    run(client, f"CREATE ROW ACCESS POLICY two ON {name} GRANT TO ('domain:example.com') FILTER USING (id = 2)")
    run(client, f"CREATE ROW ACCESS POLICY every ON {name} GRANT TO ('user:{ROOT}') FILTER USING (TRUE)")
    return name


@pytest.mark.parametrize(("email", "ids"), [(ADA, [1, 2]), (BOB, []), (ROOT, [1, 2, 3])])
def test_who_sees_what(service: Service, client: bigquery.Client, table: str, email: str, ids: list[int]) -> None:
    dataset = table.partition(".")[0]
    run(client, f"CREATE VIEW {dataset}.seen AS SELECT * FROM {table}")
    own = client_of(service, email)
    for source in (table, f"{dataset}.seen", f"(WITH s AS (SELECT * FROM {table}) SELECT * FROM s)"):
        assert run(own, f"SELECT id FROM {source} ORDER BY id") == [(number,) for number in ids]
    assert run(own, f"SELECT COUNT(*) FROM {table}") == [(len(ids),)]
    assert run(own, "SELECT SESSION_USER()") == [(email,)]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM {0} WHERE true",
        "UPDATE {0} SET id = 0 WHERE true",
        "TRUNCATE TABLE {0}",
        "CREATE TABLE {0}_2 CLONE {0}",
        "CREATE TABLE {0}_2 COPY {0}",
        "CREATE SNAPSHOT TABLE {0}_2 CLONE {0}",
        "MERGE {0} t USING (SELECT 1 AS id) s ON t.id = s.id WHEN MATCHED THEN DELETE",
    ],
)
def test_what_needs_all_rows(service: Service, table: str, sql: str) -> None:
    with pytest.raises(Forbidden, match="row access policies"):
        run(client_of(service, ADA), sql.format(table))
    run(client_of(service, ROOT), sql.format(table))


def test_copies_are_as_protected(service: Service, table: str) -> None:
    root = client_of(service, ROOT)
    run(root, f"CREATE TABLE {table}_clone CLONE {table}")
    root.copy_table(table, f"{table}_copy").result()
    for name in (f"{table}_clone", f"{table}_copy"):
        assert run(client_of(service, BOB), f"SELECT * FROM {name}") == []
    with pytest.raises(Forbidden):
        client_of(service, ADA).copy_table(table, f"{table}_mine").result()


def test_ways_around_queries(service: Service, table: str) -> None:
    ada = client_of(service, ADA)
    with pytest.raises(Forbidden):
        list(ada.list_rows(ada.get_table(table)))
    with pytest.raises(GoogleAPICallError):
        ada.extract_table(table, "gs://nowhere/x.csv").result()
    with pytest.raises(BadRequest):
        run(ada, f"SELECT * FROM `{table[:-1]}*`")
    with pytest.raises(BadRequest, match="row access policies, so its columns cannot be renamed"):
        run(ada, f"ALTER TABLE {table} RENAME COLUMN id TO other")
    run(ada, f"ALTER TABLE {table} RENAME TO renamed")
    renamed = f"{table.partition('.')[0]}.renamed"
    assert run(ada, f"SELECT id FROM {renamed} ORDER BY id") == [(1,), (2,)]
    run(ada, f"CREATE TABLE {table} (id INT64)")
    run(ada, f"INSERT {table} VALUES (1)")


def test_statements(service: Service, client: bigquery.Client, table: str) -> None:
    create = f"ROW ACCESS POLICY eu ON {table} GRANT TO ('user:{BOB}') FILTER USING"
    with pytest.raises(Conflict):
        run(client, f"CREATE {create} (id = 3)")
    run(client, f"CREATE OR REPLACE {create} (id = 3)")
    assert run(client_of(service, BOB), f"SELECT id FROM {table}") == [(3,)]
    for wrong in ("nothing = 3", "id", "id = 'x'"):
        with pytest.raises(BadRequest):
            run(client, f"CREATE OR REPLACE {create} ({wrong})")
    run(client, f"DROP ROW ACCESS POLICY eu ON {table}")
    with pytest.raises(NotFound):
        run(client, f"DROP ROW ACCESS POLICY eu ON {table}")
    run(client, f"DROP ALL ROW ACCESS POLICIES ON {table}")
    assert run(client_of(service, BOB), f"SELECT COUNT(*) FROM {table}") == [(3,)]


def test_rest(service: Service, client: bigquery.Client, table: str) -> None:
    path = "/projects/{}/datasets/{}/tables/{}/rowAccessPolicies".format(PROJECT, *table.split("."))
    call = client._connection.api_request
    body = {"rowAccessPolicyReference": {"policyId": "three"}, "filterPredicate": "id = 3", "grantees": ["allUsers"]}
    made = call("POST", path, data=body)
    assert made["rowAccessPolicyReference"]["policyId"] == "three" and "grantees" not in made
    assert run(client_of(service, BOB), f"SELECT id FROM {table}") == [(3,)]
    listed = call("GET", path)["rowAccessPolicies"]
    assert [one["rowAccessPolicyReference"]["policyId"] for one in listed] == ["eu", "every", "three", "two"]
    assert call("POST", f"{path}/three:getIamPolicy", data={})["bindings"][0]["members"] == ["allUsers"]
    call("PUT", f"{path}/three", data=body | {"filterPredicate": "id = 1"})
    assert run(client_of(service, BOB), f"SELECT id FROM {table}") == [(1,)]
    for wrong in ({"filterPredicate": "nothing"}, {"grantees": ["bob"]}, {"filterPredicate": None}):
        with pytest.raises(BadRequest):
            call("PUT", f"{path}/three", data=body | wrong)
    with pytest.raises(Conflict):
        call("POST", path, data=body)
    call("DELETE", f"{path}/three")
    call("POST", f"{path}:batchDelete", data={"policyIds": ["eu", "two", "every"]})
    assert run(client_of(service, BOB), f"SELECT COUNT(*) FROM {table}") == [(3,)]


@pytest.mark.parametrize(
    ("sql", "kept"),
    [
        ("CREATE OR REPLACE TABLE {0} AS SELECT * FROM {0}", False),
        ("CREATE OR REPLACE TABLE {0} (id INT64)", False),
        ("TRUNCATE TABLE {0}", True),
        ("ALTER TABLE {0} ADD COLUMN more INT64", True),
    ],
)
def test_a_table_that_is_replaced_loses_its_policies(service: Service, table: str, sql: str, kept: bool) -> None:
    root = client_of(service, ROOT)
    run(root, sql.format(table))
    address = f"{service.address}/bigquery/v2/projects/{root.project}/datasets/{{}}/tables/{{}}/rowAccessPolicies"
    found = requests.get(address.format(*table.split(".")), timeout=10).json()
    assert bool(found.get("rowAccessPolicies")) == kept
