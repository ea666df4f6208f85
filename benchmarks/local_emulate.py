"""Seconds and memory of each stage of `make local-emulate`, from nothing, and of a second call.

    python benchmarks/local_emulate.py [--rounds 3] [--days 30] [--accounts 1000]

Medians over the rounds; each round has a state directory and ports of its own. Memory is the proportional set size of
all processes of the platform together, sampled each second (Linux; elsewhere it is left out).
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GOAL_SECONDS, GOAL_MEGABYTES = 120, 3000


class Memory(threading.Thread):
    """Samples the memory of every process whose environment names the state directory, and keeps the peak."""

    def __init__(self, state: Path) -> None:
        super().__init__(daemon=True)
        self._mark, self.peak, self.ended = f"SLUICE_STATE={state}".encode(), 0.0, threading.Event()

    def run(self) -> None:
        while not self.ended.wait(1.0):
            self.peak = max(self.peak, sum(self._megabytes(process) for process in Path("/proc").glob("[0-9]*")))

    def _megabytes(self, process: Path) -> float:
        try:
            if self._mark not in (process / "environ").read_bytes().split(b"\0"):
                return 0.0
            found = re.search(r"^Pss:\s+(\d+) kB", (process / "smaps_rollup").read_text(), re.M)
        except OSError:  # it has ended meanwhile, or is another user's
            return 0.0
        return int(found.group(1)) / 1024 if found else 0.0


def main() -> int:
    """Prints a line a stage."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--accounts", type=int, default=1000)
    options = parser.parse_args()
    seconds: dict[str, dict[str, list[float]]] = {"first call": defaultdict(list), "second call": defaultdict(list)}
    peaks = []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
            peaks.append(_round(Path(folder) / "state", options, seconds))
    for call, stages in seconds.items():
        medians = {stage: statistics.median(values) for stage, values in stages.items()}
        print(f"{call}: " + "  ".join(f"{stage} {value:.1f} s" for stage, value in medians.items()))
    print(f"peak memory: {statistics.median(peaks):,.0f} MB")
    print(f"goal: the first call in {GOAL_SECONDS} s and {GOAL_MEGABYTES:,} MB on two cores")
    return 0


def _round(state: Path, options: argparse.Namespace, seconds: dict[str, dict[str, list[float]]]) -> float:
    environment = {**os.environ, "SLUICE_STATE": str(state), "SLUICE_ANY_PORT": "1"}
    memory = Memory(state)
    memory.start()
    try:
        for call, days in (("first call", options.days), ("second call", 1)):
            arguments = ["--days", str(days), "--accounts", str(options.accounts)]
            command = [sys.executable, "-m", "emulators.local_emulate", *arguments]
            begun = time.monotonic()
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise SystemExit(f"{call} failed:\n{done.stdout}\n{done.stderr}")
            seconds[call]["all"].append(time.monotonic() - begun)
            for line in re.findall(r"^(?:seconds|          in Dagster:)(.*)$", done.stdout, re.M):
                for stage, value in re.findall(r"(\w+) (\d+\.\d)", line.rsplit("   all ", 1)[0]):
                    seconds[call][stage].append(float(value))
    finally:
        memory.ended.set()
        command = [sys.executable, "-m", "emulators", "down"]
        subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True)
    return memory.peak


if __name__ == "__main__":
    sys.exit(main())
