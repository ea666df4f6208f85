"""The streaming pipeline on the local Dataflow, as a process: started, watched, killed, stopped."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

RUNNER = "emulators.dataflow.runner.EmulatedDataflowRunner"


class Runner:
    """The pipeline in a process of its own."""

    def __init__(self, folder: Path, *options: str, source: str = "shop") -> None:
        self.state = folder / "dataflow"
        self._log = folder / "runner.log"
        self._command = [
            sys.executable, "-m", "beam_pipelines.events_to_bronze", "--source", source, "--streaming",
            f"--runner={RUNNER}", "--dataflow_state", str(self.state), *options,
        ]  # fmt: skip
        self.start()

    def start(self) -> None:
        with self._log.open("a") as log:
            self.process = subprocess.Popen(self._command, stderr=log, stdout=log)

    def status(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads((self.state / "status.json").read_text())
        except FileNotFoundError:
            return {}
        return found if found["process_id"] == self.process.pid else {}

    def wait_for(self, state: str, processed: int = 0, seconds: float = 300) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.process.poll() is None:
            status = self.status()
            if status.get("state") == state and status.get("processed", 0) >= processed:
                return
            time.sleep(0.05)
        raise AssertionError(f"not {state} with {processed}: {self.status()}\n{self._log.read_text()[-4000:]}")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)
