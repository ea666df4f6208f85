"""What INFORMATION_SCHEMA says of keys: TABLE_CONSTRAINTS, KEY_COLUMN_USAGE and CONSTRAINT_COLUMN_USAGE."""

from collections.abc import Iterator
from typing import Any

from emulators.bigquery.state.catalog import Resource, Table


def constraint_rows(table: Table) -> list[list[Any]]:
    """The rows of TABLE_CONSTRAINTS."""
    n = table.name
    found = [(_primary(table), "PRIMARY KEY")] if table.primary_key else []
    found += [(name, "FOREIGN KEY") for name, _ in _foreign(table)]
    return [[n.project, n.dataset, name, n.project, n.dataset, n.table, kind, "NO", "NO", "NO"] for name, kind in found]


def key_rows(table: Table) -> Iterator[list[Any]]:
    """The rows of KEY_COLUMN_USAGE: the table's own columns, in the order that each key has."""
    n = table.name
    for place, column in enumerate(table.primary_key, 1):
        yield [n.project, n.dataset, _primary(table), n.project, n.dataset, n.table, column, place, None]
    for name, key in _foreign(table):
        for place, pair in enumerate(key["columnReferences"], 1):
            yield [n.project, n.dataset, name, n.project, n.dataset, n.table, pair["referencingColumn"], place, place]


def constraint_column_rows(table: Table) -> Iterator[list[Any]]:
    """The rows of CONSTRAINT_COLUMN_USAGE: of a key its own columns, of a reference those that it refers to."""
    n = table.name
    for column in table.primary_key:
        yield [n.project, n.dataset, n.table, column, n.project, n.dataset, _primary(table)]
    for name, key in _foreign(table):
        other = key["referencedTable"]
        place = [other["projectId"], other["datasetId"], other["tableId"]]
        for pair in key["columnReferences"]:
            yield [*place, pair["referencedColumn"], n.project, n.dataset, name]


def _primary(table: Table) -> str:
    return f"{table.name.table}.pk$"


def _foreign(table: Table) -> Iterator[tuple[str, Resource]]:
    """Each foreign key with its name, which begins with the table's."""
    for key in (table.resource.get("tableConstraints") or {}).get("foreignKeys") or ():
        yield f"{table.name.table}.{key['name'].removeprefix(table.name.table + '.')}", key
