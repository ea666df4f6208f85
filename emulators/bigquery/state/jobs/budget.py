"""What a job reads and may be billed for, statement by statement, before each runs."""

from emulators.bigquery.sql.model import Statement, TableName
from emulators.bigquery.state.errors import ServiceError
from emulators.bigquery.state.metadata.sizes import NOTHING_READ, Reading, Sizes, billed
from emulators.bigquery.state.view import View

_REWRITES = ("UPDATE", "DELETE", "MERGE")


class Budget:
    """Counts the bytes of a job's statements.

    limit: the job's maximumBytesBilled; each: scriptOptions.statementByteBudget, what one statement may be billed for.
    """

    def __init__(self, sizes: Sizes, view: View, limit: int | None = None, each: int | None = None) -> None:
        self._sizes, self._view, self._limit, self._each = sizes, view, limit, each
        self._external = 0
        self._tables: set[TableName] = set()
        self.processed = self.partitions = 0

    @property
    def billed(self) -> int:
        return billed(self.processed, len(self._tables))

    def spend(self, statement: Statement) -> Reading:
        """What a statement reads; 400 bytesBilledLimitExceeded when it or the job would cost more than it
        may."""
        if statement.kind == "CREATE_VIEW":  # keeps its query, and reads nothing
            return NOTHING_READ
        files, self._external = self._view.read.bytes - self._external, self._view.read.bytes
        native, rewritten = self._sizes.scanned(statement.scans), self._rewritten(statement)
        found = Reading(files + native.bytes + rewritten.bytes, native.partitions + rewritten.partitions)
        self.processed += found.bytes
        self.partitions += found.partitions
        tables = {scan.table for scan in statement.scans}
        if statement.kind in _REWRITES and statement.target is not None:
            tables.add(statement.target)
        self._tables |= tables
        _require(self.billed, self._limit)
        _require(billed(found.bytes, len(tables)), self._each)
        return found

    def _rewritten(self, statement: Statement) -> Reading:
        """DML that changes rows reads the whole table that it changes."""
        if statement.kind not in _REWRITES or statement.target is None:
            return NOTHING_READ
        table = self._view.find(statement.target)
        return NOTHING_READ if table is None else Reading(self._sizes.of(table)[1], self._sizes.partitions(table))


def _require(cost: int, limit: int | None) -> None:
    if limit is not None and cost > limit:
        message = f"Query exceeded limit for bytes billed: {limit}. {cost} or higher required."
        raise ServiceError(400, "bytesBilledLimitExceeded", message)
