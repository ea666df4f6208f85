"""Readers and writers of one table at once: writers queue and none is lost, readers see whole statements."""

import threading
from concurrent.futures import ThreadPoolExecutor

from google.api_core.exceptions import Conflict

from tests.emulators.bigquery.service.conftest import Service


def test_writers_queue_and_readers_see_whole_statements(service: Service, dataset: str) -> None:
    table = f"{dataset}.accounts"
    service.client().query_and_wait(
        f"CREATE TABLE {table} AS SELECT n AS id, 100 AS balance FROM UNNEST(GENERATE_ARRAY(1, 10)) AS n"
    )
    writing, sums = threading.Event(), []
    writing.set()

    def transfer(number: int) -> None:
        client = service.client()
        for step in range(4):
            one, other = (number + step) % 10 + 1, (number + step + 3) % 10 + 1
            client.query_and_wait(
                f"UPDATE {table} SET balance = balance + IF(id = {one}, -1, 1) WHERE id IN ({one}, {other})"
            )

    def watch(_: int) -> None:
        client = service.client()
        while writing.is_set():
            sums.extend(row.total for row in client.query_and_wait(f"SELECT SUM(balance) AS total FROM {table}"))

    with ThreadPoolExecutor(6) as pool:
        watchers = [pool.submit(watch, n) for n in range(2)]
        writers = [pool.submit(transfer, n) for n in range(4)]
        for writer in writers:
            writer.result()
        writing.clear()
        for watcher in watchers:
            watcher.result()
    assert set(sums) == {1000}
    (row,) = service.client().query_and_wait(f"SELECT SUM(balance) AS total, COUNT(*) AS n FROM {table}")
    assert (row.total, row.n) == (1000, 10)


def test_no_row_is_left_behind_by_a_change_of_schema(service: Service, dataset: str) -> None:
    """A change that copies the table's rows (RENAME COLUMN) while rows are streamed into it."""
    table, done, kept = f"{dataset}.stream", threading.Event(), []
    service.client().query_and_wait(f"CREATE TABLE {table} (n INT64, a STRING)")

    def stream(first: int) -> None:
        client, n = service.client(), first
        while not done.is_set():
            assert client.insert_rows_json(table, [{"n": n}], row_ids=[str(n)]) == []
            kept.append(n)
            n += 2

    with ThreadPoolExecutor(2) as pool:
        streams = [pool.submit(stream, first) for first in (0, 1)]
        client, name = service.client(), "a"
        while len(kept) < 100 and not any(stream.done() for stream in streams):
            new = "b" if name == "a" else "a"
            try:
                client.query_and_wait(f"ALTER TABLE {table} RENAME COLUMN {name} TO {new}")
                name = new
            except Conflict as error:
                assert "try again" in str(error)
        done.set()
        for one in streams:
            one.result()
    assert sorted(row.n for row in service.client().query_and_wait(f"SELECT n FROM {table}")) == sorted(kept)
