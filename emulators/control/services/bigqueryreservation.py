"""BigQuery reservations: slots, and who may use them."""

from typing import Any

from emulators.control.plane.call import Call
from emulators.control.plane.service import Service
from emulators.control.state.errors import failed_precondition, invalid
from emulators.control.state.store import Store

Json = dict[str, Any]

SERVICE = Service("bigqueryreservation", package="google.cloud.bigquery.reservation.v1")


@SERVICE.check("reservations")
def check_reservation(call: Call, new: Json, old: Json | None) -> None:
    """Slots come in hundreds, or in fifties of an edition."""
    if int(new.get("slotCapacity", 0)) % 50 or int(new.get("autoscale", {}).get("maxSlots", 0)) % 50:
        raise invalid("reservation.slot_capacity", "Slots must be a multiple of 50.")
    if new.get("edition") == "STANDARD" and int(new.get("slotCapacity", 0)):
        raise invalid("reservation.slot_capacity", "The STANDARD edition has no baseline slots.")


@SERVICE.check("assignments")
def check_assignment(call: Call, new: Json, old: Json | None) -> None:
    """An assignment says who, and for which kind of jobs."""
    for field in ("assignee", "jobType"):
        if not new.get(field):
            raise invalid(f"assignment.{field}", f"Missing required field: assignment.{field}")


@SERVICE.removal("reservations")
def remove_reservation(call: Call, reservation: Json) -> None:
    """A reservation with assignments stays."""
    if call.members(f"{call.name}/assignments"):
        raise failed_precondition(f"{call.name} still has assignments.")


@SERVICE.default("biReservation")
def default_bi(store: Store, name: str) -> Json:
    return {"name": name, "size": "0"}
