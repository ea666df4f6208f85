"""Query parameters of the REST interface as typed literals."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.cast_templates import CASTS
from emulators.bigquery.sql.analysis.values import Value
from emulators.bigquery.sql.model import QueryParameter, SqlError
from emulators.bigquery.sql.types import Type


def values(parameters: Sequence[QueryParameter]) -> tuple[dict[str, Value], tuple[Value, ...]]:
    """The named and the positional parameters; SqlError when a value does not fit its type."""
    named = {p.name.lower(): _value(p) for p in parameters if p.name}
    return named, tuple(_value(p) for p in parameters if not p.name)


def _value(parameter: QueryParameter) -> Value:
    kind = t.of_field(parameter.field)
    # A FLOAT64 that is no literal never becomes a NUMERIC by itself; one without a value is not NaN.
    coerces = parameter.value is None or not t.holds(kind, "FLOAT64")
    return Value(literal(parameter.value, kind, parameter.name), kind, coerces, parameter.value)


def literal(value: Any, kind: Type, name: str | None = None) -> str:
    """A REST value (text, list, dict) as a DuckDB literal."""
    own = t.duckdb(kind)
    if value is None:
        return f"CAST([] AS {own})" if kind.kind == "ARRAY" else f"CAST(NULL AS {own})"
    if kind.kind == "ARRAY":
        assert kind.element is not None
        return f"CAST([{', '.join(literal(v, kind.element, name) for v in value)}] AS {own})"
    if kind.kind == "STRUCT":
        given = {key.lower(): item for key, item in value.items()}
        names = t.struct_names(kind)
        members = (
            f"{t.quoted(n)} := {literal(given.get((f or '').lower()), k, name)}"
            for n, (f, k) in zip(names, kind.fields, strict=True)
        )
        return f"struct_pack({', '.join(members)})"
    if kind.kind == "RANGE":
        assert kind.element is not None
        start, end = literal(value.get("start"), kind.element, name), literal(value.get("end"), kind.element, name)
        return f'struct_pack("start" := {start}, "end" := {end})'
    return _scalar(str(value) if not isinstance(value, bool) else str(value).lower(), kind, name)


def _scalar(value: str, kind: Type, name: str | None) -> str:
    if kind.kind == "STRING":
        return t.text(value)
    if kind.kind == "BYTES":
        try:
            raw = base64.b64decode(value, validate=True)
        except binascii.Error as error:
            raise SqlError(
                f"Invalid value for type BYTES in query parameter {name or ''}: {value}", "invalid"
            ) from error
        return "CAST('" + "".join(f"\\x{b:02X}" for b in raw) + "' AS BLOB)"
    if kind.kind == "JSON":
        return f"bq.parse_json({t.text(value)}, 'exact')"
    return CASTS["STRING", kind.kind].format(t.text(value))
