"""Access Context Manager: perimeters of an organization's policy, which is there under any number."""

from typing import Any

from emulators.control.plane import names
from emulators.control.plane.call import Call
from emulators.control.plane.service import Service
from emulators.control.state.errors import invalid
from emulators.control.state.store import Store

Json = dict[str, Any]

SERVICE = Service("accesscontextmanager", package="google.identity.accesscontextmanager.v1")


@SERVICE.default("accessPolicies")
def default_policy(store: Store, name: str) -> Json | None:
    """The policy of an organization that nobody has asked for."""
    return {"name": name, "title": "default policy"} if names.short(name).isdigit() else None


@SERVICE.check("servicePerimeters")
def check_perimeter(call: Call, new: Json, old: Json | None) -> None:
    """A perimeter's name is all of it, and its projects go by their numbers."""
    if not new.get("title"):
        raise invalid("service_perimeter.title", "Missing required field: service_perimeter.title")
    for part in ("status", "spec"):
        for index, resource in enumerate(new.get(part, {}).get("resources", [])):
            if not resource.startswith("//compute.") and not names.project_of(resource).isdigit():
                field = f"service_perimeter.{part}.resources[{index}]"
                raise invalid(field, f"{resource!r} is not projects/ and a number.")
