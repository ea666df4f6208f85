"""A table's `properties` -> columns and primary key."""

import re
from collections.abc import Sequence

from open_data_contract_standard.model import SchemaProperty

from contracts.custom import refuse_custom
from contracts.document import Document, KeyPath
from contracts.model import Column
from contracts.problems import did_you_mean
from contracts.types import LOGICAL_TYPES, UnknownType, bigquery_type

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,199}")
_RESERVED = ("ingestion_date",)
HISTORY_COLUMNS = ("valid_from", "valid_to", "is_current")
NO_KEY_TYPES = ("FLOAT64", "JSON", "ARRAY")


def read_columns(document: Document, path: KeyPath, properties: Sequence[SchemaProperty] | None) -> tuple[Column, ...]:
    """The columns that are right, in the contract's order."""
    columns: list[Column] = []
    seen: set[str] = set()
    for index, item in enumerate(properties or ()):
        place = (*path, "properties", index)
        if not item.name:
            document.refuse(place, "a column without a name", "Add `name:`.")
            continue
        if item.name.lower() in seen:
            hint = "BigQuery's column names do not differ by case alone."
            document.refuse((*place, "name"), f"column `{item.name}` is there twice", hint)
            continue
        seen.add(item.name.lower())
        _check_name(document, (*place, "name"), item.name)
        _check_unused(document, place, item)
        kind = _column_type(document, place, item)
        if kind is not None:
            columns.append(_column(item, kind))
    return tuple(columns)


def read_primary_key(document: Document, path: KeyPath, properties: Sequence[SchemaProperty] | None) -> tuple[str, ...]:
    """The primary key's columns in key order (primaryKeyPosition, else the order of the columns)."""
    keys = [(index, item) for index, item in enumerate(properties or ()) if item.primaryKey and item.name]
    if not keys:
        hint = "Silver needs a key to keep one row per row: mark its columns with `primaryKey: true`."
        document.refuse(path, "no primary key", hint)
        return ()
    positions = [item.primaryKeyPosition for _, item in keys]
    given = [position for position in positions if position is not None]
    if given and sorted(given) != list(range(1, len(keys) + 1)):
        place = (*path, "properties", keys[0][0])
        document.refuse(
            place, f"primaryKeyPosition {positions}", f"Number all {len(keys)} key columns from 1, or none."
        )
        return tuple(str(item.name) for _, item in keys)
    for index, item in keys:
        if item.required is False:
            document.refuse((*path, "properties", index, "required"), f"key column `{item.name}` is not required")
    ordered = sorted(keys, key=lambda pair: pair[1].primaryKeyPosition or 0)
    return tuple(str(item.name) for _, item in ordered)


def check_history_names(document: Document, path: KeyPath, properties: Sequence[SchemaProperty]) -> None:
    """Refuses names that a history table needs for itself."""
    for index, item in enumerate(properties):
        if item.name and item.name.lower() in HISTORY_COLUMNS:
            hint = "A history has columns of these names: use `history: latest`, or rename the column at the source."
            document.refuse(
                (*path, "properties", index, "name"), f"column `{item.name}` of a table with versions", hint
            )


def _column(item: SchemaProperty, kind: str) -> Column:
    assert item.name is not None and item.logicalType is not None
    return Column(
        name=item.name,
        logical_type=item.logicalType,
        physical_type=item.physicalType,
        bigquery_type=kind,
        required=bool(item.required or item.primaryKey),
        primary_key=bool(item.primaryKey),
        classification=item.classification,
        description=item.description,
    )


def unfit_name(name: str) -> tuple[str, str] | None:
    """What is wrong with a column's name and what to do; None when it is right."""
    if name.startswith("_"):
        return f"column name `{name}` starts with `_`", "Names with `_` in front are Sluice's metadata columns."
    if not _NAME.fullmatch(name):
        return f"column name `{name}`", "Use a letter, then letters, digits and `_`, at most 200."
    if name.lower() in _RESERVED:
        return f"column name `{name}` is Sluice's own", f"These are taken: {', '.join(_RESERVED)}."
    return None


def _check_name(document: Document, path: KeyPath, name: str) -> None:
    if wrong := unfit_name(name):
        document.refuse(path, *wrong)


def _check_unused(document: Document, path: KeyPath, item: SchemaProperty) -> None:
    """Refuses what the standard allows and Sluice does not act on: silence would look like consent."""
    if item.physicalName not in (None, item.name):
        hint = "A column has one name from source to silver: use the source's, and rename it in dbt's silver or gold."
        document.refuse(
            (*path, "physicalName"), f"physicalName `{item.physicalName}` differs from name `{item.name}`", hint
        )
    if item.properties:
        hint = "An object is one JSON column; its fields are read in dbt. Remove `properties`."
        document.refuse((*path, "properties"), f"column `{item.name}` describes inner fields", hint)
    if item.map is not None:
        document.refuse((*path, "map"), f"column `{item.name}` is a map", "Use `logicalType: object`.")
    refuse_custom(document, path, item.customProperties, "a column")


def _column_type(document: Document, path: KeyPath, item: SchemaProperty) -> str | None:
    if item.logicalType is None:
        document.refuse(path, f"column `{item.name}` has no logicalType", f"Use one of: {', '.join(LOGICAL_TYPES)}.")
        return None
    inner = None
    if item.items is not None:
        if item.logicalType != "array":
            document.refuse(
                (*path, "items"), f"`items` on logicalType `{item.logicalType}`", "Only an array has items."
            )
        inner = _column_type(document, (*path, "items"), item.items.model_copy(update={"name": f"{item.name}.items"}))
        if inner is None:
            return None
    try:
        kind = bigquery_type(item.logicalType, item.physicalType, inner)
    except UnknownType as error:
        key = "logicalType" if str(error).startswith("unknown logicalType") else "physicalType"
        place = (*path, key) if getattr(item, key) else path
        document.refuse(
            place, f"column `{item.name}`: {error}", did_you_mean(error.word, error.known) if error.known else ""
        )
        return None
    if item.primaryKey and kind.startswith(NO_KEY_TYPES):
        hint = "BigQuery cannot compare such values for equality: use another key."
        document.refuse((*path, "primaryKey"), f"key column `{item.name}` is {kind}", hint)
    return kind
