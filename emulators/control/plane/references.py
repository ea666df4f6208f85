"""What a resource refers to must exist: networks, keys, secrets, service accounts and what else is listed here.

A reference is told by its form, wherever it stands. What lives in an emulator of its own (a bucket, a dataset, a topic)
is not looked at.
"""

import re
from collections.abc import Iterator
from typing import Any

from emulators.control.plane import agents, names
from emulators.control.plane.call import Call
from emulators.control.state.errors import ControlError, invalid

Json = dict[str, Any]

_ID = r"[^/\s]+"
_LOCATION = f"projects/{_ID}/locations/{_ID}"
KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (service, re.compile(pattern))
    for service, pattern in (
        ("compute", rf"projects/{_ID}/global/(?:networks|addresses|securityPolicies|backendServices)/{_ID}"),
        ("compute", rf"projects/{_ID}/regions/{_ID}/(?:subnetworks|addresses|routers|networkEndpointGroups)/{_ID}"),
        ("cloudkms", rf"{_LOCATION}/keyRings/{_ID}(?:/cryptoKeys/{_ID}(?:/cryptoKeyVersions/{_ID})?)?"),
        ("secretmanager", rf"projects/{_ID}/(?:locations/{_ID}/)?secrets/{_ID}(?:/versions/{_ID})?"),
        ("datastream", rf"{_LOCATION}/(?:connectionProfiles|privateConnections)/{_ID}"),
        ("monitoring", rf"projects/{_ID}/notificationChannels/{_ID}"),
        ("datacatalog", rf"{_LOCATION}/taxonomies/{_ID}(?:/policyTags/{_ID})?"),
        ("bigqueryconnection", rf"{_LOCATION}/connections/{_ID}"),
        ("iam", rf"projects/{_ID}/serviceAccounts/{_ID}"),
    )
)
_ACCOUNT = re.compile(r"[a-z][a-z\d-]*@(?P<project>[a-z][a-z\d-]{4,28}[a-z\d])\.iam\.gserviceaccount\.com")
_AGENT = re.compile(
    r"gcp-sa-[a-z\d-]+|gs-project-accounts|bigquery-encryption|compute-system|dataflow-service-producer-prod"
    r"|serverless-robot-prod|[a-z-]+-robot|cloudcomposer-accounts|service-networking"
)
"""The projects of Google's services, whose accounts nobody makes as their own."""
_PROSE = frozenset(
    {"name", "mutatedBy", "selfLink", "description", "displayName", "filter", "query", "content", "title"}
)


def check(call: Call, name: str, value: Any) -> None:
    """Refuse a resource that refers to what is not there.

    Raises:
        ControlError: names the field and what it refers to.
    """
    for path, text in _strings(value, ""):
        link = names.with_project_id(call.store, names.relative(text))
        for service, pattern in KINDS:
            if pattern.fullmatch(link) and link != name and not _exists(call, service, link):
                raise _dangling(call, path, link)
        agents.check_key(call, name, path, link)
        if not name.endswith(f"/{text}"):
            require_account(call, path, text)


def require_account(call: Call, path: str, email: str) -> None:
    """Refuse an address of a service account that does not exist: a user's, or an agent's that was never asked for."""
    matched = _ACCOUNT.fullmatch(email)
    if agents.is_missing(call.store, email):
        raise invalid(path, f"Service account {email} does not exist.")
    if matched is None or _AGENT.fullmatch(matched["project"]):
        return
    name = f"projects/{matched['project']}/serviceAccounts/{email}"
    if call.find(name, "iam") is None:
        raise invalid(path, f"Service account {email} does not exist.")


def _exists(call: Call, service: str, link: str) -> bool:
    if call.find(link, service) is not None:
        return True
    if link.endswith("/versions/latest"):
        return call.find(names.parent_of(link), service) is not None
    email = names.short(link)
    if service == "iam":
        matched = _ACCOUNT.fullmatch(email)
        in_project = matched is not None and call.find(f"projects/{matched['project']}/serviceAccounts/{email}", "iam")
        return bool(in_project) or matched is None or _AGENT.fullmatch(matched["project"]) is not None
    return False


def _dangling(call: Call, path: str, link: str) -> ControlError:
    if call.service.label == "compute":
        return ControlError("NOT_FOUND", f"The resource '{link}' was not found", ((path, "not found"),))
    return invalid(path, f"Field '{path}' refers to '{link}', which does not exist.")


def _strings(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Each string of a resource with its path, but for names and prose."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name not in _PROSE or not isinstance(inner, str):
                yield from _strings(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _strings(inner, f"{path}[{index}]")
