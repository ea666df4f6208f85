"""Service Usage: which services a project has switched on. Any Google service can be; some are from the start."""

import re
from typing import Any

from emulators.auth.state.accounts import unique_id
from emulators.control.plane import agents, names, operations
from emulators.control.plane.call import Call
from emulators.control.plane.service import Service
from emulators.control.state.errors import ControlError, already_exists, invalid
from emulators.control.state.store import Store

Json = dict[str, Any]

SERVICE = Service("serviceusage", package="google.api.serviceusage.v1", later_version="v1beta1")
LARGEST_BATCH = 20
ALWAYS = ("bigquery", "cloudapis", "logging", "monitoring", "servicemanagement", "serviceusage", "storage")
_HOST = re.compile(r"[a-z][a-z\d-]*\.googleapis\.com")


@SERVICE.default("services")
def default_service(store: Store, name: str) -> Json:
    """A service that nobody has switched."""
    host = names.short(name)
    if not _HOST.fullmatch(host):
        raise ControlError("PERMISSION_DENIED", f"Not found or permission denied for service(s): {host}.")
    state = "ENABLED" if host.partition(".")[0] in ALWAYS else "DISABLED"
    parent = f"projects/{names.project_number(names.project_of(name))}"
    return {"name": f"{parent}/services/{host}", "parent": parent, "config": {"name": host}, "state": state}


@SERVICE.method("services.enable", "services.disable")
def switch(call: Call) -> Json:
    """Switch one service on or off."""
    service = _switched(call, call.name, f"{call.method.verb.upper()}D")
    return operations.done(call, call.name, "", {"service": service} if call.method.verb == "enable" else {})


@SERVICE.method("services.batchEnable")
def enable_many(call: Call) -> Json:
    """Switch up to twenty services on."""
    wanted = call.body.get("serviceIds", [])
    if not 0 < len(wanted) <= LARGEST_BATCH:
        raise invalid("service_ids", f"Between 1 and {LARGEST_BATCH} services can be enabled at once.")
    services = [_switched(call, f"{call.name}/{host}", "ENABLED") for host in wanted]
    return operations.done(call, call.name, "", {"services": services})


@SERVICE.method("services.batchGet")
def get_many(call: Call) -> Json:
    asked = [names.with_project_id(call.store, name) for name in call.query.get("names", [])]
    return {"services": [call.get(name) for name in asked]}


@SERVICE.method("services.list")
def list_services(call: Call) -> Json:
    """The services that are on, or those that were once switched off; the catalogue of all services is not known."""
    state = call.query.get("filter", "").removeprefix("state:")
    if state not in ("ENABLED", "DISABLED"):
        raise ControlError("UNIMPLEMENTED", "Only the filters state:ENABLED and state:DISABLED are supported here.")
    always = {f"{call.name}/{label}.googleapis.com" for label in ALWAYS}
    known = always | {name for name, _ in call.members(call.name)}
    found = [call.get(name) for name in sorted(known)]
    return {"services": [one for one in found if one["state"] == state]}


def _switched(call: Call, name: str, state: str) -> Json:
    service = call.get(name) | {"state": state}
    call.keep(name, service)
    return service


@SERVICE.method("services.generateServiceIdentity")
def generate_identity(call: Call) -> Json:
    """The account as which Google's own service acts in the project: each has a name of its own."""
    email = agents.address(names.short(call.name).partition(".")[0], call.project)
    agents.make(call.store, email)
    return operations.done(call, call.name, "ServiceIdentity", {"email": email, "uniqueId": unique_id(email)})


@SERVICE.method("consumerOverrides.create")
def create_override(call: Call) -> Json:
    """One override for each limit."""
    if call.members(call.name):
        raise already_exists(f"{call.name}: an override")
    return _keep_override(call, f"{call.name}/Cg1RdW90YU92ZXJyaWRl", call.body)


@SERVICE.method("consumerOverrides.patch")
def patch_override(call: Call) -> Json:
    return _keep_override(call, call.name, call.get(call.name) | call.body)


@SERVICE.method("consumerOverrides.delete")
def delete_override(call: Call) -> Json:
    call.get(call.name)
    call.forget(call.name)
    return operations.done(call, call.name, "", None)


@SERVICE.method("consumerOverrides.list")
def list_overrides(call: Call) -> Json:
    found = [override for _, override in call.members(call.name)]
    return {"overrides": found} if found else {}


def _keep_override(call: Call, name: str, body: Json) -> Json:
    override = body | {"name": name}
    call.keep(name, override)
    return operations.done(call, name, "QuotaOverride", override)
