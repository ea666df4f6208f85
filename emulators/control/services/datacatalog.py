"""Data Catalog's taxonomies: the names in one place differ."""

from typing import Any

from emulators.control.plane import names
from emulators.control.plane.call import Call
from emulators.control.plane.service import Service
from emulators.control.state.errors import ControlError, failed_precondition

Json = dict[str, Any]

SERVICE = Service("datacatalog", package="google.cloud.datacatalog.v1")


@SERVICE.check("taxonomies", "policyTags")
def check_name(call: Call, new: Json, old: Json | None) -> None:
    """No other one beside it has its name, and a tag's parent is of its taxonomy."""
    collection = call.target.rpartition("/")[0]
    for name, other in call.members(collection):
        if name != call.target and other["displayName"] == new["displayName"]:
            message = f"{collection} already has one with the display name {new['displayName']!r}."
            raise ControlError("ALREADY_EXISTS", message)
    if parent := new.get("parentPolicyTag"):
        if names.with_project_id(call.store, parent).rpartition("/")[0] != collection:
            raise failed_precondition("A policy tag's parent must be of its own taxonomy.")
        new["parentPolicyTag"] = names.with_project_id(call.store, parent)


@SERVICE.removal("policyTags")
def remove_tag(call: Call, tag: Json) -> None:
    """The tags below it go with it."""
    for name, other in call.members(call.name.rpartition("/")[0]):
        if other.get("parentPolicyTag") == tag["name"]:
            remove_tag(call, other)
            call.forget(name)
