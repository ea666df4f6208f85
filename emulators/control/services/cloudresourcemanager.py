"""Resource Manager: every well-formed project is there, as on a laptop all projects are one's own."""

import re
from typing import Any

from emulators.control.plane import names
from emulators.control.plane.call import Call
from emulators.control.plane.service import Service
from emulators.control.state.errors import ControlError
from emulators.control.state.store import Store

Json = dict[str, Any]

SERVICE = Service("cloudresourcemanager", package="google.cloud.resourcemanager.v3")
PROJECT = re.compile(r"[a-z][a-z\d-]{4,28}[a-z\d]")
BEGINNING = "2024-01-01T00:00:00.000Z"


@SERVICE.default("projects")
def default_project(store: Store, name: str) -> Json | None:
    """A project by its id, in the words of both versions of the API."""
    project = names.short(name)
    if not PROJECT.fullmatch(project):
        return None
    return {"projectId": project, "projectNumber": names.project_number(project), "createTime": BEGINNING}


@SERVICE.method("projects.get")
def get_project(call: Call) -> Json:
    """Version 3 has other names than version 1 for most of it."""
    found = call.find(call.name)
    if found is None:
        raise ControlError(
            "PERMISSION_DENIED", f"The caller does not have permission on '{call.name}', or it is not there."
        )
    number = found["projectNumber"]
    if "lifecycleState" in call.document.properties("Project"):
        return found | {"name": found["projectId"], "lifecycleState": "ACTIVE"}
    shown = {name: value for name, value in found.items() if name != "projectNumber"}
    return shown | {"name": f"projects/{number}", "displayName": found["projectId"], "state": "ACTIVE"}


@SERVICE.method("projects.getAncestry")
def get_ancestry(call: Call) -> Json:
    """A project without a folder or an organization."""
    return {"ancestor": [{"resourceId": {"type": "project", "id": call.project}}]}
