"""What a long life leaves behind: of jobs and insertIds the newest are kept, and a start reads no more than those."""

from collections.abc import Callable
from pathlib import Path

import pytest

from emulators.bigquery.sql.model import TableName
from emulators.bigquery.state.errors import ServiceError
from emulators.bigquery.state.jobs import jobs
from emulators.bigquery.state.service import open_warehouse
from emulators.bigquery.state.streams import insert_ids, streaming_timeline
from emulators.bigquery.state.streams.streaming import insert_all
from emulators.bigquery.state.warehouse import Warehouse

KEPT = 5


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[], Warehouse]:
    return lambda: open_warehouse(tmp_path)


def _run(warehouse: Warehouse, query: str, job_id: str) -> None:
    body = {"configuration": {"query": {"query": query}}, "jobReference": {"jobId": job_id}}
    job = warehouse.insert_job("p", body, "me@example.com", inline=True)
    assert job.error is None, job.error


def _kept(warehouse: Warehouse, kind: str) -> int:
    return len(warehouse.store.texts(kind))


def test_the_newest_jobs_are_known_after_a_start(
    opened: Callable[[], Warehouse], monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = opened()
    _run(warehouse, "create schema d", "first")
    for i in range(3 * KEPT):
        _run(warehouse, f"create table d.t{i} (a int64)", f"made-{i}")
    warehouse.close()
    monkeypatch.setattr(jobs, "_KEPT", KEPT)
    warehouse = opened()
    newest = [f"made-{i}" for i in reversed(range(2 * KEPT, 3 * KEPT))]
    assert [job.id for job in warehouse.jobs.find("p", {"DONE"}, None)] == newest
    assert warehouse.jobs.get("p", newest[0]).resource["user_email"] == "me@example.com"
    assert _kept(warehouse, "job") == KEPT
    with pytest.raises(ServiceError, match="Not found: Job p:first"):
        warehouse.jobs.get("p", "first")
    with pytest.raises(ServiceError, match="Already Exists: Job"):
        _run(warehouse, "select 1", newest[-1])
    _run(warehouse, "select 1", "one-more")
    assert [job.id for job in warehouse.jobs.find("p", set(), None)] == ["one-more", *newest[:-1]]
    warehouse.close()


def test_insert_ids_are_forgotten_with_their_minutes(
    opened: Callable[[], Warehouse], monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = opened()
    _run(warehouse, "create schema d; create table d.t (a int64)", "made")
    for i in range(3):
        insert_all(warehouse, TableName("p", "d", "t"), {"rows": [{"insertId": f"i{i}", "json": {"a": i}}]})
    warehouse.close()
    warehouse = opened()
    assert _kept(warehouse, "insert_ids") == 3
    warehouse.close()
    monkeypatch.setattr(insert_ids, "_REMEMBERED_SECONDS", 0)
    warehouse = opened()
    assert _kept(warehouse, "insert_ids") == 0
    warehouse.close()


def test_minutes_of_the_timeline_are_forgotten_when_they_are_old(
    opened: Callable[[], Warehouse], monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = opened()
    _run(warehouse, "create schema d; create table d.t (a int64)", "made")
    insert_all(warehouse, TableName("p", "d", "t"), {"rows": [{"json": {"a": 1}}]})
    warehouse.close()
    for kept_minutes, known in ((10, 1), (-1, 0)):
        monkeypatch.setattr(streaming_timeline, "_KEPT_MINUTES", kept_minutes)
        warehouse = opened()
        assert len(warehouse.timeline.rows([("p", "d")], write_api=False)) == known
        assert _kept(warehouse, "streaming") == known
        warehouse.close()
