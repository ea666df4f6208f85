"""Datasets over REST: access lists, views of a dataset, and what was deleted coming back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import requests
from google.api_core.exceptions import Conflict, NotFound
from google.cloud import bigquery

from tests.emulators.bigquery.service.conftest import PROJECT, Service


def call(service: Service, method: str, path: str, body: Any = None, **parameters: str) -> tuple[int, dict[str, Any]]:
    address = f"{service.address}/bigquery/v2/projects/{PROJECT}/{path}"
    answer = requests.request(method, address, json=body, params=parameters, timeout=20)
    return answer.status_code, answer.json() if answer.content else {}


def ids(client: bigquery.Client, dataset: str) -> list[tuple[int, int]]:
    return [tuple(row) for row in client.query_and_wait(f"select a, b from {dataset}.t order by a")]


def fill(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(
        f"create table {dataset}.t (a int64, b int64) partition by _partitiondate;"
        f"insert {dataset}.t (a, b) values (1, 10), (2, 20); delete {dataset}.t where a = 1;"
        f"create view {dataset}.v as select a from {dataset}.t; create function {dataset}.f(x int64) as (x + 1)"
    )


def test_a_deleted_dataset_comes_back_whole(service: Service, client: bigquery.Client, dataset: str) -> None:
    fill(client, dataset)
    partitions = client.list_partitions(f"{PROJECT}.{dataset}.t")
    before = call(service, "GET", f"datasets/{dataset}")[1]
    client.delete_dataset(dataset, delete_contents=True)
    with pytest.raises(NotFound):
        client.get_table(f"{PROJECT}.{dataset}.t")
    assert call(service, "POST", f"datasets/{dataset}:undelete", {}) == (200, before)
    assert ids(client, dataset) == [(2, 20)] and client.list_partitions(f"{PROJECT}.{dataset}.t") == partitions
    assert [tuple(row) for row in client.query_and_wait(f"select {dataset}.f(a) from {dataset}.v")] == [(3,)]
    client.query_and_wait(f"insert {dataset}.t (a, b) values (3, 30)")
    assert ids(client, dataset) == [(2, 20), (3, 30)]


def test_undrop_schema(client: bigquery.Client, dataset: str) -> None:
    fill(client, dataset)
    client.query_and_wait(f"drop schema {dataset} cascade")
    client.query_and_wait(f"undrop schema {dataset}")
    assert ids(client, dataset) == [(2, 20)]
    with pytest.raises(Conflict, match="Already Exists"):
        client.query_and_wait(f"undrop schema {dataset}", retry=None, job_retry=None)
    client.query_and_wait(f"undrop schema if not exists {dataset}")


def test_a_dataset_whose_name_was_taken_again_is_gone(client: bigquery.Client, dataset: str) -> None:
    fill(client, dataset)
    client.delete_dataset(dataset, delete_contents=True)
    client.create_dataset(dataset)
    client.query_and_wait(f"create table {dataset}.other as select 1 as a")
    client.delete_dataset(dataset, delete_contents=True)
    client.query_and_wait(f"undrop schema {dataset}")
    assert [table.table_id for table in client.list_tables(dataset)] == ["other"]


def test_what_was_deleted_survives_a_restart(service: Service, client: bigquery.Client, dataset: str) -> None:
    fill(client, dataset)
    client.delete_dataset(dataset, delete_contents=True)
    service.kill()
    service.start()
    client.query_and_wait(f"undrop schema {dataset}")
    assert ids(client, dataset) == [(2, 20)]


def test_what_never_was_is_not_undeleted(service: Service) -> None:
    status, body = call(service, "POST", "datasets/never:undelete", {})
    assert (status, body["error"]["message"]) == (404, f"Not found: Dataset {PROJECT}:never")
    assert call(service, "POST", "datasets/never:undelete", {"deletionTime": "2026-01-01T00:00:00Z"})[0] == 400


def test_basic_roles_come_back_by_their_old_names(client: bigquery.Client, dataset: str) -> None:
    found = client.get_dataset(dataset)
    found.access_entries = [
        bigquery.AccessEntry("roles/bigquery.dataOwner", "userByEmail", "a@example.com"),
        bigquery.AccessEntry("roles/bigquery.dataViewer", "iamMember", "allUsers"),
        bigquery.AccessEntry("roles/bigquery.metadataViewer", "groupByEmail", "g@example.com"),
        bigquery.AccessEntry(None, "view", {"projectId": PROJECT, "datasetId": dataset, "tableId": "v"}),
    ]
    entries = client.update_dataset(found, ["access_entries"]).access_entries
    assert [entry.role for entry in entries] == ["OWNER", "READER", "roles/bigquery.metadataViewer", None]


@pytest.mark.parametrize(
    "entry",
    [
        {"role": "READER"},
        {"userByEmail": "a@example.com"},
        {"specialGroup": "projectReaders", "role": "READER", "domain": "x.com"},
    ],
)
def test_an_entry_of_access_that_says_nothing_is_refused(service: Service, dataset: str, entry: dict[str, Any]) -> None:
    assert call(service, "PATCH", f"datasets/{dataset}", {"access": [entry]})[0] == 400


def test_a_view_of_a_dataset_has_what_it_asks_for(service: Service, dataset: str) -> None:
    assert "access" not in call(service, "GET", f"datasets/{dataset}", datasetView="METADATA")[1]
    assert "creationTime" not in call(service, "GET", f"datasets/{dataset}", datasetView="ACL")[1]
    assert {"access", "creationTime"} <= call(service, "GET", f"datasets/{dataset}", datasetView="FULL")[1].keys()


@pytest.mark.parametrize(
    "path, body, text",
    [
        ("datasets?maxResults=x", None, "Invalid value at 'max_results' (TYPE_UINT32), \"x\""),
        ("datasets?all=perhaps", None, "Invalid value at 'all' (TYPE_BOOL), \"perhaps\""),
        ("jobs?stateFilter=lost", None, "Invalid value at 'state_filter' (TYPE_ENUM), \"lost\""),
        ("datasets", {"datasetReference": []}, "Proto field is not repeating, cannot start list."),
        ("datasets", {"isCaseInsensitive": "x"}, "Invalid value at 'dataset.is_case_insensitive' (TYPE_BOOL), \"x\""),
        ("datasets", {"storageBillingModel": "x"}, "Invalid value at 'dataset.storage_billing_model'"),
    ],
)  # fmt: skip
def test_what_the_service_does_not_know_is_refused(service: Service, path: str, body: Any, text: str) -> None:
    status, answer = call(service, "POST" if body else "GET", path, body)
    assert status == 400 and text in answer["error"]["message"]


def test_terraform_s_provider_names_the_dataset_in_an_access_entry(service: Service, dataset: str) -> None:
    entry = {"role": "READER", "userByEmail": "ada@example.com"}
    given = [{"role": "OWNER", "specialGroup": "projectOwners"}, entry | {"datasetId": dataset}]
    status, answer = call(service, "PATCH", f"datasets/{dataset}", {"access": given})
    assert (status, answer["access"][1]) == (200, entry)


def test_names_that_the_api_does_not_know_are_passed_over(service: Service, client: bigquery.Client) -> None:
    """Node's client puts options of its own beside those of the API: Cube and others send them."""
    query = {"query": "select 1 as x", "useLegacySql": False, "wrapIntegers": True, "parseJSON": False}
    status, job = call(service, "POST", "jobs", {"configuration": {"query": query}})
    assert status == 200 and "wrapIntegers" not in job["configuration"]["query"]
    assert [row.x for row in client.get_job(job["jobReference"]["jobId"]).result()] == [1]
    body = {"projectId": PROJECT, "datasetReference": {"datasetId": "passed_over"}, "location": "EU"}
    status, made = call(service, "POST", "datasets", body)
    assert (status, made["location"], "projectId" in made) == (200, "EU", False)


