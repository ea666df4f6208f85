"""Values as BigQuery writes them into CSV and JSON files."""

import base64
import json
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.errors import not_implemented


def json_value(value: Any, field: Field) -> Any:
    """A column's value for JSON: INT64 and NUMERIC as text (they may exceed what readers hold), times in ISO form."""
    if field.mode == "REPEATED":
        element = Field(field.name, field.type, "NULLABLE", field.fields)
        return [json_value(item, element) for item in value or ()]
    if value is None:
        return None
    if field.type == "STRUCT":
        parts = {child.name: json_value(value[child.name], child) for child in field.fields}
        return {name: part for name, part in parts.items() if part is not None}
    if field.type == "JSON":
        return json.loads(value)
    if isinstance(value, bool | float | str):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime) and field.type == "TIMESTAMP":
        return (
            value.strftime("%Y-%m-%d %H:%M:%S")
            + (f".{value.microsecond:06d}".rstrip("0") if value.microsecond else "")
            + " UTC"
        )
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    raise not_implemented(f"Export of {field.type}")


def csv_text(value: Any, separator: str) -> str:
    """A JSON value as a CSV cell, quoted where it must be: an empty text is, and so is no NULL."""
    if value is None:
        return ""
    if value == "":
        return '""'
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value if isinstance(value, str) else json.dumps(value)
    if any(mark in text for mark in (separator, '"', "\n", "\r")):
        return '"' + text.replace('"', '""') + '"'
    return text
