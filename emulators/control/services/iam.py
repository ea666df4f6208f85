"""IAM: service accounts by e-mail address, custom roles and workload identity pools that can be undeleted."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from emulators.auth.state.accounts import unique_id
from emulators.control.plane import standard
from emulators.control.plane.call import Call
from emulators.control.plane.service import Service
from emulators.control.state.errors import ControlError, already_exists, failed_precondition, invalid
from emulators.control.state.store import PRIVATE

Json = dict[str, Any]

SERVICE = Service("iam", package="google.iam.v1", replaced=frozenset({"serviceAccounts"}))
ACCOUNT_ID = re.compile(r"[a-z][a-z\d-]{4,28}[a-z\d]")
ROLE_ID = re.compile(r"[A-Za-z\d_.]{3,64}")
POOL_ID = re.compile(r"(?!gcp-)[a-z\d-]{4,32}")


@SERVICE.method("serviceAccounts.create")
def create_account(call: Call) -> Json:
    """A service account, whose id becomes its address."""
    identifier = call.body.get("accountId", "")
    if not ACCOUNT_ID.fullmatch(identifier):
        raise invalid("account_id", f"Invalid account id {identifier!r}: it must match {ACCOUNT_ID.pattern}")
    email = f"{identifier}@{call.project}.iam.gserviceaccount.com"
    own = {"email": email, "projectId": call.project, "uniqueId": unique_id(email), "oauth2ClientId": unique_id(email)}
    name = f"projects/{call.project}/serviceAccounts/{email}"
    if call.find(name) is not None:
        raise already_exists(f"Service account {identifier} within project projects/{call.project}")
    return standard.make(call, name, "ServiceAccount", call.body.get("serviceAccount", {}) | own)


@SERVICE.method("serviceAccounts.enable", "serviceAccounts.disable")
def switch_account(call: Call) -> Json:
    """Enable or disable an account."""
    account = call.get(call.name) | {"disabled": call.method.verb == "disable"}
    call.keep(call.name, account)
    return {}


@SERVICE.check("roles")
def check_role(call: Call, new: Json, old: Json | None) -> None:
    """A role's id has its own letters."""
    if not ROLE_ID.fullmatch(new["name"].rpartition("/")[2]):
        raise invalid("role_id", f"The role id must match {ROLE_ID.pattern}")
    for permission in new.get("includedPermissions", []):
        if not re.fullmatch(r"[a-zA-Z\d-]+\.[a-zA-Z\d]+\.[a-zA-Z\d]+", permission):
            raise invalid("role.included_permissions", f"Permission {permission} is not valid.")


@SERVICE.fill("roles")
def fill_role(call: Call, role: Json) -> None:
    role.setdefault("stage", "ALPHA")


@SERVICE.method("roles.create")
def create_role(call: Call) -> Json:
    """A role; one that was deleted a few days ago must be undeleted instead."""
    name = f"{call.name}/{call.body.get('roleId')}"
    if (call.find(name) or {}).get("deleted"):
        raise failed_precondition(
            f"You can't create a role with role_id ({call.body['roleId']}): it was deleted; undelete it."
        )
    return standard.create(call)


@SERVICE.removal("roles")
def remove_role(call: Call, role: Json) -> Json:
    """It is kept for a while."""
    if role.get("deleted"):
        raise failed_precondition(f"The role {call.name} is already deleted.")
    return role | {"deleted": True}


@SERVICE.method("roles.undelete")
def undelete_role(call: Call) -> Json:
    role = call.get(call.name)
    call.check_etag(role, call.body.get("etag"))
    role.pop("deleted", None)
    call.keep(call.name, role)
    return role


@SERVICE.check("workloadIdentityPools", "providers")
def check_pool(call: Call, new: Json, old: Json | None) -> None:
    """Ids have their form; a provider trusts exactly one kind of issuer and maps the subject."""
    identifier = new["name"].rpartition("/")[2]
    if not POOL_ID.fullmatch(identifier):
        raise invalid("name", f"The id {identifier!r} must match {POOL_ID.pattern}")
    if old is not None and old.get("state") == "DELETED":
        raise failed_precondition(f"{new['name']} is deleted; undelete it.")
    if "/providers/" not in new["name"]:
        return
    kinds = [kind for kind in ("oidc", "aws", "saml", "x509") if kind in new]
    if len(kinds) != 1:
        raise invalid("workload_identity_pool_provider", "Exactly one of oidc, aws, saml and x509 must be set.")
    if "aws" not in kinds and "google.subject" not in new.get("attributeMapping", {}):
        raise invalid("workload_identity_pool_provider.attribute_mapping", "google.subject must be mapped.")


@SERVICE.removal("workloadIdentityPools", "providers")
def remove_pool(call: Call, pool: Json) -> Json:
    """It is kept for thirty days, and its id is taken until then."""
    if pool.get("state") == "DELETED":
        raise failed_precondition(f"{call.name} is already deleted.")
    until = datetime.now(UTC) + timedelta(days=30)
    return pool | {"state": "DELETED", "expireTime": until.isoformat().replace("+00:00", "Z")}


@SERVICE.method("workloadIdentityPools.undelete", "providers.undelete")
def undelete_pool(call: Call) -> Json:
    pool = call.get(call.name)
    if pool.get("state") != "DELETED":
        raise failed_precondition(f"{call.name} is not deleted.")
    pool = {name: value for name, value in pool.items() if name != "expireTime"} | {"state": "ACTIVE"}
    call.keep(call.name, pool)
    return standard.respond(call, call.name, call.schema_of(call.name), pool)


@SERVICE.method("workloadIdentityPools.setAttestationRules")
def set_rules(call: Call) -> Json:
    """Replace the rules of a pool; they are kept beside it."""
    pool = call.get(call.name)
    rules = {"attestationRules": call.body.get("attestationRules", [])}
    call.store.put(PRIVATE, call.service.label, f"{call.name}/attestationRules", rules)
    return standard.respond(call, call.name, "WorkloadIdentityPool", pool)


@SERVICE.method("workloadIdentityPools.listAttestationRules")
def list_rules(call: Call) -> Json:
    call.get(call.name)
    return call.store.get(PRIVATE, call.service.label, f"{call.name}/attestationRules") or {}


@SERVICE.method("keys.create")
def create_key(call: Call) -> Json:
    """No keys: the platform has none, and a key that no service takes would only look right."""
    raise ControlError(
        "UNIMPLEMENTED", "Service account keys are not supported by this emulator; use its own key file."
    )
