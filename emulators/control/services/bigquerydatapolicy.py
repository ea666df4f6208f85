"""BigQuery's data policies: masking rules on policy tags."""

from typing import Any

from emulators.control.plane import names, standard
from emulators.control.plane.call import Call
from emulators.control.plane.service import Service
from emulators.control.state.errors import already_exists, invalid

Json = dict[str, Any]

SERVICE = Service("bigquerydatapolicy", package="google.cloud.bigquery.datapolicies.v1")


@SERVICE.check("dataPolicies")
def check_policy(call: Call, new: Json, old: Json | None) -> None:
    """A masking policy says how; one of a tag has a tag."""
    if new.get("dataPolicyType") == "DATA_MASKING_POLICY" and not new.get("dataMaskingPolicy"):
        raise invalid("data_policy.data_masking_policy", "A masking policy needs dataMaskingPolicy.")
    # Version 2 has policies on columns too, and a `version`.
    if "version" not in call.checker.properties(call.schema_of(call.target)) and not new.get("policyTag"):
        raise invalid("data_policy.policy_tag", "Missing required field: data_policy.policy_tag")


@SERVICE.fill("dataPolicies")
def fill_policy(call: Call, policy: Json) -> None:
    policy["dataPolicyId"] = names.short(call.target)


@SERVICE.method("dataPolicies.rename")
def rename(call: Call) -> Json:
    """Another id, with all else kept."""
    policy = call.get(call.name)
    identifier = call.body.get("newDataPolicyId", "")
    name = f"{call.name.rpartition('/')[0]}/{identifier}"
    if not identifier:
        raise invalid("new_data_policy_id", "Missing required field: new_data_policy_id")
    if call.find(name) is not None:
        raise already_exists(name)
    call.forget(call.name)
    new = policy | {"name": name, "dataPolicyId": identifier}
    call.keep(name, new)
    return standard.respond(call, name, call.schema_of(name), new)
