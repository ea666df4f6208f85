"""Cloud DNS: record sets change one by one or in a change of several, all or none."""

import re
from typing import Any

from emulators.control.plane import names
from emulators.control.plane.call import Call
from emulators.control.plane.fill import now
from emulators.control.plane.service import Service
from emulators.control.state.errors import ControlError, already_exists, invalid, not_found

Json = dict[str, Any]

SERVICE = Service("dns", is_old=True)
SERVERS = [f"ns-cloud-a{number}.googledomains.com." for number in range(1, 5)]
TTL = 21600


@SERVICE.check("managedZones")
def check_zone(call: Call, new: Json, old: Json | None) -> None:
    """A zone's name ends in a dot, and stays."""
    if not re.fullmatch(r"([\w-]+\.)+", new.get("dnsName", "")):
        raise invalid("entity.managedZone.dnsName", f"Invalid value for dnsName: '{new.get('dnsName', '')}'")
    if old is not None and old["dnsName"] != new["dnsName"]:
        raise invalid("entity.managedZone.dnsName", "The dnsName of a zone cannot be changed.")


@SERVICE.fill("managedZones")
def fill_zone(call: Call, zone: Json) -> None:
    """Name servers, and the two records that each zone has."""
    zone.setdefault("visibility", "public")
    zone.setdefault("description", "")
    zone["nameServers"] = SERVERS if zone["visibility"] == "public" else ["ns-gcp-private.googledomains.com."]
    if call.method.verb == "create":
        soa = f"{zone['nameServers'][0]} cloud-dns-hostmaster.google.com. 1 {TTL} 3600 259200 300"
        for kind, data in (("NS", zone["nameServers"]), ("SOA", [soa])):
            record = {"name": zone["dnsName"], "type": kind, "ttl": TTL, "rrdatas": data}
            call.keep(f"{call.target}/rrsets/{zone['dnsName']}/{kind}", _filled(record))


@SERVICE.removal("managedZones")
def remove_zone(call: Call, zone: Json) -> None:
    """A zone with records of its user stays."""
    records = call.members(f"{call.name}/rrsets/-")
    if any(not (one["type"] in ("NS", "SOA") and one["name"] == zone["dnsName"]) for _, one in records):
        message = f"The resource named '{zone['name']}' cannot be deleted because it contains one or more records."
        raise ControlError("INVALID_ARGUMENT", message, reason="containerNotEmpty")


@SERVICE.method("resourceRecordSets.create")
def create_record(call: Call) -> Json:
    return _add(call, names.parent_of(f"{call.name}/x"), call.body)


@SERVICE.method("resourceRecordSets.get")
def get_record(call: Call) -> Json:
    return call.get(call.name)


@SERVICE.method("resourceRecordSets.patch")
def patch_record(call: Call) -> Json:
    """A record set keeps its name and type here."""
    record = _filled(call.get(call.name) | call.body)
    call.keep(call.name, record)
    return record


@SERVICE.method("resourceRecordSets.delete")
def delete_record(call: Call) -> Json:
    call.get(call.name)
    call.forget(call.name)
    return {}


@SERVICE.method("resourceRecordSets.list")
def list_records(call: Call) -> Json:
    """The records of a zone, of one name or one name and type where the parameters say so."""
    call.get(names.parent_of(f"{call.name}/x"))
    found = [one for _, one in call.members(f"{call.name}/-")]
    for field in ("name", "type"):
        found = [one for one in found if call.query.get(field, one[field]) == one[field]]
    return {"kind": "dns#resourceRecordSetsListResponse", "rrsets": found}


@SERVICE.method("changes.create")
def create_change(call: Call) -> Json:
    """Deletions first, then additions; a failure undoes all of it."""
    zone = names.parent_of(f"{call.name}/x")
    call.get(zone)
    for record in call.body.get("deletions", []):
        name = f"{zone}/rrsets/{record.get('name')}/{record.get('type')}"
        if call.find(name) is None:
            raise not_found(f"entity.change.deletions {record.get('name')} {record.get('type')}")
        call.forget(name)
    for record in call.body.get("additions", []):
        _add(call, zone, record)
    number = str(len(call.members(call.name)) + 1)
    change = call.body | {"id": number, "status": "done", "startTime": now(), "kind": "dns#change"}
    call.keep(f"{call.name}/{number}", change)
    return change


def _add(call: Call, zone: str, record: Json) -> Json:
    domain = call.get(zone)["dnsName"]
    for field in ("name", "type"):
        if not record.get(field):
            raise invalid(f"entity.{field}", f"The '{field}' parameter is required but was missing.")
    if record["name"] != domain and not record["name"].endswith(f".{domain}"):
        raise invalid("entity.name", f"Invalid value for 'entity.name': '{record['name']}' is not in {domain}")
    name = f"{zone}/rrsets/{record['name']}/{record['type']}"
    if call.find(name) is not None:
        raise already_exists(f"{record['name']} ({record['type']})")
    call.keep(name, _filled(record))
    return _filled(record)


def _filled(record: Json) -> Json:
    return {"ttl": 300, "signatureRrdatas": [], **record, "kind": "dns#resourceRecordSet"}
