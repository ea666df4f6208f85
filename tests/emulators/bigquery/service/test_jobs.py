"""Jobs through Google's client: destinations, dispositions, statistics, paging, sessions, concurrency."""

import threading

import pytest
from google.api_core.exceptions import BadRequest, Conflict, NotFound
from google.cloud import bigquery
from google.cloud.bigquery import QueryJobConfig, SchemaField


def values(client: bigquery.Client, sql: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in client.query_and_wait(sql)]


def test_a_query_writes_where_it_is_told(client: bigquery.Client, dataset: str) -> None:
    target = bigquery.TableReference.from_string(f"{client.project}.{dataset}.t")
    for disposition, expected in (("WRITE_EMPTY", 1), ("WRITE_APPEND", 2), ("WRITE_TRUNCATE", 1)):
        config = QueryJobConfig(destination=target, write_disposition=disposition)
        job = client.query("SELECT 1 AS n", config)
        job.result()
        assert job.destination == target and client.get_table(target).num_rows == expected
    with pytest.raises(Conflict):
        client.query("SELECT 1 AS n", QueryJobConfig(destination=target, write_disposition="WRITE_EMPTY")).result()
    never = QueryJobConfig(destination=f"{client.project}.{dataset}.no", create_disposition="CREATE_NEVER")
    with pytest.raises(NotFound):
        client.query("SELECT 1 AS n", never).result()


