"""Datastream: profiles, private connections and streams as resources (emulators.datastream is what moves data)."""

from typing import Any

from emulators.control.plane.call import Call
from emulators.control.plane.service import Service
from emulators.control.state.errors import failed_precondition, invalid

Json = dict[str, Any]

SERVICE = Service("datastream", package="google.cloud.datastream.v1")
SECRETS = ("password", "secretAccessKey", "privateKey")
MOVES = {
    "NOT_STARTED": ("RUNNING",),
    "RUNNING": ("PAUSED",),
    "PAUSED": ("RUNNING",),
}
"""From which state of a stream its user can bring it into which."""


@SERVICE.check("connectionProfiles")
def check_profile(call: Call, new: Json, old: Json | None) -> None:
    """A profile is of one kind."""
    kinds = [name for name in new if name.endswith("Profile")]
    if len(kinds) != 1:
        raise invalid("connection_profile.profile", "A connection profile needs exactly one kind of profile.")
    if old is not None and kinds[0] not in old:
        raise invalid("connection_profile.profile", "The kind of a connection profile cannot be changed.")


@SERVICE.check("privateConnections")
def check_connection(call: Call, new: Json, old: Json | None) -> None:
    """A private connection is a peering or an interface."""
    if ("vpcPeeringConfig" in new) == ("pscInterfaceConfig" in new):
        raise invalid("private_connection", "A connection needs vpcPeeringConfig or pscInterfaceConfig.")


@SERVICE.check("streams")
def check_stream(call: Call, new: Json, old: Json | None) -> None:
    """A stream says what of the past it brings, and moves only between the states of a user."""
    if ("backfillAll" in new) == ("backfillNone" in new):
        raise invalid("stream.backfill_strategy", "A stream needs one of backfillAll and backfillNone.")
    state, before = new.get("state", "NOT_STARTED"), (old or {}).get("state", "NOT_STARTED")
    if state != before and state not in MOVES.get(before, ()):
        raise failed_precondition(f"A stream cannot go from {before} to {state}.")
    for side, profile in (
        ("sourceConfig", "sourceConnectionProfile"),
        ("destinationConfig", "destinationConnectionProfile"),
    ):
        if old is not None and old[side].get(profile) != new.get(side, {}).get(profile):
            raise invalid(f"stream.{side}.{profile}", "The profiles of a stream cannot be changed.")


@SERVICE.fill("streams")
def fill_stream(call: Call, stream: Json) -> None:
    """It waits until it is started."""
    stream.setdefault("state", "NOT_STARTED")


@SERVICE.removal("connectionProfiles", "privateConnections")
def remove_used(call: Call, resource: Json) -> None:
    """What a stream or profile uses stays."""
    call.refuse_use(call.name)


@SERVICE.show("connectionProfiles")
def show_profile(call: Call, profile: Json) -> None:
    """Passwords and keys are only ever written, also those that the document does not mark so."""
    for kind in [name for name in profile if name.endswith("Profile")]:
        profile[kind] = {name: value for name, value in profile[kind].items() if name not in SECRETS}
