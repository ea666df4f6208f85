"""Secret Manager: numbered versions, whose payloads only `access` shows (cloud.google.com/secret-manager/docs)."""

from typing import Any

from emulators.control.plane import names, standard
from emulators.control.plane.call import Call
from emulators.control.plane.fill import now
from emulators.control.plane.service import Service
from emulators.control.state.errors import failed_precondition, invalid
from emulators.control.state.store import PRIVATE

Json = dict[str, Any]

SERVICE = Service("secretmanager", package="google.cloud.secretmanager.v1")
LARGEST = 65536
"""Bytes of a payload."""


@SERVICE.check("secrets")
def check_secret(call: Call, new: Json, old: Json | None) -> None:
    """A global secret says how it is replicated."""
    if "/locations/" not in new["name"] and not new.get("replication"):
        raise invalid("secret.replication", "Field [replication] is required for a secret without a location.")
    if new.get("rotation") and not new.get("topics"):
        raise invalid("secret.rotation", "A secret with a rotation needs topics that are told of it.")


@SERVICE.method("secrets.addVersion")
def add_version(call: Call) -> Json:
    """Keep a payload as the next version."""
    call.get(call.name)
    data = call.body.get("payload", {}).get("data")
    if not data:
        raise invalid("payload.data", "Missing required field: payload.data")
    if len(data) > LARGEST * 4 / 3:
        raise invalid("payload.data", f"The payload is larger than {LARGEST} bytes.")
    name = f"{call.name}/versions/{len(call.members(f'{call.name}/versions')) + 1}"
    result = standard.make(call, name, "SecretVersion", {})
    call.store.put(PRIVATE, call.service.label, name, {"data": data})
    return result


@SERVICE.method("versions.get")
def get_version(call: Call) -> Json:
    """A version, by its number or as the latest."""
    return call.get(_number(call))


@SERVICE.method("versions.access")
def access(call: Call) -> Json:
    """The payload of an enabled version."""
    name = _number(call)
    if call.get(name)["state"] != "ENABLED":
        raise failed_precondition(f"Secret Version [{name}] is in {call.get(name)['state']} state.")
    payload = call.store.get(PRIVATE, call.service.label, name)
    return {"name": name, "payload": payload}


@SERVICE.method("versions.enable", "versions.disable", "versions.destroy")
def change_state(call: Call) -> Json:
    """Enable, disable or destroy a version; what is destroyed stays so, and its payload is gone."""
    version = call.get(call.name)
    if version["state"] == "DESTROYED":
        raise failed_precondition(f"Secret Version [{call.name}] is already in DESTROYED state.")
    version["state"] = {"enable": "ENABLED", "disable": "DISABLED", "destroy": "DESTROYED"}[call.method.verb]
    if version["state"] == "DESTROYED":
        version["destroyTime"] = now()
        call.store.delete(PRIVATE, call.service.label, call.name)
    call.keep(call.name, version)
    return version


def _number(call: Call) -> str:
    """The version's name, with a number in the place of "latest"."""
    if names.short(call.name) != "latest":
        return call.name
    collection = call.name.removesuffix("/latest")
    numbers = [int(names.short(name)) for name, _ in call.members(collection)]
    return f"{collection}/{max(numbers, default=0)}"
