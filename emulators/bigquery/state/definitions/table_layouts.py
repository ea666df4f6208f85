"""The partitioning and clustering of a table in the service's words, and which changes of them it refuses."""

from collections.abc import Mapping
from typing import Any

from emulators.bigquery.state.errors import invalid


def layout_words(resource: Mapping[str, Any]) -> str:
    """interval(type:day,field:at) clustering(a,b), range(field:n,start:0,end:9,interval:1), or none."""
    found = [part for part in (partitioning_words(resource), _clustering_words(resource)) if part]
    return " ".join(found) or "none"


def partitioning_words(resource: Mapping[str, Any]) -> str:
    """The partitioning alone; empty when there is none."""
    time, numbers = resource.get("timePartitioning"), resource.get("rangePartitioning")
    if time:
        field = f",field:{time['field']}" if time.get("field") else ""
        return f"interval(type:{str(time.get('type') or 'DAY').lower()}{field})"
    if numbers:
        limits = numbers.get("range") or {}
        sizes = ",".join(f"{key}:{limits.get(key)}" for key in ("start", "end", "interval"))
        return f"range(field:{numbers.get('field')},{sizes})"
    return ""


def _clustering_words(resource: Mapping[str, Any]) -> str:
    columns = (resource.get("clustering") or {}).get("fields") or ()
    return f"clustering({','.join(columns)})" if columns else ""


def require_same_layout(existing: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """CREATE OR REPLACE TABLE must keep the partitioning and clustering that the table has."""
    before, after = layout_words(existing), layout_words(new)
    if before.lower() != after.lower():
        raise invalid(
            "Cannot replace a table with a different partitioning spec. Instead, DROP the table, and then recreate it. "
            f"New partitioning spec is {after} and existing spec is {before}"
        )


def require_fitting_layout(existing: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """A job that appends rows, and says how its table is laid out, must say what the table is."""
    if not any(given.get(key) for key in ("timePartitioning", "rangePartitioning", "clustering")):
        return
    expected, found = layout_words(existing), layout_words(given)
    if expected.lower() != found.lower():
        raise invalid(
            f"Incompatible table partitioning specification. Expects partitioning specification {expected}, but input "
            f"partitioning specification is {found}"
        )


def require_same_partitioning(existing: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """A table's partitioning is chosen when it is made; only its expiration and filter may change."""
    before, after = partitioning_words(existing), partitioning_words(new)
    if before.lower() == after.lower():
        return
    if not before:
        raise invalid("Cannot convert non partitioned/clustered table to partitioned/clustered table.")
    raise invalid(f"Cannot change the partitioning spec of a table from {before} to {after or 'none'}.")