def test_many_datasets_are_deleted_at_once(service: Service, dataset: str) -> None:
    def one(number: int) -> None:
        client, name = service.client(), f"{dataset}_{number}"
        client.query_and_wait(f"create schema {name}; create table {name}.t as select {number} as a")
        client.delete_dataset(name, delete_contents=True, retry=None)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(40)))
    client = service.client()
    client.query_and_wait(f"undrop schema {dataset}_39")
    assert [row.a for row in client.query_and_wait(f"select a from {dataset}_39.t")] == [39]
    with pytest.raises(NotFound):
        client.query_and_wait(f"undrop schema {dataset}_0", retry=None, job_retry=None)


def test_partitioned_tables_inherit_the_expiration_of_partitions(client: bigquery.Client, dataset: str) -> None:
    key = "projects/p/locations/us/keyRings/r/cryptoKeys/k"
    body = {"defaultTableExpirationMs": 7_200_000, "defaultPartitionExpirationMs": "86400000",
            "maxTimeTravelHours": 48, "defaultEncryptionConfiguration": {"kmsKeyName": key}}  # fmt: skip
    path = f"/projects/{client.project}/datasets/{dataset}"
    told = client._connection.api_request("PATCH", path, data=body)
    assert (told["defaultTableExpirationMs"], told["maxTimeTravelHours"]) == ("7200000", "48")
    client.query_and_wait(f"""
        create table {dataset}.plain (d date); create table {dataset}.own (d date) partition by d
        options (partition_expiration_days = 2); create table {dataset}.inherits (d date) partition by d""")
    plain, own, inherits = (client.get_table(f"{dataset}.{name}") for name in ("plain", "own", "inherits"))
    assert plain.expires is not None
    assert plain.expires - plain.created == timedelta(hours=2)
    assert own.time_partitioning.expiration_ms == 2 * 86_400_000
    assert inherits.time_partitioning.expiration_ms == 86_400_000
    assert inherits.expires is None
    assert inherits.encryption_configuration.kms_key_name == key
