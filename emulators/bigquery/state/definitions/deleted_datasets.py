"""Datasets that were deleted: what they held is kept for a while, so that they can be undeleted."""

import logging
from typing import Any

import duckdb

from emulators.bigquery.state.catalog import Catalog, Resource, Table, now_ms, physical_schema
from emulators.bigquery.state.definitions.past import TEMPORARY
from emulators.bigquery.state.definitions.tables import STORED, drop_table
from emulators.bigquery.state.errors import duplicate, invalid, not_found
from emulators.bigquery.state.store import Transaction

log = logging.getLogger(__name__)
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
        transaction.after_commit(lambda: _trim(catalog))


def _others(catalog: Catalog, key: str) -> list[list[Any]]:
    """[kind, key, resource] of a dataset's routines and policies."""
    return [
        [kind, name, catalog.get(kind, name)]
        for kind in _KINDS
        for name in catalog.keys(kind)
        if name == key or name.removeprefix("routine ").startswith(f"{key}.")
    ]


def _trim(catalog: Catalog) -> None:
    """Forget the datasets that cannot be undeleted any more, and the oldest when there are too many."""
    found = {key: document for key in catalog.keys("deleted") if (document := catalog.get("deleted", key))}
    newest = sorted((document["at"] for document in found.values()), reverse=True)[:_MOST]
    for key, document in found.items():
        if document["at"] not in newest or _is_over(document):
            _forget_alone(catalog, key, document)


def _forget_alone(catalog: Catalog, key: str, document: Resource) -> None:
    """In a transaction of its own, unless somebody else is busy with the dataset: the next time will do."""
    lock = catalog.store.lock(key)
    if not lock.acquire(blocking=False):
        return
    try:
        if catalog.get("deleted", key) == document:
            with catalog.store.transaction() as transaction:
                reference = document["dataset"]["datasetReference"]
                forget(catalog, transaction, reference["projectId"], reference["datasetId"])
    except duckdb.Error as error:
        log.warning("cannot drop what is left of dataset %s: %s", key, error)
    finally:
        lock.release()


def _is_over(document: Resource) -> bool:
    hours = int(document["dataset"].get("maxTimeTravelHours") or 168)
    return bool(document["at"] + hours * _HOUR < now_ms())


def forget(catalog: Catalog, transaction: Transaction, project: str, dataset: str) -> None:
    """Drop what is left of a dataset that is deleted."""
    catalog.past.forget_dataset(transaction, project, dataset)
    transaction.cursor.execute(f"DROP SCHEMA IF EXISTS {physical_schema(project, dataset)} CASCADE")
    catalog.put(transaction, "deleted", f"{project}:{dataset}", None)


def restore_dataset(
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
