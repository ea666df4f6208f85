"""What every figure is printed with: how busy the machine was, and the median of the rounds."""

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime


def heading(what: str) -> None:
    """What is measured, when, and on how busy a machine."""
    print(f"\n{what}\n{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {load()}", flush=True)


def load() -> str:
    """The load average of the last minute."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


@dataclass(frozen=True)
class Figure:
    """Wall clock, CPU seconds (0: not known), megabytes at most (0: not known)."""

    seconds: float
    cpu: float = 0.0
    megabytes: float = 0.0


def line(name: str, found: Sequence[Figure], number: int, unit: str) -> str:
    """A tool's medians; CPU seconds drift less than the clock on a busy machine."""
    seconds, cpu = (statistics.median(getattr(each, what) for each in found) for what in ("seconds", "cpu"))
    memory = max(each.megabytes for each in found)
    text = f"{name:40} {spread([each.seconds for each in found]):30} {number / seconds:10,.0f} {unit}/s"
    text += f"  {cpu:7.2f} s of CPU {number / cpu:10,.0f} {unit}/CPU s" if cpu else ""
    return text + (f"  {memory:6,.0f} MB" if memory else "")


def spread(seconds: Sequence[float]) -> str:
    """Median, and the fastest and slowest where there are several."""
    median = statistics.median(seconds)
    return f"{median:8.2f} s" + (f" ({min(seconds):.2f} to {max(seconds):.2f})" if len(seconds) > 1 else "")
