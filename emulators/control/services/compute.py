"""Compute Engine's networks: what refers to what, and the values that the service fills (its machines do not run)."""

import ipaddress
from typing import Any

from emulators.control.plane import fill, names, operations, references
from emulators.control.plane.call import Call
from emulators.control.plane.service import Service
from emulators.control.services import servicenetworking
from emulators.control.state.errors import ControlError, invalid, unimplemented

Json = dict[str, Any]

_ADDRESSES = {"type": "array", "items": {"type": "string"}}
SERVICE = Service(
    "compute",
    is_old=True,
    more={
        "RouterNat": {"initialNatIps": _ADDRESSES},
        "NetworkRoutingConfig": {"deleteBgpAlwaysCompareMed": {"type": "boolean", "behaves": {"input"}}},
    },
)
DEFAULTS: dict[str, Json] = {
    "networks": {"autoCreateSubnetworks": True, "routingConfig": {"routingMode": "REGIONAL"}},
    "subnetworks": {"purpose": "PRIVATE", "stackType": "IPV4_ONLY", "privateIpGoogleAccess": False},
    "firewalls": {"priority": 1000, "direction": "INGRESS", "disabled": False, "logConfig": {"enable": False}},
    "addresses": {"addressType": "EXTERNAL", "status": "RESERVED", "networkTier": "PREMIUM"},
}
FIXED = {
    "subnetworks": ("network", "purpose"),
    "firewalls": ("network", "direction"),
    "routers": ("network",),
    "networks": ("mtu",),
}
"""Fields that no method changes; the document does not say so."""
REQUIRED = {"subnetworks": ("network", "ipCidrRange"), "routers": ("network",), "firewalls": ()}


@SERVICE.fill(*DEFAULTS)
def fill_defaults(call: Call, resource: Json) -> None:
    """The values that a request may leave out."""
    collection = names.collection_of(call.target)
    for name, value in DEFAULTS[collection].items():
        resource.setdefault(name, value)
    if collection == "subnetworks":
        resource["gatewayAddress"] = str(ipaddress.ip_network(resource["ipCidrRange"], strict=False)[1])
    if collection == "addresses" and "address" not in resource:
        resource["address"] = _free_address(call, resource)


@SERVICE.check("networks", "subnetworks", "firewalls", "routers")
def check_network(call: Call, new: Json, old: Json | None) -> None:
    """What a network's parts must have, and what of them cannot change."""
    collection = names.collection_of(call.target)
    for field in REQUIRED.get(collection, ()):
        if not new.get(field):
            raise invalid(f"resource.{field}", f"Required field 'resource.{field}' not specified")
    for field in FIXED[collection] if old else ():
        if old is not None and names.relative(str(old.get(field))) != names.relative(str(new.get(field))):
            raise invalid(f"resource.{field}", f"Invalid value for field 'resource.{field}': it cannot be changed.")
    if collection == "subnetworks":
        _check_range(call, new)
    if collection == "firewalls" and bool(new.get("allowed")) == bool(new.get("denied")):
        raise invalid("resource.allowed", "Exactly one of 'allowed' and 'denied' must be given.")


@SERVICE.removal("networks", "subnetworks", "addresses", "routers", "networkEndpointGroups", "backendServices")
def remove(call: Call, resource: Json) -> None:
    """What others refer to stays, and so does a network that is peered."""
    call.refuse_use(call.name)
    if peerings := resource.get("peerings"):
        message = f"The network resource '{call.name}' is already being used by the peering '{peerings[0]['name']}'"
        raise ControlError("INVALID_ARGUMENT", message, reason="resourceInUseByAnotherResource")


@SERVICE.method("networks.addPeering", "networks.updatePeering", "networks.removePeering")
def change_peering(call: Call) -> Json:
    """One side of a peering; it is active when both sides are there, so here it waits."""
    network = call.get(call.name)
    given = call.body.get("networkPeering") or {"name": call.body.get("name")}
    others = [one for one in network.get("peerings", []) if one["name"] != given.get("name")]
    has_it = len(others) < len(network.get("peerings", []))
    if has_it != (call.method.verb != "addPeering"):
        problem = "already exists" if has_it else "does not exist"
        raise invalid("networkPeering.name", f"The peering {given.get('name')} {problem} in this network.")
    if call.method.verb != "removePeering":
        references.check(call, call.name, given)
        others.append({"state": "INACTIVE", "exchangeSubnetRoutes": True, **given})
    elif given.get("name") == servicenetworking.PEERING:
        servicenetworking.cut(call, call.name)
    call.keep(call.name, network | {"peerings": others})
    return operations.done(call, call.name, "Network", network)


