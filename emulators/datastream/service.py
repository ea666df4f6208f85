"""What the API's methods do: resources checked and kept, streams started and stopped. No transport."""

import copy
import logging
import re
import shutil
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg2

from emulators.datastream import checks, config
from emulators.datastream.config import StreamConfig
from emulators.datastream.errors import ApiError, invalid, precondition
from emulators.datastream.lsn import format_lsn
from emulators.datastream.resources import Resource, Resources, error, now
from emulators.datastream.stream_objects import StreamObjects
from emulators.datastream.worker import WANTED, Worker

log = logging.getLogger(__name__)
ID = re.compile(r"[a-z][a-z0-9-]{0,59}")
STOP_SECONDS = 2.5
OUTPUT_ONLY = ("name", "createTime", "updateTime", "errors", "satisfiesPzi", "satisfiesPzs", "lastRecoveryTime")
STOPPED = ("NOT_STARTED", "PAUSED", "FAILED", "FAILED_PERMANENTLY")


def merged(old: Resource, new: Mapping[str, Any], mask: str | None) -> Resource:
    """`old` with the fields of the mask taken from `new`; without a mask, those that `new` has."""
    result = copy.deepcopy(old)
    for path in mask.split(",") if mask else [name for name in new if name not in OUTPUT_ONLY]:
        parts = [re.sub(r"_([a-z])", lambda found: found[1].upper(), part) for part in path.strip().split(".")]
        target, given = result, dict(new)
        for part in parts[:-1]:
            target, given = target.setdefault(part, {}), given.get(part, {})
        if parts[-1] in given:
            target[parts[-1]] = copy.deepcopy(given[parts[-1]])
        else:
            target.pop(parts[-1], None)
    return result


def without_secrets(resource: Resource) -> Resource:
    """A connection profile as it is shown: passwords are written and never read."""
    shown = copy.deepcopy(resource)
    shown.get("postgresqlProfile", {}).pop("password", None)
    return shown


