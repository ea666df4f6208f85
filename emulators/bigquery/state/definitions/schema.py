"""Table schemas between BigQuery's REST form and the Fields that both layers use."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from emulators.bigquery.sql.model import Field
from emulators.bigquery.sql.syntax.lexer import RESERVED
from emulators.bigquery.sql.syntax.types import NAMES
from emulators.bigquery.sql.types import COLLATIONS, duckdb, of_field
from emulators.bigquery.state.definitions.field_rules import check_limits, check_name
from emulators.bigquery.state.definitions.references import require_choice
from emulators.bigquery.state.errors import ServiceError, invalid, not_implemented

# REST keeps the legacy names; the SQL names are accepted as well.
_LEGACY = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN", "STRUCT": "RECORD"}
_STANDARD = (
    {name: name for name in NAMES if name != "ARRAY"}  # REST says REPEATED
    | {legacy: name for name, legacy in _LEGACY.items()}
    | {"DECIMAL": "NUMERIC", "BIGDECIMAL": "BIGNUMERIC"}
)
ROUNDING_MODES = ("ROUND_HALF_AWAY_FROM_ZERO", "ROUND_HALF_EVEN")
_DECIMAL = ("NUMERIC", "BIGNUMERIC")
_MODES = ("NULLABLE", "REQUIRED", "REPEATED")
COLUMN_NAME = re.compile(r"[^\W\d][\w \-&%=+:'<>#|]{0,299}")


def legacy_name(kind: str) -> str:
    """INT64 -> INTEGER: the spelling of REST schemas and results."""
    return _LEGACY.get(kind, kind)


def fields_from_rest(schema: Mapping[str, Any] | None, path: str = "") -> tuple[Field, ...]:
    """A TableSchema's fields; raises 400 invalid that names the field."""
    found = tuple(_field_from_rest(entry, path) for entry in (schema or {}).get("fields") or ())
    seen: set[str] = set()
    for field in found:
        if field.name.lower() in seen:
            raise invalid(f"Field {path}{field.name} already exists in schema")
        seen.add(field.name.lower())
    return found


def _field_from_rest(entry: Any, path: str) -> Field:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
        raise invalid(f"Schema has a field without a name (in {path or 'the top level'})")
    name = entry["name"]
    if not COLUMN_NAME.fullmatch(name):
        raise ServiceError(400, "invalid", f'Invalid field name "{name}". Fields must contain the allowed characters, '
                           "and be at most 300 characters long.")  # fmt: skip
    check_name(name)
    kind = _STANDARD.get(str(entry.get("type", "")).upper())
    mode = str(entry.get("mode") or "NULLABLE").upper()
    where = f" of field {path}{name}"
    if kind is None:
        raise invalid(f"Invalid value for type: {entry.get('type')!r}{where} is not a valid value")
    require_choice("mode", mode, _MODES, where)
    _refuse_unknown(entry, f"{path}{name}")
    check_limits(entry, kind, f"{path}{name}")
    children = fields_from_rest(entry, f"{path}{name}.")
    if kind == "STRUCT" and not children:
        raise invalid(f"Field {path}{name} is type RECORD but has no schema")
    if kind == "RANGE":
        element = str((entry.get("rangeElementType") or {}).get("type", "")).upper()
        if element not in ("DATE", "DATETIME", "TIMESTAMP"):
            raise invalid(f"Field {path}{name} of type RANGE needs a rangeElementType of DATE, DATETIME or TIMESTAMP")
        children = (Field("element", element),)
    return Field(
        name,
        kind,
        mode,
        children,
        entry.get("description"),
        _int(entry, "precision"),
        _int(entry, "scale"),
        _int(entry, "maxLength"),
        entry.get("defaultValueExpression"),
        tuple((entry.get("policyTags") or {}).get("names") or ()),
        _rounding_mode(entry, kind, f"{path}{name}"),
        _collation(entry, kind, f"{path}{name}"),
    )


def _refuse_unknown(entry: Mapping[str, Any], path: str) -> None:
    """501 for what would change how a column's values are made, stored or compared, or who may read them."""
    for key in ("foreignTypeDefinition", "generatedColumn", "dataPolicies", "dataPolicyList", "dataGovernanceTagsInfo"):
        if entry.get(key):
            raise not_implemented(f"{key} of field {path}")
    if _int(entry, "timestampPrecision") not in (None, 6):
        raise not_implemented(f"timestampPrecision {entry['timestampPrecision']} of field {path}")


