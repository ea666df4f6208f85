"""Processes as the operating system sees them: which one it is, whether it lives, and how to end it.

A pid alone says nothing, because pids are used again. A process is known by its pid and its mark: the boot and the
clock tick of its start on Linux (no change of the clock changes them), the time of its start elsewhere.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

_PROC = Path("/proc")
_BOOT = _PROC / "sys/kernel/random/boot_id"

# Becomes the service after it has written its own run file, so that no moment exists at which a service runs and
# nothing says so. $1: the run file; $2: its JSON without the end; then the command.
LAUNCHER = """
file=$1 text=$2; shift 2
if [ -r /proc/$$/stat ]
then read -r boot </proc/sys/kernel/random/boot_id; read -r stat </proc/$$/stat; set -- $stat -- "$@"
  shift 21; mark="$boot/$1"; while [ "$1" != -- ]; do shift; done; shift
else mark=$(LC_ALL=C ps -o lstart= -p $$)
fi
printf '%s"pid": %s, "mark": "%s"}\\n' "$text" $$ "$mark" >"$file.new" && mv "$file.new" "$file" && exec "$@"
"""


def mark(pid: int) -> str | None:
    """The mark of a living process; None where there is none (a zombie has ended)."""
    if _BOOT.exists():
        fields = _stat(pid)
        return f"{_BOOT.read_text().strip()}/{fields[19]}" if fields and not _has_ended(fields) else None
    line = _ps("-o", "stat=,lstart=", "-p", str(pid)).strip()
    state, _, start = line.partition(" ")
    return start.strip() if line and not state.startswith("Z") else None


def is_alive(pid: int, known_mark: str) -> bool:
    """Whether the process that had this mark still runs under this pid."""
    return mark(pid) == known_mark


def group(leader: int) -> list[int]:
    """The living processes of a process group."""
    if _BOOT.exists():
        pids = [int(path.name) for path in _PROC.iterdir() if path.name.isdigit()]
        stats = {pid: _stat(pid) for pid in pids}
        return [pid for pid, fields in stats.items() if fields and not _has_ended(fields) and fields[2] == str(leader)]
    rows = [line.split() for line in _ps("-A", "-o", "pid=,pgid=,stat=").splitlines()]
    return [int(row[0]) for row in rows if row[1] == str(leader) and not row[2].startswith("Z")]


def variable(pid: int, name: str) -> str | None:
    """An environment variable with which a process was started; None where it has none or may not be asked."""
    if not _BOOT.exists():
        words = _ps("-E", "-ww", "-o", "command=", "-p", str(pid)).split()
        return next((word.partition("=")[2] for word in words if word.startswith(f"{name}=")), None)
    try:
        data = (_PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return None
    pairs = (pair.partition(b"=") for pair in data.split(b"\0"))
    return next((os.fsdecode(value) for key, _, value in pairs if key == os.fsencode(name)), None)


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal; a process that has ended in the meantime is as good."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def wait_until(done: Callable[[], bool], seconds: float) -> bool:
    """Look again and again until `done`; False when the seconds are over."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat from the state on; [] where there is no such process."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return []
    # The name in parentheses may hold anything, parentheses and blanks too.
    return text.rpartition(")")[2].split()


def _has_ended(fields: list[str]) -> bool:
    """Whether it is a zombie whose other threads have gone too: until then it holds its files and ports."""
    return fields[0] == "Z" and int(fields[17]) <= 1


def _ps(*arguments: str) -> str:
    """The answer of ps, which is everywhere but has no word for the start of a process that no clock moves."""
    environment = os.environ | {"LC_ALL": "C"}
    result = subprocess.run(["ps", *arguments], capture_output=True, text=True, env=environment, check=False)
    return result.stdout
