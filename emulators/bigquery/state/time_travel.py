"""A table as it was at an earlier moment."""

from datetime import datetime

from emulators.bigquery.sql.model import SqlError
from emulators.bigquery.state.catalog import Catalog, Table


def require_unchanged_since(catalog: Catalog, table: Table, as_of: datetime) -> None:
    """Time travel to a moment since which nothing changed is the table itself; other moments are not kept."""
    moment = as_of.timestamp() * 1000
    if moment < int(table.resource["creationTime"]):
        raise SqlError(
            f"Invalid snapshot time {int(moment)} for table {table.name}: it is before the table's creation.",
            "invalid",
        )
    if moment < catalog.modified(table):
        raise SqlError(
            f"Table {table.name} has changed since {as_of.isoformat()}; this emulator keeps no earlier version.",
            "notImplemented",
            501,
        )
