"""Row access policies: which rows of a table a caller may read. They are kept with the table and filter every query."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from emulators.bigquery.sql.model import SqlError, TableName
from emulators.bigquery.state.catalog import Catalog, Resource, Table, etag, now_ms
from emulators.bigquery.state.definitions.tables import STORED
from emulators.bigquery.state.errors import ServiceError, duplicate, invalid, not_found
from emulators.bigquery.state.store import Transaction

_ID = re.compile(r"[A-Za-z0-9_]{1,256}")
_GRANTEE = re.compile(r"(user|serviceAccount|group|domain):[^:\s]+|allUsers|allAuthenticatedUsers")
VIEWER = "roles/bigquery.filteredDataViewer"


def policies_of(catalog: Catalog, table: TableName) -> list[Resource]:
    """The policies of a table, by id."""
    return catalog.resources("row_policy", f"{table}.")


def row_filter(catalog: Catalog, table: TableName, user: str) -> str | None:
    """GoogleSQL for the rows that a caller may read: None when all, FALSE when no policy grants any."""
    policies = policies_of(catalog, table)
    if not policies:
        return None
    granted = [policy["filterPredicate"] for policy in policies if is_member(user, policy["grantees"])]
    if any(text.strip().upper() == "TRUE" for text in granted):
        return None
    return " OR ".join(f"({text}\n)" for text in granted) or "FALSE"


def is_member(user: str, members: Iterable[str]) -> bool:
    """Whether a caller is among members; those of groups are not known here, so a group has none."""
    everyone = ("allUsers", "allAuthenticatedUsers", f"domain:{user.rpartition('@')[2]}")
    return any(one in everyone or one in (f"user:{user}", f"serviceAccount:{user}") for one in members)


def require_all_rows(catalog: Catalog, table: TableName, user: str, what: str) -> None:
    """403 unless the caller may read every row: what changes or copies a table needs that."""
    if row_filter(catalog, table, user) is not None:
        raise SqlError(
            f"Access Denied: Table {table}: {what} needs access to all its rows, and its row access policies do not "
            f"grant that to {user or 'this caller'}; a policy with the filter TRUE does.",
            "accessDenied",
            403,
        )


def put_policy(
    catalog: Catalog, transaction: Transaction, table: Table, name: str, filter_: str, grantees: Sequence[str]
) -> Resource:
    """Create or replace a policy; 400 for a name, a grantee or a kind of table that is not possible."""
    if not _ID.fullmatch(name):
        raise invalid(f'Invalid row access policy ID "{name}".')
    if table.kind not in STORED:
        raise invalid(f"Row access policies can be created on tables only; {table.name} is a {table.kind}.")
    wrong = [one for one in grantees if not _GRANTEE.fullmatch(one)]
    if wrong:
        raise invalid(f"Invalid grantee {wrong[0]!r}: use user:, serviceAccount:, group:, domain: or allUsers.")
    key, now = f"{table.name}.{name}", str(now_ms())
    existing = catalog.get("row_policy", key, transaction)
    own = table.name
    resource = {
        "rowAccessPolicyReference": {
            "projectId": own.project, "datasetId": own.dataset, "tableId": own.table, "policyId": name,
        },
        "filterPredicate": filter_,
        "grantees": list(grantees),
        "creationTime": existing["creationTime"] if existing else now,
        "lastModifiedTime": now,
    }  # fmt: skip
    catalog.put(transaction, "row_policy", key, resource)
    return resource


def drop_policy(catalog: Catalog, transaction: Transaction, table: TableName, name: str) -> None:
    """Remove a policy; 404 when there is none."""
    key = f"{table}.{name}"
    if catalog.get("row_policy", key, transaction) is None:
        raise not_found("Row access policy", f"{name} on table {table}")
    catalog.put(transaction, "row_policy", key, None)


def copy_policies(catalog: Catalog, transaction: Transaction, source: TableName, table: Table) -> None:
    """Give a copy of a table the policies of the table that it is a copy of."""
    for policy in policies_of(catalog, source):
        name = policy["rowAccessPolicyReference"]["policyId"]
        put_policy(catalog, transaction, table, name, policy["filterPredicate"], policy["grantees"])


# --- the REST resource ------------------------------------------------------------------------------------------------
def shown(policy: Resource) -> Resource:
    """A policy as the service returns it: who is granted is the policy's IAM policy."""
    times = {key: _iso(policy[key]) for key in ("creationTime", "lastModifiedTime")}
    return {key: value for key, value in policy.items() if key != "grantees"} | times | {"etag": etag(policy)}


def _iso(milliseconds: str) -> str:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def require_policy(catalog: Catalog, table: TableName, name: str) -> Resource:
    """The policy, or 404."""
    found = catalog.get("row_policy", f"{table}.{name}")
    if found is None:
        raise not_found("Row access policy", f"{name} on table {table}")
    return found


def change_policy(
    catalog: Catalog, table: TableName, name: str, body: Mapping[str, Any], create: bool, if_match: str | None = None
) -> Resource:
    """Insert (409 when it exists) or update (404 when it does not; grantees stay unless they are given)."""
    predicate = body.get("filterPredicate")
    if not isinstance(predicate, str) or not predicate.strip():
        raise invalid("Required parameter is missing: filterPredicate")
    with catalog.store.lock(str(table)), catalog.store.transaction() as transaction:
        found = catalog.require(table, transaction)
        existing = catalog.get("row_policy", f"{table}.{name}", transaction)
        if create and existing is not None:
            raise duplicate("Row access policy", f"{name} on table {table}")
        if not create and existing is None:
            raise not_found("Row access policy", f"{name} on table {table}")
        if if_match and existing and if_match.strip('"') != etag(existing):
            raise ServiceError(412, "conditionNotMet", "Precondition check failed.")
        grantees = body.get("grantees") or (existing or {}).get("grantees") or []
        return put_policy(catalog, transaction, found, name, predicate, grantees)


def iam_policy(policy: Resource) -> Resource:
    """The IAM policy of a row access policy."""
    bindings = [{"role": VIEWER, "members": policy["grantees"]}] if policy["grantees"] else []
    return {"version": 1, "bindings": bindings, "etag": etag(policy)}
