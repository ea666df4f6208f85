"""Incidents are opened, commented, escalated, resolved and reopened; each step is an incident_events row."""

from emulators.company.catalogue import NOTES, SEVERITIES, TITLES
from emulators.company.dice import Dice
from emulators.company.schema import Row
from emulators.company.world import Change, World, insert, update


def new_incident(world: World, dice: Dice, account_id: int, at: str) -> Row:
    """A row of incidents that is not in the world yet."""
    return {
        "incident_id": world.next_id("incidents"),
        "account_id": account_id,
        "severity": dice.pick(SEVERITIES[:3]),
        "status": "open",
        "title": dice.pick(TITLES),
        "opened_at": at,
        "resolved_at": None,
        "updated_at": at,
    }


def new_step(incident_id: int, position: int, kind: str, note: str | None, at: str) -> Change:
    """The insert of an incident's next event."""
    row = {"incident_id": incident_id, "position": position, "kind": kind, "note": note, "occurred_at": at}
    return insert("incident_events", row)


def open_incident(world: World, dice: Dice, at: str) -> list[Change]:
    """A customer reports something."""
    account = world.rows["accounts"][dice.pick(world.keys("accounts"))]
    if not account["is_active"]:
        return []
    incident = new_incident(world, dice, account["account_id"], at)
    note = dice.pick(NOTES)
    if dice.chance(0.01):
        note = f"trace {dice.getrandbits(4 * 6000):x}"  # longer than Postgres keeps in the row itself (TOAST)
    return [insert("incidents", incident), new_step(incident["incident_id"], 1, "opened", note, at)]


def comment(world: World, dice: Dice, at: str) -> list[Change]:
    """Someone writes to an open incident."""
    incident = _unresolved(world, dice)
    if incident is None:
        return []
    return [update("incidents", incident, updated_at=at), _next_step(world, incident, "commented", dice, at)]


def escalate(world: World, dice: Dice, at: str) -> list[Change]:
    """An open incident becomes more severe."""
    incident = _unresolved(world, dice)
    if incident is None or incident["severity"] == SEVERITIES[-1]:
        return []
    severity = SEVERITIES[SEVERITIES.index(incident["severity"]) + 1]
    changed = update("incidents", incident, severity=severity, status="escalated", updated_at=at)
    return [changed, _next_step(world, incident, "escalated", dice, at)]


def resolve(world: World, dice: Dice, at: str) -> list[Change]:
    """An open incident is resolved."""
    incident = _unresolved(world, dice)
    if incident is None:
        return []
    changed = update("incidents", incident, status="resolved", resolved_at=at, updated_at=at)
    return [changed, _next_step(world, incident, "resolved", dice, at)]


def reopen(world: World, dice: Dice, at: str) -> list[Change]:
    """A resolved incident turns out not to be."""
    keys = world.keys("incidents")
    incident = world.rows["incidents"][dice.pick(keys)] if keys else None
    if incident is None or incident["status"] != "resolved":
        return []
    changed = update("incidents", incident, status="open", resolved_at=None, updated_at=at)
    return [changed, _next_step(world, incident, "reopened", dice, at)]


def renumber_step(world: World, dice: Dice, at: str) -> list[Change]:
    """An incident's last event moves one position on: a change of a composite primary key."""
    keys = world.keys("incident_events")
    if not keys:
        return []
    last = world.steps(dice.pick(keys)[0])[-1]
    return [update("incident_events", last, position=last["position"] + 1)]


def _next_step(world: World, incident: Row, kind: str, dice: Dice, at: str) -> Change:
    steps = world.steps(incident["incident_id"])
    position = steps[-1]["position"] + 1 if steps else 1
    return new_step(incident["incident_id"], position, kind, dice.pick(NOTES), at)


def _unresolved(world: World, dice: Dice) -> Row | None:
    """One of the newest incidents, if the draw meets one that is not resolved; in a few draws."""
    keys = world.keys("incidents")
    recent = keys[-max(60, len(world.keys("accounts")) // 8) :]
    for _ in range(8 if recent else 0):
        incident = world.rows["incidents"][dice.pick(recent)]
        if incident["status"] != "resolved":
            return incident
    return None
