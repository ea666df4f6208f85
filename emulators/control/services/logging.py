"""Cloud Logging: sinks write under an identity, and two buckets are there from the start."""

from typing import Any

from emulators.control.plane import agents, names, standard
from emulators.control.plane.call import Call
from emulators.control.plane.service import Service
from emulators.control.state.errors import failed_precondition, invalid
from emulators.control.state.store import Store

Json = dict[str, Any]

SERVICE = Service("logging", package="google.logging.v2")
DESTINATIONS = ("storage", "bigquery", "pubsub", "logging", "appengine")
BUCKETS = ("_Default", "_Required")


@SERVICE.check("sinks")
def check_sink(call: Call, new: Json, old: Json | None) -> None:
    """A sink goes to one of the services that take entries."""
    if new["destination"].partition(".googleapis.com/")[0] not in DESTINATIONS:
        raise invalid("sink.destination", f"Unsupported destination: {new['destination']}")


@SERVICE.fill("sinks")
def fill_sink(call: Call, sink: Json) -> None:
    """The identity: its own where that is asked for, else the one that all sinks share."""
    number = names.project_number(call.project)
    own = f"serviceAccount:{agents.address('logging', call.project)}"
    if call.query.get("uniqueWriterIdentity") or sink.get("writerIdentity") == own:
        sink["writerIdentity"] = own
        agents.make(call.store, own.partition(":")[2])
    else:
        sink["writerIdentity"] = "serviceAccount:cloud-logs@system.gserviceaccount.com"
    sink["resourceName"] = f"projects/{number}/sinks/{sink['name']}"


@SERVICE.method("metrics.create")
def create_metric(call: Call) -> Json:
    """A metric's name may hold slashes, which its path has escaped."""
    call.body["name"] = call.body.get("name", "").replace("/", "%2F")
    return standard.create(call)


@SERVICE.fill("metrics")
def fill_metric(call: Call, metric: Json) -> None:
    """The descriptor under which Monitoring knows the metric."""
    metric["name"] = names.short(call.target).replace("%2F", "/")
    described = {"metricKind": "DELTA", "valueType": "INT64"} | metric.get("metricDescriptor", {})
    kind = f"logging.googleapis.com/user/{metric['name']}"
    described |= {"type": kind, "name": f"projects/{call.project}/metricDescriptors/{kind}"}
    metric["metricDescriptor"] = described


@SERVICE.fill("exclusions")
def fill_exclusion(call: Call, exclusion: Json) -> None:
    """An exclusion's name is short, though its path is called a name."""
    exclusion["name"] = names.short(call.target)


@SERVICE.default("buckets")
def default_bucket(store: Store, name: str) -> Json | None:
    if names.short(name) not in BUCKETS:
        return None
    required = names.short(name) == "_Required"
    days = {"retentionDays": 400, "locked": True} if required else {"retentionDays": 30}
    return {"name": name, "lifecycleState": "ACTIVE", **days}


@SERVICE.fill("buckets")
def fill_bucket(call: Call, bucket: Json) -> None:
    bucket["lifecycleState"] = "ACTIVE"
    bucket.setdefault("retentionDays", 30)


@SERVICE.check("buckets")
def check_bucket(call: Call, new: Json, old: Json | None) -> None:
    """A locked bucket stays as it is."""
    if old is not None and old.get("locked") and old.get("retentionDays") != new.get("retentionDays"):
        raise failed_precondition(f"The bucket {call.target} is locked.")


@SERVICE.removal("buckets")
def remove_bucket(call: Call, bucket: Json) -> Json:
    """A bucket waits for its deletion and can be undeleted; those of the service stay."""
    if names.short(call.name) in BUCKETS or bucket.get("locked"):
        raise failed_precondition(f"The bucket {call.name} cannot be deleted.")
    return bucket | {"lifecycleState": "DELETE_REQUESTED"}


@SERVICE.method("buckets.undelete")
def undelete_bucket(call: Call) -> Json:
    call.keep(call.name, call.get(call.name) | {"lifecycleState": "ACTIVE"})
    return {}


@SERVICE.method("buckets.createAsync")
def create_bucket(call: Call) -> Json:
    return standard.create(call)


@SERVICE.method("buckets.updateAsync")
def update_bucket(call: Call) -> Json:
    return standard.update(call)
