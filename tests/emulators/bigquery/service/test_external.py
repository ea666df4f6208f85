"""External tables on gs://: what they show, which files they open, and what they refuse."""

import datetime as dt
import io
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery, storage
from google.cloud.bigquery import SchemaField

SCHEMA = [SchemaField("a", "INTEGER"), SchemaField("b", "STRING"), SchemaField("c", "FLOAT")]


def put(bucket: storage.Bucket, day: str, number: int, **columns: Any) -> None:
    target = io.BytesIO()
    pq.write_table(pa.table(columns), target)
    name = f"source/table/ingestion_date={day}/{number:010}.parquet"
    bucket.blob(name).upload_from_string(target.getvalue(), if_generation_match=0)


def external(client: bigquery.Client, name: str, bucket: str, mode: str = "CUSTOM") -> bigquery.Table:
    config = bigquery.ExternalConfig("PARQUET")
    config.source_uris = [f"gs://{bucket}/source/table/*"]
    layout = bigquery.HivePartitioningOptions()
    layout.mode = mode
    layout.source_uri_prefix = f"gs://{bucket}/source/table" + ("/{ingestion_date:DATE}" if mode == "CUSTOM" else "")
    config.hive_partitioning = layout
    table = bigquery.Table(name, SCHEMA)
    table.external_data_configuration = config
    return client.create_table(table)


def run(client: bigquery.Client, sql: str) -> tuple[list[tuple[Any, ...]], int]:
    """(rows, files opened)."""
    job = client.query(sql)
    rows = [tuple(row) for row in job.result()]
    return rows, int(job._properties["statistics"]["query"].get("externalFilesRead", 0))


@pytest.fixture
def table(client: bigquery.Client, dataset: str, bucket: storage.Bucket) -> str:
    put(bucket, "2024-01-01", 1, a=[1, 2], b=["x", "y"])
    put(bucket, "2024-01-01", 2, a=[3], b=["z"])
    put(bucket, "2024-01-02", 1, a=[4], b=["w"], c=[0.5])
    external(client, f"{client.project}.{dataset}.e", bucket.name)
    return f"{dataset}.e"


def test_files_are_rows_and_folders_are_a_column(client: bigquery.Client, table: str) -> None:
    first, second = dt.date(2024, 1, 1), dt.date(2024, 1, 2)
    rows, files = run(client, f"SELECT * FROM {table} ORDER BY a")
    assert rows == [(1, "x", None, first), (2, "y", None, first), (3, "z", None, first), (4, "w", 0.5, second)]
    assert files == 3
    assert [f.name for f in client.get_table(table).schema] == ["a", "b", "c", "ingestion_date"]


@pytest.mark.parametrize(
    ("where", "rows", "files"),
    [
        ("ingestion_date = '2024-01-02'", 1, 1),
        ("ingestion_date >= DATE '2024-01-01' AND ingestion_date < DATE '2024-01-02' AND a > 1", 2, 2),
        ("ingestion_date IN ('2024-01-02', '2024-01-03')", 1, 1),
        ("ingestion_date = '2030-01-01'", 0, 0),
        ("a = 4", 1, 3),
    ],
)
def test_a_query_opens_only_the_partitions_it_asks_for(
    client: bigquery.Client, table: str, where: str, rows: int, files: int
) -> None:
    found, opened = run(client, f"SELECT a FROM {table} WHERE {where}")
    assert (len(found), opened) == (rows, files)


def test_new_files_are_seen_and_deleted_ones_are_not(
    client: bigquery.Client, table: str, bucket: storage.Bucket
) -> None:
    put(bucket, "2024-02-01", 1, a=[9], b=["new"])
    assert run(client, f"SELECT a FROM {table} WHERE b = 'new'")[0] == [(9,)]
    for blob in list(bucket.list_blobs()):
        blob.delete()
    assert run(client, f"SELECT * FROM {table}")[0] == []


def test_a_file_that_does_not_fit_is_named_with_its_column(
    client: bigquery.Client, table: str, bucket: storage.Bucket
) -> None:
    put(bucket, "2024-02-01", 7, a=["text"], b=["x"])
    with pytest.raises(BadRequest, match=r"Parquet column 'a' .* INT64.*2024-02-01/0000000007.parquet"):
        run(client, f"SELECT * FROM {table}")
    assert run(client, f"SELECT COUNT(*) FROM {table} WHERE ingestion_date = '2024-01-02'")[0] == [(1,)]
    bucket.blob("source/table/ingestion_date=2024-02-01/0000000007.parquet").upload_from_string(b"no parquet")
    with pytest.raises(BadRequest, match="not in Parquet format"):
        run(client, f"SELECT * FROM {table}")


def test_the_name_of_the_file_is_a_pseudo_column(client: bigquery.Client, table: str, bucket: storage.Bucket) -> None:
    rows, _ = run(client, f"SELECT DISTINCT _FILE_NAME AS file FROM {table} WHERE a = 3")
    assert rows == [(f"gs://{bucket.name}/source/table/ingestion_date=2024-01-01/0000000002.parquet",)]


