"""What a copy, a clone or a snapshot of a table takes over from it, and what it remembers of it."""

from datetime import UTC, datetime

from emulators.bigquery.state.catalog import Resource, Table

_KEPT = (
    "schema", "timePartitioning", "rangePartitioning", "clustering", "description", "labels", "tableConstraints",
)  # fmt: skip


def copied_resource(source: Table, method: str, taken: datetime | None = None) -> Resource:
    """The resource of a table made from another one; method is copy, like, clone or snapshot.

    taken: the moment of the rows, now unless it is given. A snapshot and a clone name their base table.
    """
    resource = {key: source.resource[key] for key in _KEPT if key in source.resource}
    moment = (taken or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    base = {"baseTableReference": source.resource["tableReference"]}
    if method == "snapshot":
        resource["snapshotDefinition"] = base | {"snapshotTime": moment}
    elif method == "clone":
        resource["cloneDefinition"] = base | {"cloneTime": moment}
    return resource
