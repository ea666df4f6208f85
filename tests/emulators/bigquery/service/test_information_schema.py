"""INFORMATION_SCHEMA has the views and columns that its reference promises, where the reference says they are."""

from collections.abc import Callable
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, Forbidden, NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from google.cloud.bigquery_storage_v1.types import AppendRowsRequest, ProtoRows, ProtoSchema
from google.protobuf import descriptor_pb2

from tests.emulators.bigquery.service.conftest import Service

REGION = "`region-us`.INFORMATION_SCHEMA"


def rows(client: bigquery.Client, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in client.query_and_wait(sql)]


def refused(client: bigquery.Client, sql: str, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        client.query_and_wait(sql, retry=None, job_retry=None)


@pytest.fixture
def client_of(service: Service) -> Callable[[str], bigquery.Client]:
    """A client of a project of its own."""

    def make(project: str) -> bigquery.Client:
        options = {"api_endpoint": service.address}
        return bigquery.Client(project=project, credentials=AnonymousCredentials(), client_options=options)

    return make


def test_a_view_is_asked_of_what_has_it(client: bigquery.Client, dataset: str) -> None:
    """PARTITIONS are a dataset's, JOBS a region's, and TABLES are of neither where nobody says whose."""
    refused(client, f"select * from {REGION}.PARTITIONS", NotFound, "PARTITIONS was not found")
    refused(client, f"select * from {dataset}.INFORMATION_SCHEMA.JOBS", NotFound, "JOBS was not found")
    refused(client, "select * from INFORMATION_SCHEMA.TABLES", BadRequest, "must be qualified with a dataset")
    given = bigquery.QueryJobConfig(default_dataset=f"{client.project}.{dataset}")
    client.query_and_wait(f"create table {dataset}.one (n int64)")
    found = client.query_and_wait("select table_name from INFORMATION_SCHEMA.TABLES", job_config=given)
    assert [row.table_name for row in found] == ["one"]


@pytest.mark.parametrize("view", ["JOBS_BY_ORGANIZATION", "TABLE_STORAGE_BY_FOLDER", "ORGANIZATION_OPTIONS"])
def test_what_is_above_a_project_is_nobody_s(client: bigquery.Client, view: str) -> None:
    refused(client, f"select * from {REGION}.{view}", Forbidden, f"does not have permission to query table .*{view}")


@pytest.mark.parametrize("view", ["RESERVATIONS", "ASSIGNMENTS_BY_PROJECT", "INSIGHTS", "SCHEMATA_REPLICAS"])
def test_what_a_laptop_has_none_of_is_empty(client: bigquery.Client, view: str) -> None:
    found = client.query_and_wait(f"select * from {REGION}.{view}")
    assert (list(found), len(found.schema) > 7) == ([], True)


def test_jobs_are_of_their_project_also_where_it_has_no_dataset(client_of: Callable[[str], bigquery.Client]) -> None:
    lonely = client_of("project-without-data")
    job = lonely.query("select 1 as one", job_config=bigquery.QueryJobConfig(labels={"a": "b"}))
    job.result()
    found = rows(
        lonely,
        f"select job_stages[0].status, timeline[0].completed_units, job_creation_reason.code, project_number > 0 from "
        f"{REGION}.JOBS where job_id = '{job.job_id}'",
    )
    assert found == [("COMPLETE", 1, "REQUESTED", True)]
    (second,) = rows(lonely, f"select labels, state from {REGION}.JOBS_TIMELINE where job_id = '{job.job_id}' limit 1")
    assert second == ([{"key": "a", "value": "b"}], "DONE")


def test_queries_that_differ_in_literals_alone_have_one_hash(client: bigquery.Client) -> None:
    jobs = [client.query(sql) for sql in ("select 1 + 1", "SELECT 2 /* two */ + 7", "select 1 - 1")]
    ids = [f"'{job.result().job_id}'" for job in jobs]
    sql = "select query_info.query_hashes.normalized_literals from {}.JOBS where job_id = {}"
    first, second, third = (rows(client, sql.format(REGION, one))[0][0] for one in ids)
    assert first == second != third


def test_jobs_by_user_are_the_caller_s(client: bigquery.Client) -> None:
    ((own, all_jobs),) = rows(
        client,
        f"select (select count(distinct user_email) from {REGION}.JOBS_BY_USER where user_email = session_user()), "
        f"(select count(*) from {REGION}.JOBS_BY_USER where user_email != session_user())",
    )
    assert (own, all_jobs) == (1, 0)


def test_sessions_are_shown_until_they_end(client: bigquery.Client) -> None:
    job = client.query("select 1", job_config=bigquery.QueryJobConfig(create_session=True))
    job.result()
    sql = f"select is_active, expiration_time > creation_time from {REGION}.SESSIONS_BY_USER where session_id = "
    assert rows(client, f"{sql}'{job.session_info.session_id}'") == [(True, True)]
    client.query_and_wait(f"call BQ.ABORT_SESSION('{job.session_info.session_id}')")
    assert rows(client, f"{sql}'{job.session_info.session_id}'") == [(False, True)]


def test_appends_are_counted_by_kind_of_stream(client: bigquery.Client, dataset: str, service: Service) -> None:
    name = f"{client.project}.{dataset}.t"
    client.create_table(bigquery.Table(name, [bigquery.SchemaField("n", "INTEGER")]))
    message = descriptor_pb2.DescriptorProto(name="Row")
    message.field.add(name="n", number=1, type=descriptor_pb2.FieldDescriptorProto.TYPE_INT64, label=1)
    request = AppendRowsRequest(
        write_stream=f"projects/{client.project}/datasets/{dataset}/tables/t/streams/_default",
        proto_rows=AppendRowsRequest.ProtoData(
            writer_schema=ProtoSchema(proto_descriptor=message),
            rows=ProtoRows(serialized_rows=[b"\x08\x01", b"\x08\x02"]),
        ),
    )
    list(service.writer().append_rows(iter([request])))
    sql = f"select stream_type, error_code, total_requests, total_rows from {REGION}.WRITE_API_TIMELINE_BY_PROJECT"
    assert rows(client, f"{sql} where dataset_id = '{dataset}'") == [("DEFAULT", "OK", 1, 2)]
    assert rows(client, f"select 1 from {REGION}.STREAMING_TIMELINE where dataset_id = '{dataset}'") == []


def test_storage_tells_rows_and_kind(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"create table {dataset}.t as select 1 as n union all select 2")
    columns = "table_catalog, table_type, managed_table_type, total_rows, current_physical_bytes > 0, deleted"
    sql = f"select {columns} from {REGION}.TABLE_STORAGE where table_schema = '{dataset}'"
    assert rows(client, sql) == [(client.project, "BASE TABLE", "NATIVE", 2, True, False)]


def test_options_of_indexes_are_shown_with_their_defaults(client: bigquery.Client, dataset: str) -> None:
    schema = f"{dataset}.INFORMATION_SCHEMA"
    client.query_and_wait(f"create table {dataset}.t (s string, n int64, other string, v array<float64>)")
    client.query_and_wait(
        f"create search index i on {dataset}.t (all columns with column options "
        "(s options (index_granularity = 'COLUMN'))) options (data_types = ['STRING', 'INT64'])"
    )
    client.query_and_wait(f"create vector index near on {dataset}.t (v) options (index_type = 'IVF')")
    options = "select option_name, option_type, option_value from {}.{} order by 1"
    assert rows(client, options.format(schema, "SEARCH_INDEX_OPTIONS")) == [
        ("analyzer", "STRING", "LOG_ANALYZER"), ("data_types", "ARRAY<STRING>", '["STRING", "INT64"]')
    ]  # fmt: skip
    assert rows(client, options.format(schema, "VECTOR_INDEX_OPTIONS")) == [
        ("distance_type", "STRING", "EUCLIDEAN"), ("index_type", "STRING", "IVF")
    ]  # fmt: skip
    assert rows(client, f"select index_column_name, option_value from {schema}.SEARCH_INDEX_COLUMN_OPTIONS") == [
        ("s", "COLUMN")
    ]
    columns = f"select index_column_name from {schema}.SEARCH_INDEX_COLUMNS order by 1"
    assert rows(client, columns) == [("n",), ("other",), ("s",)]


def test_a_project_has_the_default_options(client: bigquery.Client) -> None:
    sql = f"select option_value, option_set_level from {REGION}.EFFECTIVE_PROJECT_OPTIONS where option_name = "
    assert rows(client, f"{sql}'default_time_zone'") == [("UTC", "DEFAULT")]
