"""The instance on a laptop keeps Dagster's own files of events, and does not open one for each event."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dagster import AssetCheckResult, DagsterInstance, asset, asset_check, materialize
from dagster._core.storage.event_log import SqliteEventLogStorage
from sqlalchemy import Engine, event

ROOT = Path(__file__).parents[2]
NUMBER_OF_RUNS = 9  # more than stay open


@asset
def counted() -> int:
    return 1


@asset_check(asset=counted)
def positive() -> AssetCheckResult:
    return AssetCheckResult(passed=True)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A DAGSTER_HOME as the laptop has it."""
    shutil.copy(ROOT / "orchestration" / "dagster.yaml", tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def opened() -> Iterator[list[str]]:
    """The files that SQLAlchemy opens."""
    found: list[str] = []

    def note(connection: Any, _: object) -> None:
        (row,) = connection.execute("PRAGMA database_list").fetchall()
        found.append(Path(row[2]).stem)

    event.listen(Engine, "connect", note)
    yield found
    event.remove(Engine, "connect", note)


def test_dagsters_own_log_reads_what_was_written(home: Path) -> None:
    with DagsterInstance.from_config(str(home)) as instance:
        runs = [materialize([counted, positive], instance=instance).run_id for _ in range(NUMBER_OF_RUNS)]
        written = {run: [one.to_json() for one in instance.all_logs(run)] for run in runs}
        checks = instance.event_log_storage.get_asset_check_execution_history(positive.check_key, limit=100)
    log = SqliteEventLogStorage(str(home / "history" / "runs"))
    assert {run: [one.to_json() for one in log.get_logs_for_run(run)] for run in runs} == written
    assert len(checks) == NUMBER_OF_RUNS
    assert all(len(each) > 10 for each in written.values())
    log.dispose()


def test_a_run_opens_its_file_once_and_not_for_each_event(home: Path, opened: list[str]) -> None:
    with DagsterInstance.from_config(str(home)) as instance:
        materialize([counted, positive], instance=instance)
        opened.clear()
        run = materialize([counted, positive], instance=instance).run_id
        assert opened.count(run) <= 2  # a second one looks which tables there are, while the first makes them
        assert opened.count("index") <= 1


def test_a_wiped_log_begins_anew(home: Path) -> None:
    with DagsterInstance.from_config(str(home)) as instance:
        before = materialize([counted, positive], instance=instance).run_id
        instance.event_log_storage.wipe()
        assert instance.all_logs(before) == []
        after = materialize([counted, positive], instance=instance).run_id
        assert len(instance.all_logs(after)) > 10
