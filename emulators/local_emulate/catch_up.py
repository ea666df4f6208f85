"""Waiting until what the sources did has landed: every log up to its position now, every subscription drained."""

import json
import time
import urllib.request
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import psycopg2

from emulators.supervisor.environment import PROJECT

PATIENCE = 600.0
LOCATION = "-"


class NotCaughtUp(Exception):
    """A stream failed or stands still; the message says which, where it is and why."""


def wait_for_logs(environment: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Returns once each running stream has landed its database's log up to the position at the call.

    Raises:
        NotCaughtUp: a stream failed, or did not arrive in time.
    """
    host = environment["DATASTREAM_EMULATOR_HOST"]
    streams = _get(f"{host}/v1/projects/{PROJECT}/locations/{LOCATION}/streams").get("streams", [])
    for source in [stream["name"].split("/")[-1] for stream in streams]:
        with (
            psycopg2.connect(environment[f"{source.upper()}_DATABASE_URL"]) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("select pg_current_wal_lsn()::text")
            target = str(cursor.fetchone()[0])  # type: ignore[index]
        connection.close()
        _wait(partial(_log_has_landed, host, source, target), f"stream {source} has not landed {target}", say)


def _log_has_landed(host: str, source: str, target: str) -> str:
    """Nothing once it has, else where it is."""
    position = _get(f"{host}/emulator/streams/{source}/position")
    if position["state"] in ("FAILED", "FAILED_PERMANENTLY"):
        raise NotCaughtUp(f"stream {source} failed: {position.get('error')}")
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


def _get(address: str) -> dict[str, Any]:
    with urllib.request.urlopen(address, timeout=30) as response:
        answer: dict[str, Any] = json.load(response)
    return answer
