"""Copy and extract jobs through Google's client: snapshots, clones, restores, several files."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, Conflict, NotFound
from google.cloud import bigquery, storage
from google.cloud.bigquery import CopyJobConfig, ExtractJobConfig


def _copy(client: bigquery.Client, source: str, target: str, operation: str, **settings: Any) -> bigquery.Table:
    configuration = CopyJobConfig(operation_type=operation, **settings)
    root = f"{client.project}."
    client.copy_table(root + source, root + target, job_config=configuration).result()
    return client.get_table(root + target)


@pytest.fixture
def table(client: bigquery.Client, dataset: str) -> str:
    """A table of two rows."""
    client.query_and_wait(f"CREATE TABLE {dataset}.t OPTIONS(description='d') AS SELECT n FROM UNNEST([1, 2]) n")
    return f"{dataset}.t"


def _numbers(client: bigquery.Client, table: str) -> list[int]:
    return [row.n for row in client.query_and_wait(f"SELECT n FROM {table} ORDER BY n")]


def test_a_snapshot_job(client: bigquery.Client, table: str) -> None:
    """It is read only, it expires, it is not overwritten, and it can be restored over its base."""
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    found = _copy(client, table, f"{table}_s", "SNAPSHOT", destination_expiration_time=until.isoformat())
    assert (found.table_type, found.expires, found.num_rows) == ("SNAPSHOT", until, 2)
    definition = found.snapshot_definition
    assert definition.base_table_reference.table_id == "t"
    assert datetime.now(UTC) - definition.snapshot_time < timedelta(minutes=5)
    with pytest.raises(BadRequest):
        client.query_and_wait(f"DELETE FROM {table}_s WHERE true")
    with pytest.raises(BadRequest):
        client.load_table_from_json([{"n": 3}], f"{client.project}.{table}_s").result()
    with pytest.raises(Conflict):
        _copy(client, table, f"{table}_s", "SNAPSHOT", write_disposition="WRITE_TRUNCATE")
    client.query_and_wait(f"UPDATE {table} SET n = n * 10 WHERE true")
    assert _numbers(client, f"{table}_s") == [1, 2]
    restored = _copy(client, f"{table}_s", table, "RESTORE", write_disposition="WRITE_TRUNCATE")
    assert restored.table_type == "TABLE" and restored.snapshot_definition is None and restored.expires is None
    assert _numbers(client, table) == [1, 2]


def test_a_clone_job(client: bigquery.Client, table: str) -> None:
    found = _copy(client, table, f"{table}_c", "CLONE")
    assert (found.table_type, found.description) == ("TABLE", "d")
    assert found.clone_definition.base_table_reference.table_id == "t"
    client.query_and_wait(f"INSERT INTO {table}_c VALUES (3)")
    assert (_numbers(client, f"{table}_c"), _numbers(client, table)) == ([1, 2, 3], [1, 2])
    with pytest.raises(Conflict):
        _copy(client, table, f"{table}_c", "CLONE")


@pytest.mark.parametrize("operation", ["RESTORE", "MOVE"])
def test_what_a_copy_job_refuses(client: bigquery.Client, table: str, operation: str) -> None:
    """RESTORE reads snapshots only; an unknown operation is no copy."""
    with pytest.raises(BadRequest):
        _copy(client, table, f"{table}_x", operation)
    with pytest.raises(NotFound):
        client.get_table(f"{client.project}.{table}_x")


def test_an_extract_shares_rows_among_its_uris(client: bigquery.Client, table: str, bucket: storage.Bucket) -> None:
    uris = [f"gs://{bucket.name}/{name}-*.avro" for name in "ab"]
    configuration = ExtractJobConfig(destination_format="AVRO", compression="DEFLATE")
    job = client.extract_table(f"{client.project}.{table}", uris, job_config=configuration)
    job.result()
    assert job.destination_uri_file_counts == [1, 1]
    configuration = bigquery.LoadJobConfig(source_format="AVRO")
    client.load_table_from_uri(uris, f"{client.project}.{table}_again", job_config=configuration).result()
    assert _numbers(client, f"{table}_again") == [1, 2]
    with pytest.raises(BadRequest, match="wildcard"):
        client.extract_table(f"{client.project}.{table}", [uris[0], f"gs://{bucket.name}/one.avro"]).result()


@pytest.mark.parametrize(
    "statement",
    [
        "create table {d}.made clone {d}.source", "create table {d}.made copy {d}.source",
        "create snapshot table {d}.made clone {d}.source",
        "create table {d}.made copy {d}.source; alter table {d}.made drop column b",
        "create table {d}.made copy {d}.source; alter table {d}.made rename column a to c",
        "COPY", "CLONE", "SNAPSHOT", "append",
    ],
)  # fmt: skip
def test_rows_of_an_ingestion_time_table_stay_in_their_partitions(
    client: bigquery.Client, dataset: str, statement: str
) -> None:
    client.query_and_wait(f"""
        create table {dataset}.source (a int64, b int64) partition by _partitiondate;
        insert {dataset}.source (_partitiontime, a) values (timestamp '2024-01-01', 1), (timestamp '2024-01-02', 2)""")
    if statement == "append":
        client.query_and_wait(f"create table {dataset}.made (a int64, b int64) partition by _partitiondate")
    if " " in statement:
        client.query_and_wait(statement.format(d=dataset))
    else:
        config = bigquery.CopyJobConfig(
            operation_type="COPY" if statement == "append" else statement, write_disposition="WRITE_APPEND"
        )
        names = [f"{client.project}.{dataset}.{name}" for name in ("source", "made")]
        client.copy_table(*names, job_config=config).result()
    days = client.query_and_wait(f"select cast(_partitiondate as string) from {dataset}.made order by 1")
    assert [tuple(row) for row in days] == [("2024-01-01",), ("2024-01-02",)]


def test_an_extract_into_no_bucket_is_not_found(client: bigquery.Client, dataset: str, bucket: storage.Bucket) -> None:
    client.query_and_wait(f"create table {dataset}.t as select 1 as a")
    with pytest.raises(NotFound, match=f"Not found: URI gs://{bucket.name}-none/x"):
        client.extract_table(f"{dataset}.t", f"gs://{bucket.name}-none/x").result(retry=None)
