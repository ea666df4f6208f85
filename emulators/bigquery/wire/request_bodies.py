"""Request bodies, checked against the types of the API's own discovery document before anything looks into them."""

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import orjson

from emulators.bigquery.state.errors import ServiceError, invalid

_INTEGER = re.compile(r"[+-]?\d{1,20}")


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """BigQuery's discovery document, as google-api-python-client ships it."""
    source = files("googleapiclient") / "discovery_cache" / "documents" / "bigquery.v2.json"
    found: dict[str, Any] = orjson.loads(source.read_bytes())
    return found


def parse_body(body: bytes, schema: str, project: str | None = None) -> dict[str, Any]:
    """A request's JSON object (empty: {}) of a schema of the API (Dataset, Job ...); 400 names the field that is wrong.

    With a project, every reference to a table or dataset must be complete, but for its project, which is this one.
    """
    try:
        content = orjson.loads(body) if body else {}
    except orjson.JSONDecodeError as error:
        raise ServiceError(400, "parseError", f"Invalid JSON payload received. {error}") from None
    if not isinstance(content, dict):
        raise invalid("Invalid JSON payload received. An object is expected.")
    _check(content, {"$ref": schema}, "", project)
    return content


def _check(value: Any, kind: Mapping[str, Any], path: str, project: str | None) -> None:
    if value is None:
        return
    reference = kind.get("$ref")
    if reference is not None:
        if reference == "JsonValue":
            return
        kind = document()["schemas"][reference]
    name = kind.get("type")
    if reference == "QueryParameterValue" and isinstance(value, dict) and isinstance(value.get("value"), int | float):
        value["value"] = orjson.dumps(value["value"]).decode()  # clients send FLOAT64 parameters as JSON numbers
    if name == "object":
        _check_object(value, kind, path, project)
        if project is not None and reference in ("TableReference", "DatasetReference"):
            _complete(value, reference, path, project)
    elif name == "array":
        if not isinstance(value, list):
            raise _wrong(path, "a list", value)
        for i, item in enumerate(value):
            if item is None:
                raise _wrong(f"{path}[{i}]", "a value", item)
            _check(item, kind["items"], f"{path}[{i}]", project)
    elif not _is_scalar(value, str(name), kind.get("format")):
        raise _wrong(path, str(kind.get("format") or name), value)


def _check_object(value: Any, kind: Mapping[str, Any], path: str, project: str | None) -> None:
    if not isinstance(value, dict):
        raise _wrong(path, "an object", value)
    properties, others = kind.get("properties", {}), kind.get("additionalProperties")
    for key, inner in value.items():
        expected = properties.get(key) or others
        if expected is not None:
            _check(inner, expected, f"{path}.{key}" if path else key, project)


def _complete(value: dict[str, Any], reference: str, path: str, project: str) -> None:
    value["projectId"] = value.get("projectId") or project
    for key in ("datasetId", "tableId") if reference == "TableReference" else ("datasetId",):
        if not value.get(key):
            raise invalid(f"Required parameter is missing: {path}.{key}")


def _is_scalar(value: Any, kind: str, form: str | None) -> bool:
    if kind == "any":
        return True
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "integer" or (kind == "string" and form in ("int64", "uint64", "int32", "uint32")):
        return (isinstance(value, int) and not isinstance(value, bool)) or (
            isinstance(value, str) and _INTEGER.fullmatch(value) is not None
        )
    return isinstance(value, str)


def _wrong(path: str, expected: str, value: Any) -> ServiceError:
    shown = orjson.dumps(value).decode()
    return invalid(f"Invalid value at '{path}': {expected} is expected, not {shown[:100]}")
