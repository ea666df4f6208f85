"""NULL in a result's arrays, partitions that expire, decimals of 76 digits in files: nothing wrong is shown."""

import datetime as dt
import io
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.api_core.exceptions import BadRequest, NotFound
from google.cloud import bigquery, storage

from emulators.bigquery.state.decimals import exact_cast


@pytest.mark.parametrize(
    "sql", ["SELECT [1, NULL] AS a", "SELECT STRUCT([NULL, 'x'] AS b) AS a", "SELECT [STRUCT([NULL, 1] AS b)] AS a"]
)
def test_null_in_a_results_array(client: bigquery.Client, sql: str) -> None:
    with pytest.raises(BadRequest, match="Array cannot have a null element; error in writing field a"):
        client.query_and_wait(sql, retry=None, job_retry=None)
    (row,) = client.query_and_wait("SELECT ARRAY_LENGTH([1, NULL]) AS n, CAST(NULL AS ARRAY<INT64>) AS empty")
    assert (row.n, row.empty) == (2, [])


def test_partitions_expire(client: bigquery.Client, dataset: str) -> None:
    today = dt.datetime.now(dt.UTC).date()
    days = [today - dt.timedelta(days=n) for n in (0, 1, 9)]
    table = f"{dataset}.t"
    client.query_and_wait(f"CREATE TABLE {table} (day DATE, n INT64) PARTITION BY day")
    client.query_and_wait(
        f"INSERT INTO {table} VALUES {', '.join(f'({day.isoformat()!r}, 1)' for day in [*days])}, (NULL, 1)"
    )
    assert [row.n for row in client.query_and_wait(f"SELECT COUNT(*) AS n FROM {table}")] == [4]
    client.query_and_wait(f"ALTER TABLE {table} SET OPTIONS (partition_expiration_days = 3)")
    assert [row.n for row in client.query_and_wait(f"SELECT COUNT(*) AS n FROM {table}")] == [3]
    job = client.query(f"UPDATE {table} SET n = 2 WHERE true")
    job.result()
    assert job.num_dml_affected_rows == 3
    client.query_and_wait(f"ALTER TABLE {table} SET OPTIONS (partition_expiration_days = NULL)")
    assert [row.n for row in client.query_and_wait(f"SELECT COUNT(*) AS n FROM {table}")] == [3]


def test_columns_are_added_where_partitions_expired(client: bigquery.Client, dataset: str) -> None:
    """The rows of expired partitions go when a table changes, and its columns change at the same moment."""
    client.query_and_wait(
        f"CREATE TABLE {dataset}.t (day DATE) PARTITION BY day OPTIONS (partition_expiration_days = 3)"
    )
    client.query_and_wait(f"INSERT INTO {dataset}.t VALUES (DATE '2024-01-01'), (CURRENT_DATE())")
    wider = bigquery.QueryJobConfig(destination=f"{client.project}.{dataset}.t")
    wider.write_disposition, wider.schema_update_options = "WRITE_APPEND", ["ALLOW_FIELD_ADDITION"]
    client.query(f"SELECT day, 7 AS extra FROM {dataset}.t", wider).result()
    found = client.query_and_wait(f"SELECT day = CURRENT_DATE() AS today, extra FROM {dataset}.t ORDER BY extra")
    assert [tuple(row) for row in found] == [(True, None), (True, 7)]


def test_wide_decimals_in_files(client: bigquery.Client, dataset: str, bucket: storage.Bucket) -> None:
    kind = pa.decimal256(76, 38)
    wide, narrow = Decimal(f"{'1234567890' * 3}12345678.{'1234567890' * 3}12345678"), Decimal("1.5")

    def put(name: str, values: list[Decimal | None], kind: pa.DataType = kind) -> None:
        file = io.BytesIO()
        pq.write_table(
            pa.table({"x": pa.array(values, kind), "l": pa.array([[v] for v in values], pa.list_(kind))}), file
        )
        bucket.blob(name).upload_from_string(file.getvalue())

    put("good/1.parquet", [wide, None, narrow])
    put("bad/1.parquet", [Decimal("6e38")], pa.decimal256(76, 37))
    for name in ("good", "bad"):
        client.query_and_wait(
            f"CREATE EXTERNAL TABLE {dataset}.{name} (x BIGNUMERIC, l ARRAY<BIGNUMERIC>) "
            f"OPTIONS (format = 'PARQUET', uris = ['gs://{bucket.name}/{name}/*'])"
        )
    rows = client.query_and_wait(f"SELECT x, l[0] AS first FROM {dataset}.good WHERE x IS NOT NULL ORDER BY x DESC")
    assert [(row.x, row.first) for row in rows] == [(wide, wide), (narrow, narrow)]
    with pytest.raises(BadRequest, match=r"bad/1\.parquet"):
        client.query_and_wait(f"SELECT * FROM {dataset}.bad", retry=None, job_retry=None)


@pytest.mark.parametrize("number", ["3e37", "7e35", "1e20", "-1e25"])
@pytest.mark.parametrize("kind", [pa.decimal128(38, 0), pa.decimal256(76, 0)])
def test_no_cast_makes_another_number(number: str, kind: pa.DataType) -> None:
    with pytest.raises(pa.ArrowInvalid):
        exact_cast(pa.array([[{"n": Decimal(number)}]], pa.list_(pa.struct([("n", kind)]))),
                   pa.list_(pa.struct([("n", pa.decimal128(38, 18))])))  # fmt: skip
    kept = pa.array([Decimal(7), None], kind)
    assert exact_cast(kept, pa.decimal128(38, 18)).to_pylist() == [7, None]


def test_columns_of_a_result_are_selected(client: bigquery.Client, dataset: str) -> None:
    sql = "select 1 as a, struct(2 as x, bignumeric '3' as y) as s, [struct(4 as x, 5 as y)] as l"
    job = client.query(sql)
    job.result()
    client.query_and_wait(f"create table {dataset}.t as {sql}")
    path = f"/projects/{client.project}/datasets"
    for data in (
        f"{path}/{job.destination.dataset_id}/tables/{job.destination.table_id}/data",
        f"{path}/{dataset}/tables/t/data",
    ):
        told = client._connection.api_request("GET", data, query_params={"selectedFields": "s.y,l.x"})
        assert [[cell["v"] for cell in row["f"]] for row in told["rows"]] == [
            [{"f": [{"v": "3"}]}, [{"v": {"f": [{"v": "4"}]}}]]
        ]
        with pytest.raises(BadRequest, match=r"selected fields do not exist in the table schema: s\.z"):
            client._connection.api_request("GET", data, query_params={"selectedFields": "a,s.z"})


def test_a_dataset_of_elsewhere_is_not_found_there(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"create table {dataset}.t as select 1 as a")
    with pytest.raises(NotFound, match=f"Dataset {client.project}:{dataset} was not found in location EU"):
        client.query_and_wait(f"select * from {dataset}.t", location="EU")
