"""The parameters of a query string, checked as the service's discovery document declares them for each method."""

import re
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from emulators.bigquery.state.errors import bad_request
from emulators.bigquery.wire.request_bodies import LIMITS, document, is_scalar, snake_case, type_word

Parameters = Mapping[str, Mapping[str, Any]]
_PLACE = re.compile(r"\{[^}]*\}")


def declared(method: str, template: str) -> Parameters | None:
    """The parameters of the method at a path template; None for what the document does not describe."""
    shape = _PLACE.sub("{}", template.lstrip("/"))
    for resource in document()["resources"].values():
        for found in resource["methods"].values():
            if found["httpMethod"] == method and _PLACE.sub("{}", found.get("flatPath", found["path"])) == shape:
                own: Parameters = found.get("parameters", {})
                return {name: kind for name, kind in own.items() if kind["location"] == "query"}
    return None


def check_parameters(request: Request, parameters: Parameters) -> None:
    """400 for a parameter whose value is of another type than its own."""
    for name, value in request.query_params.multi_items():
        kind = parameters.get(name)
        if kind is None:  # Google's own clients send some that the document does not name, and the service lets them
            continue
        if value and not _fits(value, kind):
            raise bad_request(f"Invalid value at '{snake_case(name)}' ({type_word(kind)}), \"{value}\"")


def _fits(value: str, kind: Mapping[str, Any]) -> bool:
    if "enum" in kind:
        return value.upper() in map(str.upper, kind["enum"])
    if kind["type"] == "boolean":
        return value.lower() in ("true", "false", "1", "0")
    if kind.get("format") in LIMITS:
        return is_scalar(value, "integer", kind["format"])
    return True
