"""IAM policies by resource, with the etag that guards a read-modify-write."""

from collections.abc import Sequence
from typing import Any

from emulators.bigquery.state.catalog import Catalog, Resource, etag
from emulators.bigquery.state.errors import ServiceError, invalid
from emulators.bigquery.state.store import Transaction


def get_policy(catalog: Catalog, key: str) -> Resource:
    """The policy of a dataset or table; without bindings when none was set."""
    policy = catalog.get("policy", key) or {"version": 1, "bindings": []}
    return policy | {"etag": etag(policy)}


def change_bindings(
    catalog: Catalog, transaction: Transaction, key: str, roles: Sequence[str], members: Sequence[str], revoke: bool
) -> None:
    """Add members to roles, or take them away."""
    policy = catalog.get("policy", key, transaction) or {"version": 1, "bindings": []}
    bindings = {binding["role"]: list(binding["members"]) for binding in policy["bindings"]}
    for role in roles:
        kept = [member for member in bindings.get(role, []) if member not in members]
        bindings[role] = kept if revoke else [*kept, *members]
    granted = [{"role": role, "members": found} for role, found in bindings.items() if found]
    catalog.put(transaction, "policy", key, {"version": 1, "bindings": granted})


def set_policy(catalog: Catalog, key: str, policy: Any) -> Resource:
    """Replace a policy; 409 when the given etag is not the current one."""
    if not isinstance(policy, dict) or not isinstance(policy.get("bindings", []), list):
        raise invalid("Required parameter is missing: policy with bindings")
    with catalog.store.lock(f"policy {key}"), catalog.store.transaction() as transaction:
        if policy.get("etag") and policy["etag"] != get_policy(catalog, key)["etag"]:
            raise ServiceError(
                409, "aborted", "There were concurrent policy changes. Please retry with the current etag."
            )
        bindings = [binding for binding in policy.get("bindings") or [] if binding.get("members")]
        catalog.put(transaction, "policy", key, {"version": policy.get("version", 1), "bindings": bindings})
    return get_policy(catalog, key)
