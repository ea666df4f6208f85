"""Query parameters from their REST form."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from emulators.bigquery.sql.model import Field, QueryParameter
from emulators.bigquery.sql.types import SIMPLE
from emulators.bigquery.state.errors import ServiceError, invalid

_MOMENTS = ("TIMESTAMP", "DATETIME", "TIME")
_NANOSECONDS = re.compile(r"(?<=\.\d{6})000(?!\d)")
_ALIASES = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL", "DECIMAL": "NUMERIC", "BIGDECIMAL": "BIGNUMERIC"}


def query_parameters(entries: Sequence[Mapping[str, Any]]) -> tuple[QueryParameter, ...]:
    """A query's parameters from their REST form; 400 for a name that is given twice, and for names beside places."""
    found = tuple(query_parameter(entry) for entry in entries)
    names = [parameter.name.lower() for parameter in found if parameter.name]
    for name in names:
        if names.count(name) > 1:
            raise invalid(f"Duplicate query parameter: the name {name} must be unique within a query")
    if names and len(names) < len(found):
        raise invalid("A query can use positional or named parameters, but not both")
    return found


def query_parameter(entry: Mapping[str, Any]) -> QueryParameter:
    """A REST QueryParameter; 400 for a type that is none."""
    kind = entry.get("parameterType")
    if not kind or not kind.get("type"):
        raise invalid(f"Query parameter '{entry.get('name') or ''}' has no parameterType")
    return QueryParameter(entry.get("name") or None, _type(kind), _value(kind, entry.get("parameterValue")))


def undeclared_parameter(parameter: QueryParameter) -> dict[str, Any]:
    """A parameter without a value as a REST QueryParameter."""
    kind: dict[str, Any] = {"type": parameter.field.type}
    if parameter.field.mode == "REPEATED":
        kind = {"type": "ARRAY", "arrayType": kind}
    return ({"name": parameter.name} if parameter.name else {}) | {"parameterType": kind}


def _type(kind: Mapping[str, Any]) -> Field:
    name = str(kind.get("type") or "").upper()
    if name == "ARRAY":
        element = _type(kind.get("arrayType") or {})
        if element.mode == "REPEATED":
            raise ServiceError(400, "invalidQuery", "Arrays of arrays are not supported as query parameters")
        return Field("", element.type, "REPEATED", element.fields)
    if name == "STRUCT":
        parts = [(part.get("name") or "", _type(part.get("type") or {})) for part in kind.get("structTypes") or ()]
        return Field("", "STRUCT", "NULLABLE", tuple(Field(n, p.type, p.mode, p.fields) for n, p in parts))
    if name == "RANGE":
        return Field("", "RANGE", "NULLABLE", (Field("element", _type(kind.get("rangeElementType") or {}).type),))
    name = _ALIASES.get(name, name)
    if name not in SIMPLE or name == "NULL":
        raise ServiceError(400, "invalidQuery", f"Invalid query parameter type: {kind.get('type')!r}")
    return Field("", name)


def _value(kind: Mapping[str, Any], value: Mapping[str, Any] | None) -> Any:
    """A REST QueryParameterValue, unwrapped as QueryParameter.value."""
    value = value or {}
    name = str(kind.get("type") or "").upper()
    if name == "ARRAY":
        return [_value(kind.get("arrayType") or {}, item) for item in value.get("arrayValues") or ()]
    if name == "STRUCT":
        values = value.get("structValues") or {}
        parts = [(part.get("name") or "", part.get("type") or {}) for part in kind.get("structTypes") or ()]
        return {part: _value(part_type, values.get(part)) for part, part_type in parts}
    if name == "RANGE":
        limits = value.get("rangeValue") or {}
        return {side: (limits.get(side) or {}).get("value") for side in ("start", "end")}
    return _without_nanoseconds(value.get("value")) if name in _MOMENTS else value.get("value")


def _without_nanoseconds(text: Any) -> Any:
    """'...05.123456000Z' -> '...05.123456Z': the Node client writes nine digits, of which BigQuery has six."""
    return _NANOSECONDS.sub("", text) if isinstance(text, str) else text
