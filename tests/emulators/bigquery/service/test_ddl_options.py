"""OPTIONS of statements: each has a type and a place; LOAD DATA's clauses, and whom GRANT can name."""

from typing import Any

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery, storage


def rows(client: bigquery.Client, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in client.query_and_wait(sql, retry=None, job_retry=None)]


REFUSED = [
    ("create table {d}.t (n int64) options (description = 5)",
     "Option description value has type INT64 which cannot be coerced to expected type STRING"),
    ("create table {d}.t (n int64 options (description = 5))", "expected type STRING"),
    ("create table {d}.t (n int64) options (labels = 'x')", "expected type ARRAY<STRUCT<STRING, STRING>>"),
    ("create table {d}.t (n int64) options (labels = [('a', 1)])", "expected type STRING"),
    ("create table {d}.t (n int64) options (partition_expiration_days = 5)", "if the table is partitioned"),
    ("create table {d}.t (n int64) options (description = 'a', description = 'b')", "Duplicate option specified for"),
    ("create table {d}.t (n int64) options (default_rounding_mode = 'UP')", "use ROUND_HALF_AWAY_FROM_ZERO or"),
    ("create table {d}.t (n int64) options (colour = 'red')", "Unknown option: colour"),
    ("create view {d}.v options (partition_expiration_days = 5) as select 1 as n", "Unknown option"),
    ("create view {d}.v (n options (colour = 'red')) as select 1", "Unknown option: colour"),
    ("create materialized view {d}.m options (refresh_interval_minutes = 'x') as select 1 as n", "type FLOAT64"),
    ("create schema {d}_x options (default_table_expiration_days = 'x')", "expected type FLOAT64"),
    ("create function {d}.f(x int64) options (colour = 'red') as (x)", "Unknown option: colour"),
    ("create function {d}.f(x int64) options (strict_mode = true) as (x)", "Unknown option: strict_mode"),
    ("alter table {d}.plain set options (partition_expiration_days = 3)", "if the table is partitioned"),
    ("load data overwrite {d}.plain partitions (n = 1) from files (format = 'CSV', uris = ['gs://b/f'])", "DATA INTO"),
    ("load data into {d}.plain (x) from files (format = 'CSV', uris = ['gs://b/f'])", "Column x not found"),
    ("grant `roles/x` on table {d}.plain to 'joe'", "Invalid principal 'joe'"),
    ("grant `roles/x` on project p to 'user:joe@x.com'", "on a PROJECT are not supported"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "message"), REFUSED)
def test_an_option_that_does_not_fit_is_refused(client: bigquery.Client, dataset: str, sql: str, message: str) -> None:
    client.query_and_wait(f"create table {dataset}.plain (n int64)")
    with pytest.raises(BadRequest) as refused:
        rows(client, sql.format(d=dataset))
    assert message in refused.value.message


def test_a_text_is_taken_for_a_timestamp(client: bigquery.Client, dataset: str) -> None:
    option = "expiration_timestamp = '2130-01-01 00:00:00 UTC'"
    client.query_and_wait(f"create table {dataset}.t (n int64) options ({option})")
    assert str(client.get_table(f"{dataset}.t").expires)[:10] == "2130-01-01"


@pytest.fixture
def days(bucket: storage.Bucket) -> str:
    bucket.blob("days.csv").upload_from_string("2016-01-01,5\n")
    return f"from files (format = 'CSV', uris = ['gs://{bucket.name}/days.csv'])"


def test_load_data_writes_one_partition(client: bigquery.Client, dataset: str, days: str) -> None:
    client.query_and_wait(
        f"create table {dataset}.t (d date, n int64) partition by d;"
        f"insert into {dataset}.t values ('2016-01-01', 1), ('2016-01-02', 2)"
    )
    client.query_and_wait(f"load data into {dataset}.t partitions (d = '20160101') {days}")
    assert rows(client, f"select n from {dataset}.t order by n") == [(1,), (2,), (5,)]
    client.query_and_wait(f"load data into {dataset}.t overwrite partitions (d = date '2016-01-01') {days}")
    assert rows(client, f"select n from {dataset}.t order by n") == [(2,), (5,)]
    for wrong, why in (("d = date '2016-01-02'", "different partitions"), ("n = 1", "not partitioned")):
        with pytest.raises(BadRequest, match=why):
            rows(client, f"load data into {dataset}.t partitions ({wrong}) {days}")


def test_load_data_by_time_of_arrival(client: bigquery.Client, dataset: str, bucket: storage.Bucket) -> None:
    bucket.blob("n.csv").upload_from_string("7\n")
    client.query_and_wait(
        f"load data into {dataset}.t (n int64) partitions (_PARTITIONTIME = timestamp '2016-01-01') "
        f"partition by _PARTITIONTIME from files (format = 'CSV', uris = ['gs://{bucket.name}/n.csv'])"
    )
    assert rows(client, f"select n, cast(_PARTITIONDATE as string) from {dataset}.t") == [(7, "2016-01-01")]


def test_load_data_names_columns_of_a_table(client: bigquery.Client, dataset: str, bucket: storage.Bucket) -> None:
    bucket.blob("n.csv").upload_from_string("7\n")
    files = f"from files (format = 'CSV', uris = ['gs://{bucket.name}/n.csv'])"
    client.query_and_wait(f"create table {dataset}.t (a string default 'none', n int64)")
    client.query_and_wait(f"load data into {dataset}.t (n) {files}")
    assert rows(client, f"select * from {dataset}.t") == [("none", 7)]
    assert rows(client, f"load data into temp table own (n int64) {files}; select * from own") == [(7,)]


def test_a_special_group_is_named_as_in_policies(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(
        f"create table {dataset}.t (n int64); "
        f"grant `roles/bigquery.dataViewer` on table {dataset}.t to 'specialGroup:allAuthenticatedUsers'"
    )
    policy = client.get_iam_policy(f"{client.project}.{dataset}.t")
    assert [binding["members"] for binding in policy.bindings] == [{"allAuthenticatedUsers"}]
