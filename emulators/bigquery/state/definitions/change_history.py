"""What was changed in a table, and when: from what past.py keeps of each row, and from the rows that UPDATE and MERGE
note where a table's change history is enabled.

A transaction that only wrote rows inserted them, and one that only removed rows deleted them. One that did both is
told by what it noted alone; without that it is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb

from emulators.bigquery.sql.model import SqlError
from emulators.bigquery.sql.types import quoted
from emulators.bigquery.state.catalog import Table, now_ms
from emulators.bigquery.state.definitions.partitions import unexpired
from emulators.bigquery.state.definitions.past import (
    AT,
    SINCE,
    UNTIL,
    beside,
    exists,
    micros,
    require_readable,
    timestamp_sql,
)
from emulators.bigquery.state.errors import not_implemented

_TYPE, _UPDATED = '"change ^"', '"updated ^"'
_INSERTED, _UNION = "'INSERT'", " UNION ALL BY NAME "
_DAY = timedelta(days=1) // timedelta(microseconds=1)


@dataclass(frozen=True)
class Asked:
    """APPENDS or CHANGES of a table: what happened from start on (None: ever), before end (None: now)."""

    function: str
    start: datetime | None
    end: datetime | None


def noted(table: Table, made: str, columns: Sequence[str]) -> list[str]:
    """The statements that note the changes of an UPDATE or MERGE, before the rows are removed; none where the table's
    change history is not enabled.

    made: its table of changes (analysis/changes.py); columns: what its c0, c1 ... are.
    """
    if not table.resource.get("enableChangeHistory"):
        return []
    log, old = beside(table.physical, "changes"), f"w.* EXCLUDE {SINCE}"
    new = "".join(f"c{n} AS {quoted(column)}, " for n, column in enumerate(columns))
    replaced = _as("'DELETE'", "k = 'UPDATE'")
    removed = f"{replaced} FROM {table.physical} AS w, {made} AS m WHERE w.rowid = m.r"
    written = f"{_as('k', 'false')} FROM {made} WHERE k != 'DELETE'"
    return [
        f"CREATE TABLE IF NOT EXISTS {log} AS SELECT {old}, {_as(_INSERTED)} FROM {table.physical} AS w LIMIT 0",
        f"INSERT INTO {log} BY NAME SELECT {old}, {removed}{_UNION}SELECT {new}{written}",
    ]


def changed(table: Table, document: dict[str, Any], asked: Asked, cursor: duckdb.DuckDBPyConnection) -> str:
    """A subquery: the table's fields, _CHANGE_TYPE, _CHANGE_TIMESTAMP and, of CHANGES, _CHANGE_IS_FOR_UPDATE.

    document: what Past.versions gives. SqlError for times that cannot be read; 501 for what is not known exactly.
    """
    first = _first(table, document, asked)
    # The rows that the table was made with began to be written a moment before its creationTime.
    within = "true" if first == _created(table) else f"{AT} >= {timestamp_sql(first)}"
    if asked.end is not None:
        within += f" AND {AT} < {timestamp_sql(micros(asked.end))}"
    past, log = beside(table.physical, "past"), beside(table.physical, "changes")
    found, has_log = [f"SELECT *, {_as(_INSERTED, at=SINCE)} FROM {table.physical}"], exists(cursor, log)
    if exists(cursor, past):
        kinds = ((_INSERTED, SINCE), ("'DELETE'", UNTIL))
        found += [f"SELECT * EXCLUDE {UNTIL}, {_as(kind, at=moment)} FROM {past}" for kind, moment in kinds]
    told = f" AND {AT} NOT IN (SELECT {AT} FROM {log})" if has_log else ""
    rows = f"SELECT * FROM ({_UNION.join(found)}) WHERE {within}{told}"
    both = f"SELECT 1 FROM ({rows}) GROUP BY {AT} HAVING count(DISTINCT {_TYPE}) = 2 LIMIT 1"
    if cursor.execute(both).fetchall():
        raise not_implemented(f"{asked.function} over an UPDATE or MERGE of table {table.name}")
    if has_log:
        rows += f"{_UNION}SELECT * FROM {log} WHERE {within}"
    columns = [*(quoted(field.name) for field in table.fields), f"{_TYPE} AS _CHANGE_TYPE"]
    columns.append(f"{AT} AS _CHANGE_TIMESTAMP")
    wanted = [unexpired(table) or "true"]
    if asked.function == "APPENDS":
        wanted.append(f"{_TYPE} = {_INSERTED}")
    else:
        columns.append(f"{_UPDATED} AS _CHANGE_IS_FOR_UPDATE")
    return f"(SELECT {', '.join(columns)} FROM ({rows}) WHERE {' AND '.join(wanted)})"


def _as(kind: str, updated: str = "false", at: str = "now()") -> str:
    """The columns that make a row a change."""
    return f"{kind} AS {_TYPE}, {updated} AS {_UPDATED}, {at} AS {AT}"


def _created(table: Table) -> int:
    return int(table.resource["creationTime"]) * 1000


def _first(table: Table, document: dict[str, Any], asked: Asked) -> int:
    """The moment from which on changes are asked for, in microseconds, once all of them are known."""
    first = _created(table) if asked.start is None else max(_created(table), micros(asked.start))
    require_readable(table.name, first, 0)
    if asked.end is not None:
        require_readable(table.name, max(first, micros(asked.end)), 0)
    if asked.function == "CHANGES":
        _require_changes(table, first, asked.end)
    replaced = [
        v["until"] for v in document["versions"] if v["resource"]["creationTime"] == table.resource["creationTime"]
    ]
    if max([document["forgotten"], *replaced]) > first:
        raise not_implemented(f"{asked.function} from before table {table.name} was emptied, replaced or renamed")
    return first


def _require_changes(table: Table, first: int, end: datetime | None) -> None:
    if not table.resource.get("enableChangeHistory"):
        raise SqlError(f"CHANGES needs the option enable_change_history of table {table.name} to be TRUE")
    last = now_ms() * 1000 if end is None else micros(end)
    if last - first > _DAY:
        raise SqlError("The time from start_timestamp to end_timestamp of CHANGES must be at most one day")
