"""Long values that rows have, remembered, because the log leaves them out while they do not change.

Postgres stores a long value out of line, and an update that does not touch it sends no value but the word "unchanged".
What it was is known only from the snapshot or an earlier change, so these are kept here, by table, key and column. Each
is kept with the position in the log from which it holds: after a kill the log is read again from an earlier place, and
then the value of that place must be found, not a later one.

Only rows that may be long enough to be stored so are kept, and none of tables with REPLICA IDENTITY FULL, whose log
carries the old row.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from emulators.datastream.envelope import Table
from emulators.datastream.pgoutput import UNCHANGED, Values

SCHEMA = """
CREATE TABLE IF NOT EXISTS long_values (
    relation TEXT, key BLOB, column_name TEXT, lsn INTEGER, sequence INTEGER, value BLOB,
    PRIMARY KEY (relation, key, column_name, lsn, sequence)) WITHOUT ROWID;
"""
# A row is stored out of line when it has more than toast_tuple_target bytes (about 2,000), and a value when it has 25.
LONG_ROW_BYTES = 1900
LONG_VALUE_BYTES = 4
BYTES_A_COLUMN = 24
DOOMED_AT_MOST = 100_000
PRUNE = """
DELETE FROM long_values WHERE relation = ?1 AND key = ?2 AND column_name = ?3 AND (lsn, sequence) < (
    SELECT lsn, sequence FROM long_values WHERE relation = ?1 AND key = ?2 AND column_name = ?3 AND lsn < ?4
    ORDER BY lsn DESC, sequence DESC LIMIT 1)
"""
REMEMBER = "INSERT OR REPLACE INTO long_values VALUES (?, ?, ?, ?, ?, ?)"
FORGET = "DELETE FROM long_values WHERE relation = ? AND key = ? AND (lsn, sequence) <= (?, ?)"
FIND = """
SELECT value FROM long_values WHERE relation = ? AND key = ? AND column_name = ? AND (lsn, sequence) < (?, ?)
ORDER BY lsn DESC, sequence DESC LIMIT 1
"""


def can_be_long(table: Table, row: Values) -> bool:
    """Whether the row may have a value out of line. A column's weight: bytes stored for a byte of text, at most."""
    size = BYTES_A_COLUMN * len(row)
    for value, column in zip(row, table.columns, strict=True):
        if value is not None and column.weight:
            size += len(value) * column.weight
    return size > LONG_ROW_BYTES


def row_key(keys: Sequence[int], row: Values) -> bytes:
    """A row's key; Postgres' texts have no NUL."""
    return b"\0".join(row[index] or b"" for index in keys)


class Memory:
    """The remembered values of one stream, in one SQLite file; used by the stream's thread alone."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.executescript(SCHEMA)
        self._relations: dict[str, bool] = {}
        self._doomed: list[tuple[str, bytes, int, int]] = []
        self.read_lsn = 0

    def close(self) -> None:
        """Close the file; what was not settled is read from the log again."""
        self._database.close()

    def _begin(self) -> None:
        if not self._database.in_transaction:
            self._database.execute("BEGIN")

    def remember(self, table: Table, key: bytes, row: Values, lsn: int, sequence: int) -> None:
        """Keep the values of a row that came in full, from this position on."""
        self._begin()
        self._relations[table.key] = True
        for value, column in zip(row, table.columns, strict=True):
            if not column.weight or value is None or value == UNCHANGED or len(value) < LONG_VALUE_BYTES:
                continue
            place = (table.key, key, column.name)
            self._database.execute(PRUNE, (*place, self.read_lsn))
            self._database.execute(REMEMBER, (*place, lsn, sequence, value))

    def find(self, table: Table, key: bytes, column: str, lsn: int, sequence: int) -> bytes | None:
        """The value that the column had just before this position; None when it is not known."""
        found = self._database.execute(FIND, (table.key, key, column, lsn, sequence)).fetchone()
        return None if found is None else bytes(found[0])

    def _knows(self, table: Table) -> bool:
        if table.key not in self._relations:
            query = "SELECT 1 FROM long_values WHERE relation = ? LIMIT 1"
            self._relations[table.key] = self._database.execute(query, (table.key,)).fetchone() is not None
        return self._relations[table.key]

    def forget(self, table: Table, key: bytes, lsn: int, sequence: int) -> None:
        """The row was deleted. Its values go when that is durable."""
        if self._knows(table) and len(self._doomed) < DOOMED_AT_MOST:
            self._doomed.append((table.key, key, lsn, sequence))

    def save(self) -> None:
        """Make what is remembered durable. To be done before the journal says that it was read."""
        if self._database.in_transaction:
            self._database.execute("COMMIT")

    def settle(self, read_lsn: int) -> None:
        """Transactions whose commit begins before this position will not be read again."""
        self.read_lsn = read_lsn
        if self._doomed:
            self._begin()
            self._database.executemany(FORGET, self._doomed)
            self._doomed.clear()
            self.save()
