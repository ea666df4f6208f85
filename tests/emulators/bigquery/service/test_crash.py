"""kill -9 at any moment: what was acknowledged is there, once; what was not is there once or not at all."""

import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.api_core.exceptions import Conflict, GoogleAPIError
from google.cloud import bigquery
from google.cloud.bigquery_storage_v1 import BigQueryWriteClient

from tests.emulators.bigquery.service.append import append, create_stream
from tests.emulators.bigquery.service.conftest import PROJECT, Service

ALREADY_EXISTS = 6


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path / "state").start()
    yield service
    service.kill()


def _append_until_killed(writer: BigQueryWriteClient, stream: str, acknowledged: list[int]) -> None:
    """Append 0, 1, 2 ... in threes with offsets; note how many rows were acknowledged."""
    while True:
        first = acknowledged[0]
        try:
            answer = append(writer, stream, range(first, first + 3), first)
        except GoogleAPIError:
            return
        assert answer.error.code in (0, ALREADY_EXISTS), answer.error.message
        acknowledged[0] = first + 3


@pytest.mark.parametrize("kills", [2])
def test_appends_with_offsets_survive_kills_exactly_once(mortal: Service, kills: int) -> None:
    client = mortal.client()
    client.create_dataset("d")
    client.query_and_wait("CREATE TABLE d.t (n INT64 NOT NULL)")
    stream, acknowledged = create_stream(mortal.writer(), f"{PROJECT}.d.t", "COMMITTED"), [0]
    for seed in range(kills):
        thread = threading.Thread(target=_append_until_killed, args=(mortal.writer(), stream, acknowledged))
        thread.start()
        time.sleep(0.2 + random.Random(seed).random() / 2)
        mortal.kill()
        thread.join(30)
        mortal.start()
        rows = sorted(row.n for row in mortal.client().query_and_wait("SELECT n FROM d.t"))
        assert rows == list(range(len(rows)))
        assert len(rows) in (acknowledged[0], acknowledged[0] + 3)
        retried = append(mortal.writer(), stream, range(acknowledged[0], acknowledged[0] + 3), acknowledged[0])
        committed_before = len(rows) > acknowledged[0]
        assert (retried.error.code == ALREADY_EXISTS) == committed_before
        acknowledged[0] += 3
    rows = sorted(row.n for row in mortal.client().query_and_wait("SELECT n FROM d.t"))
    assert rows == list(range(acknowledged[0]))


def _change_until_killed(service: Service, done: list[int]) -> None:
    """Step k: insert k, change it by a MERGE, replace a table by CTAS; note the last step acknowledged."""
    client = service.client()
    while True:
        k = done[0] + 1
        try:
            client.query_and_wait(f"INSERT INTO d.t (k, v) VALUES ({k}, 0)", retry=None, job_retry=None)
            client.query_and_wait(
                f"MERGE d.t t USING (SELECT {k} AS k) s ON t.k = s.k WHEN MATCHED THEN UPDATE SET v = t.k",
                retry=None,
                job_retry=None,
            )
            client.query_and_wait("CREATE OR REPLACE TABLE d.copy AS SELECT * FROM d.t", retry=None, job_retry=None)
        except (GoogleAPIError, OSError):
            return
        done[0] = k


def test_statements_survive_kills_whole(mortal: Service) -> None:
    client = mortal.client()
    client.create_dataset("d")
    client.query_and_wait("CREATE TABLE d.t (k INT64, v INT64)")
    done = [0]
    for seed in range(2):
        thread = threading.Thread(target=_change_until_killed, args=(mortal, done))
        thread.start()
        time.sleep(0.3 + random.Random(seed).random() / 2)
        mortal.kill()
        thread.join(30)
        mortal.start()
        client = mortal.client()
        rows = {
            row.k: row.v
            for row in client.query_and_wait("SELECT k, v FROM d.t WHERE k <= @last", job_config=_last(done[0]))
        }
        assert rows == {k: k for k in range(1, done[0] + 1)}
        extra = [
            tuple(r) for r in client.query_and_wait("SELECT k, v FROM d.t WHERE k > @last", job_config=_last(done[0]))
        ]
        assert extra in ([], [(done[0] + 1, 0)], [(done[0] + 1, done[0] + 1)])
        client.query_and_wait("DELETE FROM d.t WHERE k > @last", job_config=_last(done[0]))
        if done[0]:
            copied = next(iter(client.query_and_wait("SELECT COUNT(*) AS n, COUNT(DISTINCT k) AS k FROM d.copy")))
            assert copied.n == copied.k >= done[0]


def _last(value: int) -> bigquery.QueryJobConfig:
    return bigquery.QueryJobConfig(query_parameters=[bigquery.ScalarQueryParameter("last", "INT64", value)])


def test_a_job_that_wrote_is_not_done_again_after_a_kill(mortal: Service) -> None:
    client = mortal.client()
    client.create_dataset("d")
    client.query_and_wait("CREATE TABLE d.t (n INT64)")
    client.query("INSERT INTO d.t VALUES (1)", job_id="once").result()
    mortal.kill()
    mortal.start()
    with pytest.raises(Conflict):
        mortal.client().query("INSERT INTO d.t VALUES (1)", job_id="once")
    again = mortal.client().get_job("once")
    again.result()
    assert again.num_dml_affected_rows == 1
    assert [row.n for row in mortal.client().query_and_wait("SELECT n FROM d.t")] == [1]


def test_an_insert_id_is_remembered_over_a_kill(mortal: Service) -> None:
    client = mortal.client()
    client.create_dataset("d")
    client.query_and_wait("CREATE TABLE d.t (n INT64)")
    for _ in range(2):
        assert mortal.client().insert_rows_json(f"{PROJECT}.d.t", [{"n": 1}], row_ids=["a"]) == []
        mortal.kill()
        mortal.start()
    assert [row.n for row in mortal.client().query_and_wait("SELECT n FROM d.t")] == [1]


def test_altered_tables_survive_a_kill(mortal: Service) -> None:
    """DuckDB's own replay of its log fails for ALTER TABLE of a table with a CHECK or DEFAULT that calls a function."""
    client = mortal.client()
    client.create_dataset("d")
    client.query_and_wait("CREATE TABLE d.checked (words ARRAY<STRING>, short STRING(3))")
    client.query_and_wait("CREATE TABLE d.arrived (n INT64) PARTITION BY _PARTITIONDATE")
    for name in ("checked", "arrived"):
        client.query_and_wait(f"ALTER TABLE d.{name} ADD COLUMN added INT64")
    client.query_and_wait("INSERT INTO d.checked (words, short, added) VALUES (['a'], 'abc', 1)")
    client.query_and_wait("INSERT INTO d.arrived (n, added) VALUES (1, 2)")
    mortal.kill()
    client = mortal.start().client()
    assert [tuple(row) for row in client.query_and_wait("SELECT short, added FROM d.checked")] == [("abc", 1)]
    assert [tuple(row) for row in client.query_and_wait("SELECT n, added FROM d.arrived")] == [(1, 2)]


def test_a_stop_does_not_wait_for_a_query_that_runs_for_hours(mortal: Service) -> None:
    numbers = "UNNEST(GENERATE_ARRAY(1, 1000000))"
    job = mortal.client().query(f"SELECT SUM(a * b * c) AS s FROM {numbers} a, {numbers} b, {numbers} c")
    while job.state != "RUNNING":
        job.reload()
    time.sleep(0.5)
    mortal.stop()  # waits for half a minute at most
    mortal.start()
