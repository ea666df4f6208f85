"""Beam pipelines as processes: start one, follow its log, read the summary that it prints last."""

import json
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent


class PipelineFailed(Exception):
    """A pipeline ended with another status than 0; the message holds the last lines of its log."""


def run(pipeline: str, arguments: Sequence[str], log: Callable[[str], object]) -> dict[str, Any]:
    """Runs `python -m beam_pipelines.<pipeline>`, passes its log on, and returns the JSON object that it prints last.

    Raises:
        PipelineFailed: it ended with an error.
    """
    command = [sys.executable, "-m", f"beam_pipelines.{pipeline}", *arguments]
    log(f"starting {' '.join(command[1:])}")
    tail: deque[str] = deque(maxlen=20)
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, cwd=PROJECT, stdout=output, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        for line in process.stderr:
            tail.append(line.rstrip())
            log(line.rstrip())
        if process.wait() != 0:
            raise PipelineFailed(f"{pipeline} ended with status {process.returncode}:\n" + "\n".join(tail))
        output.seek(0)
        summary: dict[str, Any] = json.loads(output.read().strip().splitlines()[-1])
    return summary
