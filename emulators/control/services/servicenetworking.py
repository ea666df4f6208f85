"""Service Networking: one private connection of a network to Google's services, over ranges reserved for it.

The connection is also a peering of the network, which its owner may remove at any time (Compute's removePeering).
"""

from typing import Any

from emulators.control.plane import names, operations
from emulators.control.plane.call import Call
from emulators.control.plane.service import Service
from emulators.control.state.errors import already_exists, failed_precondition, invalid, not_found
from emulators.control.state.store import PRIVATE, RESOURCE

Json = dict[str, Any]

SERVICE = Service("servicenetworking", package="google.cloud.servicenetworking.v1")
PEERING = "servicenetworking-googleapis-com"


@SERVICE.method("connections.create")
def create_connection(call: Call) -> Json:
    """Connect a network."""
    network = _network(call, call.body.get("network", ""))
    name = f"{call.name}/{network.replace('/', ':')}"
    if call.find(name) is not None:
        raise already_exists(name)
    return _keep(call, name, network)


@SERVICE.method("connections.patch")
def patch_connection(call: Call) -> Json:
    """Change the ranges. The connection goes by its network, its name in the path may be "-"."""
    network = _network(call, call.body.get("network", ""))
    name = f"{names.parent_of(call.name)}/connections/{network.replace('/', ':')}"
    call.get(name)
    return _keep(call, name, network)


@SERVICE.method("connections.list")
def list_connections(call: Call) -> Json:
    """The connections of one network, which the service calls by its project's number."""
    network = _numbered(names.with_project_id(call.store, call.query.get("network", "")))
    found = [one for _, one in call.members(call.name) if one["network"] == network]
    return {"connections": found} if found else {}


@SERVICE.method("connections.deleteConnection")
def delete_connection(call: Call) -> Json:
    """End a connection that no service uses; Cloud SQL keeps using it for days after its last instance has gone."""
    network = names.with_project_id(call.store, call.body.get("consumerNetwork", ""))
    name = f"{names.parent_of(call.name)}/connections/{network.replace('/', ':')}"
    if call.find(name) is None:
        raise not_found(name)
    if call.store.get(PRIVATE, "producers", network):
        raise failed_precondition(
            "Failed to delete connection; Producer services (e.g. CloudSQL, Cloud Memstore, etc.) are still using this"
            " connection."
        )
    call.forget(name)
    _set_peerings(call, network, [])
    return operations.done(call, name, "Connection", None)


def use(call: Call, network: str) -> None:
    """Remember that a service has addresses in the network's ranges."""
    call.store.put(PRIVATE, "producers", network, {"service": call.service.label})


def cut(call: Call, network: str) -> None:
    """Forget the connection of a network whose owner has removed its peering."""
    for name, one in call.store.below(RESOURCE, SERVICE.label, "services/"):
        if one["network"] == _numbered(network):
            call.store.delete(RESOURCE, SERVICE.label, name)


def _set_peerings(call: Call, network: str, own: list[Json]) -> None:
    """Let the network show this connection as one of its peerings, or no longer."""
    resource = call.find(network, "compute")
    if resource is not None:
        others = [one for one in resource.get("peerings", []) if one["name"] != PEERING]
        call.store.put(RESOURCE, "compute", network, resource | {"peerings": others + own})


def _network(call: Call, link: str) -> str:
    network = names.with_project_id(call.store, names.relative(link))
    if call.find(network, "compute") is None:
        raise invalid("connection.network", f"The network {link!r} does not exist.")
    return network


def _numbered(network: str) -> str:
    project = names.project_of(network)
    return network.replace(project, names.project_number(project), 1) if project else network


def _keep(call: Call, name: str, network: str) -> Json:
    """Keep a connection whose ranges are reserved for peering in the network."""
    ranges = call.body.get("reservedPeeringRanges", [])
    project = names.project_of(network)
    for index, one in enumerate(ranges):
        address = call.find(f"projects/{project}/global/addresses/{one}", "compute")
        if address is None or address.get("purpose") != "VPC_PEERING":
            text = f"The range {one!r} is not a global address of purpose VPC_PEERING in {project}."
            raise invalid(f"connection.reserved_peering_ranges[{index}]", text)
    if not ranges:
        raise invalid("connection.reserved_peering_ranges", "At least one reserved range is needed.")
    own = {"peering": PEERING, "service": names.parent_of(name)}
    connection = {"network": _numbered(network), "reservedPeeringRanges": ranges, **own}
    call.keep(name, connection)
    _set_peerings(call, network, [{"name": PEERING, "state": "ACTIVE", "network": f"{_numbered(network)}-producer"}])
    return operations.done(call, name, "Connection", connection)
