"""`dbt build` as a process: what it says of each model and test, as it says it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PARTIAL = "partial_parse.msgpack"
RESULTS = ("LogModelResult", "LogSeedResult", "LogSnapshotResult", "LogTestResult")
KEPT = 20  # folders of builds, with the SQL that ran
GRACE = 25.0  # seconds for dbt to cancel its queries


class DbtFailed(Exception):
    """dbt ended with another status than 0; the message is what it says of it."""


@dataclass(frozen=True)
class Result:
    """How a model or a test ended. status: success, error, pass, warn, fail, skipped; said: dbt's own words."""

    unique_id: str
    status: str
    said: str
    seconds: float
    failures: int | None


def executable() -> str:
    """The dbt of this Python environment, whatever PATH says."""
    return shutil.which("dbt", path=str(Path(sys.executable).parent)) or "dbt"


def build(project: Path, target: Path, arguments: Sequence[str]) -> Iterator[Result]:
    """Runs `dbt build` and yields results; everything that it says is printed.

    target: where the project was parsed; the build has a folder of its own in it.

    Raises:
        DbtFailed: something did not build, or a test failed; after the last result.
    """
    with _folder(target) as folder:
        command = [executable(), "--log-format", "json", "--no-write-json", "build", *arguments]
        settings = {"DBT_TARGET_PATH": str(folder), "DBT_LOG_PATH": str(folder), "DBT_PROFILES_DIR": str(project)}
        environment = {**os.environ, **settings, "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            command, cwd=project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        try:
            assert process.stdout is not None
            errors: list[str] = []
            for line in process.stdout:
                event = _event(line)
                print(event["info"]["msg"], flush=True)
                if event["info"].get("level", "error") == "error":  # words of something else may be a traceback
                    errors.append(event["info"]["msg"])
                if event["info"].get("name") in RESULTS:
                    yield _result(event["data"])
            process.wait()
        finally:
            _stop(process)
    if process.returncode != 0:
        raise DbtFailed(f"dbt build ended with status {process.returncode}:\n" + "\n".join(errors[-40:]))


def _event(line: str) -> dict[str, Any]:
    """A line of dbt's log; what is not JSON is words of something else."""
    try:
        event: dict[str, Any] = json.loads(line)
        return event if "info" in event else {"info": {"msg": line.rstrip()}}
    except (json.JSONDecodeError, TypeError):
        return {"info": {"msg": line.rstrip()}}


def _result(data: dict[str, Any]) -> Result:
    node = data["node_info"]
    said = str(data.get("status") or "")
    return Result(
        node["unique_id"],
        str(node.get("node_status") or said).lower(),
        said,
        round(float(data.get("execution_time") or 0), 3),
        data.get("num_failures"),
    )


@contextmanager
def _folder(target: Path) -> Iterator[Path]:
    """A folder for one build, with what speeds up parsing; of older builds the last ones stay."""
    builds = target / "builds"
    folder = builds / uuid.uuid4().hex[:12]
    folder.mkdir(parents=True)
    if (target / PARTIAL).exists():
        shutil.copyfile(target / PARTIAL, folder / PARTIAL)
    yield folder
    (folder / PARTIAL).unlink(missing_ok=True)
    old = sorted((one for one in builds.iterdir() if one.exists()), key=lambda one: one.stat().st_mtime)[:-KEPT]
    for one in old:
        shutil.rmtree(one, ignore_errors=True)


def _stop(process: subprocess.Popen[str]) -> None:
    """Ends a process that the run does not wait for any more: as Ctrl-C does, so that dbt cancels its queries."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
