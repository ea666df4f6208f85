"""A service answers for a project only when the project has switched it on (cloud.google.com/service-usage/docs)."""

from emulators.control.plane import names
from emulators.control.services.registry import find_service
from emulators.control.state.errors import ControlError
from emulators.control.state.store import RESOURCE, Store

NEVER_ASKED = frozenset(
    {"accesscontextmanager", "billingbudgets", "cloudbilling", "cloudresourcemanager", "serviceusage"}
)
"""What a project is set up with, before anything is switched on in it."""


def require(store: Store, label: str, name: str) -> None:
    """Refuse a request about a resource of a project in which the service is off.

    Raises:
        ControlError: PERMISSION_DENIED, as the service's front answers with the reason SERVICE_DISABLED.
    """
    project = names.project_of(name)
    if label in NEVER_ASKED or project in ("", "-"):
        return
    host = f"{label}.googleapis.com"
    key = f"projects/{project}/services/{host}"
    known = store.get(RESOURCE, "serviceusage", key)
    default = find_service("serviceusage").defaults["services"]
    if (known or default(store, key) or {}).get("state") != "ENABLED":
        raise ControlError(
            "PERMISSION_DENIED",
            f"{host} has not been used in project {project} before or it is disabled. Enable it, then retry.",
            reason="accessNotConfigured",
        )
