"""OPTIONS(...) of DDL, as REST resource fields."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from emulators.bigquery.sql.actions import ForeignKey, Partitioning
from emulators.bigquery.sql.functions.intervals import interval_text
from emulators.bigquery.sql.model import SqlError
from emulators.bigquery.state.catalog import now_ms
from emulators.bigquery.state.errors import invalid

_PLAIN = {
    "description": "description", "friendly_name": "friendlyName", "require_partition_filter": "requirePartitionFilter",
    "default_rounding_mode": "defaultRoundingMode", "default_collation": "defaultCollation",
    "enable_change_history": "enableChangeHistory",
}  # fmt: skip
_DATASET = {
    "description": "description", "friendly_name": "friendlyName", "location": "location",
    "is_case_insensitive": "isCaseInsensitive", "default_collation": "defaultCollation",
    "storage_billing_model": "storageBillingModel", "max_time_travel_hours": "maxTimeTravelHours",
    "default_rounding_mode": "defaultRoundingMode",
}  # fmt: skip
_MATERIALIZED = {"enable_refresh": "enableRefresh", "allow_non_incremental_definition": "allowNonIncrementalDefinition"}


def table_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Table and view options as a change of the resource (None removes), and "partitionExpiration"."""
    found: dict[str, Any] = {}
    for name, value in options.items():
        if name in _PLAIN:
            found[_PLAIN[name]] = value
        elif name == "labels":
            found["labels"] = dict(value or ())
        elif name == "tags":
            found["resourceTags"] = dict(value or ())
        elif name == "expiration_timestamp":
            found["expirationTime"] = None if value is None else _future(value)
        elif name == "partition_expiration_days":
            found["partitionExpiration"] = None if value is None else str(int(float(value) * 86_400_000))
        elif name == "max_staleness":
            found["maxStaleness"] = None if value is None else _interval(value)
        elif name == "kms_key_name":
            found["encryptionConfiguration"] = None if value is None else {"kmsKeyName": value}
        elif name in _MATERIALIZED:
            found.setdefault("materializedView", {})[_MATERIALIZED[name]] = value
        elif name == "refresh_interval_minutes":
            found.setdefault("materializedView", {})["refreshIntervalMs"] = str(int(float(value) * 60_000))
        else:
            raise SqlError(f"Unknown option: {name}")
    return found


_OF_PARTITIONED = ("partition_expiration_days", "require_partition_filter")


def with_options(resource: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """A table's or view's resource with the effect of OPTIONS(...)."""
    partitioned = "timePartitioning" in resource or "rangePartitioning" in resource
    for name in _OF_PARTITIONED:
        if options.get(name) and ("view" in resource or "materializedView" in resource):
            raise SqlError(f"Unknown option: {name}")
        if options.get(name) and not partitioned:
            raise SqlError(f"Option {name} can only be set if the table is partitioned")
    staleness = options.get("max_staleness")
    fresh = not isinstance(staleness, timedelta) or timedelta(minutes=30) <= staleness <= timedelta(days=3)
    if "materializedView" in resource and not fresh:
        raise SqlError(f"max_staleness of a materialized view is from 30 minutes to 3 days, not {staleness}")
    return changed(resource, table_options(options))


def changed(resource: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """The resource with some fields changed; None removes; an options' partition expiration goes to its place."""
    change = dict(change)
    expiration = change.pop("partitionExpiration", _UNSAID)
    if expiration is not _UNSAID and "timePartitioning" in resource:
        time = {key: value for key, value in resource["timePartitioning"].items() if key != "expirationMs"}
        change["timePartitioning"] = time | ({"expirationMs": expiration} if expiration is not None else {})
    if change.get("materializedView") is not None:
        change["materializedView"] = resource.get("materializedView", {}) | change["materializedView"]
    return {key: value for key, value in {**resource, **change}.items() if value is not None}


_UNSAID = object()


def _interval(value: Any) -> str:
    """An INTERVAL as the resource has it: 0-0 0 4:0:0."""
    if not isinstance(value, timedelta):
        raise SqlError(f"max_staleness must be an INTERVAL, not {value!r}")
    return interval_text(0, value.days, value.seconds * 1_000_000 + value.microseconds)


def dataset_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """CREATE/ALTER SCHEMA options as a change of the resource."""
    found: dict[str, Any] = {}
    for name, value in options.items():
        if name in _DATASET:
            found[_DATASET[name]] = value
        elif name == "labels":
            found["labels"] = dict(value or ())
        elif name == "default_table_expiration_days":
            found["defaultTableExpirationMs"] = None if value is None else str(int(float(value) * 86_400_000))
        elif name == "default_partition_expiration_days":
            found["defaultPartitionExpirationMs"] = None if value is None else str(int(float(value) * 86_400_000))
        else:
            raise SqlError(f"Unknown option: {name}")
    return found


def _future(moment: Any) -> str:
    found = _milliseconds(moment)
    if int(found) <= now_ms():
        raise SqlError(
            f"Invalid value for expiration_timestamp: {moment} is in the past; a table expires in the future"
        )
    return found


def _milliseconds(moment: Any) -> str:
    if isinstance(moment, datetime):
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return str(int(aware.timestamp() * 1000))
    if isinstance(moment, timedelta):
        return str(now_ms() + int(moment.total_seconds() * 1000))
    raise SqlError(f"expiration_timestamp must be a TIMESTAMP, not {moment!r}")


def partitioning_resource(partitioning: Partitioning | None) -> dict[str, Any]:
    """PARTITION BY as timePartitioning or rangePartitioning."""
    if partitioning is None:
        return {}
    if partitioning.kind == "range":
        limits = {"start": partitioning.start, "end": partitioning.end, "interval": partitioning.step}
        text = {key: str(value) for key, value in limits.items()}
        return {"rangePartitioning": {"field": partitioning.column, "range": text}}
    time = {"type": partitioning.granularity} | ({"field": partitioning.column} if partitioning.kind == "time" else {})
    return {"timePartitioning": time}


def foreign_key_resource(key: ForeignKey, table: str, number: int) -> dict[str, Any]:
    """FOREIGN KEY as in tableConstraints.foreignKeys."""
    if len(key.columns) != len(key.referenced):
        raise invalid(f"A foreign key of {len(key.columns)} columns cannot refer to {len(key.referenced)}.")
    pairs = zip(key.columns, key.referenced, strict=True)
    reference = {"projectId": key.table.project, "datasetId": key.table.dataset, "tableId": key.table.table}
    return {
        "name": key.name or f"{table}.fk${number}",
        "referencedTable": reference,
        "columnReferences": [{"referencingColumn": own, "referencedColumn": other} for own, other in pairs],
    }
