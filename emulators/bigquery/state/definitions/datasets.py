"""Datasets: create, read, list, change, delete."""

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from emulators.bigquery.state.catalog import Catalog, Resource, etag, now_ms, physical_schema
from emulators.bigquery.state.definitions.deleted_datasets import delete_with_contents, forget, restore_dataset
from emulators.bigquery.state.definitions.labels import check_labels, matches_filter
from emulators.bigquery.state.definitions.locations import location_of
from emulators.bigquery.state.definitions.references import require_choice, require_project
from emulators.bigquery.state.errors import ServiceError, duplicate, invalid, not_implemented
from emulators.bigquery.state.store import Transaction

_ID = re.compile(r"[A-Za-z0-9_]{1,1024}")
_OUTPUT = ("kind", "id", "selfLink", "etag", "creationTime", "lastModifiedTime", "datasetReference", "type")
_CHOICES = {
    "storageBillingModel": ("LOGICAL", "PHYSICAL", "STORAGE_BILLING_MODEL_UNSPECIFIED"),
    "defaultRoundingMode": ("ROUND_HALF_AWAY_FROM_ZERO", "ROUND_HALF_EVEN", "ROUNDING_MODE_UNSPECIFIED"),
    "defaultCollation": ("", "und:ci"),
}
_GRANTEES = (
    "userByEmail", "groupByEmail", "domain", "specialGroup", "iamMember", "view", "routine", "dataset",
)  # fmt: skip
_SPECIAL_GROUPS = ("projectOwners", "projectReaders", "projectWriters", "allAuthenticatedUsers")
_LEGACY_ROLES = {
    "roles/bigquery.dataOwner": "OWNER", "roles/bigquery.dataEditor": "WRITER", "roles/bigquery.dataViewer": "READER",
}  # fmt: skip


@contextlib.contextmanager
def _changing(catalog: Catalog, key: str, transaction: Transaction | None) -> Iterator[Transaction]:
    """The given transaction, or one for this change alone, under the dataset's lock."""
    with catalog.store.lock(key):
        if transaction is not None:
            yield transaction
        else:
            with catalog.store.transaction() as own:
                yield own


def create_dataset(
    catalog: Catalog, project: str, body: Mapping[str, Any], transaction: Transaction | None = None, owner: str = ""
) -> Resource:
    """Insert a dataset, of which whoever makes it is an owner unless the body says who may; 409 when it exists."""
    reference = body.get("datasetReference") or {}
    dataset = reference.get("datasetId")
    if not dataset:
        raise invalid("Required parameter is missing: datasetReference.datasetId")
    if not isinstance(dataset, str) or not _ID.fullmatch(dataset):
        raise invalid(f'Invalid dataset ID "{dataset}". Dataset IDs must be alphanumeric (plus underscores) and must '
                      "be at most 1024 characters long.")  # fmt: skip
    require_project(reference.get("projectId"), project)
    key = f"{project}:{dataset}"
    with _changing(catalog, key, transaction) as change:
        if catalog.get("dataset", key, change) is not None:
            raise duplicate("Dataset", key)
        now = str(now_ms())
        given = _never_is_absent(body)
        resource = {name: value for name, value in given.items() if name not in _OUTPUT and value is not None} | {
            "datasetReference": {"projectId": project, "datasetId": dataset},
            "creationTime": now,
            "lastModifiedTime": now,
            "location": location_of(body.get("location")),
            "access": _access(body.get("access") or _default_access(owner)),
            "type": "DEFAULT",
        }
        _check(resource)
        if catalog.get("deleted", key, change) is not None:
            forget(catalog, change, project, dataset)
        change.cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {physical_schema(project, dataset)}")
        catalog.put(change, "dataset", key, resource)
    return resource


def _check(resource: Mapping[str, Any]) -> None:
    """400 for a setting that is out of its range."""
    check_labels(resource.get("labels"))
    for unknown in ("linkedDatasetSource", "externalDatasetReference", "isCaseInsensitive"):
        if resource.get(unknown):
            raise not_implemented(f"A dataset with {unknown}")
    hours = resource.get("maxTimeTravelHours")
    if hours is not None and (not 48 <= int(hours) <= 168 or int(hours) % 24):
        raise invalid(f"Invalid value for max_time_travel_hours: {hours}; it must be a multiple of 24 from 48 to 168.")
    for name, allowed in _CHOICES.items():
        if resource.get(name) is not None:
            require_choice(name, resource[name], allowed)
    for name in _LIFETIMES:
        least = 3_600_000 if name == "defaultTableExpirationMs" else 1
        if resource.get(name) is not None and int(resource[name]) < least:
            raise invalid(f"Invalid value for {name}: {resource[name]}; it must be at least {least} ms.")


