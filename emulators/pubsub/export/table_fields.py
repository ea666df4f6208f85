"""A BigQuery table's schema as a subscription looks at it, and what a column must be to be written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_ALIASES = {"INT64": "INTEGER", "FLOAT": "FLOAT64", "BOOL": "BOOLEAN", "STRUCT": "RECORD"}
_SHOWN = {"INTEGER": "INT64", "BOOLEAN": "BOOL", "RECORD": "STRUCT"}
METADATA: Mapping[str, frozenset[str]] = {
    "subscription_name": frozenset({"STRING"}),
    "message_id": frozenset({"STRING"}),
    "publish_time": frozenset({"TIMESTAMP"}),
    "attributes": frozenset({"STRING", "JSON"}),
}
CHANGE_COLUMNS = frozenset({"_CHANGE_TYPE", "_CHANGE_SEQUENCE_NUMBER"})
DATA = frozenset({"BYTES", "STRING", "JSON"})


class SchemaMismatch(ValueError):
    """The table cannot take what the subscription writes; the text says why."""


@dataclass(frozen=True)
class TableField:
    """One column: `type` is INTEGER, FLOAT64, BOOLEAN, RECORD or as REST has it; `mode` is as REST has it."""

    name: str
    type: str
    mode: str
    fields: "Fields"


Fields = dict[str, TableField]
"""By name in lower case: BigQuery does not tell names apart by case."""


def read_fields(fields: Iterable[Mapping[str, Any]]) -> Fields:
    """The columns of a table's REST schema."""
    return {
        field["name"].lower(): TableField(
            field["name"],
            _ALIASES.get(field["type"].upper(), field["type"].upper()),
            field.get("mode", "NULLABLE").upper(),
            read_fields(field.get("fields", ())),
        )
        for field in fields
    }


@dataclass(frozen=True)
class Column:
    """What a topic's schema has of a column: `types` are those that it may have in BigQuery, `mode` as above."""

    name: str
    kind: str
    types: frozenset[str]
    mode: str
    fields: tuple["Column", ...] = ()


def check_columns(columns: Iterable[Column], fields: Fields, drops: bool, path: str = "") -> None:
    """Raises SchemaMismatch unless the table's fields take the columns, or drop those that it lacks."""
    columns = list(columns)
    for column in columns:
        where = f"{path}{column.name}"
        field = fields.get(column.name.lower())
        if field is None:
            if not drops:
                raise SchemaMismatch(f"Field {where} of the topic's schema is not found in the BigQuery table")
            continue
        if field.type not in column.types:
            shown = _SHOWN.get(field.type, field.type)
            raise SchemaMismatch(f"Incompatible schema type for field {where}: expected {shown}, got {column.kind}")
        if (column.mode == "REPEATED") != (field.mode == "REPEATED"):
            raise SchemaMismatch(
                f"Incompatible schema mode for field {where}: expected {field.mode}, got {column.mode}"
            )
        if column.mode == "NULLABLE" and field.mode == "REQUIRED":
            raise SchemaMismatch(f"Incompatible schema mode for field {where}: expected REQUIRED, got NULLABLE")
        if column.fields:
            check_columns(column.fields, field.fields, drops, f"{where}.")
    written = {column.name.lower() for column in columns}
    for name, field in fields.items():
        if field.mode == "REQUIRED" and name not in written:
            raise SchemaMismatch(f"Field {path}{field.name} is REQUIRED in the BigQuery table and is not written")


def plain_columns(data: bool, metadata: bool) -> list[Column]:
    """The columns that every message has."""
    found = [Column(name, min(types), types, "REQUIRED") for name, types in METADATA.items() if metadata]
    return [*found, Column("data", "BYTES", DATA, "REQUIRED")] if data else found
