"""The insertIds of the last minutes."""

import threading
import time
from collections import OrderedDict

from emulators.bigquery.state.store import Store

_REMEMBERED_SECONDS = 600


class InsertIds:
    """The insertIds of the last minutes, kept in the same transaction as their rows so that a kill forgets neither."""

    def __init__(self, store: Store) -> None:
        self._guard = threading.Lock()
        self._seen: OrderedDict[tuple[str, str], float] = OrderedDict()
        cursor = store.cursor()
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS main.insert_ids (table_name VARCHAR, insert_id VARCHAR, seen DOUBLE)"
        )
        cursor.execute(f"DELETE FROM main.insert_ids WHERE seen < {time.time() - _REMEMBERED_SECONDS}")
        for table, insert_id, seen in cursor.execute("SELECT * FROM main.insert_ids ORDER BY seen").fetchall():
            self._seen[table, insert_id] = seen
        cursor.close()

    def known(self, table: str, insert_id: str) -> bool:
        """Whether the id was inserted lately."""
        with self._guard:
            seen = self._seen.get((table, insert_id))
        return seen is not None and seen > time.time() - _REMEMBERED_SECONDS

    def add(self, table: str, ids: list[str], now: float) -> None:
        """Remember ids that are committed."""
        with self._guard:
            for insert_id in ids:
                self._seen[table, insert_id] = now
            while self._seen and next(iter(self._seen.values())) < now - _REMEMBERED_SECONDS:
                self._seen.popitem(last=False)
