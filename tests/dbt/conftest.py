"""A warehouse for dbt's tests: auth, storage and BigQuery as processes of their own, on free ports."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from dbt.cli.main import dbtRunner

from contracts.reader import load
from emulators.auth.credentials import write_service_account_key
from emulators.provision.apply import apply
from emulators.provision.warehouse import buckets, datasets, tables
from tests.dbt.warehouse import ROOT, Warehouse, located

PROJECT = "sluice-test"


@pytest.fixture(scope="session")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the dbt project that dbt has parsed: parsing takes longer than most builds."""
    project = tmp_path_factory.mktemp("parsed") / "dbt"
    shutil.copytree(ROOT / "dbt", project, ignore=shutil.ignore_patterns("target", "logs", ".user.yml"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOOGLE_CLOUD_PROJECT", PROJECT)
        assert dbtRunner().invoke(["--quiet", "parse", *located(project)]).success
    return project


@pytest.fixture(scope="module")
def warehouse(parsed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """An empty warehouse, provisioned from contracts/, with a copy of the dbt project; one a module, as a batch that
    another module landed would be taken for the newest."""
    folder = tmp_path_factory.mktemp("warehouse")
    auth, gcs, rest, grpc = (_free_port() for _ in range(4))
    variables = {
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "GOOGLE_APPLICATION_CREDENTIALS": str(folder / "credentials.json"),
        "STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{gcs}",
        "BIGQUERY_EMULATOR_HOST": f"http://127.0.0.1:{rest}",
        "SLUICE_CONTRACTS": str(ROOT / "contracts"),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        address = f"http://127.0.0.1:{auth}"
        write_service_account_key(folder / "credentials.json", folder / "auth", address, PROJECT)
        processes = [
            _start("auth", auth, folder),
            _start("storage", gcs, folder),
            _start("bigquery", rest, folder, "--grpc-port", str(grpc), "--memory-limit", "512MB"),
        ]
        try:
            for port in (auth, gcs, rest):
                _wait(port, folder)
            list(apply([*buckets(), *datasets(), *tables(load())]))
            shutil.copytree(parsed, folder / "dbt")
            yield Warehouse(folder / "dbt", {**os.environ, **variables})
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(timeout=20)


def _start(name: str, port: int, folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        f"emulators.{name}",
        "--port",
        str(port),
        "--state",
        str(folder / name),
        *arguments,
    ]
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)


def _wait(port: int, folder: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    logs = "\n".join(path.read_text(encoding="utf-8")[-2000:] for path in folder.glob("*.log"))
    pytest.fail(f"nothing answers on port {port}\n{logs}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
