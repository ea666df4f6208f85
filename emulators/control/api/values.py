"""Single values of a request: by type and format as a discovery document writes them, read as proto3's JSON."""

import base64
import binascii
import json
import re
from datetime import datetime
from typing import Any

Json = dict[str, Any]

_RANGES = {
    "int32": (-(2**31), 2**31 - 1),
    "uint32": (0, 2**32 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint64": (0, 2**64 - 1),
}
_DURATION = re.compile(r"-?\d{1,12}(\.\d{1,9})?s")
_WHOLE = re.compile(r"-?\d{1,20}")
_FLOATS = ("NaN", "Infinity", "-Infinity")


def scalar(described: Json, value: Any) -> Any:
    """The value as it is kept. Raises ValueError with the expected type, in the words of Google's front."""
    kind, form = described.get("type"), described.get("format", "")
    if form in _RANGES:
        number = _whole(value, form)
        return str(number) if kind == "string" else number
    if kind == "boolean":
        if not isinstance(value, bool):
            raise ValueError("TYPE_BOOL")
        return value
    if kind == "number":
        return _number(value)
    if kind == "integer":
        return _whole(value, "int64")
    return _text(described, form, value)


def parameter(described: Json, text: str) -> Any:
    """A query parameter's value. Raises ValueError with the expected type."""
    if described.get("type") == "boolean":
        if text.lower() not in ("true", "false", "1", "0"):
            raise ValueError("TYPE_BOOL")
        return text.lower() in ("true", "1")
    return scalar(described, text)


def camel(name: str) -> str:
    """A field's JSON name: snake_case is taken too, as everywhere in proto3's JSON."""
    return re.sub(r"_([a-z\d])", lambda match: match[1].upper(), name)


def snake(name: str) -> str:
    """A type's or field's name as prose in the messages: ConnectionProfile becomes connection_profile."""
    return re.sub(r"(?<=[a-z\d])(?=[A-Z])", "_", name).lower()


def excerpt(value: Any) -> str:
    """A value in a message."""
    text = json.dumps(value)
    return text if len(text) < 200 else text[:200] + "..."


def _text(described: Json, form: str, value: Any) -> str:
    if not isinstance(value, str):
        # Some clients send an enum as its number, which no discovery document tells.
        raise ValueError("TYPE_STRING" if "enum" not in described else f"TYPE_ENUM, one of {described['enum']} by name")
    if "enum" in described and value not in described["enum"]:
        raise ValueError("TYPE_ENUM")
    if "pattern" in described and not re.fullmatch(described["pattern"], value):
        raise ValueError(f"must match {described['pattern']}")
    if form == "google-duration" and not _DURATION.fullmatch(value):
        raise ValueError("type.googleapis.com/google.protobuf.Duration")
    if form in ("google-datetime", "date-time"):
        _timestamp(value)
    if form == "byte":
        _bytes(value)
    return value


def _timestamp(value: str) -> None:
    try:
        parsed = datetime.fromisoformat(re.sub(r"\.(\d{6})\d{1,3}", r".\1", value))
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is None:
        raise ValueError("type.googleapis.com/google.protobuf.Timestamp")


def _bytes(value: str) -> None:
    try:
        base64.b64decode(value.replace("-", "+").replace("_", "/") + "=" * (-len(value) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("TYPE_BYTES, Base64") from None


def _whole(value: Any, form: str) -> int:
    kind = f"TYPE_{form.upper()}"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and _WHOLE.fullmatch(value) and value.isascii():
        value = int(value)
    low, high = _RANGES[form]
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(kind)
    return int(value)


def _number(value: Any) -> Any:
    if isinstance(value, str) and value not in _FLOATS:
        try:
            value = float(value)
        except ValueError:
            raise ValueError("TYPE_DOUBLE") from None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("TYPE_DOUBLE")
    return value
