"""What Google's Python client sees of jobs, pages and errors, beyond rows."""

import io
import queue
import uuid

import pytest
import requests
from google.api_core.exceptions import BadRequest, NotFound
from google.cloud import bigquery, storage

from emulators.bigquery.state.jobs import time_limits
from tests.emulators.bigquery.service.conftest import PROJECT, Service

Config = bigquery.QueryJobConfig


def test_a_query_job_tells_its_settings_and_its_plan(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"create table {dataset}.t as select 1 as a")
    job = client.query(f"select a from {dataset}.t")
    job.result()
    assert (job.priority, job.use_legacy_sql) == ("INTERACTIVE", False)
    assert (job.create_disposition, job.write_disposition) == ("CREATE_IF_NEEDED", "WRITE_TRUNCATE")
    assert [step.kind for step in job.query_plan[0].steps] == ["READ", "WRITE"]
    assert job.query_plan[0].records_written == 1
    assert len(job.timeline) == 1


def test_a_job_is_found_in_its_location_only(client: bigquery.Client) -> None:
    dataset = client.create_dataset(_in_europe())
    job = client.query(f"create table {dataset.dataset_id}.t as select 1 as a")
    job.result()
    assert (job.location, client.get_job(job.job_id, location="EU").job_id) == ("EU", job.job_id)
    with pytest.raises(NotFound):
        client.get_job(job.job_id, location="US")
    made = f"{dataset.dataset_id}_made"
    client.query(f"create schema {made}; create temp table t as select 1 as a; select * from t", location="EU").result()
    assert client.get_dataset(made).location == "EU"
    with pytest.raises(NotFound, match="was not found in location US"):
        client.query(f"select * from {dataset.dataset_id}.t", location="US").result()


def _in_europe() -> bigquery.Dataset:
    found = bigquery.Dataset(f"{PROJECT}.d{uuid.uuid4().hex[:12]}")
    found.location = "EU"
    return found


def test_each_statement_of_a_script_is_a_job_with_rows_and_a_place(client: bigquery.Client) -> None:
    job = client.query("select 1 as a;\nbegin\n  select 1/0;\nexception when error then select 2 as b;\nend;")
    job.result()
    first, failed, last = reversed(list(client.list_jobs(parent_job=job.job_id)))
    assert (job.num_child_jobs, first.parent_job_id) == (3, job.job_id)
    assert [[tuple(row) for row in child.result()] for child in (first, last)] == [[(1,)], [(2,)]]
    assert failed.error_result["reason"] == "invalidQuery"
    (frame,) = failed.script_statistics.stack_frames
    assert (frame.start_line, frame.start_column, frame.end_line, frame.text) == (3, 3, 3, "select 1/0")


def test_a_query_has_external_tables_of_its_own(client: bigquery.Client, bucket: storage.Bucket) -> None:
    bucket.blob("x.csv").upload_from_string("a,b\n1,x\n2,y\n")
    table = bigquery.ExternalConfig("CSV")
    table.source_uris, table.schema = [f"gs://{bucket.name}/x.csv"], [bigquery.SchemaField("a", "INT64")]
    table.options.skip_leading_rows, table.ignore_unknown_values = 1, True
    rows = client.query_and_wait("select sum(a) from given", job_config=Config(table_definitions={"given": table}))
    assert [tuple(row) for row in rows] == [(3,)]


def test_parameters_may_be_numbers_in_json(client: bigquery.Client) -> None:
    given = [bigquery.ScalarQueryParameter("f", "FLOAT64", 1.5), bigquery.ArrayQueryParameter("g", "FLOAT64", [2.5])]
    rows = client.query_and_wait("select @f, @g[0]", job_config=Config(query_parameters=given))
    assert [tuple(row) for row in rows] == [(1.5, 2.5)]


def test_a_long_job_may_not_take_longer_than_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_limits, "_SHORTEST_SECONDS", 0.01)
    cancelled: queue.Queue[str] = queue.Queue()
    with time_limits.within("20", cancelled.put):
        why = cancelled.get(timeout=60)
    assert why.startswith("Operation timed out after 0.02 seconds.")


def test_a_small_result_needs_no_job_where_it_is_optional(service: Service) -> None:
    url, body = (
        f"{service.address}/bigquery/v2/projects/{PROJECT}/queries",
        {"query": "select 1", "useLegacySql": False},
    )
    optional = requests.post(url, json=body | {"jobCreationMode": "JOB_CREATION_OPTIONAL"}, timeout=30).json()
    required = requests.post(url, json=body, timeout=30).json()
    assert "jobReference" not in optional
    assert optional["rows"] == required["rows"]
    assert required["jobReference"]["jobId"] == required["queryId"]


@pytest.mark.parametrize("statement", ["create schema if not exists jobs_of_ddl", "select 1; select 2"])
def test_what_is_no_single_select_has_a_job_where_it_is_optional(service: Service, statement: str) -> None:
    body = {"query": statement, "useLegacySql": False, "jobCreationMode": "JOB_CREATION_OPTIONAL"}
    answer = requests.post(f"{service.address}/bigquery/v2/projects/{PROJECT}/queries", json=body, timeout=30).json()
    assert answer["jobCreationReason"] == {"code": "OTHER"}
    assert answer["jobReference"]["jobId"] == answer["queryId"]


