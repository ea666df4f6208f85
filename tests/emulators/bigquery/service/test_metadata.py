"""INFORMATION_SCHEMA tells what was done: jobs, streamed rows, partitions, definitions."""

import datetime as dt
from typing import Any

import pytest
from google.api_core.exceptions import Conflict, NotFound
from google.cloud import bigquery


def rows(client: bigquery.Client, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in client.query_and_wait(sql)]


def test_jobs_tell_what_they_did(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"CREATE TABLE {dataset}.t AS SELECT 1 AS n")
    labels = bigquery.QueryJobConfig(labels={"team": "a"})
    job = client.query(f"SELECT n FROM {dataset}.t", job_config=labels)
    job.result()
    found = rows(
        client,
        "SELECT job_type, statement_type, referenced_tables, labels, error_result IS NULL FROM "
        f"`region-us`.INFORMATION_SCHEMA.JOBS WHERE job_id = '{job.job_id}'",
    )
    table = {"project_id": client.project, "dataset_id": dataset, "table_id": "t"}
    assert found == [("QUERY", "SELECT", [table], [{"key": "team", "value": "a"}], True)]


def test_streamed_rows_are_counted_by_table(client: bigquery.Client, dataset: str) -> None:
    name = f"{client.project}.{dataset}.t"
    client.create_table(bigquery.Table(name, [bigquery.SchemaField("n", "INTEGER")]))
    assert client.insert_rows_json(name, [{"n": 1}, {"n": 2}]) == []
    assert client.insert_rows_json(name, [{"n": "x"}]) != []
    found = rows(
        client,
        "SELECT error_code, SUM(total_requests), SUM(total_rows) FROM "
        f"`region-us`.INFORMATION_SCHEMA.STREAMING_TIMELINE_BY_PROJECT WHERE dataset_id = '{dataset}' GROUP BY 1",
    )
    assert sorted(found, key=str) == [("INVALID_ARGUMENT", 1, 1), (None, 1, 2)]


