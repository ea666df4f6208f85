"""IAM policies of any resource: read, written under an etag, checked member by member (cloud.google.com/iam/docs)."""

import re
import secrets
from base64 import b64encode
from typing import Any

from emulators.control.plane import references
from emulators.control.plane.call import Call
from emulators.control.state.errors import ControlError, invalid
from emulators.control.state.store import POLICY

Json = dict[str, Any]

NEW = "ACAB"
"""The etag of a policy that was never set."""

_EMAIL = r"[^@\s:]+@[\w.-]+\.[a-z]+"
_MEMBER = re.compile(
    rf"allUsers|allAuthenticatedUsers|(?:user|serviceAccount|group):{_EMAIL}|domain:[\w.-]+\.[a-z]+"
    rf"|deleted:(?:user|serviceAccount|group):{_EMAIL}\?uid=\d+|project(?:Owner|Editor|Viewer):[a-z][\w:.-]+"
    r"|serviceAccount:[^\s/]+\.svc\.id\.goog\[[^\s]+\]|principal(?:Set)?://[\w.-]+/\S+"
)
_ROLE = re.compile(r"roles/[\w.]+|(?:projects|organizations)/[^/]+/roles/[\w.]+")
_EDITABLE = ("bindings", "auditConfigs", "version")


def get(call: Call) -> Json:
    """The policy of a resource."""
    _require_resource(call)
    return _stored(call)


def set_policy(call: Call) -> Json:
    """Replace a policy.

    Raises:
        ControlError: ABORTED where it was changed since the caller read it.
    """
    _require_resource(call)
    given = call.body.get("policy")
    if given is None and call.service.label != "compute":
        raise invalid("policy", "Missing required field: policy")
    given = given or {name: call.body[name] for name in ("bindings", "etag") if name in call.body}
    old = _stored(call)
    if given.get("etag") and given["etag"] != old["etag"]:
        message = (
            "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff."
        )
        raise ControlError("ABORTED", message)
    mask = {word.strip() for word in call.body.get("updateMask", "bindings,version").split(",")}
    kept = {name: value for name, value in old.items() if name in _EDITABLE and name not in mask}
    new = kept | {name: given[name] for name in _EDITABLE if name in given and (name in mask or name == "version")}
    new["bindings"] = _bindings(call, new)
    new = {name: value for name, value in new.items() if value} | {"version": new.get("version", 1) or 1}
    new["etag"] = b64encode(secrets.token_bytes(8)).decode()
    call.store.put(POLICY, call.service.label, call.name, new)
    return new


def test(call: Call) -> Json:
    """The permissions that the caller has: whoever reaches the control plane has all of them."""
    _require_resource(call)
    asked = call.body.get("permissions", [])
    return {"permissions": asked} if asked else {}


def _stored(call: Call) -> Json:
    return call.store.get(POLICY, call.service.label, call.name) or {"version": 1, "etag": NEW}


def _require_resource(call: Call) -> None:
    if call.can_create(call.name):
        call.get(call.name)


def _bindings(call: Call, policy: Json) -> list[Json]:
    """The bindings with members, one for each role and condition."""
    merged: dict[str, Json] = {}
    for index, one in enumerate(policy.get("bindings", [])):
        at = f"policy.bindings[{index}]"
        _check(call, at, one, policy.get("version", 1))
        key = f"{one['role']} {one.get('condition')}"
        members = merged.setdefault(key, {**one, "members": []})["members"]
        members += [member for member in one.get("members", []) if member not in members]
    return [one for one in merged.values() if one["members"]]


def _check(call: Call, at: str, binding: Json, version: int) -> None:
    role = binding.get("role", "")
    if not _ROLE.fullmatch(role):
        raise invalid(f"{at}.role", f"Role {role or '(none)'} is not supported for this resource.")
    if role.startswith("projects/") and (call.find(role, "iam") or {"deleted": True}).get("deleted"):
        raise invalid(f"{at}.role", f"Role ({role}) does not exist in the resource's hierarchy.")
    condition = binding.get("condition")
    if condition is not None and (version != 3 or not condition.get("expression")):
        text = "A binding with a condition needs an expression, and a policy of version 3."
        raise invalid(f"{at}.condition", text)
    for number, member in enumerate(binding.get("members", [])):
        if not _MEMBER.fullmatch(member):
            raise invalid(f"{at}.members[{number}]", f"Invalid member: {member}.")
        if member.startswith("serviceAccount:"):
            references.require_account(call, f"{at}.members[{number}]", member.partition(":")[2])
