"""Routines, row access policies and indexes: what is made beside tables."""

from emulators.bigquery.sql import actions
from emulators.bigquery.sql.model import Statement, TableName
from emulators.bigquery.state.access.row_policies import (
    drop_policy,
    policies_of,
    put_policy,
)
from emulators.bigquery.state.catalog import Catalog, now_ms
from emulators.bigquery.state.definitions.indexes import create_index, drop_index
from emulators.bigquery.state.definitions.routines import check_id
from emulators.bigquery.state.errors import ServiceError, not_found
from emulators.bigquery.state.jobs.performed import Handler, Performed
from emulators.bigquery.state.jobs.temporary import ensure_temporary
from emulators.bigquery.state.store import Transaction
from emulators.bigquery.state.view import SESSION, View


def _create_routine(catalog: Catalog, statement: Statement, view: View, transaction: Transaction) -> Performed:
    action: actions.CreateRoutine = statement.action
    if action.name.dataset == SESSION:
        ensure_temporary(catalog, view, transaction, action.name.project)
    target = view.resolve(action.name)
    check_id(target.table)
    catalog.dataset(target.project, target.dataset, transaction)
    existing = catalog.get("routine", str(target), transaction)
    if existing is not None and action.if_not_exists:
        return Performed("SKIP", target, "routine")
    if existing is not None and not action.or_replace:
        raise ServiceError(409, "duplicate", f"Already Exists: Routine {target}")
    now = str(now_ms())
    reference = {"projectId": target.project, "datasetId": target.dataset, "routineId": target.table}
    created = existing["creationTime"] if existing else now
    resource = action.resource | {"routineReference": reference, "creationTime": created, "lastModifiedTime": now}
    catalog.put(transaction, "routine", str(target), resource)
    return Performed("REPLACE" if existing else "CREATE", target, "routine")


def _drop_routine(catalog: Catalog, statement: Statement, view: View, transaction: Transaction) -> Performed:
    action: actions.DropRoutine = statement.action
    target = view.resolve(action.name)
    if catalog.get("routine", str(target), transaction) is None:
        if action.if_exists:
            return Performed("SKIP", target, "routine")
        raise not_found("Routine", str(target))
    catalog.put(transaction, "routine", str(target), None)
    return Performed("DROP", target, "routine")


def _create_row_policy(catalog: Catalog, statement: Statement, view: View, transaction: Transaction) -> Performed:
    action: actions.RowAccessPolicy = statement.action
    table = catalog.require(view.resolve(action.table), transaction)
    existing = catalog.get("row_policy", f"{table.name}.{action.name}", transaction)
    if existing is not None and action.if_not_exists:
        return _policy_done("SKIP", table.name, action.name)
    if existing is not None and not action.or_replace:
        raise ServiceError(409, "duplicate", f"Already Exists: Row access policy {action.name} on {table.name}")
    put_policy(catalog, transaction, table, action.name, action.filter, action.grantees)
    return _policy_done("REPLACE" if existing else "CREATE", table.name, action.name)


def _drop_row_policy(catalog: Catalog, statement: Statement, view: View, transaction: Transaction) -> Performed:
    """DROP ROW ACCESS POLICY name, or DROP ALL ROW ACCESS POLICIES."""
    action: actions.DropRowAccessPolicy = statement.action
    table = view.resolve(action.table)
    if action.name is None:
        names = [p["rowAccessPolicyReference"]["policyId"] for p in policies_of(catalog, table)]
    else:
        missing = catalog.get("row_policy", f"{table}.{action.name}", transaction) is None
        names = [] if missing and action.if_exists else [action.name]
    for name in names:
        drop_policy(catalog, transaction, table, name)
    done = "DROP" if names else "SKIP"
    if action.name is not None:
        return _policy_done(done, table, action.name)
    return Performed(done, table, statistics={"ddlAffectedRowAccessPolicyCount": str(len(names))})


def _create_index(catalog: Catalog, statement: Statement, view: View, transaction: Transaction) -> Performed:
    table = catalog.require(view.resolve(statement.action.table), transaction)
    return Performed(create_index(catalog, transaction, table, statement.action), table.name)


def _drop_index(catalog: Catalog, statement: Statement, view: View, transaction: Transaction) -> Performed:
    table = view.resolve(statement.action.table)
    return Performed(drop_index(catalog, transaction, table, statement.action), table)


def _policy_done(operation: str, table: TableName, name: str) -> Performed:
    target = {"projectId": table.project, "datasetId": table.dataset, "tableId": table.table, "policyId": name}
    return Performed(operation, table, "policy", statistics={"ddlTargetRowAccessPolicy": target})


OBJECTS: dict[type, Handler] = {
    actions.CreateRoutine: _create_routine,
    actions.DropRoutine: _drop_routine,
    actions.RowAccessPolicy: _create_row_policy,
    actions.DropRowAccessPolicy: _drop_row_policy,
    actions.CreateIndex: _create_index,
    actions.DropIndex: _drop_index,
}
