"""Long-running operations. Their work is done when they are answered, and they can be asked for afterwards."""

import uuid
from typing import Any

from emulators.control.plane import names
from emulators.control.plane.call import Call
from emulators.control.plane.fill import LINKS, now, number
from emulators.control.state.errors import not_found, unimplemented
from emulators.control.state.store import OPERATION

Json = dict[str, Any]


def is_operation(call: Call) -> bool:
    """Whether the method answers with an operation."""
    properties = call.document.properties(call.method.response)
    return "done" in properties or {"status", "operationType"} <= properties.keys() or _is_dns(properties)


def done(call: Call, target: str, schema: str, resource: Json | None) -> Json:
    """A finished operation on `target`; `resource` is what it made, or None where it removed something."""
    properties = call.document.properties(call.method.response)
    if "done" in properties:
        operation = _long_running(call, target, schema, resource)
        name = operation["name"]
    else:
        identifier = f"operation-{uuid.uuid4()}"
        name = f"{_base(call, target, identifier)}/{identifier}"
        operation = _old(call, properties, target, name)
    if not call.is_dry:
        call.store.put(OPERATION, call.service.label, name, operation)
    return operation


def answer(call: Call) -> Json:
    """get, wait, list, cancel and delete of operations."""
    verb = call.method.verb
    if verb == "list":
        found = call.store.below(OPERATION, call.service.label, f"{call.name}/")
        items = [one for name, one in found if name.rpartition("/")[0] == call.name]
        field = "operations" if "operations" in call.document.properties(call.method.response) else "items"
        return {field: items} if items else {}
    operation = call.store.get(OPERATION, call.service.label, call.name)
    if operation is None:
        raise not_found(call.name)
    if verb in ("get", "wait"):
        return operation
    if verb == "delete":
        call.store.delete(OPERATION, call.service.label, call.name)
    if verb in ("delete", "cancel"):
        return {}
    raise unimplemented(f"The method {call.method.name}")


def _long_running(call: Call, target: str, schema: str, resource: Json | None) -> Json:
    package = call.service.package
    metadata: Json = {"@type": f"type.googleapis.com/{package}.OperationMetadata", "createTime": now()}
    response: Json = {"@type": "type.googleapis.com/google.protobuf.Empty"}
    if resource is not None:
        # Documents that hold several packages write them into the schemas' names; the last word is the type.
        kind = schema.rpartition("V1")[2].rpartition("V2")[2].removeprefix("Beta1") or schema
        response = {"@type": f"type.googleapis.com/{package}.{kind}", **resource}
    identifier = f"operation-{uuid.uuid4()}"
    name = f"{_base(call, target, identifier)}/{identifier}"
    metadata |= {"endTime": now(), "target": target, "verb": call.method.verb}
    return {"name": name, "metadata": metadata, "done": True, "response": response}


def _old(call: Call, properties: Json, target: str, name: str) -> Json:
    """The operation of Compute, Cloud SQL or DNS, each with the fields that it has."""
    fields: Json = {
        "kind": properties.get("kind", {}).get("default"),
        "id": number(),
        "name": names.short(name),
        "operationType": call.method.verb.upper() if call.service.label == "sqladmin" else call.method.verb,
        "status": "done" if _is_dns(properties) else "DONE",
        "targetLink": LINKS + target,
        "targetId": names.short(target) if call.service.label == "sqladmin" else number(),
        "targetProject": call.project,
        "selfLink": LINKS + name,
        "progress": 100,
        "insertTime": now(),
        "startTime": now(),
        "endTime": now(),
        "type": call.method.verb,
    }
    scope = name.split("/")[2:4]
    if scope[0] in ("regions", "zones"):
        fields[scope[0][:-1]] = f"{LINKS}projects/{call.project}/{'/'.join(scope)}"
    return {name: value for name, value in fields.items() if name in properties and value is not None}


def _base(call: Call, target: str, identifier: str) -> str:
    """The collection of operations nearest to the target that the API has."""
    parts = target.split("/")
    for length in range(len(parts), -1, -1):
        base = "/".join([*parts[:length], "operations"])
        found = call.document.find("GET", f"{base}/{identifier}")
        if found and found[0].verb == "get" and found[0].name.split(".")[-2].lower().endswith("operations"):
            return base
    return f"{'/'.join(parts[:4])}/operations"


def _is_dns(properties: Json) -> bool:
    return {"status", "zoneContext", "user"} <= properties.keys()
