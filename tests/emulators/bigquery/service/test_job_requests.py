"""What is refused of a job: some of it at once, some when its statement is known."""

import base64
import json
from typing import Any

import pytest
import requests
from google.api_core.exceptions import BadRequest, NotFound
from google.cloud import bigquery

from tests.emulators.bigquery.service.conftest import PROJECT, Service


@pytest.mark.parametrize(
    "job, text",
    [
        ({"configuration": {"query": {}}}, "Required parameter is missing: query"),
        ({"configuration": {"query": {"query": "select 1", "priority": "x"}}}, "Invalid value for priority: x"),
        ({"configuration": {"query": {"query": "select 1", "writeDisposition": "x"}}}, "for writeDisposition: x"),
        ({"configuration": {"load": {"createDisposition": "x"}}}, "for createDisposition: x"),
        ({"jobReference": {"jobId": "a b"}, "configuration": {"query": {"query": "select 1"}}}, "Invalid job ID"),
        ({"jobReference": {"projectId": "p"}, "configuration": {"query": {"query": "select 1"}}}, "does not agree"),
        ({"configuration": {"query": {"query": "select 1"}, "labels": {"A": "b"}}}, 'Label key "A"'),
    ],
)
def test_a_job_that_is_none(service: Service, job: dict[str, Any], text: str) -> None:
    answer = requests.post(f"{service.address}/bigquery/v2/projects/{PROJECT}/jobs", json=job, timeout=20)
    assert answer.status_code == 400 and text in answer.json()["error"]["message"]


def test_labels_are_kept_as_texts(service: Service) -> None:
    job = {"configuration": {"query": {"query": "select 1", "useLegacySql": False}, "labels": {"args_count": 2}}}
    answer = requests.post(f"{service.address}/bigquery/v2/projects/{PROJECT}/jobs", json=job, timeout=20)
    assert answer.json()["configuration"]["labels"] == {"args_count": "2"}


@pytest.mark.parametrize(
    "setting, sql, text",
    [
        ("destination", "create table {d}.t (a int64)", "Cannot set destination table in jobs with DDL statements"),
        ("destination", "insert {d}.s values (1)", "Cannot set destination table in jobs with DML statements"),
        ("destination", "select 1; select 2", "configuration.query.destinationTable cannot be set for scripts"),
        ("create_disposition", "insert {d}.s values (1)", "Cannot set create disposition in jobs with DML statements"),
        ("write_disposition", "delete {d}.s where true", "Cannot set write disposition in jobs with DML statements"),
    ],
)
def test_settings_of_rows_need_a_statement_that_gives_some(
    client: bigquery.Client, dataset: str, setting: str, sql: str, text: str
) -> None:
    client.query_and_wait(f"create table {dataset}.s as select 0 as a")
    defaults = {"create_disposition": "CREATE_IF_NEEDED", "write_disposition": "WRITE_EMPTY"}  # are refused as well
    given = defaults.get(setting, f"{PROJECT}.{dataset}.x")
    config = bigquery.QueryJobConfig(**{setting: given})
    with pytest.raises(BadRequest, match=text):
        client.query(sql.format(d=dataset), job_config=config, job_retry=None).result(retry=None)
    assert [tuple(row) for row in client.query_and_wait(f"select a from {dataset}.s")] == [(0,)]


def test_rows_that_do_not_fit_their_table(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"create table {dataset}.t (a int64)")
    config = bigquery.QueryJobConfig(destination=f"{PROJECT}.{dataset}.t", write_disposition="WRITE_APPEND")
    for sql, text in [
        ("select 'x' as a", "Invalid schema update. Field a has changed type from INTEGER to STRING"),
        ("select 1 as b", r"Invalid schema update. Cannot add fields \(field: b\)"),
    ]:
        with pytest.raises(BadRequest, match=text):
            client.query(sql, job_config=config, job_retry=None).result(retry=None)
    with pytest.raises(BadRequest, match=f"Provided Schema does not match Table {PROJECT}:{dataset}.t."):
        client.load_table_from_json([{"b": 1}], f"{dataset}.t", job_config=_schema("b")).result(retry=None)


def _schema(name: str) -> bigquery.LoadJobConfig:
    return bigquery.LoadJobConfig(schema=[bigquery.SchemaField(name, "INTEGER")])


def test_a_model_that_is_extracted_must_be_there(client: bigquery.Client, dataset: str) -> None:
    model = bigquery.ModelReference.from_string(f"{PROJECT}.{dataset}.m")
    with pytest.raises(NotFound, match="Not found: Model"):
        client.extract_table(model, "gs://bucket/x", source_type="Model").result(retry=None)


def _token(email: str) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"email": email}).encode()).decode()
    return f"Bearer a.{claims}.c"


def test_jobs_are_listed_for_their_owner_and_in_full_where_asked(service: Service) -> None:
    address = f"{service.address}/bigquery/v2/projects/{PROJECT}"
    headers = {"Authorization": _token("lister@example.com")}
    body = {"query": "select 1", "useLegacySql": False}
    job = requests.post(f"{address}/queries", json=body, headers=headers, timeout=20).json()["jobReference"]["jobId"]

    def listed(who: dict[str, str], **parameters: str) -> list[dict[str, Any]]:
        answer = requests.get(f"{address}/jobs", params=parameters, headers=who, timeout=20).json()
        return [entry for entry in answer.get("jobs", ()) if entry["jobReference"]["jobId"] == job]

    assert "configuration" not in listed(headers)[0]
    assert listed(headers, projection="full")[0]["configuration"]["query"]["query"] == "select 1"
    other = {"Authorization": _token("other@example.com")}
    assert not listed(other) and listed(other, allUsers="true")


def test_a_page_of_another_origin_may_call(service: Service) -> None:
    asked = {"Origin": "http://localhost:1", "Access-Control-Request-Headers": "authorization"}
    answer = requests.options(f"{service.address}/bigquery/v2/projects", headers=asked, timeout=20)
    assert answer.status_code == 200 and answer.headers["access-control-allow-headers"] == "authorization"
    found = requests.get(f"{service.address}/bigquery/v2/projects", headers=asked, timeout=20)
    assert found.headers["access-control-allow-origin"] == asked["Origin"]


def test_one_value_stands_for_a_list_of_one(service: Service, client: bigquery.Client, dataset: str) -> None:
    """As dlt sends it, in loads whose schema is detected."""
    table = {"projectId": PROJECT, "datasetId": dataset, "tableId": "t"}
    url, column = f"{service.address}/bigquery/v2/projects/{PROJECT}", {"name": "a", "type": "INTEGER"}
    body = {"tableReference": table, "schema": {"fields": column}, "clustering": {"fields": "a"}}
    made = requests.post(f"{url}/datasets/{dataset}/tables", json=body, timeout=20).json()
    assert (made["schema"]["fields"][0]["name"], made["clustering"]) == ("a", {"fields": ["a"]})
    query = {"query": "select 1 as a, 2 as b", "destinationTable": table, "writeDisposition": "WRITE_APPEND",
             "schemaUpdateOptions": "ALLOW_FIELD_ADDITION", "useLegacySql": False}  # fmt: skip
    job = requests.post(f"{url}/jobs", json={"configuration": {"query": query}}, timeout=20).json()
    client.get_job(job["jobReference"]["jobId"]).result()
    assert [field.name for field in client.get_table(f"{dataset}.t").schema] == ["a", "b"]
