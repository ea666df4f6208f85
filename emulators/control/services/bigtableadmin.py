"""Bigtable's administration: instances with clusters, tables with families (cells are kept by nobody here)."""

from typing import Any

from emulators.control.plane import names, standard
from emulators.control.plane.call import Call
from emulators.control.plane.service import Service
from emulators.control.state.errors import already_exists, failed_precondition, invalid, not_found

Json = dict[str, Any]

SERVICE = Service(
    "bigtableadmin",
    package="google.bigtable.admin.v2",
    # The display name of a new instance is its id where it is left out.
    optional=frozenset({"Instance.displayName", "CreateInstanceRequest.parent"}),
)
SERVICE.answers |= dict.fromkeys(("instances.partialUpdateInstance", "clusters.partialUpdateCluster"), standard.update)


@SERVICE.method("instances.create")
def create_instance(call: Call) -> Json:
    """An instance with its clusters, and the profile that each instance has."""
    clusters = call.body.get("clusters", {})
    if not clusters:
        raise invalid("clusters", "An instance needs at least one cluster.")
    result = standard.create(call)
    name = call.target
    for identifier, cluster in clusters.items():
        place = f"{name}/clusters/{identifier}"
        new = {"defaultStorageType": "SSD", **cluster, "name": place, "state": "READY"}
        standard.keep_checked(call, place, "Cluster", new, None)
    call.keep(f"{name}/appProfiles/default", {"name": f"{name}/appProfiles/default", "multiClusterRoutingUseAny": {}})
    return result


@SERVICE.fill("instances")
def fill_instance(call: Call, instance: Json) -> None:
    instance["type"] = "PRODUCTION"
    instance.setdefault("displayName", names.short(call.target))


@SERVICE.check("clusters")
def check_cluster(call: Call, new: Json, old: Json | None) -> None:
    """A cluster is in a zone, and has nodes or a way to find how many."""
    if not new.get("location"):
        raise invalid("cluster.location", "A cluster needs a location.")
    if not new.get("serveNodes") and not new.get("clusterConfig", {}).get("clusterAutoscalingConfig"):
        raise invalid("cluster.serve_nodes", "A cluster needs nodes, or autoscaling.")


@SERVICE.removal("clusters")
def remove_cluster(call: Call, cluster: Json) -> None:
    """The last cluster stays."""
    if len(call.members(call.name.rpartition("/")[0])) == 1:
        raise failed_precondition("The last cluster of an instance cannot be deleted.")


@SERVICE.check("appProfiles")
def check_profile(call: Call, new: Json, old: Json | None) -> None:
    """A profile routes in one way, to clusters that are there."""
    if ("multiClusterRoutingUseAny" in new) == ("singleClusterRouting" in new):
        raise invalid("app_profile.routing_policy", "A profile needs one routing policy.")
    wanted = [new.get("singleClusterRouting", {}).get("clusterId")]
    wanted += new.get("multiClusterRoutingUseAny", {}).get("clusterIds", [])
    for cluster in filter(None, wanted):
        if call.find(f"{names.parent_of(call.target)}/clusters/{cluster}") is None:
            raise not_found(f"{names.parent_of(call.target)}/clusters/{cluster}")


@SERVICE.fill("tables")
def fill_table(call: Call, table: Json) -> None:
    table.setdefault("granularity", "MILLIS")
    for family in table.setdefault("columnFamilies", {}).values():
        family.setdefault("gcRule", {})


@SERVICE.removal("tables")
def remove_table(call: Call, table: Json) -> None:
    """A protected table stays."""
    if table.get("deletionProtection"):
        raise failed_precondition(f"The table {call.name} is protected from deletion.")


@SERVICE.method("tables.modifyColumnFamilies")
def modify_families(call: Call) -> Json:
    """Add, change and drop families, all or none."""
    table = call.get(call.name)
    families: Json = table["columnFamilies"]
    for change in call.body.get("modifications", []):
        identifier = change.get("id", "")
        if "create" in change and identifier in families:
            raise already_exists(f"{call.name}, family {identifier}")
        if "create" not in change and identifier not in families:
            raise not_found(f"{call.name}, family {identifier}")
        if change.get("drop"):
            del families[identifier]
        else:
            families[identifier] = {"gcRule": {}} | (change.get("create") or change.get("update") or {})
    call.keep(call.name, table)
    return table
