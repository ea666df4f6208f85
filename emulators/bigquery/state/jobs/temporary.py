"""What a script keeps to itself: a hidden dataset of temporary tables and functions, dropped when it ends."""

import uuid

from emulators.bigquery.state.catalog import Catalog, physical_schema
from emulators.bigquery.state.definitions.datasets import create_dataset
from emulators.bigquery.state.definitions.tables import drop_table
from emulators.bigquery.state.store import Transaction
from emulators.bigquery.state.view import View


def temporary_name() -> str:
    """A hidden dataset's name for a script."""
    return f"_script{uuid.uuid4().hex}"


def ensure_temporary(catalog: Catalog, view: View, transaction: Transaction, project: str) -> None:
    """Make a script's hidden dataset, unless it is there."""
    if catalog.get("dataset", f"{project}:{view.temporary}", transaction) is None:
        body = {"datasetReference": {"datasetId": view.temporary}, "location": view.place}
        create_dataset(catalog, project, body, transaction)


def drop_temporary(catalog: Catalog, view: View) -> None:
    """Drop a script's temporary tables and functions."""
    projects = {key.partition(":")[0] for key in catalog.keys("dataset") if key.endswith(f":{view.temporary}")}
    for project in projects:
        with catalog.store.transaction(view.cursor) as transaction:
            for table in catalog.tables(project, view.temporary):
                drop_table(catalog, transaction, table)
            for key in catalog.keys("routine"):
                if key.startswith(f"{project}:{view.temporary}."):
                    catalog.put(transaction, "routine", key, None)
            transaction.cursor.execute(f"DROP SCHEMA IF EXISTS {physical_schema(project, view.temporary)} CASCADE")
            catalog.put(transaction, "dataset", f"{project}:{view.temporary}", None)
