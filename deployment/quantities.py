"""How much of what a plan and a company's volumes use in a month: (price's name, what it is, quantity)."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deployment.plan import Plan
from deployment.prices import PriceError

HOURS = 730.0  # in a month, as Google counts
_GIB_PER_CPU = {"standard": 4, "highmem": 8, "highcpu": 1}


@dataclass(frozen=True)
class Usage:
    """What one company sends through the platform in a month; each field's meaning: terraform/usage.yaml."""

    title: str
    environment: str
    changes_gib: float
    events_gib: float
    compression: float
    months_kept: float
    scanned_tib: float
    dataflow_workers: float
    bigtable_nodes: float
    egress_gib: float
    logs_gib: float
    image_gib: float


@dataclass(frozen=True)
class Quantity:
    """So much of what is sold under the price of that name."""

    price: str
    what: str
    amount: float


def of_plan(plan: Plan, usage: Usage, free: Iterable[str]) -> Iterator[Quantity]:
    """What the plan's resources use by being there.

    Raises:
        PriceError: a type of resource is neither free nor priced here.
    """
    known = frozenset(free)
    for resource in plan.resources:
        if resource.type in PRICED:
            yield from PRICED[resource.type](resource.values, usage)
        elif resource.type not in known:
            raise PriceError(
                f"{resource.address}: {resource.type} has no price. Add it to `free` in terraform/prices.yaml, "
                "or a function to deployment/quantities.py."
            )


def of_volume(plan: Plan, usage: Usage) -> Iterator[Quantity]:
    """What is used by the volume that goes through: transfer, storage, queries, logs."""
    raw, kept = usage.changes_gib + usage.events_gib, usage.months_kept
    new, old = raw * usage.compression * min(kept, 3), raw * usage.compression * max(kept - 3, 0)
    yield Quantity("datastream", "changes", usage.changes_gib)
    yield Quantity("pubsub", "events, published and read", 2 * usage.events_gib / 1024)
    yield Quantity("pubsub_retention", "events kept for 7 days", usage.events_gib * 7 / 30)
    yield Quantity("bigquery_writes", "events written", usage.events_gib)
    yield Quantity("storage_standard", "landing and bronze, 90 days", 2 * new)
    yield Quantity("storage_archive", "landing, older", old)
    yield Quantity("storage_standard", "bronze, older", old)
    yield Quantity("storage_writes", "files, one per minute and table at least", max(raw / 0.064, 200_000) / 1000)
    physical = _any(plan, "google_bigquery_dataset", "storage_billing_model", "PHYSICAL")
    model, factor = ("physical", 1.0) if physical else ("logical", 1 / usage.compression)
    yield Quantity(f"bigquery_{model}", "silver and gold, 90 days", new * factor)
    yield Quantity(f"bigquery_{model}_old", "silver and gold, older", old * factor)
    yield Quantity("bigquery_queries", "queries on demand", usage.scanned_tib)
    yield Quantity("nat_traffic", "traffic through NAT", usage.egress_gib)
    yield Quantity("logs", "logs", usage.logs_gib)
    yield Quantity("images", "images", usage.image_gib)


def _any(plan: Plan, type_: str, attribute: str, value: str) -> bool:
    return any(resource.values.get(attribute) == value for resource in plan.resources if resource.type == type_)


def _run(values: Mapping[str, Any], _: Usage) -> Iterator[Quantity]:
    """A Cloud Run service or worker pool that is always there."""
    scaling = (values.get("scaling") or [{}])[0] or {}
    template = values["template"][0]
    minimum = ((template.get("scaling") or [{}])[0] or {}).get("min_instance_count")
    instances = minimum or scaling.get("manual_instance_count") or 0
    for container in template["containers"]:
        limits = container["resources"][0]["limits"]
        what = f"{values['name']}: {container['name']}"
        yield Quantity("run_cpu", what, instances * float(limits["cpu"]) * HOURS * 3600)
        yield Quantity("run_memory", what, instances * float(limits["memory"].removesuffix("Gi")) * HOURS * 3600)


