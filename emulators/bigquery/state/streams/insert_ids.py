"""The insertIds of the last minutes."""

import threading
import time
import uuid
from collections import OrderedDict

from emulators.bigquery.state.store import Store, Transaction

_KIND = "insert_ids"
_REMEMBERED_SECONDS = 600


class InsertIds:
    """The insertIds of the last minutes, kept in the same transaction as their rows so that a kill forgets neither."""

    def __init__(self, store: Store) -> None:
        self._guard = threading.Lock()
        self._seen: OrderedDict[tuple[str, str], float] = OrderedDict()
        store.forget(_KIND, f"CAST(document ->> '$.seen' AS DOUBLE) < {time.time() - _REMEMBERED_SECONDS}")
        known = store.documents(_KIND)
        for document in sorted(known.values(), key=lambda document: float(document["seen"])):
            self._remember(document["table"], document["ids"], document["seen"])

    def known(self, table: str, insert_id: str) -> bool:
        """Whether the id was inserted lately."""
        with self._guard:
            seen = self._seen.get((table, insert_id))
        return seen is not None and seen > time.time() - _REMEMBERED_SECONDS

    def record(self, transaction: Transaction, table: str, ids: list[str]) -> None:
        """Remember the ids of rows when their transaction commits."""
        if ids:
            now = time.time()
            transaction.record(_KIND, uuid.uuid4().hex, {"table": table, "ids": ids, "seen": now})
            transaction.after_commit(lambda: self._remember(table, ids, now))

    def _remember(self, table: str, ids: list[str], now: float) -> None:
        with self._guard:
            for insert_id in ids:
                self._seen[table, insert_id] = now
            while self._seen and next(iter(self._seen.values())) < now - _REMEMBERED_SECONDS:
                self._seen.popitem(last=False)
