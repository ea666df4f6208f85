"""Following the log: read, flush when there is nothing more to read or enough has gathered, confirm last.

What is confirmed must be durable here first. psycopg2 also confirms by itself: at a keepalive it moves its position to
the server's, if the last message began before what was confirmed. That is safe between transactions and nowhere else:
in a transaction that began long ago it would pass over one that has not landed. So the server is to send keepalives
between transactions alone (wal_sender_timeout = 0, no replies asked for), and psycopg2 to speak only when told to.
"""

import logging
import select
import time
from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING

import psycopg2.extras

from emulators.datastream.backfill import Stopped
from emulators.datastream.changes import Batch
from emulators.datastream.decoder import Decoder
from emulators.datastream.envelope import Table
from emulators.datastream.journal import changes_statement
from emulators.datastream.pgoutput import Relation, Values
from emulators.datastream.source import Catalog, connect, row_by_key
from emulators.datastream.truncation import living_rows

if TYPE_CHECKING:
    from emulators.datastream.worker import Worker

log = logging.getLogger(__name__)
IDLE_SECONDS = 0.5
GATHER_SECONDS = 2.0
CONFIRM_SECONDS = 0.5
NEVER_SECONDS = 10_000_000


class Follower:
    """One replication session of a stream."""

    def __init__(self, worker: "Worker", catalog: Catalog) -> None:
        self.worker, self.catalog = worker, catalog
        self.config, self.journal = worker.config, worker.journal
        self.received_lsn = self._read = self.journal.lsn("read") or 0
        self._decoder = Decoder(self.config, worker.memory, self)
        self._batch = Batch(self.config, worker.spool)
        self._advanced = 0.0

    def run(self) -> None:
        """Follow until the stream stops or a backfill is wanted."""
        connection = connect(self.config.source, psycopg2.extras.LogicalReplicationConnection, wal_sender_timeout="0")
        try:
            with connection.cursor(cursor_factory=psycopg2.extras.ReplicationCursor) as cursor:
                self._start(cursor)
                self.worker.recovered()
                try:
                    self._loop(cursor)
                finally:  # a server that shuts down has psycopg2 confirm its last position
                    if not self._batch and not self._decoder.in_transaction and cursor.wal_end > self._read:
                        self.journal.record(read=str(cursor.wal_end))
        finally:
            connection.close()

    def _start(self, cursor: psycopg2.extras.ReplicationCursor) -> None:
        publication = self.config.publication.replace('"', '""')
        cursor.start_replication(
            slot_name=self.config.slot,
            slot_type=psycopg2.extras.REPLICATION_LOGICAL,
            start_lsn=self._read,
            options={"proto_version": "1", "publication_names": f'"{publication}"'},
            decode=False,
            status_interval=NEVER_SECONDS,
        )

    def _loop(self, cursor: psycopg2.extras.ReplicationCursor) -> None:
        heard = time.monotonic()
        read_message, handle = cursor.read_message, self._decoder.handle
        count, due = 0, False
        while True:
            message = read_message()
            if message is not None:
                handle(message.payload, self._batch)
                heard = 0.0
                count += 1
                if count & 1023 == 0:
                    due = self._busy(cursor)
                if due and not self._decoder.in_transaction:
                    self._flush(cursor)
                    due = False
                continue
            now = time.monotonic()
            heard = heard or now
            if self._idle(cursor, now, now - heard):
                return
            select.select([cursor], [], [], 0.1)

    def _busy(self, cursor: psycopg2.extras.ReplicationCursor) -> bool:
        """Now and then while messages keep coming; True when a flush is due at the end of the transaction."""
        if self.worker.stopping.is_set():
            raise Stopped
        self.received_lsn = cursor.wal_end
        batch = self._batch
        aged = time.monotonic() - batch.opened > self.config.interval_seconds
        return bool(batch) and (aged or batch.written_bytes() >= self.config.file_bytes)

    def _idle(self, cursor: psycopg2.extras.ReplicationCursor, now: float, silent: float) -> bool:
        """There is nothing to read; True to leave for a backfill."""
        if self.worker.stopping.is_set():
            raise Stopped
        self.received_lsn = cursor.wal_end
        if self._decoder.in_transaction:
            return False
        if self._batch:
            if silent >= IDLE_SECONDS or now - self._batch.opened >= GATHER_SECONDS or self.worker.wanted.is_set():
                self._flush(cursor)
        elif now - self._advanced >= CONFIRM_SECONDS:
            self._advanced = now
            self._advance(cursor.wal_end)
            cursor.send_feedback(flush_lsn=self._read, force=True)  # type: ignore[no-untyped-call]
        return self.worker.wanted.is_set() and not self._batch

    def _flush(self, cursor: psycopg2.extras.ReplicationCursor) -> None:
        """Commit the batch to the journal, upload it, record that it landed, and only then confirm to the server."""
        end = self._decoder.read_lsn
        finished = self._batch.finish()
        counts: dict[Table, int] = {}
        for table, file in finished:
            counts[table] = counts.get(table, 0) + file.rows
        counted = [changes_statement(table.schema, table.name, rows) for table, rows in counts.items()]
        self.worker.memory.save()
        self.journal.commit([file for _, file in finished], counted, read=str(end))
        self._read = end
        self.worker.memory.settle(end)
        self._batch = Batch(self.config, self.worker.spool)
        self.worker.publish()
        if self._is_complete():
            self.journal.record(landed=str(end))
        cursor.send_feedback(flush_lsn=end, force=True)  # type: ignore[no-untyped-call]

    def _is_complete(self) -> bool:
        """Whether what has landed is all up to here. A table that has joined the publication is to be backfilled first.

        To change a publication writes to the log, so no such table is missed where the log has not moved.
        """
        if self.worker.discover(self.catalog):
            self.worker.wanted.set()
        return not self.worker.wanted.is_set()

    def _advance(self, decoded: int) -> None:
        """All that was read has landed, and so has the log up to where the server has decoded it."""
        end = max(decoded, self._decoder.read_lsn)
        if end > self._read:
            facts = {"read": str(end), **({"landed": str(end)} if self._is_complete() else {})}
            self.journal.record(**facts)
            self._read = end

    def table_of(self, relation: Relation) -> Table:
        """A relation of the log as a table."""
        return self.catalog.table_of(relation)

    def row_now(self, table: Table, key: Values) -> Values | None:
        """The row with this key as it is now."""
        return row_by_key(self.catalog.connection, table, key)

    def living(self, table: Table, before: tuple[int, int], batch: Batch) -> Iterable[Values]:
        """The rows that have landed, or are in the batch, before a place in the log."""
        folder = f"{self.config.prefix}/{table.object}/".lstrip("/")
        bucket, storage = self.config.bucket, self.worker.storage
        landed = (storage.read(bucket, name) for name in storage.names(bucket, folder))
        spooled = (path.read_bytes() for path in batch.sealed(table.key))
        return list(living_rows(table, before, chain(landed, spooled)))
