"""The supervisor, with real processes: what it starts, finds again, replaces, refuses and ends."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from emulators.supervisor import lifecycle, processes
from emulators.supervisor.errors import SupervisorError, UpFailed
from emulators.supervisor.platform import Platform, Status
from emulators.supervisor.run_files import RunFiles
from emulators.supervisor.services import SERVICES, Service

ROOT = Path(__file__).parents[3]
MakePlatform = Callable[..., Platform]


def changed(name: str, **fields: object) -> tuple[Service, ...]:
    """The list of services with one of them changed."""
    return tuple(replace(s, **fields) if s.name == name else s for s in SERVICES)  # type: ignore[arg-type]


def python(code: str) -> tuple[str, ...]:
    return ("{python}", "-c", code, "{port}")


HTTP_SERVER = (
    "import sys, http.server as h; h.test(h.SimpleHTTPRequestHandler, port=int(sys.argv[1]), bind='127.0.0.1')"
)


@pytest.fixture
def make_platform(tmp_path: Path) -> Iterator[MakePlatform]:
    made: list[Platform] = []

    def make(services: tuple[Service, ...] = SERVICES, state: str = "state", any_port: bool = True) -> Platform:
        made.append(Platform(tmp_path / state, any_port=any_port, say=lambda line: None, services=services))
        return made[-1]

    yield make
    for platform in made:
        platform.down()


def state_of(platform: Platform, name: str) -> Status:
    return next(status for status in platform.status() if status.name == name)


def is_running(pid: int | None) -> bool:
    return pid is not None and processes.mark(pid) is not None


def wait_for(done: Callable[[], bool]) -> None:
    assert processes.wait_until(done, 20)


def test_up_twice_starts_once_and_down_ends_all(make_platform: MakePlatform) -> None:
    platform = make_platform()
    platform.up("auth", "storage")
    first = [state_of(platform, name) for name in ("auth", "storage")]
    assert [status.state for status in first] == ["running", "running"]
    with urllib.request.urlopen(platform.environment()["STORAGE_EMULATOR_HOST"] + "/healthz") as response:
        assert response.status == 200
    platform.up("auth", "storage")
    assert [state_of(platform, name) for name in ("auth", "storage")] == first
    platform.down()
    assert not any(is_running(status.pid) for status in first)
    assert {status.state for status in platform.status()} == {"stopped"}
    platform.up("storage")
    assert state_of(platform, "storage").ports == first[1].ports


def test_only_what_died_is_started_again_at_the_same_address(make_platform: MakePlatform) -> None:
    platform = make_platform()
    platform.up("auth", "storage")
    auth, storage = state_of(platform, "auth"), state_of(platform, "storage")
    assert storage.pid is not None
    os.kill(storage.pid, signal.SIGKILL)
    wait_for(lambda: state_of(platform, "storage").state == "died")
    platform.up("auth", "storage")
    again = state_of(platform, "storage")
    assert state_of(platform, "auth") == auth
    assert again.state == "running" and again.pid != storage.pid and again.ports == storage.ports


def test_what_lives_but_does_not_answer_is_replaced(make_platform: MakePlatform) -> None:
    platform = make_platform()
    platform.up("storage")
    pid = state_of(platform, "storage").pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    assert state_of(platform, "storage").state == "unhealthy"
    lifecycle_grace, lifecycle.GRACE = lifecycle.GRACE, 0.3
    try:
        platform.up("storage")
    finally:
        lifecycle.GRACE = lifecycle_grace
    assert state_of(platform, "storage").state == "running"
    assert not is_running(pid)


def test_a_port_that_a_stranger_holds_is_passed_over_and_the_choice_is_kept(make_platform: MakePlatform) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        taken = stranger.getsockname()[1]
        ports = (replace(SERVICES[1].ports[0], usual=taken),)
        platform = make_platform(changed("storage", ports=ports), any_port=False)
        before = {s.name: s.ports for s in platform.status()}
        assert before["storage"] == {}
        platform.up("storage")
        chosen = state_of(platform, "storage").ports["port"]
        assert chosen != taken
        assert platform.environment()["STORAGE_EMULATOR_HOST"] == f"http://127.0.0.1:{chosen}"
    platform.down()
    platform.up("storage")
    assert state_of(platform, "storage").ports["port"] == chosen


def test_a_service_is_started_again_when_one_that_it_calls_has_moved(make_platform: MakePlatform) -> None:
    command = python(HTTP_SERVER)
    services = changed("pubsub", command=command, health=("http:port:/",), calls=("storage",))
    platform = make_platform(services)
    platform.up("auth", "storage", "pubsub")
    auth, storage, pubsub = (state_of(platform, name) for name in ("auth", "storage", "pubsub"))
    assert storage.pid is not None
    os.kill(storage.pid, signal.SIGKILL)
    wait_for(lambda: not is_running(storage.pid))
    with socket.create_server(("127.0.0.1", storage.ports["port"])):
        platform.up("auth", "storage", "pubsub")
    assert state_of(platform, "storage").ports != storage.ports
    assert state_of(platform, "pubsub").pid != pubsub.pid
    assert state_of(platform, "auth").pid == auth.pid


def test_a_failure_names_the_service_its_reason_and_its_log(make_platform: MakePlatform) -> None:
    services = changed("storage", command=python("import sys; print('no room left'); sys.exit(3)"))
    services = tuple(replace(s, needs=("storage",)) if s.name == "datastream" else s for s in services)
    platform = make_platform(services)
    with pytest.raises(UpFailed) as caught:
        platform.up("auth", "datastream")
    message = str(caught.value)
    assert "storage: it ended after" in message and "exit code 3" in message
    assert "no room left" in message and str(platform.state / "logs" / "storage.log") in message
    assert "datastream: not started, because it needs storage" in message
    assert state_of(platform, "auth").state == "running"
    assert state_of(platform, "datastream").state == "stopped"


def test_the_log_shown_is_that_of_the_last_start(make_platform: MakePlatform) -> None:
    for word in ("first", "second"):
        platform = make_platform(changed("storage", command=python(f"print('{word}'); raise SystemExit(1)")))
        with pytest.raises(UpFailed) as caught:
            platform.up("storage")
    assert "second" in str(caught.value) and "first" not in str(caught.value)


def test_a_service_that_never_answers_fails_in_its_time(make_platform: MakePlatform) -> None:
    services = changed("storage", command=python("import time; time.sleep(60)"), patience=0.5)
    platform = make_platform(services)
    with pytest.raises(UpFailed, match="is not healthy after"):
        platform.up("storage")


def test_an_unknown_service_is_refused(make_platform: MakePlatform) -> None:
    with pytest.raises(SupervisorError, match="there is no service 'cloud'; there are: auth, storage"):
        make_platform().up("cloud")


def test_a_stranger_with_a_used_again_pid_is_left_alone(make_platform: MakePlatform) -> None:
    platform = make_platform()
    platform.up("storage")
    platform.down()
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True) as stranger:
        fields = {"name": "storage", "pid": stranger.pid, "mark": "another boot/1", "ports": {"port": 1}}
        path = RunFiles(platform.state).path("storage")
        path.write_text(json.dumps(fields | {"addresses": {}, "log_start": 0}))
        assert state_of(platform, "storage").state == "died"
        platform.up("storage")
        assert state_of(platform, "storage").state == "running"
        platform.down()
        assert stranger.poll() is None
        stranger.kill()


def test_what_ignores_sigterm_is_killed(make_platform: MakePlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "GRACE", 0.3)
    code = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {HTTP_SERVER}"
    platform = make_platform(changed("storage", command=python(code), health=("http:port:/",)))
    platform.up("storage")
    pid = state_of(platform, "storage").pid
    platform.down()
    assert not is_running(pid)


def test_children_of_a_killed_service_do_not_outlive_it(make_platform: MakePlatform, tmp_path: Path) -> None:
    child_file = tmp_path / "child"
    code = (
        "import subprocess, sys, pathlib;"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        f"pathlib.Path({str(child_file)!r}).write_text(str(child.pid)); {HTTP_SERVER}"
    )
    platform = make_platform(changed("storage", command=python(code), health=("http:port:/",)))
    platform.up("storage")
    first, leader = int(child_file.read_text()), state_of(platform, "storage").pid
    assert leader is not None
    os.kill(leader, signal.SIGKILL)
    wait_for(lambda: not is_running(leader))
    assert is_running(first)
    platform.up("storage")
    assert not is_running(first)
    second = int(child_file.read_text())
    platform.down()
    assert not is_running(second)


def test_two_platforms_stand_side_by_side(make_platform: MakePlatform) -> None:
    one, two = make_platform(state="one"), make_platform(state="two")
    one.up("auth", "storage")
    two.up("auth", "storage")
    two.down()
    assert state_of(one, "storage").state == "running"


def test_reset_removes_everything(make_platform: MakePlatform) -> None:
    platform = make_platform()
    platform.up("storage")
    pid = state_of(platform, "storage").pid
    platform.reset()
    assert not platform.state.exists() and not is_running(pid)
    platform.reset()


class TestCommand:
    """python -m emulators ..., as a user calls it."""

    @pytest.fixture
    def state(self, tmp_path: Path) -> Iterator[Path]:
        state = tmp_path / "it's my state"
        yield state
        self.run(state, "reset")

    def run(self, state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "emulators", *arguments],
            cwd=ROOT,
            env=os.environ | {"SLUICE_STATE": str(state), "SLUICE_ANY_PORT": "1"},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def popen(self, state: Path, *arguments: str) -> subprocess.Popen[bytes]:
        environment = os.environ | {"SLUICE_STATE": str(state), "SLUICE_ANY_PORT": "1"}
        command = [sys.executable, "-m", "emulators", *arguments]
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def test_a_shell_can_take_the_environment(self, state: Path) -> None:
        assert self.run(state, "up", "auth", "storage").returncode == 0
        exports = self.run(state, "env").stdout
        code = (
            "import google.auth, google.auth.transport.requests as t; from google.cloud import storage;"
            "c, project = google.auth.default(scopes=['x']); c.refresh(t.Request());"
            "b = storage.Client().create_bucket('from-a-shell'); print(project, c.valid, b.name)"
        )
        script = f"{exports}\n{shlex.quote(sys.executable)} -c {shlex.quote(code)}"
        done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, timeout=60, cwd=state)
        assert done.stdout.strip() == "sluice-local True from-a-shell", done.stderr
        table = self.run(state, "status").stdout.splitlines()
        assert [line.split()[1] for line in table[:2]] == ["running", "running"]
        assert self.run(state, "down").returncode == 0

    def test_two_calls_at_once_make_one_platform(self, state: Path) -> None:
        calls = [self.popen(state, "up", "auth", "storage") for _ in range(3)]
        outputs = [call.communicate(timeout=60)[0] for call in calls]
        assert [call.returncode for call in calls] == [0, 0, 0], outputs
        assert self.processes_of(state) == 2

    def test_a_call_that_is_killed_leaves_nothing_that_the_next_does_not_find(self, state: Path) -> None:
        for delay in (0.15, 0.3, 0.45, 0.6, 0.75):
            call = self.popen(state, "up", "auth", "storage")
            time.sleep(delay)
            call.kill()
            call.communicate()
        assert self.run(state, "up", "auth", "storage").returncode == 0
        assert self.processes_of(state) == 2
        assert self.run(state, "down").returncode == 0
        assert self.processes_of(state) == 0

    def test_a_failure_is_told_and_is_the_exit_code(self, state: Path) -> None:
        state.mkdir()
        (state / "storage").write_text("a file where the state directory should be")
        done = self.run(state, "up", "storage")
        assert done.returncode == 1
        assert "storage: it ended" in done.stderr and "cannot open the state directory" in done.stderr

    def processes_of(self, state: Path) -> int:
        """How many processes carry the marker of this state directory."""
        pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
        markers = (processes.variable(pid, lifecycle.MARKER) or "" for pid in pids if processes.mark(pid))
        return sum(marker.startswith(f"{state}:") for marker in markers)


@pytest.mark.parametrize("command", ["status", "env"])
def test_a_reader_that_has_read_enough_is_no_error(tmp_path: Path, command: str) -> None:
    piped = f"{shlex.quote(sys.executable)} -m emulators {command} | true"  # as `| head` that is done
    environment = {**os.environ, "SLUICE_STATE": str(tmp_path)}
    done = subprocess.run(["bash", "-c", piped], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stderr == ""
