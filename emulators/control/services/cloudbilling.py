"""Cloud Billing: every well-formed account is open, and a project has the account that it was given."""

import re
from typing import Any

from emulators.control.plane import names
from emulators.control.plane.call import Call
from emulators.control.plane.service import Service
from emulators.control.state.errors import invalid
from emulators.control.state.store import Store

Json = dict[str, Any]

SERVICE = Service("cloudbilling", package="google.cloud.billing.v1")
ACCOUNT = re.compile(r"billingAccounts/[\dA-F]{6}-[\dA-F]{6}-[\dA-F]{6}")


@SERVICE.default("billingAccounts")
def default_account(store: Store, name: str) -> Json | None:
    """An account in dollars."""
    if not ACCOUNT.fullmatch(name):
        return None
    return {
        "name": name,
        "open": True,
        "displayName": names.short(name),
        "masterBillingAccount": "",
        "currencyCode": "USD",
    }


@SERVICE.method("projects.getBillingInfo")
def get_info(call: Call) -> Json:
    """Which account pays for a project: none until it has been set."""
    project = call.name.removesuffix("/billingInfo")
    none = {"billingAccountName": "", "billingEnabled": False}
    own = {"name": f"{project}/billingInfo", "projectId": names.short(project)}
    return (call.find(f"{project}/billingInfo") or none) | own


@SERVICE.method("projects.updateBillingInfo")
def update_info(call: Call) -> Json:
    """Set the account, or none."""
    account = call.body.get("billingAccountName", "")
    if account and not ACCOUNT.fullmatch(account):
        raise invalid("project_billing_info.billing_account_name", f"{account!r} is not a billing account.")
    call.keep(call.name, {"billingAccountName": account, "billingEnabled": bool(account)})
    return get_info(call)
