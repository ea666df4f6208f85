"""Waiting until what the sources did has landed: every log up to its position now, every subscription drained."""

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg2

from emulators.provision.resource import region
from emulators.provision.rest import Rest
from emulators.supervisor.environment import PROJECT

PATIENCE = 600.0
QUIET = 1.5
TRIES = 60.0  # seconds in which a bundle may be tried again


class NotCaughtUp(Exception):
    """A stream stands still; the message says which, and where it is."""


class StreamFailed(Exception):
    """A stream does not go on by itself; the message says why."""


def wait_for_logs(say: Callable[[str], None]) -> list[str]:
    """Returns once each running stream has landed its database's log up to the position at the call.

    A source whose stream failed, or whose database does not answer, is left out: the answer says which, and why.

    Raises:
        NotCaughtUp: a stream did not arrive in time.
        ProvisionError: Datastream does not answer.
    """
    datastream = Rest("DATASTREAM_EMULATOR_HOST")
    streams = (datastream.get(f"/v1/projects/{PROJECT}/locations/{region()}/streams") or {}).get("streams", [])
    left_out = []
    for source in [stream["name"].split("/")[-1] for stream in streams]:
        try:
            target = _position_now(os.environ[f"{source.upper()}_DATABASE_URL"])
            _wait(partial(_log_has_landed, datastream, source, target), f"stream {source} has not landed {target}", say)
        except (psycopg2.OperationalError, StreamFailed) as error:
            left_out.append(f"left out: source {source}: {str(error).strip()}")
    return left_out


def _position_now(url: str) -> str:
    connection = psycopg2.connect(url, connect_timeout=10)
    try:
        with connection.cursor() as cursor:
            cursor.execute("select pg_current_wal_lsn()::text")
            return str(cursor.fetchone()[0])  # type: ignore[index]
    finally:
        connection.close()


def wait_for_events(state: Path, say: Callable[[str], None]) -> None:
    """Returns once the streaming job has found nothing to do for a while after the call, or only what came after it.

    state: the platform's state directory.

    Raises:
        NotCaughtUp: it is still busy, or retrying, after a long time.
    """
    before: dict[Path, str] = {}
    begun = time.monotonic(), datetime.now(UTC)
    _wait(
        partial(_events_left, state / "dataflow", state / "logs" / "dataflow.log", begun, before),
        "the streaming job is not done",
        say,
    )


def _events_left(directory: Path, log: Path, begun: tuple[float, datetime], before: dict[Path, str]) -> str:
    """Nothing once every job has said that it is done, QUIET seconds after `begun` or later, else what it does.

    A job whose publishers do not rest is never idle: it is done with what was there when its oldest message came later.

    begun: by the monotonic clock and by the wall's.
    before: what each said last until then, by its own clock, which may be set back at any moment.
    """
    found: dict[Path, dict[str, Any]] = {
        file: json.loads(file.read_text()) for file in directory.rglob("status.json")
    } or {directory: {"state": "starting", "processed": 0, "updated_at": ""}}
    waited = time.monotonic() - begun[0]
    if waited < QUIET:
        before.update({file: status["updated_at"] for file, status in found.items()})
    for file, status in found.items():
        if not _is_done(status, begun[1]) or status["updated_at"] == before.get(file):
            if status["state"] == "retrying" and waited > TRIES:
                raise NotCaughtUp(f"the streaming job does not get on: {status['last_error']}\nlog: {log}")
            return f"events: {status['state']}, {status['processed']:,} messages processed"
    return ""


def _is_done(status: dict[str, Any], begun: datetime) -> bool:
    """Whether a job has nothing in hand that was published before."""
    oldest = status.get("oldest")
    if status["state"] == "running" and oldest is not None:
        return datetime.fromisoformat(oldest) > begun
    return bool(status["state"] == "idle")


def _log_has_landed(datastream: Rest, source: str, target: str) -> str:
    """Nothing once it has, else where it is."""
    position = datastream.get(f"/emulator/streams/{source}/position")
    if position is None:
        raise StreamFailed("its stream is gone")
    if position["state"] in ("FAILED", "FAILED_PERMANENTLY"):
        raise StreamFailed(f"its stream failed: {position.get('error')}")
    landed = position.get("landed_lsn")
    if landed and _lsn(landed) >= _lsn(target):
        return ""
    return f"{source}: log landed up to {landed or 'nothing yet'} of {target}"


def _lsn(text: str) -> int:
    high, low = text.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def _wait(left: Callable[[], str], what: str, say: Callable[[str], None]) -> None:
    deadline = time.monotonic() + PATIENCE
    while text := left():
        say(text)
        if time.monotonic() > deadline:
            raise NotCaughtUp(f"{what} within {PATIENCE:.0f} s: {text}")
        time.sleep(0.2)