def test_ranges_are_partitions(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(
        f"CREATE TABLE {dataset}.t (n INT64) PARTITION BY RANGE_BUCKET(n, GENERATE_ARRAY(0, 100, 10)); "
        f"INSERT INTO {dataset}.t VALUES (1), (15), (200), (NULL)"
    )
    partitions = rows(client, f"SELECT partition_id FROM {dataset}.INFORMATION_SCHEMA.PARTITIONS ORDER BY 1")
    assert partitions == [("0",), ("10",), ("__NULL__",), ("__UNPARTITIONED__",)]


def test_partitions_of_a_table_whose_columns_have_common_names(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"CREATE TABLE {dataset}.t PARTITION BY day AS SELECT 7 AS id, DATE '2024-01-02' AS day")
    found = rows(client, f"SELECT partition_id, total_rows FROM {dataset}.INFORMATION_SCHEMA.PARTITIONS")
    assert found == [("20240102", 1)]


def test_columns_tell_their_policy_tags_and_tables_their_rarer_options(client: bigquery.Client, dataset: str) -> None:
    tag = bigquery.PolicyTagList(["projects/p/locations/us/taxonomies/1/policyTags/2"])
    name = f"{client.project}.{dataset}.t"
    client.create_table(bigquery.Table(name, [bigquery.SchemaField("n", "INTEGER", policy_tags=tag)]))
    for view in ("COLUMNS", "COLUMN_FIELD_PATHS"):
        assert rows(client, f"SELECT policy_tags FROM {dataset}.INFORMATION_SCHEMA.{view}") == [(list(tag.names),)]
    client.query_and_wait(
        f"CREATE TABLE {dataset}.other (n INT64); "
        f"CREATE MATERIALIZED VIEW {dataset}.m OPTIONS(refresh_interval_minutes=45, max_staleness=INTERVAL 4 HOUR, "
        f"kms_key_name='k', tags=[('p/env', 'prod')]) AS SELECT COUNT(*) AS n FROM {dataset}.other"
    )
    options = f"SELECT option_name, option_value FROM {dataset}.INFORMATION_SCHEMA.TABLE_OPTIONS WHERE table_name = 'm'"
    assert dict(rows(client, options)) == {
        "enable_refresh": "true", "tags": '[STRUCT("p/env", "prod")]', "kms_key_name": '"k"',
        "refresh_interval_minutes": "45.0", "max_staleness": 'INTERVAL "0-0 0 4:0:0" YEAR TO SECOND',
    }  # fmt: skip


def test_a_table_tells_how_to_make_it_again(client: bigquery.Client, dataset: str) -> None:
    """TABLES.ddl runs, and makes the same table."""
    name = f"{client.project}.{dataset}.t"
    client.query_and_wait(
        f"CREATE TABLE {dataset}.t (d DATE NOT NULL OPTIONS(description='day'), n INT64 DEFAULT 1, "
        "l ARRAY<STRUCT<a STRING>>, PRIMARY KEY (d) NOT ENFORCED) PARTITION BY DATE_TRUNC(d, MONTH) CLUSTER BY n "
        "OPTIONS(labels=[('a', 'b')], description='it')"
    )
    question = f"SELECT ddl FROM {dataset}.INFORMATION_SCHEMA.TABLES WHERE table_name = 't'"
    ((ddl,),), before = rows(client, question), client.get_table(name)
    client.delete_table(name)
    client.query_and_wait(ddl)
    after = client.get_table(name)
    assert (after.schema, after.time_partitioning, after.clustering_fields, after.labels, after.description) == (
        before.schema, before.time_partitioning, before.clustering_fields, before.labels, before.description,
    )  # fmt: skip
    assert rows(client, question) == [(ddl,)]


def test_a_partition_is_deleted_by_its_decorator(client: bigquery.Client, dataset: str) -> None:
    days = "SELECT DATE '2024-01-01' + n AS d FROM UNNEST([0, 1]) n"
    client.query_and_wait(f"CREATE TABLE {dataset}.t PARTITION BY d AS {days}")
    client.delete_table(f"{client.project}.{dataset}.t$20240101")
    assert [str(day) for (day,) in rows(client, f"SELECT d FROM {dataset}.t")] == ["2024-01-02"]


def test_routines_tell_how_to_make_them_again(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(
        f"create function {dataset}.f(x int64) returns int64 options(description='twice') as (x * 2);"
        f"create function {dataset}.j(x float64) returns float64 deterministic language js as 'return x';"
        f"create table function {dataset}.t(n int64) as select n as y;"
        f"create aggregate function {dataset}.a(x float64, k float64 not aggregate) returns float64 as (sum(x) * k);"
        f"create procedure {dataset}.p(out r int64) begin set r = 1; end"
    )
    found = rows(
        client,
        "select routine_name, routine_type, data_type, routine_body, external_language, is_deterministic from "
        f"{dataset}.INFORMATION_SCHEMA.ROUTINES order by 1",
    )
    assert found == [
        ("a", "AGGREGATE FUNCTION", "FLOAT64", "SQL", None, None),
        ("f", "FUNCTION", "INT64", "SQL", None, None),
        ("j", "FUNCTION", "FLOAT64", "EXTERNAL", "JAVASCRIPT", "YES"),
        ("p", "PROCEDURE", None, "SQL", None, None),
        ("t", "TABLE FUNCTION", None, "SQL", None, None),
    ]
    options = f"select specific_name, option_name, option_value from {dataset}.INFORMATION_SCHEMA.ROUTINE_OPTIONS"
    assert rows(client, options) == [("f", "description", '"twice"')]
    statements = [ddl for (ddl,) in rows(client, f"select ddl from {dataset}.INFORMATION_SCHEMA.ROUTINES")]
    for kind, name in (
        ("function", "a"),
        ("function", "f"),
        ("function", "j"),
        ("procedure", "p"),
        ("table function", "t"),
    ):
        client.query_and_wait(f"drop {kind} {dataset}.{name}")
    for statement in statements:
        client.query_and_wait(statement)
    call = f"declare r int64; call {dataset}.p(r); select r, {dataset}.f(y), {dataset}.j(y) from {dataset}.t(2)"
    assert rows(client, call) == [(1, 4, 2.0)]
    assert rows(client, f"select {dataset}.a(x, 10) from unnest([1, 2]) as x") == [(30.0,)]


def test_a_dataset_tells_how_to_make_it_again(client: bigquery.Client, dataset: str) -> None:
    query = f"select ddl from `region-us`.INFORMATION_SCHEMA.SCHEMATA where schema_name = '{dataset}'"
    client.query_and_wait(f"alter schema {dataset} set options(description='ours', labels=[('a', 'b')])")
    before = rows(client, query)
    client.delete_dataset(dataset)
    client.query_and_wait(before[0][0])
    assert rows(client, query) == before


def test_schemata_may_be_named_by_their_project(client: bigquery.Client, dataset: str) -> None:
    where = f"INFORMATION_SCHEMA.SCHEMATA where schema_name = '{dataset}'"
    for name in (f"`{client.project}`.{where}", f"`{client.project}.region-us`.{where}", where):
        assert rows(client, f"select schema_name from {name}") == [(dataset,)]


def test_jobs_tell_what_they_changed(client: bigquery.Client, dataset: str) -> None:
    job = client.query(f"create table {dataset}.t as select 1 as a")
    job.result()
    change = client.query(f"update {dataset}.t set a = 2 where true")
    change.result()
    found = rows(
        client,
        "select dml_statistics.updated_row_count, query_dialect from `region-us`.INFORMATION_SCHEMA.JOBS "
        f"where job_id = '{change.job_id}'",
    )
    assert found == [(1, "GOOGLE_SQL")]


def test_the_partition_time_is_a_hidden_column(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"create table {dataset}.t (a int64) partition by _partitiondate")
    found = rows(
        client,
        "select column_name, ordinal_position, is_hidden, is_system_defined, is_partitioning_column from "
        f"{dataset}.INFORMATION_SCHEMA.COLUMNS order by 2 nulls last",
    )
    assert found == [("a", 1, "NO", "NO", "NO"), ("_PARTITIONTIME", None, "YES", "YES", "YES")]


def test_a_materialised_view_is_refreshed_each_half_hour_where_nobody_says(
    client: bigquery.Client, dataset: str
) -> None:
    client.query_and_wait(f"create table {dataset}.t as select 1 as a")
    client.query_and_wait(
        f"create materialized view {dataset}.m as select a, count(*) as n from {dataset}.t group by a"
    )
    found = client.get_table(f"{client.project}.{dataset}.m")
    assert (found.mview_enable_refresh, found.mview_refresh_interval) == (True, dt.timedelta(minutes=30))


def test_indexes_are_kept_and_shown(client: bigquery.Client, dataset: str) -> None:
    schema = f"{dataset}.INFORMATION_SCHEMA"
    client.query_and_wait(f"create table {dataset}.t (s string, n int64, v array<float64>)")
    client.query_and_wait(
        f"create search index found on {dataset}.t (all columns) options (analyzer = 'NO_OP_ANALYZER')"
    )
    client.query_and_wait(f"create vector index near on {dataset}.t (v) options (index_type = 'IVF')")
    assert rows(client, f"select index_name, index_status, analyzer from {schema}.SEARCH_INDEXES") == [
        ("found", "ACTIVE", "NO_OP_ANALYZER")
    ]
    assert rows(client, f"select index_column_name from {schema}.SEARCH_INDEX_COLUMNS") == [("s",)]
    assert rows(client, f"select index_name, coverage_percentage from {schema}.VECTOR_INDEXES") == [("near", 100)]
    with pytest.raises(Conflict):
        client.query_and_wait(f"create search index other on {dataset}.t (s)", retry=None, job_retry=None)
    client.query_and_wait(f"drop search index found on {dataset}.t")
    with pytest.raises(NotFound):
        client.query_and_wait(f"drop search index found on {dataset}.t", retry=None, job_retry=None)
    client.query_and_wait(f"drop table {dataset}.t")
    assert rows(client, f"select index_column_name from {schema}.VECTOR_INDEX_COLUMNS") == []


def test_only_a_nullable_column_is_nullable(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"create table {dataset}.modes (a int64 not null, b int64, c array<int64>)")
    sql = f"select is_nullable from {dataset}.INFORMATION_SCHEMA.COLUMNS order by ordinal_position"
    assert [row.is_nullable for row in client.query_and_wait(sql)] == ["NO", "YES", "NO"]
