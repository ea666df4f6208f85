"""kill -9 for a whole platform, at random moments, while `make local-emulate` is called again and again.

Or SIGSTOP, and SIGCONT seconds later: a process that others took for dead, and that goes on where it was.

What is chosen (whom, when, how many at once) follows from a seed. Only processes are killed that this platform started:
those of its run files and of the command that is being called, and what descends from them.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from emulators.supervisor.run_files import RunFiles
from emulators.supervisor.services import SERVICES
from tests.end_to_end.conftest import LocalPlatform

CAN_KILL = Path("/proc/self/stat").exists()  # by it processes are found
SERVICE_NAMES = [service.name for service in SERVICES]
# What is not a service: (name, whose descendant it is, what its command line holds). Most live for seconds only.
PARTS = (
    ("batch pipeline", "dagster-code", "beam_pipelines.landing_to_bronze"),
    ("dbt", "dagster-code", "bin/dbt"),
    ("run worker", "dagster-code", "multiprocessing.spawn"),
    ("code process", "dagster-code", "api grpc"),
    ("database process", "postgres", "postgres: "),
    ("company", "local-emulate", "emulators.company"),
    ("provision", "local-emulate", "emulators.provision"),
)
EVERYBODY = (*SERVICE_NAMES, *(name for name, _, _ in PARTS), "local-emulate")
LONGEST_CALL = 900.0  # seconds after which a call counts as hanging
FREEZES = (0.5, 3.0, 10.0, 30.0, 90.0)  # seconds
AFTER_IT_BEGAN = 2.0  # seconds within which a part is hit after it was seen


@dataclass
class Attack:
    """Calls and kills on one platform. `log` has a line a kill and a line a call.

    Attributes:
        call: what `make local-emulate` is told; by default a day of a company of so many accounts.
        aims: who is aimed at, one a call, in an order of the dice.
        others: how many are hit at the same time; the dice choose.
        span: seconds within which a service is hit after a call began.
        frozen: the share of blows that do not kill: the process stands still for a while.
    """

    platform: LocalPlatform
    seed: int
    accounts: int = 25
    call: tuple[str, ...] = ()
    aims: tuple[str, ...] = EVERYBODY
    others: tuple[int, ...] = (0, 1, 2, 3, 5)
    span: float = 14.0
    frozen: float = 0.0
    kills: int = 0
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._began = time.monotonic()
        self._targets: list[str] = []

    def run(self, kills: int) -> None:
        """Calls and blows until so many processes were hit; each call is waited for.

        Raises:
            TimeoutError: a call did not end.
        """
        while self.kills < kills:
            call = self._call()
            try:
                self._strike(call)
                self._wait(call)
            finally:
                call.kill()

    def settle(self) -> int:
        """One call that nobody disturbs; its status."""
        call = self._call()
        self._wait(call)
        return call.returncode

    def output(self) -> str:
        """The end of what the calls wrote."""
        return "".join(self._file().read_text(errors="replace").splitlines(keepends=True)[-80:])

    def _file(self) -> Path:
        return self.platform.state.parent / "calls.log"

    def _call(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "emulators.local_emulate"]
        options = self.call or ("--days", "1", "--accounts", str(self.accounts), "--seed", str(self.seed))
        self._file().parent.mkdir(parents=True, exist_ok=True)
        with self._file().open("ab") as file:
            return subprocess.Popen(
                [*command, *options], cwd=self.platform.root, env=self.platform.base(), stdout=file, stderr=file
            )

    def _wait(self, call: subprocess.Popen[bytes]) -> None:
        try:
            status = call.wait(LONGEST_CALL)
        except subprocess.TimeoutExpired:
            call.kill()
            raise TimeoutError(f"a call did not end within {LONGEST_CALL:.0f} s\n{self.report()}") from None
        self._say(f"call ended with {status}")

    def _strike(self, call: subprocess.Popen[bytes]) -> None:
        """One blow, and sometimes another, at a moment of the call."""
        target = self._next_target()
        self._wait_for(target, call)
        for _ in range(self._dice.choice((1, 2, 3))):
            alive = self._alive(call)
            others = self._dice.sample(sorted(alive), k=min(len(alive), self._dice.choice(self.others)))
            for name in dict.fromkeys([target, *others]):
                if name in alive:
                    self._hit(name, self._dice.choice(alive[name]))
            time.sleep(self._dice.uniform(0, 2))
            if call.poll() is not None:
                return
            target = self._dice.choice(SERVICE_NAMES)

    def _next_target(self) -> str:
        """Everybody in turn, in an order of the dice."""
        if not self._targets:
            self._targets = [*self.aims]
            self._dice.shuffle(self._targets)
        return self._targets.pop()

    def _wait_for(self, target: str, call: subprocess.Popen[bytes]) -> None:
        """Until the moment of the blow; a part is waited for until it lives, or the call is over."""
        is_part = target in {name for name, _, _ in PARTS}
        moment = time.monotonic() + self._dice.uniform(0, AFTER_IT_BEGAN if is_part else self.span)
        while is_part and call.poll() is None and target not in self._alive(call):
            time.sleep(0.25)
            moment += 0.25
        while call.poll() is None and time.monotonic() < moment:
            time.sleep(0.1)

    def _hit(self, name: str, pid: int) -> None:
        seconds = self._dice.choice(FREEZES) if self.frozen and self._dice.random() < self.frozen else None
        try:
            os.kill(pid, signal.SIGKILL if seconds is None else signal.SIGSTOP)
        except ProcessLookupError:
            return
        self.kills += 1
        if seconds is None:
            self._say(f"kill {self.kills}: {name}")
        else:
            self._say(f"freeze {self.kills}: {name}, {seconds} s")
            thaw = threading.Timer(seconds, _go_on, [pid])
            thaw.daemon = True
            thaw.start()

    def _alive(self, call: subprocess.Popen[bytes]) -> dict[str, list[int]]:
        """The platform's processes by what they are."""
        files = RunFiles(self.platform.state)
        runs = {name: run for name in SERVICE_NAMES if (run := files.read(name)) and run.is_alive}
        roots = {name: run.pid for name, run in runs.items()}
        if call.poll() is None:
            roots["local-emulate"] = call.pid
        found = {name: [pid] for name, pid in roots.items()}
        children = _children()
        for name, root, words in PARTS:
            pids = [pid for pid in _descendants(children, roots.get(root)) if words in _command_line(pid)]
            if pids:
                found[name] = pids
        return found

    def _say(self, line: str) -> None:
        self.log.append(f"{time.monotonic() - self._began:7.1f} s  {line}")
        with self._file().open("a") as file:
            file.write(f"\n=== {self.log[-1]}\n")

    def report(self) -> str:
        """What was done, for whoever looks into a failure."""
        rerun = f"again: SLUICE_KILL_SEED={self.seed}   state: {self.platform.state}"
        return "\n".join([f"seed {self.seed}", *self.log, rerun, self.output()])


def _go_on(pid: int) -> None:
    with suppress(ProcessLookupError):  # it was killed meanwhile
        os.kill(pid, signal.SIGCONT)


def _children() -> dict[int, list[int]]:
    """The children of each process."""
    found: dict[int, list[int]] = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                parent = int((path / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
            found.setdefault(parent, []).append(int(path.name))
    return found


def _descendants(children: dict[int, list[int]], root: int | None) -> Iterator[int]:
    for pid in children.get(root, []) if root is not None else ():
        yield pid
        yield from _descendants(children, pid)


def _command_line(pid: int) -> str:
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
