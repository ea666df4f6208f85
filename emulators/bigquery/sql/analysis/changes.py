"""UPDATE and MERGE as a table of changes: made once, checked, then applied by deleting and inserting rows.

The table has the target's rowid (r), what happens to the row (k) and its new values (c0, c1 ...). Rows that change are
written anew instead of in place, because DuckDB rewrites whole columns for a few rows that are updated in place.
"""

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.model import Field, TableInfo

Branch = tuple[str, str, dict[str, str]]  # condition, action (UPDATE, DELETE, INSERT), values by column
_TWICE = "UPDATE/MERGE must match at most one source row for each target row"


def stored(info: TableInfo) -> list[Field]:
    """The columns that the base table has: the fields, and the arrival time of an ingestion-time table."""
    return [*info.fields, *(f for f in info.hidden if f.name == "_PARTITIONTIME")]


def touched(info: TableInfo, branches: list[Branch]) -> list[Field]:
    """The columns that the changes need: all of them when a row is written anew."""
    if any(action == "UPDATE" for _, action, _ in branches):
        return stored(info)
    return [f for f in stored(info) if any(f.name in values for *_, values in branches)]


def rows(branches: list[Branch], columns: list[Field], name: str, origin: str) -> str:
    """The changes for the rows of `origin`, in which `name` is the target; the first branch that holds counts."""
    arms = " ".join(f"WHEN {condition} THEN {i}" for i, (condition, _, _) in enumerate(branches))
    actions = " ".join(f"WHEN {i} THEN '{action}'" for i, (_, action, _) in enumerate(branches))
    inner = [f"{name}.rowid AS r", f"CASE {arms} END AS b"]
    for n, field in enumerate(columns):
        inner.append(f"CAST({_chosen(branches, field, name)} AS {t.duckdb(t.of_field(field))}) AS c{n}")
    listed = ", ".join(["r", f"CASE b {actions} END AS k"] + [f"c{n}" for n in range(len(columns))])
    return f"SELECT {listed} FROM (SELECT {', '.join(inner)} FROM {origin}) WHERE b IS NOT NULL"


def _chosen(branches: list[Branch], field: Field, name: str) -> str:
    """The column's new value: the branch's own, else what it was (for an UPDATE), else NULL."""
    arms = []
    for condition, action, values in branches:
        old = f"{name}.{t.quoted(field.name)}" if action == "UPDATE" else "NULL"
        arms.append(f"WHEN {condition} THEN {values.get(field.name) or old}")
    return f"CASE {' '.join(arms)} END"


def once(changes: str) -> str:
    """Fails when two source rows would change one target row."""
    twice = f"SELECT r FROM {changes} WHERE k != 'INSERT' GROUP BY r HAVING count(*) > 1 LIMIT 1"
    return f"SELECT bq.fail('{_TWICE}') FROM ({twice})"


def changed_rows(changes: str) -> str:
    """The rowids of the rows that are deleted, or written anew."""
    return f"SELECT r FROM {changes} WHERE k != 'INSERT'"


def written(changes: str, writable: str, columns: list[Field]) -> str:
    """The INSERT of the rows written anew and of the new rows."""
    listed = ", ".join(t.quoted(field.name) for field in columns)
    values = ", ".join(f"c{n}" for n in range(len(columns)))
    return f"INSERT INTO {writable} ({listed}) SELECT {values} FROM {changes} WHERE k != 'DELETE'"
