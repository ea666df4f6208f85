"""The standard methods (google.aip.dev/131 to 135) of any resource, and which function answers which method."""

import re
from typing import Any

from emulators.control.api import masks
from emulators.control.api.document import REQUIRED
from emulators.control.plane import fill, listing, names, operations, policies, references
from emulators.control.plane.call import Call
from emulators.control.plane.service import Answer
from emulators.control.state.errors import ControlError, already_exists, invalid, unimplemented

Json = dict[str, Any]

_ID = re.compile(r"[\w.~%+@:-]{1,255}")


def answer(call: Call) -> Json:
    """The response to a call.

    Raises:
        ControlError: what the service would refuse, and every method that is not known here.
    """
    method = call.method
    if special := call.service.answers.get(method.short_name):
        return special(call)
    collection = method.name.split(".")[-2] if "." in method.name else ""
    if collection.lower().endswith("operations"):
        return operations.answer(call)
    if standard := METHODS.get((method.verb, method.http)):
        return standard(call)
    raise unimplemented(f"The method {call.service.label}.{method.name}")


def create(call: Call) -> Json:
    """Make a resource in a collection."""
    schema = call.schema_of(f"{call.name}/x")
    body, wrapped = _unwrapped(call, schema)
    name = f"{call.name}/{_new_id(call, body, wrapped)}"
    return make(call, name, schema, body)


def make(call: Call, name: str, schema: str, body: Json) -> Json:
    """Make the resource of this name."""
    if call.find(name) is not None:
        raise _duplicate(call, name)
    parent = names.parent_of(name)
    if call.can_create(parent):
        call.get(parent)
    resource = dict(body)
    fill.created(call, schema, name, resource)
    keep_checked(call, name, schema, resource, None)
    return respond(call, name, schema, resource)


def keep_checked(call: Call, name: str, schema: str, new: Json, old: Json | None) -> None:
    """Refuse what the service would, fill what is its own, and keep the resource."""
    call.target = name
    call.checker.require(schema, new, "")
    if check := call.service.checks.get(names.collection_of(name)):
        check(call, new, old)
    references.check(call, name, new)
    if special := call.service.fills.get(names.collection_of(name)):
        special(call, new)
    call.keep(name, new)


def get(call: Call) -> Json:
    """Show a resource."""
    return call.shown(call.name, call.get(call.name))


def update(call: Call) -> Json:
    """Change a resource: the fields of the mask, or, without one, what the method's kind means by that."""
    old = call.find(call.name)
    schema = call.schema_of(call.name)
    if not schema:
        raise unimplemented(f"The method {call.method.name}")
    body, wrapped = _unwrapped(call, schema)
    if old is None:
        if call.query.get("allowMissing") or (call.method.http == "PUT" and not call.can_create(call.name)):
            return make(call, call.name, schema, body)
        raise call.missing(call.name)
    call.check_etag(old, body.get("etag"))
    _check_fingerprint(old, body)
    mask = wrapped.get("updateMask") or call.query.get("updateMask")
    new = _updated(call, schema, old, body, mask) | {"name": old.get("name")}
    if new["name"] is None:
        del new["name"]
    call.checker.refuse_changes(schema, old, new)
    fill.changed(call, schema, new)
    keep_checked(call, call.name, schema, new, old)
    return respond(call, call.name, schema, new)


def delete(call: Call) -> Json:
    """Remove a resource and all below it."""
    old = call.get(call.name)
    call.check_etag(old, call.query.get("etag"))
    schema = call.schema_of(call.name)
    removal = call.service.removals.get(names.collection_of(call.name))
    left = removal(call, old) if removal else None
    if left is None:
        call.forget(call.name)
    else:
        call.keep(call.name, left)
    return respond(call, call.name, schema, left or old, is_removal=left is None)


def respond(call: Call, name: str, schema: str, resource: Json, is_removal: bool = False) -> Json:
    """The method's response about a resource: itself, an operation on it, or nothing."""
    response = call.method.response
    properties = call.document.properties(response)
    shown = call.shown(name, resource)
    if response == schema:
        return shown
    if operations.is_operation(call):
        return operations.done(call, name, schema, None if is_removal else shown)
    if not properties:
        return {}
    for field, one in properties.items():
        if one.get("$ref") == schema:
            return {field: shown}
    if is_removal:
        return {}
    raise unimplemented(f"The method {call.method.name}")


def _unwrapped(call: Call, schema: str) -> tuple[Json, Json]:
    """The resource in the body, and what is around it: CreateRoleRequest has a role and its id."""
    if call.method.request == schema:
        return call.body, {}
    for field, one in call.document.properties(call.method.request).items():
        if schema and one.get("$ref") == schema:
            return call.body.get(field, {}), call.body
    raise unimplemented(f"The method {call.method.name}")


def _new_id(call: Call, body: Json, wrapped: Json) -> str:
    """The id that the caller gives: as a parameter, around the resource, or as its name; else a number."""
    given: Any = None
    for name, one in call.method.parameters.items():
        if name.endswith("Id") and one.get("location") == "query" and name not in ("requestId", "clientOperationId"):
            given = given or call.query.get(name)
            if not given and REQUIRED in one.get("behaves", ()):
                raise invalid(name, f"Missing required parameter: {name}")
    given = given or next((value for name, value in wrapped.items() if name.endswith("Id")), None)
    if not given and isinstance(body.get("name"), str):
        given = names.short(body["name"]) if body["name"].startswith(call.name + "/") else body["name"]
    if not given and call.service.is_old and "name" in call.checker.properties(call.method.request):
        raise invalid("name", "Required field 'resource.name' not specified")
    if not given:
        given = body.get(f"{_singular(names.short(call.name))}Id") or fill.number()
    if not isinstance(given, str) or not _ID.fullmatch(given):
        raise invalid("name", f"Invalid id {given!r}: letters, digits, hyphens, underscores and dots expected.")
    return given


def _singular(collection: str) -> str:
    return f"{collection[:-3]}y" if collection.endswith("ies") else collection[:-1]


def _updated(call: Call, schema: str, old: Json, body: Json, mask: str | None) -> Json:
    if mask:
        return masks.masked(call.checker, schema, old, body, mask)
    collection = names.collection_of(call.name)
    has_mask = "updateMask" in call.method.parameters
    if call.method.http == "PUT" or collection in call.service.replaced:
        return masks.replaced(call.checker, schema, old, body)
    if call.service.is_old:
        merged: Json = masks.merged(old, body)
        return merged
    return old | body if has_mask else masks.replaced(call.checker, schema, old, body)


def _check_fingerprint(old: Json, body: Json) -> None:
    for field in ("fingerprint", "labelFingerprint"):
        if body.get(field) and body[field] != old.get(field):
            raise ControlError("CONDITION_NOT_MET", "Invalid fingerprint.")


def _duplicate(call: Call, name: str) -> ControlError:
    if call.service.label == "compute":
        return ControlError("ALREADY_EXISTS", f"The resource '{name}' already exists")
    return already_exists(name)


METHODS: dict[tuple[str, str], Answer] = {
    ("create", "POST"): create,
    ("insert", "POST"): create,
    ("get", "GET"): get,
    ("list", "GET"): listing.answer,
    ("patch", "PATCH"): update,
    ("update", "PUT"): update,
    ("update", "PATCH"): update,
    ("delete", "DELETE"): delete,
    **{("getIamPolicy", verb): policies.get for verb in ("GET", "POST")},
    ("setIamPolicy", "POST"): policies.set_policy,
    ("testIamPermissions", "POST"): policies.test,
}
