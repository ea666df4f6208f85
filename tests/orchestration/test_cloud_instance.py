"""The instance that runs in the cloud: its settings over a real Postgres, with a token of the environment's account."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from dagster import DagsterInstance, job, op
from dagster_postgres.auth import GcpWifTokenProvider

from emulators.auth.credentials import write_service_account_key
from tests.emulators.services import Service

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service("postgres", tmp_path_factory.mktemp("dagster"), "--database", "dagster").wait()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def auth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service("auth", tmp_path_factory.mktemp("auth")).wait()
    yield service
    service.stop()


@pytest.fixture
def home(postgres: Service, auth: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A DAGSTER_HOME as the image has it, and the variables that Terraform sets."""
    shutil.copy(ROOT / "orchestration" / "dagster.cloud.yaml", tmp_path / "dagster.yaml")
    key = tmp_path / "key.json"
    write_service_account_key(key, auth.folder / "auth", f"http://{auth.address}", "a-project")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "a-project")
    monkeypatch.setenv("DAGSTER_DATABASE_HOST", "127.0.0.1")
    monkeypatch.setenv("DAGSTER_DATABASE_PORT", str(postgres.port))
    monkeypatch.setenv("DAGSTER_DATABASE_USER", "postgres")
    monkeypatch.setenv("SLUICE_LOG_BUCKET", "a-project-temp")
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:1")
    return tmp_path


@op
def one() -> int:
    return 1


@job
def counted() -> None:
    one()


def test_runs_are_remembered_in_postgres(home: Path, postgres: Service) -> None:
    with DagsterInstance.from_config(str(home)) as instance:
        run = instance.create_run_for_job(counted)
        instance.report_engine_event("hello", run)
    connection = psycopg2.connect(f"postgresql://postgres@{postgres.address}/dagster")
    with connection.cursor() as cursor:
        cursor.execute("select run_id from runs union all select run_id from event_logs")
        assert cursor.fetchall() == [(run.run_id,)] * 2
    connection.close()
    with DagsterInstance.from_config(str(home)) as again:
        assert [kept.run_id for kept in again.get_runs()] == [run.run_id]


def test_the_password_is_a_token_of_the_environments_account(home: Path) -> None:
    assert len(GcpWifTokenProvider().get_token()) > 20


def test_every_variable_of_the_settings_is_set_by_terraform() -> None:
    settings = (ROOT / "orchestration" / "dagster.cloud.yaml").read_text(encoding="utf-8")
    containers = (ROOT / "terraform" / "modules" / "orchestration" / "containers.tf").read_text(encoding="utf-8")
    for variable in re.findall(r"\{env: (\w+)\}", settings):
        assert re.search(rf"^\s+{variable}\s+=", containers, re.MULTILINE), variable


def test_the_template_launcher_runs_a_pipeline() -> None:
    command = [sys.executable, str(ROOT / "beam_pipelines" / "launch.py"), "--pipeline=landing_to_bronze", "--help"]
    shown = subprocess.run(command, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True)
    assert "--source" in shown.stdout
