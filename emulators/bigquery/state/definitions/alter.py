"""Changes of a table's schema and options: ALTER TABLE, tables.patch and tables.update."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from emulators.bigquery.sql import alterations
from emulators.bigquery.sql.model import Field, SqlError, TableName
from emulators.bigquery.state.access.row_policies import copy_policies, policies_of
from emulators.bigquery.state.catalog import Catalog, Resource, Table, now_ms
from emulators.bigquery.state.definitions.alter_rules import require_possible, require_wider
from emulators.bigquery.state.definitions.evolution import move_columns
from emulators.bigquery.state.definitions.key_rules import check_references
from emulators.bigquery.state.definitions.layout import create_sql
from emulators.bigquery.state.definitions.options import foreign_key_resource, with_options
from emulators.bigquery.state.definitions.schema import fields_to_rest, with_collation, with_rounding
from emulators.bigquery.state.definitions.tables import STORED, check_table, forget_rights
from emulators.bigquery.state.errors import duplicate
from emulators.bigquery.state.store import Transaction


def alter_table(
    catalog: Catalog, transaction: Transaction, table: Table, changes: Sequence[alterations.Change]
) -> Table:
    """Apply ALTER's changes in order; the caller holds the table's lock and commits all or nothing."""
    resource = table.resource
    if len(changes) > 1 and len({isinstance(change, alterations.RenameColumn) for change in changes}) > 1:
        raise SqlError("RENAME COLUMN cannot be used with other ALTER TABLE actions in one statement")
    for change in changes:
        require_possible(catalog, Table(resource), change)
        if isinstance(change, alterations.RenameTable):
            return _rename(catalog, transaction, Table(resource), change.new_name)
        current = Table(resource)
        fields = _CHANGES[type(change)](current, change) if type(change) in _CHANGES else None
        if fields is not None:
            move_columns(catalog, transaction, current, fields, _renamed(change))
            resource = resource | {"schema": fields_to_rest(fields)}
        else:
            resource = _alter_resource(current, change)
    check_table(resource)
    check_references(catalog, transaction, resource, table.resource)
    return catalog.put_table(transaction, resource | {"lastModifiedTime": str(now_ms())})


def _renamed(change: alterations.Change) -> Mapping[str, str]:
    return {change.new: change.old} if isinstance(change, alterations.RenameColumn) else {}


def _position(table: Table, name: str, if_exists: bool) -> int | None:
    for position, field in enumerate(table.fields):
        if field.name.lower() == name.lower():
            return position
    if if_exists:
        return None
    raise SqlError(f"Column not found: {name} in table {table.name}")


def _add_column(table: Table, change: alterations.AddColumn) -> tuple[Field, ...]:
    if any(field.name.lower() == change.field.name.lower() for field in table.fields):
        if change.if_not_exists:
            return table.fields
        raise SqlError(f"Column already exists: {change.field.name}")
    if change.field.mode == "REQUIRED":
        raise SqlError(f"Cannot add required columns to an existing schema. (field: {change.field.name})", "invalid")
    added = with_collation([change.field], table.resource.get("defaultCollation"))
    return (*table.fields, *with_rounding(added, table.resource.get("defaultRoundingMode")))


def _drop_column(table: Table, change: alterations.DropColumn) -> tuple[Field, ...]:
    position = _position(table, change.name, change.if_exists)
    if position is None:
        return table.fields
    return table.fields[:position] + table.fields[position + 1 :]


def _rename_column(table: Table, change: alterations.RenameColumn) -> tuple[Field, ...]:
    position = _position(table, change.old, change.if_exists)
    if position is None:
        return table.fields
    renamed = replace(table.fields[position], name=change.new)
    return (*table.fields[:position], renamed, *table.fields[position + 1 :])


def _alter_column(table: Table, change: alterations.AlterColumn) -> tuple[Field, ...]:
    position = _position(table, change.name, change.if_exists)
    if position is None:
        return table.fields
    field = table.fields[position]
    if change.type is not None:
        require_wider(field, change.type)
        wide = change.type
        field = replace(
            field,
            type=wide.type,
            fields=wide.fields,
            precision=wide.precision,
            scale=wide.scale,
            max_length=wide.max_length,
        )
    if change.drop_not_null and field.mode != "REQUIRED":
        raise SqlError(f"Column {field.name} of table {table.name} has no NOT NULL constraint")
    if change.drop_not_null:
        field = replace(field, mode="NULLABLE")
    if change.default is not None or change.drop_default:
        field = replace(field, default=change.default)
    if change.options is not None and "description" in change.options:
        field = replace(field, description=change.options["description"])
    if change.options is not None and "rounding_mode" in change.options:
        field = replace(field, rounding_mode=change.options["rounding_mode"])
    return (*table.fields[:position], field, *table.fields[position + 1 :])


_CHANGES: dict[type, Callable[[Table, Any], tuple[Field, ...]]] = {
    alterations.AddColumn: _add_column,
    alterations.DropColumn: _drop_column,
    alterations.RenameColumn: _rename_column,
    alterations.AlterColumn: _alter_column,
}


def _alter_resource(table: Table, change: alterations.Change) -> Resource:
    resource, constraints = table.resource, dict(table.resource.get("tableConstraints") or {})
    if isinstance(change, alterations.SetOptions):
        return with_options(resource, change.options)
    if isinstance(change, alterations.AddPrimaryKey):
        if "primaryKey" in constraints:
            raise SqlError(f"Table {table.name} already has a primary key.")
        constraints["primaryKey"] = {"columns": list(change.columns)}
    elif isinstance(change, alterations.DropPrimaryKey):
        if constraints.pop("primaryKey", None) is None and not change.if_exists:
            raise SqlError(f"Table {table.name} has no primary key.")
    elif isinstance(change, alterations.AddForeignKey):
        keys = constraints.get("foreignKeys", [])
        if any(key["name"] == change.key.name for key in keys):
            if change.if_not_exists:
                return resource
            raise SqlError(f"Constraint {change.key.name} already exists in table {table.name}.")
        constraints["foreignKeys"] = [*keys, foreign_key_resource(change.key, table.name.table, len(keys) + 1)]
    elif isinstance(change, alterations.DropConstraint):
        kept = [key for key in constraints.get("foreignKeys", []) if key["name"] != change.name]
        if len(kept) == len(constraints.get("foreignKeys", [])) and not change.if_exists:
            raise SqlError(f"Constraint {change.name} not found in table {table.name}.")
        constraints["foreignKeys"] = kept
    return resource | {"tableConstraints": {key: value for key, value in constraints.items() if value}}


def _rename(catalog: Catalog, transaction: Transaction, table: Table, new_name: str) -> Table:
    name = TableName(table.name.project, table.name.dataset, new_name)
    if catalog.table(name, transaction) is not None:
        raise duplicate("Table", str(name))
    reference = table.resource["tableReference"] | {"tableId": new_name}
    moved = Table(table.resource | {"tableReference": reference, "lastModifiedTime": str(now_ms())})
    if table.kind in STORED:
        catalog.past.renamed(transaction, table, name)
        if table.name in transaction.changed:  # DuckDB 1.5 cannot replay DELETE and RENAME of one transaction
            transaction.cursor.execute(create_sql(moved, moved.physical))
            transaction.cursor.execute(f"INSERT INTO {moved.physical} BY NAME FROM {table.physical}")
            transaction.cursor.execute(f"DROP TABLE {table.physical}")
        else:
            transaction.cursor.execute(f"ALTER TABLE {table.physical} RENAME TO {moved.physical.rpartition('.')[2]}")
    _move_rights(catalog, transaction, table, moved)
    catalog.remove_table(transaction, table.name)
    return catalog.put_table(transaction, moved.resource)


def _move_rights(catalog: Catalog, transaction: Transaction, table: Table, moved: Table) -> None:
    """Row access policies and IAM's policy go with a table's name; indexes do not."""
    if policies_of(catalog, table.name):
        copy_policies(catalog, transaction, table.name, moved)
    rights = catalog.get("policy", str(table.name), transaction)
    forget_rights(catalog, transaction, table.name)
    if rights is not None:
        catalog.put(transaction, "policy", str(moved.name), rights)
