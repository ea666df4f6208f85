"""INFORMATION_SCHEMA's ddl makes the same table, dataset or routine again, whatever it was told to be."""

from typing import Any

import pytest
from google.cloud import bigquery, storage

_OWN = {"etag", "creationTime", "lastModifiedTime", "snapshotTime", "numBytes", "numRows"}


def told(resource: Any) -> Any:
    """A resource without its times and sizes."""
    if isinstance(resource, dict):
        kept = {key: told(value) for key, value in resource.items() if key not in _OWN}
        return {key: value for key, value in kept.items() if not key.startswith("num")}
    return [told(one) for one in resource] if isinstance(resource, list) else resource


TABLES = [
    "table {d}.t (a int64 not null options (description = 'a \"q\" \\n'), s struct<b int64 not null options "
    "(description = 'inner'), c array<struct<d string not null, e numeric(5, 2)>>>)",
    "table {d}.t (a string collate 'und:ci', s struct<b string collate 'und:ci'>, x string(5) default 'q' not null)",
    "table {d}.t (a string) default collate 'und:ci' options (friendly_name = 'f')",
    "table {d}.t (a numeric options (rounding_mode = 'ROUND_HALF_EVEN')) options (default_rounding_mode = "
    "'ROUND_HALF_EVEN', labels = [('a', 'b')], max_staleness = interval 1 hour)",
    "table {d}.t (`select` struct<`from` int64, `a b` date>, `a b` string, `naïve` date) partition by `naïve` "
    "cluster by `a b` options (require_partition_filter = true, partition_expiration_days = 3.5)",
    "table {d}.t (o int64, constraint k foreign key (o) references {d}.base (id) not enforced, "
    "foreign key (o) references {d}.base (id) not enforced, primary key (o) not enforced)",
    "table {d}.t (o timestamp(6), r range<date>, l array<string(4)>, n bignumeric(40, 3)) "
    "partition by timestamp_trunc(o, month)",
    "table {d}.t (o int64) partition by range_bucket(o, generate_array(0, 100, 10))",
    "view {d}.t (a options (description = 'd'), b) options (description = 'v') as select 1, 2",
    "view {d}.t (key) as select id from {d}.base",
    "view {d}.t as select * from {d}.base",
    "materialized view {d}.t cluster by id options (refresh_interval_minutes = 60, max_staleness = interval 4 hour, "
    "allow_non_incremental_definition = true) as select id from {d}.base",
    "snapshot table {d}.t clone {d}.base options (friendly_name = 's')",
    "external table {d}.t (n int64) options (format = 'CSV', uris = ['gs://{b}/f/k=1/one.csv'], skip_leading_rows = 1,"
    " field_delimiter = ';', null_markers = ['x', 'y'], allow_jagged_rows = true, description = 'e')",
    "external table {d}.t options (format = 'CSV', uris = ['gs://{b}/f/k=1/one.csv'])",
    "external table {d}.t with partition columns options (format = 'CSV', uris = ['gs://{b}/f/*'], "
    "hive_partition_uri_prefix = 'gs://{b}/f', require_hive_partition_filter = true)",
    "external table {d}.t (n int64) with partition columns (k string) options (format = 'CSV', uris = "
    "['gs://{b}/f/*'], hive_partition_uri_prefix = 'gs://{b}/f')",
]  # fmt: skip


@pytest.mark.parametrize("definition", TABLES)
def test_a_table(client: bigquery.Client, dataset: str, bucket: storage.Bucket, definition: str) -> None:
    bucket.blob("f/k=1/one.csv").upload_from_string("1\n")
    client.query_and_wait(f"create table {dataset}.base (id int64, primary key (id) not enforced)")
    client.query_and_wait("create " + definition.format(d=dataset, b=bucket.name))
    before = told(client.get_table(f"{dataset}.t").to_api_repr())
    ((ddl,),) = client.query_and_wait(f"select ddl from {dataset}.INFORMATION_SCHEMA.TABLES where table_name = 't'")
    client.delete_table(f"{dataset}.t")
    client.query_and_wait(ddl)
    assert told(client.get_table(f"{dataset}.t").to_api_repr()) == before


def test_a_dataset(client: bigquery.Client, dataset: str) -> None:
    name = f"{dataset}_again"
    client.query_and_wait(
        f"create schema {name} default collate 'und:ci' options (description = 'd', location = 'EU', labels = "
        "[('a', 'b')], default_table_expiration_days = 3.5, default_partition_expiration_days = 2, "
        "max_time_travel_hours = 72, default_rounding_mode = 'ROUND_HALF_EVEN', "
        "storage_billing_model = 'PHYSICAL')"
    )
    before = told(client.get_dataset(name).to_api_repr())
    options = f"from `region-eu`.INFORMATION_SCHEMA.SCHEMATA_OPTIONS where schema_name = '{name}'"
    given = dict(client.query_and_wait(f"select option_name, option_value {options}"))
    assert {key: given[key] for key in ("max_time_travel_hours", "storage_billing_model")} == {
        "max_time_travel_hours": "72", "storage_billing_model": '"PHYSICAL"',
    }  # fmt: skip
    where = f"where schema_name = '{name}'"
    ((ddl,),) = client.query_and_wait(f"select ddl from `region-eu`.INFORMATION_SCHEMA.SCHEMATA {where}")
    client.delete_dataset(name)
    client.query_and_wait(ddl)
    assert told(client.get_dataset(name).to_api_repr()) == before
    client.delete_dataset(name)


ROUTINES = [
    "function {d}.f (x float64) returns string deterministic language js as r'''return \"a\" + x;'''",
    "table function {d}.f (x int64) returns table<n int64> options (description = 'q') as (select x as n)",
    "table function {d}.f (t table<n int64>, a any table) as select n from t",
    "procedure {d}.f (in x int64, out y string) options (strict_mode = false) begin set y = 'a'; end",
    "aggregate function {d}.f (x int64, y float64 not aggregate) returns float64 as (sum(x) * y)",
]


@pytest.mark.parametrize("definition", ROUTINES)
def test_a_routine(client: bigquery.Client, dataset: str, definition: str) -> None:
    client.query_and_wait("create " + definition.format(d=dataset))
    before = told(client.get_routine(f"{dataset}.f").to_api_repr())
    ((ddl,),) = client.query_and_wait(f"select ddl from {dataset}.INFORMATION_SCHEMA.ROUTINES")
    client.delete_routine(f"{dataset}.f")
    client.query_and_wait(ddl)
    assert told(client.get_routine(f"{dataset}.f").to_api_repr()) == before
