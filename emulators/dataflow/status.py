"""The job's health in a small JSON file: what a supervisor and a person look at."""

import json
import logging
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_LOG = logging.getLogger(__name__)


class Status:
    """Counts since the start of the process; the file is replaced, never half written.

    Where it cannot be written, as on a full disk, it stays as it was, and the job goes on.
    """

    def __init__(self, directory: Path, job: str, subscriptions: list[str]) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._path, self._written = directory / "status.json", 0.0
        self.fields: dict[str, Any] = {
            "job": job,
            "process_id": os.getpid(),
            "subscriptions": subscriptions,
            "started_at": now(),
            "state": "starting",  # then idle, running, retrying (a bundle), blocked (by a subscription), stopped
            "processed": 0,
            "duplicates": 0,
            "bundles": 0,
            "waiting": 0,
            "oldest": None,  # when the oldest message in hand was published
            "last_bundle": None,
            "errors": 0,
            "last_error": None,
            "problems": {},
        }

    def update(self, **fields: Any) -> None:
        """Changes fields; the file follows at once when the state changes, else every half second."""
        changed = fields.get("state", self.fields["state"]) != self.fields["state"]
        self.fields.update(fields)
        if changed or time.monotonic() - self._written > 0.5:
            self.write()

    def write(self) -> None:
        """Writes the file now."""
        draft = self._path.with_suffix(".draft")
        try:
            draft.write_text(json.dumps({**self.fields, "updated_at": now()}, indent=1))
            draft.replace(self._path)
        except OSError as error:
            _LOG.error("the status cannot be written: %s", error)
        self._written = time.monotonic()


def now() -> str:
    """The time, as status files write it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