class Datastream:
    """All projects' connection profiles and streams, and the workers of those that run."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.resources = Resources(state / "resources.sqlite")
        self.workers: dict[str, Worker] = {}
        self._lock = threading.RLock()
        self.objects = StreamObjects(self._worker, self._lock)

    def start(self) -> None:
        """Start the streams that ran."""
        for resource in self.resources.all():
            if "sourceConfig" in resource and resource["state"] == "RUNNING":
                self._start_worker(resource)

    def stop(self) -> None:
        """Stop all workers; their streams stay RUNNING."""
        for worker in self.workers.values():
            worker.stopping.set()
        deadline = time.monotonic() + STOP_SECONDS
        for worker in self.workers.values():
            worker.stop(max(0.0, deadline - time.monotonic()))

    # Any resource

    def get(self, name: str) -> Resource:
        """A resource; NOT_FOUND."""
        found = self.resources.get(name)
        if found is None:
            raise ApiError("NOT_FOUND", f"Resource '{name}' was not found")
        return found

    def _new(self, collection: str, identifier: str | None, body: Mapping[str, Any]) -> Resource:
        if not identifier or not ID.fullmatch(identifier):
            raise invalid(f"id {identifier!r} must be lower-case letters, digits and hyphens, and begin with a letter")
        name = f"{collection}/{identifier}"
        if self.resources.get(name) is not None:
            raise ApiError("ALREADY_EXISTS", f"Resource '{name}' already exists")
        if not body.get("displayName"):
            raise invalid("displayName is required")
        given = {key: value for key, value in body.items() if key not in OUTPUT_ONLY}
        return {"name": name, **given, "createTime": now(), "updateTime": now()}

    # Connection profiles

    def create_profile(self, parent: str, identifier: str | None, body: Mapping[str, Any], dry: bool) -> Resource:
        """Create a connection profile of a Postgres source or a Cloud Storage destination."""
        with self._lock:
            profile = self._new(f"{parent}/connectionProfiles", identifier, body)
            self._check_profile(profile)
            if not dry:
                self.resources.put(profile)
            return without_secrets(profile)

    def _check_profile(self, profile: Resource) -> None:
        if "gcsProfile" in profile:
            config.field(profile, "gcsProfile.bucket")
        elif "postgresqlProfile" in profile:
            config.source(profile)
        else:
            raise invalid("a connection profile needs postgresqlProfile or gcsProfile; others are not supported here")

    def patch_profile(self, name: str, body: Mapping[str, Any], mask: str | None, dry: bool) -> Resource:
        """Change a connection profile; running streams go on with it at once."""
        with self._lock:
            old = self.get(name)
            profile = merged(old, body, mask)
            self._check_profile(profile)
            profile["updateTime"] = now()
            if not dry:
                self.resources.put(profile)
                if {**profile, "updateTime": ""} != {**old, "updateTime": ""}:
                    self._restart_streams_of(name)
            return without_secrets(profile)

    def _restart_streams_of(self, profile: str) -> None:
        for resource in self.resources.all():
            if profile in _profiles_of(resource) and resource["state"] == "RUNNING":
                self._stop_worker(resource["name"])
                self._start_worker(resource)

    def delete_profile(self, name: str) -> None:
        """Delete a connection profile that no stream uses."""
        with self._lock:
            self.get(name)
            for resource in self.resources.all():
                if name in _profiles_of(resource):
                    raise precondition(
                        f"connection profile {name} is used by stream {resource['name']}; delete it first"
                    )
            self.resources.delete(name)

    # Streams

    def stream_config(self, stream: Resource) -> StreamConfig:
        """The stream's settings with its connection profiles."""
        profiles = [
            self.get(config.field(stream, path))
            for path in ("sourceConfig.sourceConnectionProfile", "destinationConfig.destinationConnectionProfile")
        ]
        return config.stream_config(stream, *profiles)

    def create_stream(
        self, parent: str, identifier: str | None, body: Mapping[str, Any], force: bool, dry: bool
    ) -> Resource:
        """Create a stream, checked against its source unless forced; started when `state` says RUNNING."""
        with self._lock:
            stream = self._new(f"{parent}/streams", identifier, body)
            stream["state"] = body.get("state", "NOT_STARTED")
            if stream["state"] not in ("NOT_STARTED", "RUNNING"):
                raise invalid(f"a stream cannot be created with state {stream['state']!r}; use NOT_STARTED or RUNNING")
            settings = self.stream_config(stream)
            self._check_slot_is_free(stream["name"], settings)
            if not force:
                checks.validate(settings)
            if not dry:
                self.resources.put(stream)
                if stream["state"] == "RUNNING":
                    self._start_worker(stream)
            return stream

    def _check_slot_is_free(self, name: str, settings: StreamConfig) -> None:
        """Two streams on one slot would each get a part of the changes."""
        for other in self.resources.all():
            if "sourceConfig" in other and other["name"] != name:
                taken = self.stream_config(other)
                if (taken.slot, taken.source) == (settings.slot, settings.source):
                    raise precondition(f"replication slot {settings.slot!r} is used by stream {other['name']}")

    def patch_stream(self, name: str, body: Mapping[str, Any], mask: str | None, dry: bool) -> Resource:
        """Change a stream; a `state` of RUNNING or PAUSED starts or stops it."""
        with self._lock:
            old = self.get(name)
            stream = merged(old, body, mask)
            self._check_state(old["state"], stream.get("state"))
            settings = self.stream_config(stream)
            if settings.slot != self.stream_config(old).slot:
                raise invalid("replicationSlot is immutable; create another stream")
            stream["updateTime"] = now()
            if dry:
                return stream
            if stream["state"] == "RUNNING":
                stream.pop("errors", None)
            self.resources.put(stream)
            if {**stream, "updateTime": ""} != {**old, "updateTime": ""}:
                self._stop_worker(name)
                if stream["state"] == "RUNNING":
                    self._start_worker(stream)
            return stream

    def _check_state(self, old: str, new: str | None) -> None:
        if new == old:
            return
        if new not in ("RUNNING", "PAUSED"):
            raise invalid(f"state can be set to RUNNING or PAUSED, not {new!r}")
        if old == "FAILED_PERMANENTLY":
            raise precondition("the stream has failed permanently: see its errors; delete and create it again")
        if new == "PAUSED" and old != "RUNNING":
            raise precondition(f"a stream in state {old} cannot be paused")

    def delete_stream(self, name: str) -> None:
        """Delete a stream, and the replication slot if the stream created it."""
        with self._lock:
            stream = self.get(name)
            self._stop_worker(name)
            worker = Worker(self.stream_config(stream), self._directory(name), self._failure(name))
            try:
                worker.drop_slot()
            except psycopg2.OperationalError as problem:
                log.warning("%s is deleted; its slot stays, as its source cannot be reached: %s", name, problem)
            worker.close()
            self.resources.delete(name)
            shutil.rmtree(self._directory(name), ignore_errors=True)

    def _directory(self, name: str) -> Path:
        _, project, _, location, _, stream = name.split("/")
        return self.state / "streams" / project / location / stream

    def _start_worker(self, stream: Resource) -> None:
        name = stream["name"]
        worker = Worker(self.stream_config(stream), self._directory(name), self._failure(name))
        self.workers[name] = worker
        worker.start()

    def _stop_worker(self, name: str) -> None:
        worker = self.workers.pop(name, None)
        if worker is not None:
            worker.stop()
            worker.close()

    def _failure(self, name: str) -> Any:
        """What a worker calls when it cannot go on."""

        def failed(state: str, problem: Resource) -> None:
            self.resources.put({**self.get(name), "state": state, "errors": [problem]})

        return failed

    def show_stream(self, stream: Resource) -> Resource:
        """A stream as the API shows it; what it tries again is among its errors."""
        worker = self.workers.get(stream["name"])
        if worker is not None and worker.error and stream["state"] == "RUNNING":
            return {**stream, "errors": [error("RETRYING", worker.error)]}
        return stream

    def _worker(self, name: str) -> Worker:
        """The stream's worker, running or not."""
        with self._lock:
            worker = self.workers.get(name)
            if worker is None:
                stream = self.get(name)
                worker = Worker(self.stream_config(stream), self._directory(name), self._failure(name))
                self.workers[name] = worker
            return worker

    # Emulator only

    def position(self, name: str) -> Resource:
        """How far a stream is. All that was committed before `landed_lsn` has landed; null until the snapshot has."""
        stream = self.get(name)
        worker = self._worker(name)
        objects = worker.journal.objects()
        follower, landed = worker.follower, worker.journal.lsn("landed")
        received = follower.received_lsn if follower else worker.journal.lsn("read")
        snapshot = {
            each.key: {
                "rows": worker.progress.get(each.key, 0) if each.state == "ACTIVE" else each.backfilled,
                "state": each.state,
                "done": each.state not in WANTED,
            }
            for each in objects
        }
        errors = self.show_stream(stream).get("errors", [])
        return {
            "state": stream["state"],
            "snapshot": {"done": all(each["done"] for each in snapshot.values()), "tables": snapshot},
            "landed_lsn": None if landed is None else format_lsn(landed),
            "received_lsn": None if received is None else format_lsn(received),
            "rows": {each.key: each.changes for each in objects},
            "errors": errors,
            "error": errors[0]["message"] if errors else None,
        }


def _profiles_of(resource: Resource) -> tuple[str | None, str | None]:
    """The connection profiles that a stream names; none of another resource."""
    return (
        resource.get("sourceConfig", {}).get("sourceConnectionProfile"),
        resource.get("destinationConfig", {}).get("destinationConnectionProfile"),
    )