def _rounding_mode(entry: Mapping[str, Any], kind: str, path: str) -> str | None:
    mode = entry.get("roundingMode")
    if mode in (None, "", "ROUNDING_MODE_UNSPECIFIED"):
        return None
    if mode not in ROUNDING_MODES or kind not in _DECIMAL:
        raise invalid(f"Invalid value for roundingMode: {mode} of field {path}, which is of type {kind}.")
    return str(mode)


def _collation(entry: Mapping[str, Any], kind: str, path: str) -> str | None:
    collation = entry.get("collation")
    if collation is not None and (collation not in COLLATIONS or (collation and kind != "STRING")):
        raise invalid(f"Invalid value for collation: {collation} of field {path}, which is of type {kind}.")
    return collation


def with_collation(fields: Iterable[Field], collation: str | None) -> tuple[Field, ...]:
    """The fields; those that are texts, and say not how they are compared, with a default collation."""
    found = []
    for field in fields:
        own = field.collation if field.collation is not None else collation if field.type == "STRING" else None
        inner = field.fields if field.type == "RANGE" else with_collation(field.fields, collation)
        found.append(replace(field, fields=inner, collation=own or None))
    return tuple(found)


def with_rounding(fields: Iterable[Field], mode: str | None) -> tuple[Field, ...]:
    """The fields; those that are decimals, and say not how they are rounded, with a table's default mode."""
    if mode not in ROUNDING_MODES:
        return tuple(fields)
    return tuple(
        replace(
            field,
            fields=with_rounding(field.fields, mode),
            rounding_mode=field.rounding_mode or (mode if field.type in _DECIMAL else None),
        )
        for field in fields
    )


def _int(entry: Mapping[str, Any], key: str) -> int | None:
    return None if entry.get(key) is None else int(entry[key])


def fields_to_rest(fields: Iterable[Field]) -> dict[str, Any]:
    """A TableSchema with the legacy type names, as the service returns it."""
    return {"fields": [field_to_rest(field) for field in fields]}


def field_to_rest(field: Field) -> dict[str, Any]:
    """One TableFieldSchema."""
    entry: dict[str, Any] = {"name": field.name, "type": legacy_name(field.type), "mode": field.mode}
    if field.type == "RANGE":
        entry["rangeElementType"] = {"type": field.fields[0].type}
    elif field.fields:
        entry["fields"] = [field_to_rest(child) for child in field.fields]
    if field.policy_tags:
        entry["policyTags"] = {"names": list(field.policy_tags)}
    optional = {
        "description": field.description, "precision": field.precision, "scale": field.scale,
        "maxLength": field.max_length, "defaultValueExpression": field.default, "roundingMode": field.rounding_mode,
        "collation": field.collation,
    }  # fmt: skip
    return entry | {
        key: str(value) if isinstance(value, int) else value for key, value in optional.items() if value is not None
    }


def duckdb_type(field: Field) -> str:
    """The DuckDB type of a column, arrays included."""
    return duckdb(of_field(field))


_PLAIN_NAME = re.compile("[A-Za-z_][A-Za-z0-9_]*")


def identifier(name: str) -> str:
    """A name as GoogleSQL writes it: in backticks where it must be."""
    return name if _PLAIN_NAME.fullmatch(name) and name.upper() not in RESERVED else f"`{name}`"


def sql_type(field: Field) -> str:
    """The type as INFORMATION_SCHEMA writes it: ARRAY<STRUCT<a INT64>>, NUMERIC(10, 2)."""
    kind = field.type
    if kind == "STRUCT":
        kind = f"STRUCT<{', '.join(f'{identifier(child.name)} {sql_type(child)}' for child in field.fields)}>"
    elif kind == "RANGE":
        kind = f"RANGE<{field.fields[0].type}>"
    elif field.max_length is not None:
        kind = f"{kind}({field.max_length})"
    elif field.precision is not None:
        kind = f"{kind}({field.precision}{'' if field.scale is None else f', {field.scale}'})"
    return f"ARRAY<{kind}>" if field.mode == "REPEATED" else kind
