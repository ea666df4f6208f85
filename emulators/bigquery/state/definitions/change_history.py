"""The rows that were added to a table, from what past.py keeps of each row: when it was written, and when removed.

An UPDATE writes rows as well as it removes some, and so does a MERGE: a transaction that did both is refused.
"""

from datetime import datetime
from typing import Any

import duckdb

from emulators.bigquery.sql.types import quoted
from emulators.bigquery.state.catalog import Table
from emulators.bigquery.state.definitions.partitions import unexpired
from emulators.bigquery.state.definitions.past import (
    SINCE,
    UNTIL,
    beside,
    exists,
    micros,
    require_readable,
    timestamp_sql,
)
from emulators.bigquery.state.errors import not_implemented


def appended(
    table: Table, document: dict[str, Any], start: datetime | None, end: datetime | None,
    cursor: duckdb.DuckDBPyConnection,
) -> str:  # fmt: skip
    """A subquery: the table's fields, _CHANGE_TYPE and _CHANGE_TIMESTAMP of the rows added from start on, before end.

    document: what Past.versions gives. SqlError for a start that is too old; 501 for what is not known exactly.
    """
    created = int(table.resource["creationTime"]) * 1000
    first = created if start is None else max(created, micros(start))
    require_readable(table.name, first, 0)
    replaced = [
        v["until"] for v in document["versions"] if v["resource"]["creationTime"] == table.resource["creationTime"]
    ]
    if max([document["forgotten"], *replaced]) > first:
        raise not_implemented(f"APPENDS from before table {table.name} was emptied, replaced or renamed")
    within = f"s >= {timestamp_sql(first)}" + ("" if end is None else f" AND s < {timestamp_sql(micros(end))}")
    past = beside(table.physical, "past")
    rows = f"SELECT *, {SINCE} AS s FROM {table.physical}"
    if exists(cursor, past):
        rows += f" UNION ALL BY NAME SELECT * EXCLUDE ({UNTIL}), {SINCE} AS s FROM {past}"
        removed = f"SELECT {UNTIL} FROM {past}"
        if cursor.execute(f"SELECT 1 FROM ({rows}) WHERE {within} AND s IN ({removed}) LIMIT 1").fetchall():
            raise not_implemented(f"APPENDS over an UPDATE or MERGE of table {table.name}")
    fields = ", ".join(quoted(field.name) for field in table.fields)
    kept = f"({rows})" if (condition := unexpired(table)) is None else f"(SELECT * FROM ({rows}) WHERE {condition})"
    return f"(SELECT {fields}, 'INSERT' AS _CHANGE_TYPE, s AS _CHANGE_TIMESTAMP FROM {kept} WHERE {within})"
