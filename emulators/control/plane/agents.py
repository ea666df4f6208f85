"""The accounts as which Google's own services act in a project: made when asked for, and let to keys by name."""

import re

from emulators.control.plane import names
from emulators.control.plane.call import Call
from emulators.control.state.errors import failed_precondition, invalid
from emulators.control.state.store import POLICY, PRIVATE, Store

DOMAINS = {
    "bigquerydatatransfer": "gcp-sa-bigquerydatatransfer",
    "bigtableadmin": "gcp-sa-bigtable",
    "compute": "compute-system",
    "dataflow": "dataflow-service-producer-prod",
    "run": "serverless-robot-prod",
    "sqladmin": "gcp-sa-cloud-sql",
}
"""Those that do not follow the rule gcp-sa-<service>."""
_ON_REQUEST = re.compile(r"service-\d+@(?:gcp-sa-[a-z\d-]+|dataflow-service-producer-prod)\.iam\.gserviceaccount\.com")
_KEY = re.compile(r"projects/[^/\s]+/locations/(?P<location>[^/\s]+)/keyRings/[^/\s]+/cryptoKeys/[^/\s]+")
_MULTI_REGIONS = {"EU": "europe", "US": "us"}
_USE = "roles/cloudkms.cryptoKeyEncrypterDecrypter"


def address(label: str, project: str) -> str:
    """The e-mail of a service's agent in a project."""
    domain = DOMAINS.get(label, f"gcp-sa-{label}")
    return f"service-{names.project_number(project)}@{domain}.iam.gserviceaccount.com"


def make(store: Store, email: str) -> None:
    """Remember that an agent is there from now on."""
    store.put(PRIVATE, "agents", email, {"email": email})


def is_missing(store: Store, email: str) -> bool:
    """Whether the address is of an agent that nobody has asked for; those of storage or BigQuery are always there."""
    return bool(_ON_REQUEST.fullmatch(email)) and store.get(PRIVATE, "agents", email) is None


def check_key(call: Call, name: str, path: str, link: str) -> None:
    """Refuse a key that the resource cannot be encrypted with: from elsewhere, or closed to the service's agent.

    Raises:
        ControlError: as Google answers a resource under a key (cloud.google.com/kms/docs/cmek).
    """
    key = _KEY.fullmatch(link)
    if key is None or call.service.label == "cloudkms":
        return
    parts = name.split("/")
    place = parts[3] if len(parts) > 3 and parts[2] == "locations" else ""
    if place and _MULTI_REGIONS.get(place, place.lower()) != key["location"]:
        raise invalid(path, f"The key {link} must be in the same location as {name}.")
    agent = f"serviceAccount:{address(call.service.label, call.project)}"
    policy = call.store.get(POLICY, "cloudkms", link) or {}
    if not any(one["role"] == _USE and agent in one["members"] for one in policy.get("bindings", [])):
        raise failed_precondition(f"Permission denied: {agent} needs {_USE} on {link}.")
