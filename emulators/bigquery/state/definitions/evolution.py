"""New columns for a table that has rows."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from emulators.bigquery.sql.analysis.cast_templates import recast
from emulators.bigquery.sql.model import Field
from emulators.bigquery.sql.types import NULL, of_field, quoted
from emulators.bigquery.state.catalog import Catalog, Table, now_ms
from emulators.bigquery.state.definitions.layout import PARTITION_TIME
from emulators.bigquery.state.definitions.past import BESIDE, beside
from emulators.bigquery.state.definitions.schema import (
    duckdb_type,
    fields_to_rest,
    legacy_name,
    sql_type,
    with_rounding,
)
from emulators.bigquery.state.definitions.tables import STORED, store_rows
from emulators.bigquery.state.errors import ServiceError, invalid
from emulators.bigquery.state.store import Transaction

WIDER = {
    "INT64": ("NUMERIC", "BIGNUMERIC", "FLOAT64"),
    "NUMERIC": ("BIGNUMERIC", "FLOAT64"),
    "BIGNUMERIC": ("FLOAT64",),
}


def evolve(catalog: Catalog, transaction: Transaction, table: Table, fields: tuple[Field, ...]) -> Table:
    """Give a table the schema that a caller provided: columns may be added and relaxed, never removed."""
    _check_evolution(table.fields, fields, str(table.name), "")
    have = {field.name.lower() for field in table.fields}
    new = with_rounding(fields, table.resource.get("defaultRoundingMode"))
    fields = tuple(old if old.name.lower() in have else given for old, given in zip(fields, new, strict=True))
    move_columns(catalog, transaction, table, fields, {})
    resource = table.resource | {"schema": fields_to_rest(fields), "lastModifiedTime": str(now_ms())}
    return catalog.put_table(transaction, resource)


def _check_evolution(old: Sequence[Field], new: Sequence[Field], table: str, path: str) -> None:
    wanted = {field.name.lower(): field for field in new}
    prefix = f"Provided Schema does not match Table {table}."
    for field in old:
        found = wanted.pop(field.name.lower(), None)
        if found is None:
            raise invalid(f"{prefix} Field {path}{field.name} is missing in new schema")
        if found.type != field.type and found.type not in WIDER.get(field.type, ()):
            raise invalid(f"{prefix} Field {path}{field.name} has changed type from "
                          f"{legacy_name(field.type)} to {legacy_name(found.type)}")  # fmt: skip
        if found.mode != field.mode and (field.mode, found.mode) != ("REQUIRED", "NULLABLE"):
            raise invalid(f"{prefix} Field {path}{field.name} has changed mode from {field.mode} to {found.mode}")
        if found.type == field.type and holds_less(found, field):
            raise invalid(f"{prefix} Field {path}{field.name} has changed from {sql_type(field)} to {sql_type(found)}, "
                          "which holds less.")  # fmt: skip
        if field.type == "STRUCT":
            _check_evolution(field.fields, found.fields, table, f"{path}{field.name}.")
    for field in wanted.values():
        if field.mode == "REQUIRED":
            raise invalid(f"{prefix} Cannot add required fields to an existing schema. (field: {path}{field.name})")


def holds_less(new: Field, old: Field) -> bool:
    """Whether a column would hold less: a shorter maximum length, fewer digits before or after the point."""
    if new.max_length is not None and (old.max_length is None or new.max_length < old.max_length):
        return True
    if new.precision is None:
        return False
    if old.precision is None:
        return True
    new_scale, old_scale = new.scale or 0, old.scale or 0
    return new_scale < old_scale or new.precision - new_scale < old.precision - old_scale


def move_columns(
    catalog: Catalog, transaction: Transaction, table: Table, fields: Sequence[Field], renamed: Mapping[str, str]
) -> None:
    """Bring the DuckDB table to the new fields: by ADD COLUMN where that is all, else into a new table."""
    if table.kind not in STORED:
        return
    old = [_layout(field) for field in table.fields]
    new = [_layout(field) for field in fields]
    if old == new and not renamed:
        return
    plain = all(
        field.max_length is None and field.mode == "NULLABLE" and field.type != "STRUCT" for field in fields[len(old) :]
    )
    if new[: len(old)] == old and plain and old:
        for field in fields[len(old) :]:
            column = f"{quoted(field.name)} {duckdb_type(field)}"
            transaction.cursor.execute(f"ALTER TABLE {table.physical} ADD COLUMN {column}")
            for what in BESIDE:
                transaction.cursor.execute(f"ALTER TABLE IF EXISTS {beside(table.physical, what)} ADD COLUMN {column}")
        return
    _rebuild(catalog, transaction, table, fields, renamed)


def _layout(field: Field) -> tuple[Any, ...]:
    inner = tuple(_layout(child) for child in field.fields)
    return field.name, field.type, field.mode, inner, field.max_length, field.precision, field.scale


def _rebuild(
    catalog: Catalog, transaction: Transaction, table: Table, fields: Sequence[Field], renamed: Mapping[str, str]
) -> None:
    transaction.hold(catalog.arrivals(table.name))
    _require_all(catalog, transaction, table)
    before = {field.name.lower(): field for field in table.fields}
    columns = []
    for field in fields:
        source = before.get(renamed.get(field.name, field.name).lower())
        kind = of_field(field)
        old = ("NULL", NULL) if source is None else (quoted(source.name), of_field(source))
        columns.append(recast(*old, kind))
    if table.ingestion_partitioned:
        columns.append(quoted(PARTITION_TIME.name))
    rebuilt = Table(table.resource | {"schema": fields_to_rest(fields)})
    store_rows(catalog, transaction, rebuilt, f"SELECT {', '.join(columns)} FROM {table.physical}", table)


def _require_all(catalog: Catalog, transaction: Transaction, table: Table) -> None:
    """409 when rows arrived after this transaction began, which would be left behind."""
    count = f"SELECT count(*) FROM {table.physical}"
    with closing(catalog.store.cursor()) as other:
        committed = other.execute(count).fetchall()
    if transaction.cursor.execute(count).fetchall() != committed:
        raise ServiceError(
            409, "conflict", f"Rows arrived in table {table.name} while its schema was being changed; try again."
        )
