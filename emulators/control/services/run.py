"""Cloud Run: each change of a service or job is a revision; what its containers refer to must exist (none runs)."""

import re
from typing import Any

from emulators.control.plane import names
from emulators.control.plane.call import Call
from emulators.control.plane.fill import now
from emulators.control.plane.service import Service
from emulators.control.state.errors import invalid

Json = dict[str, Any]

INSTANCE = (8, 32)
"""Processors and GiB of all containers of an instance together."""
UNITS = {"": 1.0, "m": 0.001, "K": 1e3, "M": 1e6, "G": 1e9, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30}
MEMORY = {1: (0.125, 4), 2: (0.125, 8), 4: (2, 16), 6: (4, 24), 8: (4, 32)}
"""By processors, the least and the most GiB of a container (cloud.google.com/run/docs/configuring)."""
_SCALING = {"type": "string", "enum": ["SCALING_MODE_UNSPECIFIED", "AUTOMATIC", "MANUAL"]}
SERVICE = Service(
    "run",
    package="google.cloud.run.v2",
    more={"GoogleCloudRunV2WorkerPoolScaling": {"scalingMode": _SCALING}},
    replaced=frozenset({"services", "jobs", "workerPools"}),
)


@SERVICE.check("services", "jobs", "workerPools")
def check_template(call: Call, new: Json, old: Json | None) -> None:
    """Containers have images, and mount what there is: secrets, databases, networks, by their short names too."""
    template = new.get("template", {})
    template = template.get("template", template)
    containers = template.get("containers", [])
    if not containers or not all(one.get("image") for one in containers):
        raise invalid("template.containers", "A revision needs at least one container, and each an image.")
    _check_limits(containers)
    volumes = {one.get("name"): one for one in template.get("volumes", [])}
    for index, container in enumerate(containers):
        at = f"template.containers[{index}]"
        for variable in container.get("env", []):
            _check_secret(call, f"{at}.env", variable.get("valueSource", {}).get("secretKeyRef"))
        for mount in container.get("volumeMounts", []):
            if mount.get("name") not in volumes:
                raise invalid(f"{at}.volume_mounts", f"There is no volume {mount.get('name')!r} to mount.")
    for name, volume in volumes.items():
        _check_secret(call, f"template.volumes {name}", volume.get("secret"))
        for connection in volume.get("cloudSqlInstance", {}).get("instances", []):
            _check_database(call, connection)
    for interface in template.get("vpcAccess", {}).get("networkInterfaces", []):
        _check_network(call, interface)


def _check_limits(containers: list[Json]) -> None:
    """Much memory takes many processors and the reverse, and an instance has an end."""
    total_cpu, total_memory = 0.0, 0.0
    for index, container in enumerate(containers):
        limits = container.get("resources", {}).get("limits", {})
        cpu, memory = _amount(limits.get("cpu", "1")), _amount(limits.get("memory", "512Mi")) / 2**30
        least, most = MEMORY.get(int(cpu) if cpu >= 1 else 1, (0.0, 0.0))
        if not least <= memory <= most:
            at = f"template.containers[{index}].resources.limits.memory"
            raise invalid(at, f"Invalid value specified for container memory: {memory:g} GiB with {cpu:g} CPU.")
        total_cpu, total_memory = total_cpu + cpu, total_memory + memory
    if total_cpu > INSTANCE[0] or total_memory > INSTANCE[1]:
        raise invalid("template.containers", f"An instance has at most {INSTANCE[0]} CPU and {INSTANCE[1]} GiB.")


def _amount(text: str) -> float:
    """A quantity as Kubernetes writes it: 1, 500m, 4Gi."""
    matched = re.fullmatch(r"(\d+(?:\.\d+)?)(m|[KMG]i?)?", text)
    if matched is None:
        raise invalid("template.containers.resources.limits", f"Invalid quantity {text!r}.")
    return float(matched[1]) * UNITS[matched[2] or ""]


def _check_secret(call: Call, at: str, reference: Json | None) -> None:
    if reference is None:
        return
    secret = reference.get("secret", "")
    name = secret if "/" in secret else f"projects/{call.project}/secrets/{secret}"
    name = names.with_project_id(call.store, name)
    if call.find(name, "secretmanager") is None:
        raise invalid(at, f"Secret {name} was not found.")
    version = reference.get("version", "latest")
    has_it = call.find(f"{name}/versions/{version}", "secretmanager") is not None
    if version == "latest":
        has_it = bool(call.store.below("resource", "secretmanager", f"{name}/versions/"))
    if not has_it:
        raise invalid(at, f"Secret {name}/versions/{version} was not found.")


def _check_database(call: Call, connection: str) -> None:
    project, _, instance = connection.replace(":", "/instances/", 1).rpartition(":")
    name = f"projects/{project.partition('/')[0]}/instances/{instance}"
    if (call.find(name, "sqladmin") or {}).get("connectionName") != connection:
        raise invalid("template.volumes", f"Cloud SQL instance {connection} was not found.")


def _check_network(call: Call, interface: Json) -> None:
    region = call.target.split("/")[3]
    for field, scope in (("network", "global/networks"), ("subnetwork", f"regions/{region}/subnetworks")):
        given = interface.get(field, "")
        name = f"projects/{call.project}/{scope}/{given}"
        if given and "/" not in given and call.find(name, "compute") is None:
            raise invalid(f"template.vpc_access.{field}", f"The {field} {given} was not found in {region}.")


@SERVICE.fill("services", "workerPools")
def fill_service(call: Call, service: Json) -> None:
    """The address, the revision, and that it is ready."""
    name, region = names.short(call.target), call.target.split("/")[3]
    revision = f"{call.target}/revisions/{name}-{int(service['generation']):05d}-abc"
    service |= _ready() | {"latestReadyRevision": revision, "latestCreatedRevision": revision}
    service.setdefault("launchStage", "GA")
    if names.collection_of(call.target) == "services":
        uri = f"https://{name}-{names.project_number(call.project)}.{region}.run.app"
        service |= {"uri": uri, "urls": [uri]}
        service.setdefault("ingress", "INGRESS_TRAFFIC_ALL")
        service.setdefault("traffic", [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}])
        service["trafficStatuses"] = service["traffic"]


@SERVICE.fill("jobs")
def fill_job(call: Call, job: Json) -> None:
    """That it is ready, and that nothing has run."""
    job |= _ready() | {"executionCount": job.get("executionCount", 0)}
    job.setdefault("launchStage", "GA")


def _ready() -> Json:
    ready = {"type": "Ready", "state": "CONDITION_SUCCEEDED", "lastTransitionTime": now()}
    return {"terminalCondition": ready, "conditions": [], "reconciling": False}