def _default_access(owner: str) -> list[Resource]:
    found = [{"role": "WRITER", "specialGroup": "projectWriters"}, {"role": "OWNER", "specialGroup": "projectOwners"}]
    if owner:
        found.append({"role": "OWNER", "userByEmail": owner})
    return [*found, {"role": "READER", "specialGroup": "projectReaders"}]


def _access(entries: Any) -> list[Resource]:
    """The access list as the service gives it back: a basic role has its legacy name; 400 for an entry of nobody."""
    found = []
    for entry in entries:
        named = [name for name in _GRANTEES if entry.get(name)]
        if len(named) != 1:
            raise invalid(f"Exactly one of {', '.join(_GRANTEES)} is required in each entry of access, not {named}.")
        if named[0] in ("view", "routine", "dataset"):
            if entry.get("role"):
                raise invalid(f"An entry of access for a {named[0]} has no role.")
        elif named[0] == "specialGroup" and entry[named[0]] not in _SPECIAL_GROUPS:
            raise invalid(f"Invalid value for specialGroup: {entry[named[0]]}; use {', '.join(_SPECIAL_GROUPS)}.")
        elif not entry.get("role"):
            raise invalid(f"Required parameter is missing: role of the entry of access for {entry[named[0]]}")
        found.append({**entry, "role": _LEGACY_ROLES.get(entry["role"], entry["role"])} if entry.get("role") else entry)
    return found


def change_dataset(
    catalog: Catalog,
    project: str,
    dataset: str,
    body: Mapping[str, Any],
    replace: bool,
    if_match: str | None = None,
    transaction: Transaction | None = None,
) -> Resource:
    """Patch (null removes a field) or replace a dataset's own fields; 412 when if_match is not its etag."""
    key = f"{project}:{dataset}"
    with _changing(catalog, key, transaction) as change:
        current = catalog.dataset(project, dataset, change)
        require_match(if_match, current)
        if body.get("location") and location_of(body["location"]) != current["location"]:
            raise invalid("Dataset location cannot be changed.")
        kept = {name: current[name] for name in (*_OUTPUT, "location", "access") if name in current}
        own = {name: value for name, value in _never_is_absent(body).items() if name not in (*_OUTPUT, "location")}
        if own.get("access") is not None:
            own["access"] = _access(own["access"])
        resource = merged(kept if replace else current, own)
        _check(resource)
        resource["lastModifiedTime"] = str(now_ms())
        catalog.put(change, "dataset", key, resource)
    return resource


def require_match(if_match: str | None, resource: Resource) -> None:
    """412 when the caller changes another version than the current one."""
    if if_match and if_match.strip('"') not in ("*", etag(resource)):
        raise ServiceError(412, "conditionNotMet", "Precondition check failed.")


_LIFETIMES = ("defaultTableExpirationMs", "defaultPartitionExpirationMs")


def _never_is_absent(resource: Mapping[str, Any]) -> Resource:
    """A default lifetime of 0 clears the default."""
    return {name: None if name in _LIFETIMES and str(value) == "0" else value for name, value in resource.items()}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_nulls(one) for name, one in value.items() if one is not None}
    return value


def merged(current: Mapping[str, Any], change: Mapping[str, Any]) -> Resource:
    """A JSON merge: null removes; labels merge by key; other values replace, without the nulls inside of them."""
    result = dict(current)
    for name, value in change.items():
        if value is None:
            result.pop(name, None)
        elif name == "labels":
            labels = {**result.get("labels", {}), **value}
            result["labels"] = {key: label for key, label in labels.items() if label is not None}
        else:
            result[name] = _without_nulls(value)
    return result


def delete_dataset(
    catalog: Catalog, project: str, dataset: str, delete_contents: bool, transaction: Transaction | None = None
) -> None:
    """Delete; 400 resourceInUse when it has tables and delete_contents is not given."""
    key = f"{project}:{dataset}"
    with _changing(catalog, key, transaction) as change:
        catalog.dataset(project, dataset, change)
        tables = catalog.tables(project, dataset)
        if tables and not delete_contents:
            raise ServiceError(400, "resourceInUse", f"Dataset {key} is still in use")
        delete_with_contents(catalog, change, project, dataset)


def undelete_dataset(
    catalog: Catalog, project: str, dataset: str, transaction: Transaction | None = None, if_not_exists: bool = False
) -> Resource:
    """Bring the last deleted dataset of a name back, with its contents; 409 when there is one, 404 when it is gone."""
    with _changing(catalog, f"{project}:{dataset}", transaction) as change:
        return restore_dataset(catalog, project, dataset, change, if_not_exists)


def list_datasets(catalog: Catalog, project: str, label_filter: str | None, everything: bool) -> list[Resource]:
    """The project's datasets by name; hidden ones (a leading underscore) only with `everything`."""
    found = catalog.resources("dataset", f"{project}:")
    return [
        resource
        for resource in found
        if (everything or not resource["datasetReference"]["datasetId"].startswith("_"))
        and matches_filter(label_filter, resource.get("labels", {}))
    ]
