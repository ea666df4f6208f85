"""The source database: starts for any user, keeps what it acknowledged through kills, refuses torn files."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from emulators.postgres.databases import create_database
from emulators.postgres.processes import UNPRIVILEGED, PostgresError, can_unshare, give_to_nobody
from tests.emulators.services import Service


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service("postgres", tmp_path_factory.mktemp("pg"), "--database", "saas", "--database", "other").wait()
    yield service
    service.stop()


def url(service: Service, database: str = "saas") -> str:
    return f"postgresql://postgres@{service.address}/{database}"


def launch(service: Service) -> None:
    """Start again; the old log's word that it was ready must not count."""
    service.log.write_text("")
    service.launch()
    service.wait()


def ask(service: Service, query: str, database: str = "saas") -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(url(service, database))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall()) if cursor.description else []
    finally:
        connection.close()


def postmaster(service: Service) -> int:
    return int((service.folder / "postgres/data/postmaster.pid").read_text().split()[0])


def test_databases_are_created_once(server: Service) -> None:
    assert create_database(url(server), "third") is True
    assert create_database(url(server), "third") is False
    names = {row[0] for row in ask(server, "SELECT datname FROM pg_database")}
    assert {"saas", "other", "third"} <= names


def test_it_decodes_its_log_and_listens_here_alone(server: Service) -> None:
    settings = dict(ask(server, "SELECT name, setting FROM pg_settings"))
    assert settings["wal_level"] == "logical"
    assert settings["synchronous_commit"] == "on"
    assert settings["listen_addresses"] == "127.0.0.1"
    assert settings["unix_socket_directories"] == ""
    assert settings["TimeZone"] == "UTC"
    assert settings["server_encoding"] == "UTF8"


@pytest.mark.parametrize("victim", ["supervisor", "server", "both"])
def test_what_was_acknowledged_survives_kills(server: Service, victim: str) -> None:
    ask(server, f"CREATE TABLE killed_{victim} (n int); INSERT INTO killed_{victim} SELECT generate_series(1, 5000)")
    pid = postmaster(server)
    if victim in ("server", "both"):
        os.kill(pid, signal.SIGKILL)
    if victim in ("supervisor", "both"):
        server.kill()
    assert server.process.wait(timeout=10) != 0
    launch(server)
    assert ask(server, f"SELECT count(*), sum(n) FROM killed_{victim}") == [(5000, 12502500)]


def test_a_second_one_on_the_same_state_is_refused(server: Service) -> None:
    state = server.folder / "postgres"
    command = [sys.executable, "-m", "emulators.postgres", "--port", "0", "--state", str(state)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert result.returncode == 1
    assert f"another emulators.postgres runs with --state {state}" in result.stderr


def test_a_pid_that_is_another_programs_now(tmp_path: Path) -> None:
    """After a kill the pid in postmaster.pid may be anybody's; Postgres alone would refuse to start."""
    service = Service("postgres", tmp_path).wait()
    file = tmp_path / "postgres/data/postmaster.pid"
    content = file.read_text().split("\n")
    os.kill(postmaster(service), signal.SIGKILL)
    assert service.process.wait(timeout=10) == 1
    time.sleep(0.5)
    file.write_text("\n".join([str(os.getpid()), *content[1:]]))
    launch(service)
    service.stop()
    assert service.process.returncode == 0


def test_a_machine_that_went_down_is_noticed(tmp_path: Path) -> None:
    service = Service("postgres", tmp_path).wait()
    boot = tmp_path / "postgres/boot_id"
    service.kill()
    assert boot.exists()
    boot.write_text("another boot")
    time.sleep(1)
    with pytest.raises(RuntimeError, match="the machine went down while Postgres ran"):
        launch(service)
    boot.unlink()
    launch(service)
    service.stop()
    assert not boot.exists()


def test_a_port_that_is_taken(server: Service, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "emulators.postgres", "--port", str(server.port), "--state", str(tmp_path / "s")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert result.returncode == 1
    assert f"Postgres ended while it started (port {server.port}" in result.stderr


@pytest.mark.skipif(os.geteuid() != 0 or not can_unshare(), reason="only root can become somebody else here")
def test_an_ordinary_user(tmp_path: Path) -> None:
    """The same program by somebody who is not root: Postgres is run directly."""
    command = [sys.executable, "-m", "emulators.postgres", "--port", "0", "--state", str(tmp_path / "s")]
    process = subprocess.Popen([*UNPRIVILEGED, *command], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if "ready: " in line:
            process.terminate()
    assert process.wait(timeout=10) == 0, "".join(lines)


def test_nobody_who_cannot_reach_the_state(tmp_path: Path) -> None:
    """Where namespaces are forbidden, root's Postgres runs as nobody; a closed folder above the state is named."""
    (tmp_path / "closed").mkdir(mode=0o700)
    (tmp_path / "closed/data").mkdir()
    with pytest.raises(PostgresError, match="cannot enter"):
        give_to_nobody(tmp_path / "closed/data")
