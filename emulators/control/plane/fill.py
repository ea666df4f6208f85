"""What every service fills in a resource: names, ids, links, etags, times, states."""

import hashlib
import json
import secrets
import uuid
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

from emulators.control.api.document import OUTPUT
from emulators.control.plane import names
from emulators.control.plane.call import Call

Json = dict[str, Any]

STATES = ("ACTIVE", "READY", "RUNNABLE", "ENABLED", "CREATED", "SUCCEEDED", "CONDITION_SUCCEEDED")
"""What a resource is at rest, in the words of the various services."""

LINKS = "https://www.googleapis.com/compute/v1/"


def now() -> str:
    """The time as the APIs write it."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def number() -> str:
    """A new id of nineteen digits; clients read it into 63 bits."""
    return str(secrets.randbelow(8 * 10**18) + 10**18)


def etag_of(resource: Json) -> str:
    """A mark of this state of a resource."""
    rest = {name: value for name, value in resource.items() if name not in ("etag", "fingerprint", "labelFingerprint")}
    return b64encode(hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).digest()[:9]).decode()


def created(call: Call, schema: str, name: str, resource: Json) -> None:
    """Fill a new resource."""
    properties = call.checker.properties(schema)
    shower = call.shower(name)
    if "name" in properties:
        resource["name"] = name if shower and shower.is_full_name else names.short(name)
    for field in ("createTime", "creationTimestamp", "creationTime", "insertTime"):
        if _is_ours(properties.get(field, {})):
            resource[field] = now()
    if "uid" in properties and _is_ours(properties["uid"]):
        resource["uid"] = str(uuid.uuid4())
    if properties.get("id", {}).get("format") == "uint64":
        resource["id"] = number()
    state = properties.get("state", {})
    if _is_ours(state) and (values := [word for word in STATES if word in state.get("enum", ())]):
        resource["state"] = values[0]
    if kind := properties.get("kind", {}).get("default"):
        resource["kind"] = kind
    _link(properties, name, resource)
    changed(call, schema, resource)


def changed(call: Call, schema: str, resource: Json) -> None:
    """Fill a new or changed resource."""
    properties = call.checker.properties(schema)
    if _is_ours(properties.get("updateTime", {})):
        resource["updateTime"] = now()
    if properties.get("generation", {}).get("format") == "int64":
        resource["generation"] = str(int(resource.get("generation", "0")) + 1)
    if properties.get("observedGeneration", {}).get("format") == "int64":
        resource["observedGeneration"] = resource["generation"]
    for field in ("etag", "fingerprint", "labelFingerprint"):
        if field in properties:
            resource[field] = etag_of(resource)


def _link(properties: Json, name: str, resource: Json) -> None:
    """The links of the older APIs: to the resource itself, and to its region or zone."""
    if "selfLink" not in properties:
        return
    resource["selfLink"] = LINKS + name
    scope = name.split("/")[2:4]
    if len(scope) == 2 and scope[0] in ("regions", "zones") and scope[0][:-1] in properties:
        resource[scope[0][:-1]] = f"{LINKS}{'/'.join(name.split('/')[:4])}"


def _is_ours(described: Json) -> bool:
    """Whether only the service writes the field."""
    return OUTPUT in described.get("behaves", ())
