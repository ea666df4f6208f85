"""A command that is measured: seconds, and the most memory that it and its children had."""

import json
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil


class Failed(Exception):
    """The command did not succeed; the message is the end of what it wrote."""


@dataclass(frozen=True)
class Measured:
    """Wall clock, CPU of the process and its children, most memory; `said` is the JSON object that it printed last."""

    seconds: float
    cpu: float
    megabytes: float
    said: dict[str, Any]


def measured(
    command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> Measured:
    """Runs a command to its end, in a folder. Raises Failed."""
    output = log.with_suffix(".out")
    started, before = time.monotonic(), _cpu_of_children()
    with output.open("w") as out, log.open("a") as errors:
        process = psutil.Popen(list(command), stdout=out, stderr=errors, env=environment, cwd=folder)
        most = 0.0
        while process.poll() is None:
            most = max(most, megabytes(process))
            time.sleep(0.02)
    seconds, cpu = time.monotonic() - started, _cpu_of_children() - before
    if process.returncode != 0:
        raise Failed(_end(log.read_text()) or f"exit status {process.returncode}")
    return Measured(seconds, cpu, most, _last_object(output.read_text()))


def megabytes(process: psutil.Process) -> float:
    """What a process and its children have in memory now."""
    try:
        return float(sum(each.memory_info().rss for each in (process, *process.children(recursive=True)))) / 1e6
    except psutil.NoSuchProcess:
        return 0.0


def peak_megabytes(process_id: int) -> float:
    """The most memory that a process has had (Linux)."""
    words = Path(f"/proc/{process_id}/status").read_text().split()
    return int(words[words.index("VmHWM:") + 1]) * 1024 / 1e6


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """A command that is not measured; what it printed. Raises Failed."""
    done = subprocess.run(list(command), env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(_end(done.stderr))
    return done.stdout


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _last_object(output: str) -> dict[str, Any]:
    lines = [line for line in output.splitlines() if line.startswith("{")]
    return dict(json.loads(lines[-1])) if lines else {}


def _end(errors: str) -> str:
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""
