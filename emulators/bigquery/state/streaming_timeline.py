"""STREAMING_TIMELINE: how many requests, rows and bytes insertAll took of each table, minute by minute."""

import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from emulators.bigquery.sql.model import TableName
from emulators.bigquery.state.metadata_columns import fields
from emulators.bigquery.state.store import Store, Transaction

TIMELINE = fields(
    "start_timestamp TIMESTAMP, project_id STRING, project_number INT64, dataset_id STRING, table_id STRING, "
    "error_code STRING, total_requests INT64, total_rows INT64, total_input_bytes INT64"
)
_KIND = "streaming"
_KEPT_MINUTES = 180 * 24 * 60


class StreamingTimeline:
    """The sums of each minute, kept in the transaction of the rows; the last document of a minute counts."""

    def __init__(self, store: Store) -> None:
        self._store, self._refusals = store, threading.Lock()
        oldest, known = _minute() - _KEPT_MINUTES, store.documents(_KIND)
        old = [key for key in known if int(key.split()[0]) <= oldest]
        if old:
            with store.transaction() as transaction:
                for key in old:
                    transaction.record(_KIND, key, None)
        # By minute, table and error: requests, rows, bytes.
        self._sums: dict[str, list[int]] = {key: found["sums"] for key, found in known.items() if key not in old}

    def note(self, transaction: Transaction, name: TableName, rows: int, size: int) -> None:
        """A request that is done, in the transaction of its rows; those of one table come one after the other."""
        self._add(transaction, name, "", rows, size)

    def refused(self, name: TableName, rows: int) -> None:
        """A request of which nothing was inserted, because a row is wrong."""
        with self._refusals, self._store.transaction() as transaction:
            self._add(transaction, name, "INVALID_ARGUMENT", rows, 0)

    def _add(self, transaction: Transaction, name: TableName, error: str, rows: int, size: int) -> None:
        key = f"{_minute()} {name.project} {name.dataset} {error} {name.table}"  # a table's name may have spaces
        requests, rows_before, bytes_before = self._sums.get(key, (0, 0, 0))
        sums = [requests + 1, rows_before + rows, bytes_before + size]
        transaction.record(_KIND, key, {"sums": sums})
        transaction.after_commit(lambda: self._sums.update({key: sums}))

    def rows(self, datasets: Iterable[tuple[str, str]]) -> list[list[Any]]:
        """The rows of STREAMING_TIMELINE for datasets (project, dataset)."""
        wanted, found = set(datasets), []
        for key, sums in self._sums.copy().items():
            minute, project, dataset, error, table = key.split(" ", 4)
            if (project, dataset) in wanted:
                moment = datetime.fromtimestamp(int(minute) * 60, UTC)
                found.append([moment, project, None, dataset, table, error or None, *sums])
        return sorted(found, key=lambda row: (*row[:2], *row[3:5], row[5] or ""))


def _minute() -> int:
    return int(datetime.now(UTC).timestamp()) // 60