def test_a_partition_is_replaced_alone(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(
        f"CREATE TABLE {dataset}.t PARTITION BY day AS "
        "SELECT DATE '2024-01-01' AS day, 1 AS n UNION ALL SELECT '2024-01-02', 2"
    )
    config = QueryJobConfig(destination=f"{client.project}.{dataset}.t$20240102", write_disposition="WRITE_TRUNCATE")
    client.query("SELECT DATE '2024-01-02' AS day, 3 AS n", config).result()
    assert values(client, f"SELECT n FROM {dataset}.t ORDER BY n") == [(1,), (3,)]
    config.schema_update_options = ["ALLOW_FIELD_ADDITION"]
    client.query("SELECT DATE '2024-01-02' AS day, 5 AS n, 'x' AS more", config).result()
    assert values(client, f"SELECT n, more FROM {dataset}.t ORDER BY n") == [(1, None), (5, "x")]


def test_schema_updates_only_where_they_are_allowed(client: bigquery.Client, dataset: str) -> None:
    name = f"{client.project}.{dataset}.t"
    client.create_table(bigquery.Table(name, [SchemaField("a", "INTEGER")]))
    config = QueryJobConfig(destination=name, write_disposition="WRITE_APPEND")
    with pytest.raises(BadRequest, match="Cannot add fields"):
        client.query("SELECT 1 AS a, 'x' AS b", config).result()
    config.schema_update_options = ["ALLOW_FIELD_ADDITION"]
    client.query("SELECT 1 AS a, 'x' AS b", config).result()
    assert values(client, f"SELECT a, b FROM {dataset}.t") == [(1, "x")]


def test_statistics_say_what_was_done(client: bigquery.Client, dataset: str) -> None:
    create = client.query(f"CREATE TABLE {dataset}.t AS SELECT n FROM UNNEST([1, 2, 3]) AS n")
    create.result()
    assert (create.statement_type, create.ddl_operation_performed) == ("CREATE_TABLE_AS_SELECT", "CREATE")
    assert create.destination.table_id == "t"
    merge = client.query(
        f"MERGE {dataset}.t USING (SELECT 3 AS n UNION ALL SELECT 9) s ON t.n = s.n "
        "WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT ROW "
        "WHEN NOT MATCHED BY SOURCE AND t.n = 1 THEN UPDATE SET n = 7"
    )
    merge.result()
    stats = merge.dml_stats
    assert (stats.inserted_row_count, stats.updated_row_count, stats.deleted_row_count) == (1, 1, 1)
    assert values(client, f"SELECT n FROM {dataset}.t ORDER BY n") == [(2,), (7,), (9,)]
    dry = client.query(f"SELECT n, 'x' AS s FROM {dataset}.t", QueryJobConfig(dry_run=True))
    assert [f.name for f in dry.schema] == ["n", "s"] and dry.total_bytes_processed == 24
    with pytest.raises(BadRequest):
        client.query("SELECT nothing", QueryJobConfig(dry_run=True))


def test_a_script_has_its_statements_as_children(client: bigquery.Client, dataset: str) -> None:
    job = client.query(
        f"CREATE TABLE {dataset}.t (n INT64); INSERT INTO {dataset}.t VALUES (1), (2); SELECT n FROM {dataset}.t"
    )
    assert sorted(row.n for row in job.result()) == [1, 2]
    kinds = {child.statement_type for child in client.list_jobs(parent_job=job)}
    assert (job.statement_type, kinds) == ("SCRIPT", {"CREATE_TABLE", "INSERT", "SELECT"})


def test_a_script_knows_its_jobs(client: bigquery.Client, dataset: str) -> None:
    job = client.query(
        f"CREATE TABLE {dataset}.t AS SELECT 1 AS n; SELECT n FROM {dataset}.t; "
        "SELECT @@script.job_id, @@last_job_id, @@current_job_id, @@script.num_child_jobs, @@script.bytes_processed, "
        "@@script.bytes_billed, @@script.slot_ms, @@script.creation_time, @@location, @@session_id"
    )
    (row,) = job.result()
    children = sorted(child.job_id for child in client.list_jobs(parent_job=job))
    assert tuple(row) == (job.job_id, children[1], children[2], 2, 8, 10 << 20, 0, job.created, "US", None)


def test_a_script_says_where_it_runs(client: bigquery.Client) -> None:
    job = client.query("-- first\nSET @@location = 'EU'; SELECT @@location")
    assert [tuple(row) for row in job.result()] == [("EU",)] and job.location == "EU"
    with pytest.raises(BadRequest, match="must be the first statement"):
        client.query_and_wait("SELECT 1; SET @@location = 'EU'")
    with pytest.raises(BadRequest, match="but the query runs in US"):
        client.query_and_wait("SET @@location = 'EU'; SELECT 1", location="US")


def test_pages_are_the_whole_in_order(client: bigquery.Client) -> None:
    rows = client.query("SELECT n FROM UNNEST(GENERATE_ARRAY(1, 1005)) AS n ORDER BY n").result(page_size=100)
    assert rows.total_rows == 1005
    assert [row.n for row in rows] == list(range(1, 1006))


def test_a_job_id_runs_once(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"CREATE TABLE {dataset}.t (n INT64)")
    client.query(f"INSERT INTO {dataset}.t VALUES (1)", job_id=f"job-{dataset}").result()
    with pytest.raises(Conflict):
        client.query(f"INSERT INTO {dataset}.t VALUES (1)", job_id=f"job-{dataset}")
    assert values(client, f"SELECT COUNT(*) FROM {dataset}.t") == [(1,)]
    assert f"job-{dataset}" in {job.job_id for job in client.list_jobs(max_results=50)}


def test_a_session_keeps_its_temporary_tables(client: bigquery.Client) -> None:
    first = client.query("CREATE TEMP TABLE mine AS SELECT 1 AS n", QueryJobConfig(create_session=True))
    first.result()
    properties = [bigquery.ConnectionProperty("session_id", first.session_info.session_id)]
    inside = client.query("SELECT n FROM mine", QueryJobConfig(connection_properties=properties))
    assert [row.n for row in inside.result()] == [1]
    with pytest.raises(BadRequest):
        client.query("SELECT n FROM mine").result()


def test_a_failed_statement_changes_nothing(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"CREATE TABLE {dataset}.t AS SELECT n FROM UNNEST([1, 2]) AS n")
    for sql in (
        f"UPDATE {dataset}.t SET n = DIV(1, n - 2) WHERE true",
        f"CREATE OR REPLACE TABLE {dataset}.t AS SELECT DIV(1, n - 2) AS n FROM {dataset}.t",
        f"BEGIN TRANSACTION; DELETE FROM {dataset}.t WHERE true; SELECT ERROR('stop'); COMMIT TRANSACTION",
    ):
        with pytest.raises(BadRequest):
            client.query(sql).result()
        assert values(client, f"SELECT n FROM {dataset}.t ORDER BY n") == [(1,), (2,)]


def test_writers_of_one_table_queue_and_readers_see_snapshots(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"CREATE TABLE {dataset}.t AS SELECT 0 AS n, 0 AS m")
    odd: list[object] = []

    def write() -> None:
        for _ in range(8):
            client.query_and_wait(f"UPDATE {dataset}.t SET n = n + 1, m = m - 1 WHERE true")

    def read() -> None:
        for _ in range(8):
            odd.extend(values(client, f"SELECT n, m FROM {dataset}.t WHERE n + m != 0"))

    threads = [threading.Thread(target=target) for target in (write, write, write, read, read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values(client, f"SELECT n, m FROM {dataset}.t") == [(24, -24)] and odd == []


def test_a_copy_is_independent(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"CREATE TABLE {dataset}.t AS SELECT 1 AS n")
    client.copy_table(f"{client.project}.{dataset}.t", f"{client.project}.{dataset}.copy").result()
    client.query_and_wait(f"UPDATE {dataset}.t SET n = 2 WHERE true")
    assert values(client, f"SELECT n FROM {dataset}.copy") == [(1,)]
