"""A running stream: publish what is spooled, check the slot, backfill, follow the log; after an error, from the start.

Each round begins from the journal alone, so a failure at any point is the same as a kill at that point.
"""

import logging
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psycopg2
import psycopg2.extras

from emulators.datastream import storage
from emulators.datastream.backfill import Snapshot, Stopped, TableBackfill, exported_snapshot
from emulators.datastream.checks import check_continuity
from emulators.datastream.config import StreamConfig
from emulators.datastream.errors import ApiError, StreamFailed
from emulators.datastream.follow import Follower
from emulators.datastream.journal import Journal, StreamObject, backfill_statement
from emulators.datastream.landing import Spool
from emulators.datastream.lsn import format_lsn, parse_lsn
from emulators.datastream.memory import Memory
from emulators.datastream.pgoutput import ProtocolError
from emulators.datastream.resources import Resource, error
from emulators.datastream.source import Catalog, SourceTable, connect

log = logging.getLogger(__name__)
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
WANTED = ("PENDING", "ACTIVE")
REFUSED = (ApiError, ProtocolError, storage.StorageRefused)


class Worker:
    """The thread of a stream, and what is known of it."""

    def __init__(self, config: StreamConfig, directory: Path, failed: Callable[[str, Resource], None]) -> None:
        """`failed(state, error)` is called when the stream has stopped by itself."""
        self.config = config
        self.journal = Journal(directory)
        self.spool = Spool(self.journal.spool)
        self.memory = Memory(directory / "memory.sqlite")
        self.error: str | None = None
        self.progress: dict[str, int] = {}
        self.follower: Follower | None = None
        self.stopping = threading.Event()
        self.wanted = threading.Event()
        self._failed = failed
        self.storage = storage.Bucket(storage.endpoint())
        self._thread = threading.Thread(target=self._run, name=f"stream {config.name.rsplit('/', 1)[-1]}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, seconds: float = 10.0) -> None:
        """End; what has not landed is read again at the next start."""
        self.stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=seconds)
        if self._thread.is_alive():
            log.warning("%s waits for its source and ends when that answers", self.config.name)

    def _run(self) -> None:
        attempt = 0
        while not self.stopping.is_set():
            before = self.journal.fact("read")
            try:
                self._round()
                attempt = 0
            except Stopped:
                return
            except StreamFailed as problem:
                self._end("FAILED_PERMANENTLY", problem.reason, str(problem))
                return
            except REFUSED as problem:
                self._end("FAILED", "REFUSED", str(problem))
                return
            except (psycopg2.Error, sqlite3.OperationalError, storage.StorageUnavailable, OSError) as problem:
                attempt = 0 if self.journal.fact("read") != before else attempt
                self._report(problem)
                self.stopping.wait(RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)])
                attempt += 1
            except BaseException as problem:
                self._end("FAILED", "INTERNAL", f"{type(problem).__name__}: {problem}")
                raise
            finally:
                self.storage.close()

    def _end(self, state: str, reason: str, message: str) -> None:
        if self.stopping.is_set():
            return
        log.error("%s stopped: %s: %s", self.config.name, reason, message)
        self._failed(state, error(reason, message))

    def _report(self, problem: Exception) -> None:
        text = f"{type(problem).__name__}: {str(problem).strip()}"
        if text != self.error:
            log.warning("%s will try again: %s", self.config.name, text)
        self.error = text

    def _round(self) -> None:
        """Everything once; following the log lasts until something else is wanted."""
        self.spool.clear_except(self.journal.pending())
        self.memory.settle(self.journal.lsn("read") or 0)
        self.publish()
        with ExitStack() as stack:
            catalog = Catalog(self.config.source)
            stack.callback(catalog.close)
            self._check_system()
            snapshot = self._begin(catalog, stack)
            self.discover(catalog)
            self.wanted.clear()
            self._backfill(catalog, snapshot)
        with ExitStack() as stack:
            catalog = Catalog(self.config.source)
            stack.callback(catalog.close)
            self.journal.record(landed=str(self.journal.lsn("read")))
            self.follower = Follower(self, catalog)
            self.follower.run()

    def recovered(self) -> None:
        """The round has come to where it works again."""
        self.error = None

    def publish(self) -> None:
        """Upload what the journal says, then call it landed."""
        files = self.journal.pending()
        for file in files:
            self.storage.upload(self.config.bucket, file.object, file.path)
        self.journal.uploaded(files)
        for file in files:
            file.path.unlink(missing_ok=True)

    def _check_system(self) -> None:
        """The database is the one that the stream began with, and not an older state of it."""
        connection = connect(self.config.source, psycopg2.extras.LogicalReplicationConnection)
        try:
            with connection.cursor() as cursor:
                cursor.execute("IDENTIFY_SYSTEM")
                row = cursor.fetchone()
        finally:
            connection.close()
        assert row is not None
        system, position = f"{row[0]}, timeline {row[1]}, database {row[3]}", parse_lsn(row[2])
        known, read = self.journal.fact("system"), self.journal.lsn("read") or 0
        if known is None:
            self.journal.record(system=system)
        elif known != system or position < read:
            raise StreamFailed(
                "SOURCE_REPLACED",
                f"the source is another database than the one the stream began with: it is system {system} at "
                f"{format_lsn(position)}, and was system {known} at {format_lsn(read)}; its log is not the same. "
                f"Delete this stream, and create it again with a backfill",
            )

    def _begin(self, catalog: Catalog, stack: ExitStack) -> Snapshot | None:
        """At the first start the slot is taken, or created with a snapshot; later it must still hold what follows."""
        read = self.journal.lsn("read")
        if read is not None:
            check_continuity(catalog, self.config.slot, read)
            return None
        found = catalog.slot(self.config.slot)
        if found is not None:
            self.journal.record(read=str(found[0]))
            return None
        snapshot = stack.enter_context(exported_snapshot(self.config.source, self.config.slot, temporary=False))
        self.journal.record(read=str(snapshot.lsn), created_slot="yes")
        return snapshot

    def discover(self, catalog: Catalog) -> bool:
        """Take tables that have joined the publication; True if one is to be backfilled.

        One that has left is forgotten: if it joins again, it has missed changes, and is backfilled again.
        """
        tables = [each.table for each in catalog.tables(self.config.publication)]
        there = {(table.schema, table.name) for table in tables if self.config.includes(table.schema, table.name)}
        known = {(each.schema, each.name) for each in self.journal.objects()}
        for schema, name in known - there:
            self.journal.remove_object(schema, name)
        new = sorted(there - known)
        for schema, name in new:
            self.journal.add_object(schema, name, "PENDING" if self.config.backfills(schema, name) else "NOT_STARTED")
        return any(self.config.backfills(schema, name) for schema, name in new)

    def _backfill(self, catalog: Catalog, snapshot: Snapshot | None) -> None:
        """Backfill each table that waits for it, all from one snapshot."""
        waiting = [each for each in self.journal.objects() if each.state in WANTED]
        if not waiting:
            return
        tables = {each.table.key: each for each in catalog.tables(self.config.publication)}
        with ExitStack() as stack:
            if snapshot is None:
                slot = f"backfill_{uuid.uuid4().hex}"
                snapshot = stack.enter_context(exported_snapshot(self.config.source, slot, temporary=True))
            for each in waiting:
                if each.key in tables:
                    self._backfill_table(each, tables[each.key], snapshot)
                else:
                    reason = f"the table is not in publication {self.config.publication!r} any more"
                    self.journal.set_backfill(each.schema, each.name, "FAILED", error=reason)

    def _backfill_table(self, each: StreamObject, source_table: SourceTable, snapshot: Snapshot) -> None:
        self.journal.set_backfill(each.schema, each.name, "ACTIVE")

        def progress(rows: int) -> None:
            self.progress[each.key] = rows
            if self.stopping.is_set() or self.is_cancelled(each):
                raise Stopped

        backfill = TableBackfill(self.config, self.spool, self.memory, snapshot, source_table)
        try:
            files = backfill.run(progress)
        except Stopped:
            if self.stopping.is_set():
                raise
            return
        self.memory.save()
        done = backfill_statement(each.schema, each.name, "COMPLETED", rows=backfill.rows)
        self.journal.commit(files, [done])
        self.publish()
        self.recovered()

    def is_cancelled(self, each: StreamObject) -> bool:
        """Whether somebody stopped this backfill."""
        rows = self.journal.query("SELECT state FROM objects WHERE schema = ? AND name = ?", each.schema, each.name)
        return rows[0][0] not in WANTED

    def close(self) -> None:
        """Let go of the files, once the thread has ended."""
        if not self._thread.is_alive():
            self.journal.close()
            self.memory.close()

    def drop_slot(self) -> None:
        """Drop the slot if this stream created it: left behind, it would keep the source's log forever."""
        if self.journal.fact("created_slot") is None:
            return
        for _ in range(20):
            try:
                self._drop_slot()
            except psycopg2.errors.ObjectInUse:  # the server has not noticed that we are gone
                time.sleep(0.1)
            else:
                return
        log.warning("%s: replication slot %s is in use and stays; drop it", self.config.name, self.config.slot)

    def _drop_slot(self) -> None:
        catalog = Catalog(self.config.source)
        try:
            query = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s"
            catalog.rows(query, self.config.slot)
        finally:
            catalog.close()
