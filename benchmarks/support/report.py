"""What every figure is printed with: how busy the machine was, and the median of the rounds."""

import os
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime


def heading(what: str) -> None:
    """What is measured, when, and on how busy a machine."""
    print(f"\n{what}\n{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {load()}", flush=True)


def load() -> str:
    """The load average of the last minute."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def spread(seconds: Sequence[float]) -> str:
    """Median, and the fastest and slowest where there are several."""
    median = statistics.median(seconds)
    return f"{median:8.2f} s" + (f" ({min(seconds):.2f} to {max(seconds):.2f})" if len(seconds) > 1 else "")
