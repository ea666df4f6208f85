"""Organization policies: a policy's id is its constraint, which its name in the request carries."""

from typing import Any

from emulators.control.plane.call import Call
from emulators.control.plane.service import Service
from emulators.control.state.errors import invalid

Json = dict[str, Any]

SERVICE = Service("orgpolicy", package="google.cloud.orgpolicy.v2")


@SERVICE.check("policies")
def check_policy(call: Call, new: Json, old: Json | None) -> None:
    """A policy is a specification, or one that is only tried."""
    if not new.get("spec") and not new.get("dryRunSpec"):
        raise invalid("policy.spec", "A policy needs spec or dryRunSpec.")
