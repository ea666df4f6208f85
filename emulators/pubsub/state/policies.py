"""IAM policies of topics, subscriptions, snapshots and schemas: kept with their etags, not enforced.

Nobody is refused anything by a policy here: no credentials are checked (see the room's documentation).
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from typing import Any

from emulators.pubsub.messages import iam
from emulators.pubsub.state.errors import PubsubError, invalid, unsupported
from emulators.pubsub.state.registry import Registry
from emulators.pubsub.state.schemas import Schemas
from emulators.pubsub.state.store import Row

_CONDITIONAL = 3
_PERMISSION = re.compile(r"pubsub\.(topics|subscriptions|snapshots|schemas)\.[a-zA-Z]+")


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

    def get(self, name: str, version: int = _CONDITIONAL) -> Any:
        """A policy; its conditional bindings only for one who asks for version 3, as others cannot keep them.

        Raises:
            PubsubError: NOT_FOUND; INVALID_ARGUMENT, there is no such version.
        """
        self._check_resource(name)
        if version not in (0, 1, _CONDITIONAL):
            raise invalid(f"Invalid requested_policy_version (value={version}): 0, 1 and 3 are valid.")
        found = self._policies.get(name) or iam.Policy(etag=b"ACAB", version=1)
        if version == _CONDITIONAL or not any(binding.HasField("condition") for binding in found.bindings):
            return found
        plain = [_unconditional(binding) for binding in found.bindings]
        return iam.Policy(version=1, etag=found.etag, bindings=plain)

    def set(self, name: str, policy: Any, mask: Sequence[str] = ()) -> Any:
        """Raises PubsubError: NOT_FOUND; INVALID_ARGUMENT; ABORTED, the etag is old (somebody else changed it)."""
        present = self.get(name)
        unknown = set(mask) - {"bindings", "etag", "version"}
        if unknown or (mask and "bindings" not in mask):
            raise unsupported(f"Setting an IAM policy with the update_mask {','.join(mask)}")
        if policy.version not in (0, 1, _CONDITIONAL):
            raise invalid(f"Invalid policy version (value={policy.version}): 0, 1 and 3 are valid.")
        if policy.version != _CONDITIONAL and any(binding.HasField("condition") for binding in policy.bindings):
            raise invalid("Invalid policy: bindings with conditions need a policy of version 3.")
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
        """The permissions that the caller has: all, as long as the resource exists.

        Raises:
            PubsubError: NOT_FOUND; INVALID_ARGUMENT, what is asked for is none of Pub/Sub's permissions.
        """
        self._check_resource(name)
        for permission in permissions:
            if not _PERMISSION.fullmatch(permission):
                raise invalid(f"Permission {permission} is not valid for this resource.")
        return permissions


def _unconditional(binding: Any) -> Any:
    """A conditional binding as older versions show it: under a name that grants nothing."""
    if not binding.HasField("condition"):
        return binding
    digest = hashlib.sha256(binding.condition.SerializeToString()).hexdigest()[:20]
    return iam.Binding(role=f"{binding.role}_withcond_{digest}", members=binding.members)
