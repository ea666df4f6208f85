"""What ALTER TABLE may not do; each rule raises SqlError."""

from dataclasses import replace

from emulators.bigquery.sql import alterations
from emulators.bigquery.sql.model import Field, SqlError
from emulators.bigquery.state.access.row_policies import policies_of
from emulators.bigquery.state.catalog import Catalog, Table
from emulators.bigquery.state.definitions.evolution import WIDER, holds_less
from emulators.bigquery.state.definitions.schema import sql_type

_OF_COLUMNS = (alterations.AddColumn, alterations.DropColumn, alterations.RenameColumn, alterations.AlterColumn)
_OF_TABLES = (*_OF_COLUMNS, alterations.AddPrimaryKey, alterations.AddForeignKey)


def require_possible(catalog: Catalog, table: Table, change: alterations.Change) -> None:
    """A snapshot keeps its columns, an external table also its name; keys and policies keep the columns they name."""
    if table.kind == "SNAPSHOT" and isinstance(change, _OF_TABLES):
        raise SqlError(
            f"{table.name} is a table snapshot, which is read-only: only its options and name can be changed"
        )
    if table.kind == "EXTERNAL" and isinstance(change, (*_OF_TABLES, alterations.RenameTable)):
        raise SqlError(f"{table.name} is an external table: only its options can be changed by ALTER TABLE")
    if isinstance(change, alterations.DropColumn):
        _require_free(catalog, table, change.name, "dropped")
    if isinstance(change, alterations.RenameColumn):
        _require_free(catalog, table, change.old, "renamed")
        if any(field.name.lower() == change.new.lower() != change.old.lower() for field in table.fields):
            raise SqlError(f"Column already exists: {change.new}")
    if isinstance(change, alterations.RenameTable) and _key(table):
        raise SqlError(f"Table {table.name} has a primary key and cannot be renamed")
    if isinstance(change, alterations.AlterColumn) and change.type is not None:
        _require_outside_keys(table, change.name, "have another type")
    if (
        isinstance(change, alterations.AlterColumn)
        and change.default is not None
        and change.name.lower() in _key(table)
    ):
        raise SqlError(
            f"Column {change.name} is part of the primary key of {table.name} and cannot have a default value"
        )


def _require_free(catalog: Catalog, table: Table, name: str, verb: str) -> None:
    _require_outside_keys(table, name, f"be {verb}")
    if policies_of(catalog, table.name):
        raise SqlError(f"Table {table.name} has row access policies, so its columns cannot be {verb}")


def _require_outside_keys(table: Table, name: str, what: str) -> None:
    if name.lower() in _key(table) | _references(table):
        raise SqlError(f"Column {name} is part of a key of table {table.name} and cannot {what}")


def _key(table: Table) -> set[str]:
    return {column.lower() for column in table.primary_key}


def _references(table: Table) -> set[str]:
    keys = (table.resource.get("tableConstraints") or {}).get("foreignKeys") or ()
    return {pair["referencingColumn"].lower() for key in keys for pair in key["columnReferences"]}


def require_wider(old: Field, new: Field) -> None:
    """A column's new type holds whatever the old one does."""
    if not _assignable(old, new):
        raise SqlError(
            f"ALTER TABLE ALTER COLUMN SET DATA TYPE requires that the existing column type ({sql_type(old)}) is "
            f"assignable to the new type ({sql_type(new)})"
        )


def _assignable(old: Field, new: Field) -> bool:
    if (old.mode == "REPEATED") != (new.mode == "REPEATED"):
        return False
    if old.type == "STRUCT" and new.type == "STRUCT":
        pairs = zip(old.fields, new.fields, strict=False)
        return len(old.fields) == len(new.fields) and all(
            one.name.lower() == other.name.lower() and _assignable(one, other) for one, other in pairs
        )
    if old.type != new.type:
        return new.type in WIDER.get(old.type, ()) and not holds_less(new, _as_decimal(old, new.type))
    return not holds_less(new, old)


def _as_decimal(field: Field, kind: str) -> Field:
    """The digits that a number has, where it becomes a decimal with a precision."""
    digits = {"INT64": (19, 0), "NUMERIC": (38, 9)}.get(field.type, (None, None))
    precision, scale = (field.precision, field.scale) if field.precision is not None else digits
    return replace(field, type=kind, precision=precision, scale=scale)
