"""Long-running operations, all of which are done when they are first heard of."""

import json
from dataclasses import dataclass

from emulators.storage.state import errors
from emulators.storage.state.buckets import Buckets
from emulators.storage.state.database import Database
from emulators.storage.state.model import Settings


@dataclass(frozen=True)
class Operation:
    """What was done in a bucket: what it was about, and what came out."""

    bucket: str
    number: int
    metadata: Settings
    response: Settings


class Operations:
    """The operations of all buckets; they are forgotten with their bucket."""

    def __init__(self, database: Database, buckets: Buckets) -> None:
        self._database = database
        self._buckets = buckets

    def note(self, bucket: str, metadata: Settings, response: Settings) -> Operation:
        """Keep what has been done; inside the transaction of the change."""
        with self._database.transaction() as connection:
            done = Operation(bucket, self._database.next_moment(), metadata, response)
            row = (bucket, done.number, json.dumps(metadata), json.dumps(response))
            connection.execute("INSERT INTO operations VALUES (?, ?, ?, ?)", row)
        return done

    def get(self, bucket: str, number: str) -> Operation:
        """StorageError 404 for an operation that never was."""
        for one in self.list(bucket, 0, -1):
            if str(one.number) == number:
                return one
        raise errors.StorageError(404, "notFound", f"No such operation: {bucket}/{number}")

    def list(self, bucket: str, after: int, limit: int) -> list[Operation]:
        """Up to `limit` operations (-1: all) that are later than `after`."""
        self._buckets.get(bucket)
        query = "SELECT * FROM operations WHERE bucket = ? AND number > ? ORDER BY number LIMIT ?"
        with self._database.reading() as connection:
            rows = connection.execute(query, (bucket, after, limit)).fetchall()
        return [
            Operation(row["bucket"], row["number"], json.loads(row["metadata"]), json.loads(row["response"]))
            for row in rows
        ]
