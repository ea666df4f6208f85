"""Bytes processed: of the columns and partitions that a query names; and maximumBytesBilled, which is not exceeded."""

import pytest
from google.api_core.exceptions import GoogleAPICallError
from google.cloud import bigquery

MEGABYTE = 1 << 20


@pytest.fixture
def table(client: bigquery.Client, dataset: str) -> str:
    client.query_and_wait(
        f"CREATE TABLE {dataset}.t PARTITION BY day AS "
        "SELECT DATE_ADD(DATE '2024-01-01', INTERVAL MOD(n, 4) DAY) AS day, n, RPAD('', 98, 'x') AS text "
        "FROM UNNEST(GENERATE_ARRAY(1, 400)) AS n"
    )
    return f"{dataset}.t"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", 0),
        ("SELECT COUNT(*) FROM {0}", 0),
        ("SELECT n FROM {0}", 400 * 8),
        ("SELECT n, text FROM {0}", 400 * 108),
        ("SELECT * FROM {0}", 400 * 116),
        ("SELECT x.n FROM {0} AS x JOIN {0} AS y USING (n)", 2 * 400 * 8),
        ("SELECT n FROM {0} WHERE day = '2024-01-02'", 100 * 16),
        ("SELECT n FROM {0} WHERE day >= '2024-01-03'", 200 * 16),
        ("WITH w AS (SELECT * FROM {0}) SELECT n FROM w WHERE day > '2025-01-01'", 0),
    ],
)
def test_bytes_processed(client: bigquery.Client, table: str, sql: str, expected: int) -> None:
    dry = client.query(sql.format(table), bigquery.QueryJobConfig(dry_run=True))
    run = client.query(sql.format(table))
    run.result()
    assert dry.total_bytes_processed == run.total_bytes_processed == expected
    assert run.total_bytes_billed == (0 if "FROM" not in sql else 10 * MEGABYTE)


def test_a_view_is_made_without_reading(client: bigquery.Client, dataset: str, table: str) -> None:
    run = client.query(f"CREATE VIEW {dataset}.v AS SELECT n FROM {table}")
    run.result()
    assert (run.total_bytes_processed, run.total_bytes_billed) == (0, 0)


def test_a_budget_for_each_statement(client: bigquery.Client, table: str) -> None:
    text = f"SELECT * FROM {table} LIMIT 1; SELECT * FROM {table} LIMIT 1"
    options = bigquery.ScriptOptions(statement_byte_budget=10 * MEGABYTE)
    client.query(text, bigquery.QueryJobConfig(script_options=options)).result()
    options = bigquery.ScriptOptions(statement_byte_budget=10 * MEGABYTE - 1)
    with pytest.raises(GoogleAPICallError, match="10485760 or higher required"):
        config = bigquery.QueryJobConfig(script_options=options)
        client.query(text, config, retry=None, job_retry=None).result(retry=None)


def test_maximum_bytes_billed(client: bigquery.Client, table: str) -> None:
    enough = bigquery.QueryJobConfig(maximum_bytes_billed=10 * MEGABYTE)
    client.query(f"SELECT n FROM {table}", enough).result()
    less = bigquery.QueryJobConfig(maximum_bytes_billed=10 * MEGABYTE - 1)
    for sql in ("SELECT n FROM {0}", "DELETE FROM {0} WHERE n = 1", "SELECT 1; SELECT n FROM {0}"):
        with pytest.raises(GoogleAPICallError, match="limit for bytes billed") as caught:
            client.query(sql.format(table), less, retry=None, job_retry=None).result(retry=None)
        assert caught.value.errors[0]["reason"] == "bytesBilledLimitExceeded"
    client.query("SELECT 1", less).result()
    (row,) = client.query_and_wait(f"SELECT COUNT(*) AS n FROM {table}")
    assert row.n == 400
