"""The metadata database: one SQLite file in WAL mode, one connection, one writer at a time.

A transaction that has committed is in the operating system's hands, so it survives a kill of this process.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

RESERVED = 50_000
"""Microseconds by which the clock in the database may be ahead."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS clock (last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS buckets (
    name TEXT PRIMARY KEY, project TEXT NOT NULL, generation INTEGER NOT NULL, metageneration INTEGER NOT NULL,
    updated INTEGER NOT NULL, settings TEXT NOT NULL, policy TEXT, policy_version INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL, name TEXT NOT NULL, generation INTEGER NOT NULL, metageneration INTEGER NOT NULL,
    size INTEGER NOT NULL, md5 TEXT, crc32c TEXT NOT NULL, updated INTEGER NOT NULL, deleted INTEGER,
    components INTEGER, settings TEXT NOT NULL, PRIMARY KEY (bucket, name, generation)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS live_objects ON objects (bucket, name) WHERE deleted IS NULL;
CREATE TABLE IF NOT EXISTS soft_deleted_objects (
    bucket_generation INTEGER NOT NULL,
    bucket TEXT NOT NULL, name TEXT NOT NULL, generation INTEGER NOT NULL, metageneration INTEGER NOT NULL,
    size INTEGER NOT NULL, md5 TEXT, crc32c TEXT NOT NULL, updated INTEGER NOT NULL, deleted INTEGER,
    components INTEGER, settings TEXT NOT NULL, soft_deleted INTEGER NOT NULL, hard_delete INTEGER NOT NULL,
    PRIMARY KEY (bucket, bucket_generation, name, generation)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS soft_deleted_objects_by_end ON soft_deleted_objects (hard_delete);
CREATE TABLE IF NOT EXISTS soft_deleted_buckets (
    name TEXT NOT NULL, project TEXT NOT NULL, generation INTEGER NOT NULL, metageneration INTEGER NOT NULL,
    updated INTEGER NOT NULL, settings TEXT NOT NULL, policy TEXT, policy_version INTEGER NOT NULL,
    soft_deleted INTEGER NOT NULL, hard_delete INTEGER NOT NULL, PRIMARY KEY (name, generation)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS operations (
    bucket TEXT NOT NULL, number INTEGER NOT NULL, metadata TEXT NOT NULL, response TEXT NOT NULL,
    PRIMARY KEY (bucket, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS folders (
    bucket TEXT NOT NULL, name TEXT NOT NULL, generation INTEGER NOT NULL, metageneration INTEGER NOT NULL,
    updated INTEGER NOT NULL, PRIMARY KEY (bucket, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS managed_folders (
    bucket TEXT NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL, PRIMARY KEY (bucket, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS managed_folder_policies (
    bucket TEXT NOT NULL, name TEXT NOT NULL, policy TEXT NOT NULL, version INTEGER NOT NULL, updated INTEGER NOT NULL,
    PRIMARY KEY (bucket, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notifications (
    bucket TEXT NOT NULL, id INTEGER NOT NULL, settings TEXT NOT NULL, PRIMARY KEY (bucket, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, attributes TEXT NOT NULL, moment INTEGER NOT NULL,
    version TEXT
);
CREATE TABLE IF NOT EXISTS part_uploads (
    upload TEXT PRIMARY KEY, started INTEGER NOT NULL, bucket TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parts (
    upload TEXT NOT NULL, number INTEGER NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL, md5 TEXT NOT NULL,
    PRIMARY KEY (upload, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hmac_keys (
    access_id TEXT PRIMARY KEY, project TEXT NOT NULL, account TEXT NOT NULL, state TEXT NOT NULL,
    created INTEGER NOT NULL, updated INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uploads (
    upload TEXT PRIMARY KEY, started INTEGER NOT NULL, bucket TEXT NOT NULL, name TEXT NOT NULL,
    request TEXT NOT NULL, generation INTEGER
) WITHOUT ROWID;
"""


class Database:
    """The connection and its lock; every use of the connection is inside `transaction`."""

    def __init__(self, path: Path) -> None:
        # Autocommit mode, because transactions are written out below.
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._lock = threading.RLock()
        self._depth = 0
        self._last = self._reserved = 0
        self._later: list[Callable[[], object]] = []
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "case_sensitive_like=ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(SCHEMA)
        if not self._connection.execute("SELECT 1 FROM clock").fetchone():
            self._connection.execute("INSERT INTO clock VALUES (0)")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run a block alone and whole: it commits at its end or leaves no trace. Blocks may nest."""
        with self._lock:
            if self._depth:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                self._reserved = 0
                self._later.clear()
                raise
            else:
                self._connection.execute("COMMIT")
            finally:
                self._depth = 0
            while self._later:
                self._later.pop()()

    def after_commit(self, action: Callable[[], object]) -> None:
        """Do something once the transaction around this has committed, such as removing what no row names any more."""
        self._later.append(action)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Run a block of reads alone, without the price of a transaction."""
        with self._lock:
            yield self._connection

    def now(self) -> int:
        """The time in microseconds, by which what has had its time is told."""
        return time.time_ns() // 1000

    def next_moment(self) -> int:
        """The time in microseconds, always later than any it gave before, also after a restart with the clock back.

        The database holds a moment up to which all may have been given, so that not each of them has to be written.
        """
        with self.transaction() as connection:
            if not self._reserved:
                (self._last,) = connection.execute("SELECT last FROM clock").fetchone()
            self._last = max(self.now(), self._last + 1)
            if self._last > self._reserved:
                self._reserved = self._last + RESERVED
                connection.execute("UPDATE clock SET last = ?", (self._reserved,))
            return self._last

    def close(self) -> None:
        with self._lock:
            self._connection.close()
