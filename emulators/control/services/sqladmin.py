"""Cloud SQL's administration: instances with their databases and users (no database server runs behind them)."""

from typing import Any

from emulators.control.plane import fill, names, operations, standard
from emulators.control.plane.call import Call
from emulators.control.plane.service import Service
from emulators.control.services import servicenetworking
from emulators.control.state.errors import ControlError, invalid

Json = dict[str, Any]

SERVICE = Service("sqladmin", is_old=True)


@SERVICE.check("instances")
def check_instance(call: Call, new: Json, old: Json | None) -> None:
    """An instance needs a version and a tier; a private address needs the network's connection to Google's services."""
    settings = new.get("settings", {})
    for field, value in (("databaseVersion", new.get("databaseVersion")), ("settings.tier", settings.get("tier"))):
        if not value:
            raise invalid(field, f"Missing required field: {field}.")
    if old is not None:
        for field in ("region", "databaseVersion"):
            if new.get(field) != old.get(field) and field == "region":
                raise invalid(field, f"The {field} of an instance cannot be changed.")
    network = settings.get("ipConfiguration", {}).get("privateNetwork")
    if network and not _has_connection(call, names.relative(network)):
        message = f"Failed to create subnetwork. The network {network} has no private services connection."
        raise ControlError("INVALID_ARGUMENT", message, reason="networkNotPeered")
    if network:
        servicenetworking.use(call, names.with_project_id(call.store, names.relative(network)))


def _has_connection(call: Call, network: str) -> bool:
    wanted = names.with_project_id(call.store, network)
    found = call.store.below("resource", "servicenetworking", "services/")
    return any(names.with_project_id(call.store, one["network"]) == wanted for _, one in found)


@SERVICE.fill("instances")
def fill_instance(call: Call, instance: Json) -> None:
    """Addresses, the connection's name, the version of the settings."""
    name = names.short(call.target)
    instance.setdefault("region", "us-central1")
    instance.setdefault("gceZone", f"{instance['region']}-a")
    project, number = call.project, names.project_number(call.project)
    address = {"type": "PRIMARY", "ipAddress": "203.0.113.10"}
    ip = instance["settings"].get("ipConfiguration", {})
    if ip.get("privateNetwork"):
        address = {"type": "PRIVATE", "ipAddress": "10.128.0.10"}
    previous = int(instance["settings"].get("settingsVersion", "0"))
    instance["settings"] |= {"settingsVersion": str(previous + 1), "kind": "sql#settings"}
    instance |= {
        "project": project,
        "state": "RUNNABLE",
        "backendType": "SECOND_GEN",
        "instanceType": instance.get("instanceType", "CLOUD_SQL_INSTANCE"),
        "connectionName": f"{project}:{instance['region']}:{name}",
        "ipAddresses": [address],
        "serviceAccountEmailAddress": f"p{number}-sql@gcp-sa-cloud-sql.iam.gserviceaccount.com",
    }


@SERVICE.method("instances.update", "instances.patch")
def update_instance(call: Call) -> Json:
    """Both keep the fields of the top level that they do not name; settings must be of the current version."""
    old = call.get(call.name)
    settings = call.body.get("settings", {})
    version = settings.get("settingsVersion", "0")
    if version not in ("0", old["settings"]["settingsVersion"]):
        raise ControlError("CONDITION_NOT_MET", "Condition does not match: the settings have another version by now.")
    if call.method.verb == "patch":
        settings = old["settings"] | settings
    new = old | call.body | {"settings": settings | {"settingsVersion": old["settings"]["settingsVersion"]}}
    schema = call.schema_of(call.name)
    fill.changed(call, schema, new)
    standard.keep_checked(call, call.name, schema, new, old)
    return standard.respond(call, call.name, schema, new)


@SERVICE.removal("instances")
def remove_instance(call: Call, instance: Json) -> None:
    """A protected instance stays."""
    if instance["settings"].get("deletionProtectionEnabled"):
        raise invalid("instance", "The instance is protected from deletion. Switch the protection off and try again.")


@SERVICE.fill("databases", "users")
def fill_part(call: Call, part: Json) -> None:
    """Where it belongs, and a database's character set."""
    part |= {"project": call.project, "instance": call.target.split("/")[3]}
    if names.collection_of(call.target) == "databases":
        is_postgres = call.get(names.parent_of(call.target))["databaseVersion"].startswith("POSTGRES")
        part.setdefault("charset", "UTF8" if is_postgres else "utf8mb4")
        part.setdefault("collation", "en_US.UTF8" if is_postgres else "utf8mb4_0900_ai_ci")


@SERVICE.show("users")
def show_user(call: Call, user: Json) -> None:
    """A password is only ever written."""
    user.pop("password", None)


@SERVICE.method("users.update")
def update_user(call: Call) -> Json:
    """The user goes by a parameter, not by the path."""
    name = _user(call)
    new = call.get(name) | call.body
    call.keep(name, new)
    return operations.done(call, names.parent_of(name), "User", new)


@SERVICE.method("users.delete")
def delete_user(call: Call) -> Json:
    name = _user(call)
    call.get(name)
    call.forget(name)
    return operations.done(call, names.parent_of(name), "User", None)


def _user(call: Call) -> str:
    if not call.query.get("name"):
        raise invalid("name", "Missing required parameter: name")
    return f"{call.name}/{call.query['name']}"
