"""BigQuery Data Transfer: scheduled queries and other transfers (they are kept, never run)."""

from typing import Any

from emulators.control.plane import names
from emulators.control.plane.call import Call
from emulators.control.plane.fill import number
from emulators.control.plane.service import Service
from emulators.control.state.errors import invalid

Json = dict[str, Any]

SERVICE = Service("bigquerydatatransfer", package="google.cloud.bigquery.datatransfer.v1")


@SERVICE.check("transferConfigs")
def check_config(call: Call, new: Json, old: Json | None) -> None:
    """A source, a name, and for a scheduled query its text."""
    for field in ("dataSourceId", "displayName"):
        if not new.get(field):
            raise invalid(f"transfer_config.{field}", f"Missing required field: transfer_config.{field}")
    if old is not None and old["dataSourceId"] != new["dataSourceId"]:
        raise invalid("transfer_config.data_source_id", "The source of a transfer cannot be changed.")
    if new["dataSourceId"] == "scheduled_query" and not new.get("params", {}).get("query"):
        raise invalid("transfer_config.params.query", "A scheduled query needs params.query.")


@SERVICE.fill("transferConfigs")
def fill_config(call: Call, config: Json) -> None:
    """Where and under whom it runs."""
    parts = call.target.split("/")
    config["datasetRegion"] = parts[3] if parts[2] == "locations" else "us"
    config.setdefault("userId", number())
    config.setdefault("state", "SUCCEEDED")
    if account := call.query.get("serviceAccountName"):
        names_account(call, account)


def names_account(call: Call, account: str) -> None:
    """The account under which it runs must exist."""
    name = f"projects/{call.project}/serviceAccounts/{account}"
    if call.find(names.with_project_id(call.store, name), "iam") is None:
        raise invalid("service_account_name", f"Service account {account} does not exist.")
