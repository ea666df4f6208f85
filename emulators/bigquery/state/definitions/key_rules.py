"""What tableConstraints may say, whether REST or DDL says it; nothing holds the rows to them."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulators.bigquery.sql.model import Field, TableName
from emulators.bigquery.state.catalog import Catalog
from emulators.bigquery.state.errors import invalid
from emulators.bigquery.state.store import Transaction

_KINDS = ("BIGNUMERIC", "BOOL", "BYTES", "DATE", "DATETIME", "INT64", "NUMERIC", "STRING", "TIMESTAMP")
_COLUMNS, _FOREIGN = 16, 64


def check_keys(resource: Mapping[str, Any], fields: Mapping[str, Field]) -> None:
    """400 for keys of columns that are not there or of a type that none has, and for a table that refers to itself."""
    constraints = resource.get("tableConstraints") or {}
    own = (constraints.get("primaryKey") or {}).get("columns") or ()
    if len({column.lower() for column in own}) < len(own):
        raise invalid(f"The primary key names a column twice: {', '.join(own)}.")
    if len(own) > _COLUMNS:
        raise invalid(f"The primary key has {len(own)} columns; it can have {_COLUMNS}.")
    for column in own:
        _check_column("Primary", column, fields)
    foreign = _foreign_keys(resource)
    if len(foreign) > _FOREIGN:
        raise invalid(f"The table has {len(foreign)} foreign keys; it can have {_FOREIGN}.")
    for key in foreign:
        if key.get("referencedTable") == resource.get("tableReference"):
            raise invalid("A foreign key cannot refer to a column of the same table.")
        for pair in key.get("columnReferences") or ():
            _check_column("Foreign", str(pair.get("referencingColumn")), fields)


def check_references(
    catalog: Catalog, transaction: Transaction, resource: Mapping[str, Any], before: Mapping[str, Any] | None = None
) -> None:
    """404 for a foreign key to a table that is not there, 400 for one to columns that it lacks.

    before: the table as it was; its own keys are left alone, as what they point to may have gone since.
    """
    kept = _foreign_keys(before or {})
    for key in _foreign_keys(resource):
        if key in kept:
            continue
        pairs = key.get("columnReferences") or ()
        if not pairs:
            raise invalid("A foreign key needs columnReferences: its columns, and those that they refer to.")
        reference = key.get("referencedTable") or {}
        name = TableName(*(str(reference.get(part)) for part in ("projectId", "datasetId", "tableId")))
        other = catalog.require(name, transaction)
        known = {field.name.lower() for field in other.fields}
        for pair in pairs:
            column = str(pair.get("referencedColumn"))
            if column.lower() not in known:
                raise invalid(f"Foreign key column {column} does not exist in table {name}.")


def _foreign_keys(resource: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return (resource.get("tableConstraints") or {}).get("foreignKeys") or ()


def _check_column(which: str, column: str, fields: Mapping[str, Field]) -> None:
    field = fields.get(column.lower())
    if field is None:
        raise invalid(f"{which} key column {column} does not exist in the schema.")
    if field.type not in _KINDS or field.mode == "REPEATED":
        kind = f"ARRAY<{field.type}>" if field.mode == "REPEATED" else field.type
        raise invalid(f"{which} key column {column} is of type {kind}, which cannot be part of a key.")
