"""STREAMING_TIMELINE: how many requests, rows and bytes insertAll took of each table, minute by minute."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import duckdb

from emulators.bigquery.sql.types import text
from emulators.bigquery.state.metadata_columns import fields
from emulators.bigquery.state.store import Store

TIMELINE = fields(
    "start_timestamp TIMESTAMP, project_id STRING, project_number INT64, dataset_id STRING, table_id STRING, "
    "error_code STRING, total_requests INT64, total_rows INT64, total_input_bytes INT64"
)
_TABLE = (
    "CREATE TABLE IF NOT EXISTS main.streaming (minute BIGINT, project VARCHAR, dataset VARCHAR, table_name VARCHAR, "
    "error VARCHAR, requests BIGINT, rows BIGINT, bytes BIGINT)"
)
_SUMS = (
    "SELECT minute, project, dataset, table_name, error, CAST(sum(requests) AS BIGINT), CAST(sum(rows) AS BIGINT), "
    "CAST(sum(bytes) AS BIGINT) FROM main.streaming GROUP BY ALL"
)
_KEPT_MINUTES = 180 * 24 * 60
_MOST_LINES = 10_000


class StreamingTimeline:
    """One line a request, kept in the transaction of its rows; when there are many, those of a minute become one."""

    def __init__(self, store: Store) -> None:
        self._store, cursor = store, store.cursor()
        cursor.execute(_TABLE)
        lines = cursor.execute("SELECT count(*) FROM main.streaming").fetchall()[0][0]
        cursor.close()
        if lines > _MOST_LINES:
            self._compact()

    def _compact(self) -> None:
        oldest = _minute() - _KEPT_MINUTES
        with self._store.transaction() as transaction:
            transaction.cursor.execute(f"CREATE TEMP TABLE summed AS {_SUMS}")
            transaction.cursor.execute("DELETE FROM main.streaming")
            transaction.cursor.execute(f"INSERT INTO main.streaming SELECT * FROM summed WHERE minute > {oldest}")
            transaction.cursor.execute("DROP TABLE summed")

    def note(self, cursor: duckdb.DuckDBPyConnection, name: tuple[str, str, str], rows: int, size: int) -> None:
        """A request that is done, in the transaction of its rows."""
        self._add(cursor, name, "NULL", rows, size)

    def refused(self, name: tuple[str, str, str], rows: int) -> None:
        """A request of which nothing was inserted, because a row is wrong."""
        with self._store.transaction() as transaction:
            self._add(transaction.cursor, name, "'INVALID_ARGUMENT'", rows, 0)

    @staticmethod
    def _add(cursor: duckdb.DuckDBPyConnection, name: tuple[str, str, str], error: str, rows: int, size: int) -> None:
        names = ", ".join(text(part) for part in name)
        cursor.execute(f"INSERT INTO main.streaming VALUES ({_minute()}, {names}, {error}, 1, {rows}, {size})")

    def rows(self, datasets: Iterable[tuple[str, str]]) -> list[list[Any]]:
        """The rows of STREAMING_TIMELINE for datasets (project, dataset)."""
        wanted, cursor = set(datasets), self._store.cursor()
        try:
            found = cursor.execute(f"{_SUMS} ORDER BY ALL").fetchall()
        finally:
            cursor.close()
        return [
            [datetime.fromtimestamp(minute * 60, UTC), project, None, dataset, table, *counts]
            for minute, project, dataset, table, *counts in found
            if (project, dataset) in wanted
        ]


def _minute() -> int:
    return int(datetime.now(UTC).timestamp()) // 60
