"""Routines as resources: functions, table functions and procedures."""

import re
from collections.abc import Mapping
from typing import Any

from emulators.bigquery.state.catalog import Catalog, Resource, now_ms
from emulators.bigquery.state.errors import duplicate, invalid, not_found

_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,255}")
ROUTINE_TYPES = ("SCALAR_FUNCTION", "PROCEDURE", "TABLE_VALUED_FUNCTION", "AGGREGATE_FUNCTION")
# What the statements that make them call functions.
FUNCTIONS = {
    "SCALAR_FUNCTION": "FUNCTION", "TABLE_VALUED_FUNCTION": "TABLE FUNCTION",
    "AGGREGATE_FUNCTION": "AGGREGATE FUNCTION",
}  # fmt: skip


def require_routine(catalog: Catalog, key: tuple[str, str, str]) -> Resource:
    """The routine (project, dataset, routine), or 404."""
    project, dataset, routine = key
    catalog.dataset(project, dataset)
    found = catalog.get("routine", f"{project}:{dataset}.{routine}")
    if found is None:
        raise not_found("Routine", f"{project}:{dataset}.{routine}")
    return found


def check_id(routine: str) -> None:
    """400 for a name that no routine can have."""
    if not _ID.fullmatch(routine):
        raise invalid(f'Invalid routine ID "{routine}".')


def list_routines(catalog: Catalog, project: str, dataset: str) -> list[Resource]:
    """A dataset's routines by name."""
    catalog.dataset(project, dataset)
    return catalog.resources("routine", f"{project}:{dataset}.")


def put_routine(catalog: Catalog, key: tuple[str, str, str], body: Mapping[str, Any], create: bool) -> Resource:
    """Insert (409 when it exists) or replace (404 when it does not)."""
    project, dataset, routine = key
    name = f"{project}:{dataset}.{routine}"
    check_id(routine)
    if body.get("routineType") not in ROUTINE_TYPES:
        raise invalid(
            f"Invalid value for routineType: {body.get('routineType')!r}; use one of {', '.join(ROUTINE_TYPES)}."
        )
    catalog.dataset(project, dataset)
    with catalog.store.lock(f"routine {name}"), catalog.store.transaction() as transaction:
        existing = catalog.get("routine", name)
        if create and existing is not None:
            raise duplicate("Routine", name)
        if not create and existing is None:
            raise not_found("Routine", name)
        now = str(now_ms())
        resource = {k: v for k, v in body.items() if k != "etag" and v is not None} | {
            "routineReference": {"projectId": project, "datasetId": dataset, "routineId": routine},
            "creationTime": existing["creationTime"] if existing else now,
            "lastModifiedTime": now,
        }
        catalog.put(transaction, "routine", name, resource)
    return resource


def delete_routine(catalog: Catalog, key: tuple[str, str, str]) -> None:
    """Delete; 404 when it is not there."""
    require_routine(catalog, key)
    name = f"{key[0]}:{key[1]}.{key[2]}"
    with catalog.store.lock(f"routine {name}"), catalog.store.transaction() as transaction:
        catalog.put(transaction, "routine", name, None)
        catalog.put(transaction, "policy", f"routine {name}", None)
