"""Datasets that were deleted: what they held is kept for a while, so that they can be undeleted."""

from typing import Any

from emulators.bigquery.state.catalog import Catalog, Resource, Table, now_ms, physical_schema
from emulators.bigquery.state.errors import duplicate, invalid, not_found
from emulators.bigquery.state.past import TEMPORARY
from emulators.bigquery.state.store import Transaction
from emulators.bigquery.state.tables import STORED, drop_table

_MOST = 20  # a laptop's disk is small
_HOUR = 3_600_000  # milliseconds
_KINDS = ("routine", "policy", "row_policy", "index")


def delete_with_contents(catalog: Catalog, transaction: Transaction, project: str, dataset: str) -> None:
    """Remove a dataset and what is in it, which can be undeleted but for a temporary one; its lock is held."""
    key = f"{project}:{dataset}"
    tables = catalog.tables(project, dataset)
    kept: Resource = {
        "at": now_ms(), "tables": [table.resource for table in tables],
        "dataset": catalog.dataset(project, dataset, transaction), "others": _others(catalog, key),
    }  # fmt: skip
    for table in tables:
        drop_table(catalog, transaction, table)
    for kind, name, _ in kept["others"]:
        catalog.put(transaction, kind, name, None)
    catalog.put(transaction, "dataset", key, None)
    if dataset.startswith(TEMPORARY):
        forget(catalog, transaction, project, dataset)
    else:
        catalog.put(transaction, "deleted", key, kept)
        _trim(catalog, transaction)


def _others(catalog: Catalog, key: str) -> list[list[Any]]:
    """[kind, key, resource] of a dataset's routines and policies."""
    return [
        [kind, name, catalog.get(kind, name)]
        for kind in _KINDS
        for name in catalog.keys(kind)
        if name == key or name.removeprefix("routine ").startswith(f"{key}.")
    ]


def _trim(catalog: Catalog, transaction: Transaction) -> None:
    """Forget the datasets that cannot be undeleted any more, and the oldest when there are too many."""
    found = sorted((catalog.get("deleted", key) or {"at": 0})["at"] for key in catalog.keys("deleted"))
    oldest = found[-_MOST] if len(found) >= _MOST else 0
    for key in catalog.keys("deleted"):
        document = catalog.get("deleted", key, transaction)
        if document is not None and (document["at"] < oldest or _is_over(document)):
            forget(catalog, transaction, *key.split(":"))


def _is_over(document: Resource) -> bool:
    hours = int(document["dataset"].get("maxTimeTravelHours") or 168)
    return bool(document["at"] + hours * _HOUR < now_ms())


def forget(catalog: Catalog, transaction: Transaction, project: str, dataset: str) -> None:
    """Drop what is left of a dataset that is deleted."""
    catalog.past.forget_dataset(transaction, project, dataset)
    transaction.cursor.execute(f"DROP SCHEMA IF EXISTS {physical_schema(project, dataset)} CASCADE")
    catalog.put(transaction, "deleted", f"{project}:{dataset}", None)


def undelete_dataset(
    catalog: Catalog, project: str, dataset: str, transaction: Transaction, if_not_exists: bool = False
) -> Resource:
    """The dataset as it was when it was last deleted, with its tables; 409 when there is one of this name, 404 when
    nothing is kept. The caller holds its lock."""
    key = f"{project}:{dataset}"
    existing = catalog.get("dataset", key, transaction)
    if existing is not None:
        if if_not_exists:
            return existing
        raise duplicate("Dataset", key)
    document = catalog.get("deleted", key, transaction)
    if document is None or _is_over(document):
        raise not_found("Dataset", key)
    resource: Resource = document["dataset"]
    catalog.put(transaction, "dataset", key, resource)
    for table in map(Table, document["tables"]):
        _restore(catalog, transaction, table)
    for kind, name, found in document["others"]:
        catalog.put(transaction, kind, name, found)
    catalog.put(transaction, "deleted", key, None)
    return resource


def _restore(catalog: Catalog, transaction: Transaction, table: Table) -> None:
    if table.kind in STORED and not catalog.past.restore(transaction, table):
        raise invalid(
            f"Dataset {table.name.project}:{table.name.dataset} cannot be undeleted: the rows of table "
            f"{table.name.table} are not kept any more."
        )
    catalog.put_table(transaction, table.resource)
