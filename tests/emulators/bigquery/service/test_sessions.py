"""Sessions: what query jobs of one session share, and what is left when it ends."""

from pathlib import Path

import pytest
from google.api_core.exceptions import BadRequest, NotFound
from google.cloud import bigquery

from emulators.bigquery.state.store import Store


class Session:
    """Queries that run in one session."""

    def __init__(self, client: bigquery.Client) -> None:
        self.client = client
        first = client.query("select 1", bigquery.QueryJobConfig(create_session=True))
        first.result()
        self.id = first.session_info.session_id

    def rows(self, query: str) -> list[tuple[object, ...]]:
        properties = [bigquery.ConnectionProperty("session_id", self.id)]
        job = self.client.query(query, bigquery.QueryJobConfig(connection_properties=properties))
        return [tuple(row) for row in job.result()]


def test_variables_functions_and_tables_outlive_a_job(client: bigquery.Client) -> None:
    session = Session(client)
    session.rows("declare n int64 default 4")
    session.rows("create temp function twice(x int64) as (x * 2)")
    session.rows("create temp table t as select 1 as a")
    session.rows("set n = twice(n)")
    assert session.rows("select n, twice(n), a from t") == [(8, 16, 1)]
    assert session.rows("select a, @@session_id from _SESSION.t") == [(1, session.id)]
    with pytest.raises(BadRequest, match="Unrecognized name"):
        client.query("select n").result()


def test_a_transaction_spans_jobs_and_is_seen_when_it_commits(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"create table {dataset}.t as select 1 as a")
    session, count = Session(client), f"select count(*) from {dataset}.t"
    session.rows("begin transaction")
    session.rows(f"insert {dataset}.t values (2)")
    assert session.rows(count) == [(2,)]
    assert [tuple(row) for row in client.query_and_wait(count)] == [(1,)]
    session.rows("commit transaction")
    assert [tuple(row) for row in client.query_and_wait(count)] == [(2,)]
    session.rows(f"begin transaction; delete {dataset}.t where true;")
    session.rows("rollback transaction")
    assert [tuple(row) for row in client.query_and_wait(count)] == [(2,)]


def test_a_transaction_takes_no_ddl_but_that_of_temporary_things(client: bigquery.Client, dataset: str) -> None:
    session = Session(client)
    session.rows("begin transaction")
    with pytest.raises(BadRequest, match="DDL statements are not supported in a transaction"):
        session.rows(f"create table {dataset}.t (a int64)")
    session.rows("rollback transaction")
    with pytest.raises(BadRequest, match="DDL statements are not supported in a transaction"):
        client.query_and_wait(f"begin transaction; create view {dataset}.v as select 1 as a; commit transaction")
    script = "begin transaction; create temp table t as select 1 as a; create temp function f(x int64) as (x + 1);"
    found = client.query_and_wait(f"{script} commit transaction; select f(a) from t")
    assert [tuple(row) for row in found] == [(2,)]


def test_an_aborted_session_leaves_nothing_behind(client: bigquery.Client, dataset: str) -> None:
    client.query_and_wait(f"create table {dataset}.t as select 1 as a")
    session, other = Session(client), Session(client)
    session.rows("begin transaction")
    session.rows(f"update {dataset}.t set a = 2 where true")
    session.rows("call bq.abort_session()")
    with pytest.raises(NotFound, match="no longer available"):
        session.rows("select 1")
    client.query_and_wait(f"update {dataset}.t set a = a + 10 where true")
    assert [tuple(row) for row in client.query_and_wait(f"select a from {dataset}.t")] == [(11,)]
    client.query_and_wait(f"call bq.abort_session('{other.id}')")
    with pytest.raises(NotFound):
        other.rows("select 1")
    with pytest.raises(BadRequest, match="Invalid session ID"):
        client.query_and_wait("call bq.abort_session('none')")


def test_an_open_transaction_does_not_keep_the_file_from_closing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    cursor = store.cursor()
    cursor.execute("BEGIN")
    cursor.execute("CREATE TABLE main.left_open AS SELECT 1 AS a")
    store.close()
    store = Store(tmp_path)
    assert store.cursor().execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'left_open'").fetchall() == []
    store.close()


def test_a_dry_run_leaves_nothing_in_a_session(client: bigquery.Client) -> None:
    session = Session(client)
    defined = "create temp function one() as (1); select one()"
    dry = bigquery.QueryJobConfig(
        connection_properties=[bigquery.ConnectionProperty("session_id", session.id)], dry_run=True
    )
    client.query(defined, dry)
    assert session.rows(defined) == [(1,)]
