"""Lists of resources, in pages."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from emulators.control.plane.call import Call
from emulators.control.state.errors import invalid, unimplemented

Json = dict[str, Any]

_EQUALS = re.compile(r'\s*\(?\s*([\w.]+)\s*(?:=|\beq\b|:)\s*"?([^"()\s]*)"?\s*\)?\s*')


def answer(call: Call) -> Json:
    """The list method of any collection."""
    field = _field(call)
    found = [call.shown(name, resource) for name, resource in call.members(call.name) if _is_shown(call, resource)]
    wanted = call.query.get("filter", "")
    for condition in re.split(r"\s+AND\s+", wanted) if wanted else ():
        found = [one for one in found if _holds(condition, one)]
    for name in ("orderBy", "sortBy"):
        if call.query.get(name):
            raise unimplemented(f"The parameter {name}")
    page, token = _page(call, found)
    result: Json = {field: page} if page else {}
    kind = call.document.properties(call.method.response).get("kind", {}).get("default")
    return result | ({"nextPageToken": token} if token else {}) | ({"kind": kind} if kind else {})


def _field(call: Call) -> str:
    """Where the response has the resources."""
    schema = call.schema_of(f"{call.name}/x")
    for name, one in call.document.properties(call.method.response).items():
        if schema and one.get("items", {}).get("$ref") == schema:
            return name
    raise unimplemented(f"The method {call.method.name}")


def _is_shown(call: Call, resource: Json) -> bool:
    is_deleted = resource.get("deleted") is True or resource.get("state") == "DELETED"
    return not is_deleted or bool(call.query.get("showDeleted"))


def _holds(condition: str, resource: Json) -> bool:
    """Whether `field = value` holds. Other conditions are refused."""
    matched = _EQUALS.fullmatch(condition)
    if matched is None:
        raise unimplemented(f"The filter {condition!r} (only field=value, joined by AND, is)")
    value: Any = resource
    for step in matched[1].split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return str(value) == matched[2]


def _page(call: Call, found: list[Json]) -> tuple[list[Json], str]:
    """A page, and the token of the next one."""
    size = int(call.query.get("pageSize") or call.query.get("maxResults") or 0)
    if size < 0:
        raise invalid("page_size", f"The page size {size} is negative.")
    token = call.query.get("pageToken", "")
    try:
        first = int(urlsafe_b64decode(token)) if token else 0
    except ValueError:
        raise invalid("page_token", f"The page token {token!r} is not one of this list.") from None
    if not 0 <= first <= len(found):
        raise invalid("page_token", f"The page token {token!r} is not one of this list.")
    last = first + min(size or 500, 1000)
    return found[first:last], urlsafe_b64encode(str(last).encode()).decode() if last < len(found) else ""
