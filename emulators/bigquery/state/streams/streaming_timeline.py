"""STREAMING_TIMELINE and WRITE_API_TIMELINE: requests, rows and bytes that each table was sent, minute by minute."""

import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from emulators.bigquery.sql.model import TableName
from emulators.bigquery.state.metadata.columns import fields
from emulators.bigquery.state.projects import project_number
from emulators.bigquery.state.store import Store, Transaction

_START = "start_timestamp TIMESTAMP, project_id STRING, project_number INT64, dataset_id STRING, table_id STRING, "
_SUMS = "error_code STRING, total_requests INT64, total_rows INT64, total_input_bytes INT64"
STREAMING, WRITE_API = fields(_START + _SUMS), fields(f"{_START}stream_type STRING, {_SUMS}")
_KIND = "streaming"
_KEPT_MINUTES = 180 * 24 * 60


class StreamingTimeline:
    """The sums of each minute, kept in the transaction of the rows; the last document of a minute counts."""

    def __init__(self, store: Store) -> None:
        self._store, self._refusals = store, threading.Lock()
        store.forget(_KIND, f"CAST(split_part(key, ' ', 1) AS BIGINT) <= {_minute() - _KEPT_MINUTES}")
        # By minute, table, error, and kind of the write stream (none for insertAll): requests, rows, bytes.
        self._sums: dict[str, list[int]] = {key: found["sums"] for key, found in store.documents(_KIND).items()}

    def note(self, transaction: Transaction, name: TableName, rows: int, size: int, stream: str = "") -> None:
        """A request that is done, in the transaction of its rows; those of one table come one after the other."""
        self._add(transaction, name, "", stream, rows, size)

    def refused(self, name: TableName, rows: int, stream: str = "", error: str = "INVALID_ARGUMENT") -> None:
        """A request of which nothing was inserted, because a row is wrong."""
        with self._refusals, self._store.transaction() as transaction:
            self._add(transaction, name, error, stream, rows, 0)

    def _add(self, transaction: Transaction, name: TableName, error: str, stream: str, rows: int, size: int) -> None:
        how = f"{error}/{stream}" if stream else error
        key = f"{_minute()} {name.project} {name.dataset} {how} {name.table}"  # a table's name may have spaces
        requests, rows_before, bytes_before = self._sums.get(key, (0, 0, 0))
        sums = [requests + 1, rows_before + rows, bytes_before + size]
        transaction.record(_KIND, key, {"sums": sums})
        transaction.after_commit(lambda: self._sums.update({key: sums}))

    def rows(self, datasets: Iterable[tuple[str, str]], write_api: bool) -> list[list[Any]]:
        """The rows of STREAMING_TIMELINE or of WRITE_API_TIMELINE for datasets (project, dataset)."""
        wanted, found = set(datasets), []
        for key, sums in self._sums.copy().items():
            minute, project, dataset, how, table = key.split(" ", 4)
            error, _, stream = how.partition("/")
            if (project, dataset) in wanted and bool(stream) == write_api:
                moment = datetime.fromtimestamp(int(minute) * 60, UTC)
                told: list[Any] = [stream, error or "OK"] if write_api else [error or None]
                found.append([moment, project, project_number(project), dataset, table, *told, *sums])
        return sorted(found, key=lambda row: [str(value) for value in row[:7]])


def _minute() -> int:
    return int(datetime.now(UTC).timestamp()) // 60