@pytest.mark.parametrize(
    ("form", "value"),
    [("FLOAT64", "1.7041646455E9"), ("INT64", "1704164645500000"), ("ISO8601_STRING", "2024-01-02T03:04:05.500000Z")],
)
def test_timestamps_come_as_they_are_wanted(service: Service, form: str, value: str) -> None:
    body = {"query": "select timestamp '2024-01-02 03:04:05.5+00'", "formatOptions": {"timestampOutputFormat": form}}
    answer = requests.post(f"{service.address}/bigquery/v2/projects/{PROJECT}/queries", json=body, timeout=30).json()
    assert answer["rows"] == [{"f": [{"v": value}]}]


def test_an_answer_is_cut_to_the_fields_that_are_asked_for(service: Service, dataset: str) -> None:
    url = f"{service.address}/bigquery/v2/projects/{PROJECT}/datasets/{dataset}"
    found = requests.get(url, params={"fields": "datasetReference/datasetId,access(role)"}, timeout=30).json()
    assert found["datasetReference"] == {"datasetId": dataset}
    assert set(found) == {"datasetReference", "access"}
    assert all(set(entry) == {"role"} for entry in found["access"])
    twice = {"fields": "datasetReference/datasetId,id,datasetReference/projectId"}
    found = requests.get(url, params=twice, timeout=30).json()
    assert found == {"datasetReference": {"datasetId": dataset, "projectId": PROJECT}, "id": f"{PROJECT}:{dataset}"}
    whole = {"fields": "datasetReference,datasetReference/datasetId"}
    assert "projectId" in requests.get(url, params=whole, timeout=30).json()["datasetReference"]
    assert requests.get(url, params={"fields": "a(b"}, timeout=30).status_code == 400
    tag = requests.get(url, timeout=30).json()["etag"]
    assert requests.get(url, headers={"If-None-Match": tag}, timeout=30).status_code == 304
    assert requests.post(url, headers={"X-HTTP-Method-Override": "GET"}, timeout=30).json()["etag"] == tag


def test_partitions_are_listed_and_read_by_decorator(service: Service, client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(
        f"create table {dataset}.t partition by day as select date '2024-01-01' as day, struct(1 as x, 2 as y) as r "
        "union all select '2024-01-02', (3, 4)"
    )
    table = client.get_table(f"{dataset}.t")
    assert client.list_partitions(table) == ["20240101", "20240102"]
    assert client.get_table(f"{dataset}.t$20240102").num_rows == 1
    url = f"{service.address}/bigquery/v2/projects/{PROJECT}/datasets/{dataset}/tables/t$20240102/data"
    page = requests.get(url, params={"selectedFields": "r.y"}, timeout=30).json()
    assert page["rows"] == [{"f": [{"v": {"f": [{"v": "4"}]}}]}]


def test_what_is_no_table_is_not_listed(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"create view {dataset}.v as select 1 as a")
    with pytest.raises(BadRequest, match="Cannot list a table of type VIEW"):
        list(client.list_rows(client.get_table(f"{dataset}.v")))
    assert list(client.list_models(dataset)) == []
    with pytest.raises(NotFound, match="Model"):
        client.get_model(f"{dataset}.m")


@pytest.mark.parametrize("said", [True, None])
def test_a_view_in_legacy_sql(service: Service, client: bigquery.Client, dataset: str, said: bool | None) -> None:
    """bq says nothing of its --view, as legacy SQL is the default."""
    client.query_and_wait(f"create table {dataset}.t as select '7' as a")
    text = f"select integer(a) as n from [{PROJECT}:{dataset}.t]"
    body = {"tableReference": {"tableId": "v", "datasetId": dataset}, "view": {"query": text, "useLegacySql": said}}
    address = f"{service.address}/bigquery/v2/projects/{PROJECT}/datasets/{dataset}/tables"
    requests.post(address, json=body, timeout=20).raise_for_status()
    requests.put(f"{address}/v", json=body, timeout=20).raise_for_status()
    assert client.get_table(f"{dataset}.v").view_use_legacy_sql
    assert [tuple(row) for row in client.query_and_wait(f"select n + 1 from {dataset}.v")] == [(8,)]


def test_keys_of_encryption_are_kept_with_what_jobs_make(client: bigquery.Client, dataset: str) -> None:
    key = bigquery.EncryptionConfiguration(kms_key_name="projects/p/locations/us/keyRings/r/cryptoKeys/k")
    to = f"{PROJECT}.{dataset}"
    query = Config(destination=f"{to}.q", destination_encryption_configuration=key)
    client.query("select 1 as a", job_config=query).result()
    load = bigquery.LoadJobConfig(autodetect=True, destination_encryption_configuration=key)
    client.load_table_from_file(io.BytesIO(b"a,b\n1,x\n"), f"{to}.l", job_config=load).result()
    copy = bigquery.CopyJobConfig(destination_encryption_configuration=key)
    client.copy_table(f"{to}.q", f"{to}.c", job_config=copy).result()
    kept = [client.get_table(f"{to}.{name}").encryption_configuration.kms_key_name for name in "qlc"]
    assert kept == [key.kms_key_name] * 3
