"""A write stream, its name, and the errors of streams."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from emulators.bigquery.sql.model import TableName
from emulators.bigquery.sql.types import quoted

COMMITTED, PENDING, BUFFERED, DEFAULT = "COMMITTED", "PENDING", "BUFFERED", "DEFAULT"


class StreamError(Exception):
    """What a stream refuses: a gRPC status name, and the storage error's name (OFFSET_ALREADY_EXISTS ...), if any."""

    def __init__(
        self, status: str, message: str, storage: str | None = None, rows: Sequence[tuple[int, str]] = ()
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.storage, self.rows = status, message, storage, rows


@dataclass(frozen=True)
class Stream:
    """A write stream: rows were appended, flushed of them are visible (BUFFERED)."""

    name: str
    table: TableName
    kind: str
    created: int
    rows: int = 0
    flushed: int = 0
    finalized: bool = False
    committed: int | None = None

    @property
    def staging(self) -> str:
        """The DuckDB table that holds rows which are not visible yet."""
        return f"main.{quoted('stream ' + self.name.rpartition('/')[2])}"

    def document(self) -> dict[str, Any]:
        """As kept in the journal."""
        table = [self.table.project, self.table.dataset, self.table.table]
        return {"name": self.name, "table": table, "kind": self.kind, "created": self.created, "rows": self.rows,
                "flushed": self.flushed, "finalized": self.finalized, "committed": self.committed}  # fmt: skip


def table_path(name: TableName) -> str:
    """projects/p/datasets/d/tables/t."""
    return f"projects/{name.project}/datasets/{name.dataset}/tables/{name.table}"


def table_of(path: str) -> TableName:
    """The table of a path such as projects/p/datasets/d/tables/t[/streams/s]."""
    parts = path.split("/")
    if len(parts) not in (6, 8) or parts[0::2][:3] != ["projects", "datasets", "tables"]:
        raise StreamError(
            "INVALID_ARGUMENT", f"Invalid resource name {path!r}: projects/p/datasets/d/tables/t is expected."
        )
    return TableName(parts[1], parts[3], parts[5])