def test_keys_are_detected_where_the_mode_says_so(
    client: bigquery.Client, dataset: str, bucket: storage.Bucket
) -> None:
    put(bucket, "2024-01-01", 1, a=[1])
    kinds = {"AUTO": "DATE", "STRINGS": "STRING"}
    for mode, kind in kinds.items():
        made = external(client, f"{client.project}.{dataset}.{mode.lower()}", bucket.name, mode)
        assert [(f.name, f.field_type) for f in made.schema][-1] == ("ingestion_date", kind)
        assert run(client, f"SELECT a FROM {dataset}.{mode.lower()} WHERE ingestion_date = '2024-01-01'") == ([(1,)], 1)


def test_json_csv_and_avro_files_are_tables_too(client: bigquery.Client, dataset: str, bucket: storage.Bucket) -> None:
    bucket.blob("f.json").upload_from_string(b'{"a": 1, "b": "x"}\n{"a": null}\n')
    bucket.blob("f.csv").upload_from_string(b"a,b\n1,x\n,\n")
    avro = io.BytesIO()
    fields = [{"name": "a", "type": ["null", "long"]}, {"name": "b", "type": ["null", "string"]}]
    fastavro.writer(
        avro, {"type": "record", "name": "r", "fields": fields}, [{"a": 1, "b": "x"}, {"a": None, "b": None}]
    )
    bucket.blob("f.avro").upload_from_string(avro.getvalue())
    for form, extra in (("JSON", ""), ("CSV", ", skip_leading_rows = 1"), ("AVRO", "")):
        uri = f"gs://{bucket.name}/f.{form.lower()}"
        client.query_and_wait(
            f"CREATE EXTERNAL TABLE {dataset}.{form} (a INT64, b STRING) "
            f"OPTIONS (format = '{form}', uris = ['{uri}']{extra})"
        )
        rows, files = run(client, f"SELECT a, NULLIF(b, '') FROM {dataset}.{form} ORDER BY a DESC")
        assert (rows, files) == ([(1, "x"), (None, None)], 1)


def test_load_data_and_export_data_are_inverse(client: bigquery.Client, dataset: str, bucket: storage.Bucket) -> None:
    uri = f"gs://{bucket.name}/out/*.parquet"
    client.query_and_wait(
        f"EXPORT DATA OPTIONS (uri = '{uri}', format = 'PARQUET') AS "
        "SELECT n, CAST(n AS STRING) AS s FROM UNNEST([1, 2]) AS n"
    )
    client.query_and_wait(f"LOAD DATA INTO {dataset}.t FROM FILES (format = 'PARQUET', uris = ['{uri}'])")
    assert run(client, f"SELECT * FROM {dataset}.t ORDER BY n")[0] == [(1, "1"), (2, "2")]


def test_a_new_schema_or_configuration_keeps_the_partition_column(client: bigquery.Client, table: str) -> None:
    """As Terraform changes a table: with the columns that it knows, and the configuration as a whole."""
    path = f"{client._connection.API_BASE_URL}/bigquery/v2/projects/{client.project}/datasets/"
    dataset, name = table.split(".")
    url = f"{path}{dataset}/tables/{name}"
    told = client._http.get(url).json()
    config = told["externalDataConfiguration"]
    config["hivePartitioningOptions"] = {
        key: value for key, value in config["hivePartitioningOptions"].items() if key != "fields"
    }
    fields = [{"name": field, "type": kind} for field, kind in (("a", "INTEGER"), ("b", "STRING"), ("d", "STRING"))]
    answer = client._http.patch(url, json={"externalDataConfiguration": config, "schema": {"fields": fields}})
    assert answer.status_code == 200, answer.text
    assert [f.name for f in client.get_table(table).schema] == ["a", "b", "d", "ingestion_date"]
    rows, _ = run(client, f"SELECT a, d FROM {table} WHERE ingestion_date = '2024-01-02'")
    assert rows == [(4, None)]


def test_a_bad_row_is_told_with_its_place(client: bigquery.Client, dataset: str, bucket: storage.Bucket) -> None:
    bucket.blob("bad.csv").upload_from_string("1\nx\n3\n")
    for name, options in (("strict", ""), ("lax", ", max_bad_records = 1")):
        client.query_and_wait(
            f"create external table {dataset}.{name} (a int64) "
            f"options (format = 'CSV', uris = ['gs://{bucket.name}/bad.csv']{options})"
        )
    place = f'line_number: 2 column_index: 0 column_name: "a" column_type: INT64 value: "x" File: gs://{bucket.name}/'
    with pytest.raises(
        BadRequest, match=f"Error while reading table: .*strict, error message: Unable to parse; {place}"
    ):
        client.query_and_wait(f"select * from {dataset}.strict", retry=None, job_retry=None)
    assert [row.a for row in client.query_and_wait(f"select a from {dataset}.lax order by a")] == [1, 3]
