"""CREATE, ALTER, DROP and UNDROP SCHEMA."""

from emulators.bigquery.sql import actions
from emulators.bigquery.sql.model import Statement, TableName
from emulators.bigquery.state.catalog import Catalog
from emulators.bigquery.state.definitions.datasets import (
    change_dataset,
    create_dataset,
    delete_dataset,
    undelete_dataset,
)
from emulators.bigquery.state.definitions.options import dataset_options
from emulators.bigquery.state.errors import not_found
from emulators.bigquery.state.jobs.performed import Handler, Performed
from emulators.bigquery.state.store import Transaction
from emulators.bigquery.state.view import View


def _create_schema(catalog: Catalog, statement: Statement, view: View, transaction: Transaction) -> Performed:
    action: actions.CreateSchema = statement.action
    name = TableName(action.project, action.dataset, "")
    if catalog.get("dataset", f"{action.project}:{action.dataset}", transaction) and action.if_not_exists:
        return Performed("SKIP", name, "schema")
    body = {"datasetReference": {"datasetId": action.dataset}, "location": view.place}
    body |= dataset_options(action.options)
    create_dataset(catalog, action.project, body, transaction, view.user)
    return Performed("CREATE", name, "schema")


def _alter_schema(catalog: Catalog, statement: Statement, view: View, transaction: Transaction) -> Performed:
    action: actions.AlterSchema = statement.action
    if action.if_exists and catalog.get("dataset", f"{action.project}:{action.dataset}", transaction) is None:
        return Performed("SKIP", TableName(action.project, action.dataset, ""), "schema")
    change = dataset_options(action.options)
    change_dataset(catalog, action.project, action.dataset, change, False, transaction=transaction)
    return Performed("ALTER", TableName(action.project, action.dataset, ""), "schema")


def _drop_schema(catalog: Catalog, statement: Statement, view: View, transaction: Transaction) -> Performed:
    action: actions.DropSchema = statement.action
    if action.if_exists and catalog.get("dataset", f"{action.project}:{action.dataset}", transaction) is None:
        return Performed("SKIP", TableName(action.project, action.dataset, ""), "schema")
    delete_dataset(catalog, action.project, action.dataset, action.cascade, transaction)
    return Performed("DROP", TableName(action.project, action.dataset, ""), "schema")


def _undrop_schema(catalog: Catalog, statement: Statement, view: View, transaction: Transaction) -> Performed:
    action: actions.UndropSchema = statement.action
    name = TableName(action.project, action.dataset, "")
    there = catalog.get("dataset", f"{action.project}:{action.dataset}", transaction) is not None
    found = undelete_dataset(catalog, action.project, action.dataset, transaction, action.if_not_exists)
    if action.location is not None and found["location"].lower() != action.location.lower():
        raise not_found("Dataset", f"{action.project}:{action.dataset}")
    return Performed("SKIP" if there else "UNDROP", name, "schema")


SCHEMAS: dict[type, Handler] = {
    actions.CreateSchema: _create_schema,
    actions.AlterSchema: _alter_schema,
    actions.DropSchema: _drop_schema,
    actions.UndropSchema: _undrop_schema,
}
