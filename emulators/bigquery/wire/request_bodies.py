"""Request bodies, checked against the types of the API's own discovery document before anything looks into them."""

import logging
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import orjson

from emulators.bigquery.state.errors import ServiceError, bad_request, invalid

_INTEGER = re.compile(r"[+-]?\d{1,20}")
LIMITS = {"int32": (-(2**31), 2**31), "uint32": (0, 2**32), "int64": (-(2**63), 2**63), "uint64": (0, 2**64)}
_TYPES = {"boolean": "TYPE_BOOL", "number": "TYPE_DOUBLE", "integer": "TYPE_INT32", "string": "TYPE_STRING"}
log = logging.getLogger("bigquery")


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """BigQuery's discovery document, as google-api-python-client ships it."""
    source = files("googleapiclient") / "discovery_cache" / "documents" / "bigquery.v2.json"
    found: dict[str, Any] = orjson.loads(source.read_bytes())
    return found


def parse_body(body: bytes, schema: str, project: str | None = None) -> dict[str, Any]:
    """A request's JSON object (empty: {}) of a schema of the API (Dataset, Job ...); 400 names the field that is wrong.

    Names that the API does not know, and those that are its own to say, are left out.

    With a project, every reference to a table or dataset must be complete, but for its project, which is this one.
    """
    try:
        content = orjson.loads(body) if body else {}
    except orjson.JSONDecodeError as error:
        raise ServiceError(400, "parseError", f"Invalid JSON payload received. {error}") from None
    if not isinstance(content, dict):
        raise bad_request("Invalid JSON payload received. An object is expected.")
    _check(content, {"$ref": schema}, snake_case(schema), project)
    return content


def snake_case(name: str) -> str:
    """A field's name as the service's refusals spell it: maxResults -> max_results."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


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
        for i, item in enumerate(value):
            if item is None:
                raise _wrong(f"{path}[{i}]", "a value", item)
            _check(item, kind["items"], f"{path}[{i}]", project)
    elif not is_scalar(value, str(name), kind.get("format")):
        raise _wrong(path, _type(kind), value)
    elif "enum" in kind and value and str(value).upper() not in kind["enum"]:
        raise _wrong(path, type_word(kind), value)


def _check_object(value: Any, kind: Mapping[str, Any], path: str, project: str | None) -> None:
    if isinstance(value, list):
        parent, _, name = path.rpartition(".")
        raise bad_request(f'Invalid JSON payload received. Unknown name "{name}" at \'{parent}\': Proto field is not '
                          "repeating, cannot start list.")  # fmt: skip
    if not isinstance(value, dict):
        raise _wrong(path, "an object", value)
    properties, others = kind.get("properties", {}), kind.get("additionalProperties")
    for key, inner in list(value.items()):
        expected = properties.get(key) or others
        if expected is None:
            # The service passes over such names: Node's client sends its own options, Terraform's provider a datasetId.
            log.warning("%s has %s, which BigQuery's API does not know: it is ignored", path, key)
            del value[key]
            continue
        if expected.get("readOnly"):  # the service passes over what it alone says: clients send back what they got
            del value[key]
            continue
        if expected.get("type") == "array" and inner is not None and not isinstance(inner, list):
            inner = [inner]  # as the service takes it: dlt sends schemaUpdateOptions as one text
        if key not in properties and expected.get("type") == "string" and type(inner) in (int, float):
            inner = str(inner)  # bigframes sends numbers as values of labels
        _check(inner, expected, f"{path}.{snake_case(key) if key in properties else key}", project)
        value[key] = _as_told(inner, expected)


def _complete(value: dict[str, Any], reference: str, path: str, project: str) -> None:
    value["projectId"] = value.get("projectId") or project
    for key in ("datasetId", "tableId") if reference == "TableReference" else ("datasetId",):
        if not value.get(key):
            raise invalid(f"Required parameter is missing: {key} of {path}")


def _as_told(value: Any, kind: Mapping[str, Any]) -> Any:
    """A value as the service returns it: of an integer, those of 64 bits are texts, others are numbers."""
    if isinstance(value, int) and not isinstance(value, bool) and kind.get("format") in ("int64", "uint64"):
        return str(value)
    return int(value) if isinstance(value, str) and kind.get("type") == "integer" else value


def is_scalar(value: Any, kind: str, form: str | None) -> bool:
    """Whether a JSON value is of a scalar type of the discovery document; integers may be texts."""
    if kind == "any":
        return True
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "integer" or (kind == "string" and form in LIMITS):
        if isinstance(value, str) and _INTEGER.fullmatch(value):
            value = int(value)
        low, high = LIMITS[form or "int32"]
        return isinstance(value, int) and not isinstance(value, bool) and low <= value < high
    return isinstance(value, str)


def type_word(kind: Mapping[str, Any]) -> str:
    """What the service's refusals call a type of the document."""
    return "TYPE_ENUM" if "enum" in kind else _type(kind)


def _type(kind: Mapping[str, Any]) -> str:
    form = kind.get("format")
    return f"TYPE_{form.upper()}" if form in LIMITS else _TYPES.get(str(kind.get("type")), "TYPE_MESSAGE")


def _wrong(path: str, expected: str, value: Any) -> ServiceError:
    shown = orjson.dumps(value).decode()
    return invalid(f"Invalid value at '{path}' ({expected}), {shown[:100]}")