def _sql(values: Mapping[str, Any], _: Usage) -> Iterator[Quantity]:
    settings = values["settings"][0]
    machines = 2 if settings["availability_type"] == "REGIONAL" else 1
    tier, name = settings["tier"], values["name"]
    if custom := re.fullmatch(r"db-custom-(\d+)-(\d+)", tier):
        yield Quantity("sql_cpu", name, machines * int(custom[1]) * HOURS)
        yield Quantity("sql_memory", name, machines * int(custom[2]) / 1024 * HOURS)
    else:
        yield Quantity({"db-f1-micro": "sql_micro", "db-g1-small": "sql_small"}[tier], name, machines * HOURS)
    yield Quantity("sql_disk", f"{name}: disk", machines * settings["disk_size"])


def _dataflow(values: Mapping[str, Any], usage: Usage) -> Iterator[Quantity]:
    """A streaming job, with the company's mean number of workers and its events."""
    cpus, memory = machine(values.get("machine_type") or "n1-standard-2")
    workers = min(usage.dataflow_workers, values.get("max_workers") or usage.dataflow_workers)
    yield Quantity("dataflow_cpu", values["name"], workers * cpus * HOURS)
    yield Quantity("dataflow_memory", values["name"], workers * memory * HOURS)
    yield Quantity("dataflow_engine", f"{values['name']}: streaming engine", usage.events_gib)


def machine(name: str) -> tuple[float, float]:
    """Processors and GiB of a machine type. Raises PriceError for one that it does not know."""
    if found := re.fullmatch(r"\w+-(standard|highmem|highcpu)-(\d+)", name):
        return int(found[2]), int(found[2]) * _GIB_PER_CPU[found[1]]
    raise PriceError(f"machine type {name} is unknown: add its size to deployment/quantities.py")


def _bigtable(values: Mapping[str, Any], usage: Usage) -> Iterator[Quantity]:
    for cluster in values["cluster"]:
        scaling = (cluster.get("autoscaling_config") or [{}])[0] or {}
        nodes = max(usage.bigtable_nodes, scaling.get("min_nodes") or cluster.get("num_nodes") or 1)
        yield Quantity("bigtable_nodes", cluster["cluster_id"], nodes * HOURS)
        yield Quantity("bigtable_disk", f"{cluster['cluster_id']}: disk", usage.events_gib * usage.compression)


def _copy(values: Mapping[str, Any], usage: Usage) -> Iterator[Quantity]:
    """A nightly copy, made anew: of silver or gold half of what is kept in both, of others hardly anything."""
    source = values["params"]["source_dataset_id"]
    share = 0.5 if source.endswith(("silver", "gold")) else 0
    raw = (usage.changes_gib + usage.events_gib) * usage.months_kept
    yield Quantity("bigquery_logical", f"copy of {source}", share * raw)


def _reservation(values: Mapping[str, Any], _: Usage) -> Iterator[Quantity]:
    yield Quantity("bigquery_slots", f"{values['name']}: baseline", values["slot_capacity"] * HOURS)


def _each(price: str, what: str, amount: float) -> Callable[[Mapping[str, Any], Usage], Iterator[Quantity]]:
    def quantity(_: Mapping[str, Any], __: Usage) -> Iterator[Quantity]:
        yield Quantity(price, what, amount)

    return quantity


def _nothing(_: Mapping[str, Any], __: Usage) -> Iterator[Quantity]:
    """Billed by volume: of_volume() counts it."""
    return iter(())


PRICED: dict[str, Callable[[Mapping[str, Any], Usage], Iterator[Quantity]]] = {
    "google_artifact_registry_repository": _nothing,
    "google_bigquery_data_transfer_config": _copy,
    "google_bigquery_reservation": _reservation,
    "google_bigtable_instance": _bigtable,
    "google_cloud_run_v2_service": _run,
    "google_cloud_run_v2_worker_pool": _run,
    "google_compute_address": _each("address", "NAT's address", HOURS),
    "google_compute_router_nat": _each("nat_gateway", "NAT, per worker", HOURS),
    "google_dataflow_flex_template_job": _dataflow,
    "google_dns_managed_zone": _each("dns_zone", "private names", 1),
    # A key is rotated four times a year, and old versions stay: after a year there are five.
    "google_kms_crypto_key": _each("key_version", "keys, after a year", 5),
    "google_monitoring_alert_policy": _each("alert_condition", "alerts", 1),
    "google_secret_manager_secret": _each("secret_version", "secrets", 1),
    "google_sql_database_instance": _sql,
}
