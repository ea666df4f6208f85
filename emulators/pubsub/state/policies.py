"""IAM policies of topics, subscriptions, snapshots and schemas: kept with their etags, not enforced.

Nobody is refused anything by a policy here: no credentials are checked (see the room's documentation).
"""

import secrets
from typing import Any

from emulators.pubsub.messages import iam
from emulators.pubsub.state.errors import PubsubError, invalid
from emulators.pubsub.state.registry import Registry
from emulators.pubsub.state.schemas import Schemas
from emulators.pubsub.state.store import Row


class Policies:
    """Policies go in and out as google.iam.v1.Policy."""

    def __init__(self, registry: Registry, schemas: Schemas) -> None:
        self._registry = registry
        self._schemas = schemas
        self._policies = {row.name: iam.Policy.FromString(row.body) for row in registry.store.rows("policy")}

    def _check_resource(self, name: str) -> None:
        collection = name.split("/")[2] if name.count("/") >= 3 else ""
        match collection:
            case "topics":
                self._registry.topic(name)
            case "subscriptions":
                self._registry.subscription(name)
            case "snapshots":
                self._registry.snapshot(name)
            case "schemas":
                self._schemas.get(name)
            case _:
                raise invalid(f"Invalid resource name given (name={name}).")

    def get(self, name: str) -> Any:
        self._check_resource(name)
        return self._policies.get(name) or iam.Policy(etag=b"ACAB", version=1)

    def set(self, name: str, policy: Any) -> Any:
        """Raises PubsubError: NOT_FOUND; ABORTED, the etag is old (somebody else changed the policy)."""
        present = self.get(name)
        if policy.etag and policy.etag != present.etag:
            raise PubsubError(
                "ABORTED", "There were concurrent policy changes. Please retry the whole read-modify-write."
            )
        kept = iam.Policy(version=policy.version or 1, bindings=policy.bindings, etag=secrets.token_bytes(6))
        self._registry.store.put(Row("policy", name, 0, 0, kept.SerializeToString()))
        self._policies[name] = kept
        return kept

    def forget(self, name: str) -> None:
        """Drops a deleted resource's policy."""
        if self._policies.pop(name, None) is not None:
            self._registry.store.delete("policy", name)

    def test(self, name: str, permissions: list[str]) -> list[str]:
        """The permissions that the caller has: all, as long as the resource exists."""
        self._check_resource(name)
        return permissions