@SERVICE.method("subnetworks.expandIpCidrRange")
def expand(call: Call) -> Json:
    """A subnetwork's range only grows."""
    subnetwork = call.get(call.name)
    wider = _range(call.body.get("ipCidrRange", ""))
    if not wider.supernet_of(_range(subnetwork["ipCidrRange"])):
        raise invalid("ipCidrRange", "The new range must contain the old one.")
    return _keep(call, subnetwork | {"ipCidrRange": str(wider)})


@SERVICE.method("subnetworks.setPrivateIpGoogleAccess")
def set_private_access(call: Call) -> Json:
    return _keep(call, call.get(call.name) | {"privateIpGoogleAccess": call.body.get("privateIpGoogleAccess", False)})


def set_labels(call: Call) -> Json:
    """Labels under their own fingerprint, which must be the current one."""
    resource = call.get(call.name)
    if call.body.get("labelFingerprint", "") not in ("", resource.get("labelFingerprint")):
        raise ControlError("CONDITION_NOT_MET", "Labels fingerprint either invalid or resource labels have changed")
    return _keep(call, resource | {"labels": call.body.get("labels", {})})


for _collection in ("globalAddresses", "addresses", "globalForwardingRules", "forwardingRules", "securityPolicies"):
    SERVICE.answers[f"{_collection}.setLabels"] = set_labels


@SERVICE.method("projects.get")
def get_project(call: Call) -> Json:
    """The project as Compute sees it."""
    number = names.project_number(call.project)
    account = f"{number}-compute@developer.gserviceaccount.com"
    link = {"selfLink": fill.LINKS + call.name, "kind": "compute#project"}
    return {
        "name": call.project,
        "id": number,
        "defaultServiceAccount": account,
        "xpnProjectStatus": "UNSPECIFIED",
    } | link


def _keep(call: Call, resource: Json) -> Json:
    schema = call.schema_of(call.name)
    fill.changed(call, schema, resource)
    call.keep(call.name, resource)
    return operations.done(call, call.name, schema, resource)


def _check_range(call: Call, new: Json) -> None:
    """Ranges of one network do not overlap, neither with each other nor with those reserved for peering."""
    wanted = _range(new["ipCidrRange"])
    for name, one in call.members(f"projects/{call.project}/global/addresses"):
        is_own = names.relative(one.get("network", "")) == names.relative(new["network"])
        if is_own and wanted.overlaps(_range(f"{one['address']}/{one.get('prefixLength', 32)}")):
            text = f"Invalid IPCidrRange: {wanted} conflicts with the reserved range '{name}'."
            raise invalid("resource.ipCidrRange", text)
    for name, other in call.members(f"projects/{call.project}/regions/-/subnetworks"):
        in_network = names.relative(other["network"]) == names.relative(new["network"])
        if name != call.target and in_network and wanted.overlaps(_range(other["ipCidrRange"])):
            text = f"Invalid IPCidrRange: {wanted} conflicts with existing subnetwork '{other['name']}'."
            raise invalid("resource.ipCidrRange", text)


def _range(text: str) -> ipaddress.IPv4Network:
    try:
        return ipaddress.IPv4Network(text)
    except ValueError:
        raise invalid("resource.ipCidrRange", f"Invalid value for an IP range: '{text}'.") from None


def _free_address(call: Call, resource: Json) -> str:
    """An address that nothing else has: of the private range where it is internal, else of the documentation's."""
    taken = {one.get("address") for _, one in call.members(call.target.rpartition("/")[0])}
    length = int(resource.get("prefixLength", 32))
    space = "10.128.0.0/9" if resource["addressType"] == "INTERNAL" else "203.0.113.0/24"
    for subnet in ipaddress.ip_network(space).subnets(new_prefix=max(length, int(space.rpartition("/")[2]))):
        if str(subnet[0]) not in taken:
            return str(subnet[0])
    raise unimplemented("Another address: all of this emulator are taken, so that")
