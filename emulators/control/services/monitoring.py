"""Cloud Monitoring: alert policies with their conditions, notification channels of known types, uptime checks."""

import re
import secrets
from typing import Any

from emulators.control.plane import names
from emulators.control.plane.call import Call
from emulators.control.plane.fill import now, number
from emulators.control.plane.service import Service
from emulators.control.state.errors import ControlError, failed_precondition, invalid

Json = dict[str, Any]

SERVICE = Service("monitoring", package="google.monitoring.v3")
CHANNELS: dict[str, tuple[str, ...]] = {
    "email": ("email_address",),
    "pagerduty": (),
    "slack": ("channel_name",),
    "sms": ("number",),
    "pubsub": ("topic",),
    "webhook_tokenauth": ("url",),
    "webhook_basicauth": ("url",),
    "google_chat": ("space",),
}
"""The types of channels, with the labels that each must have."""
LONGEST, LONGEST_ALIGNMENT = 84600, 90000
"""Seconds that a condition may take: 23.5 hours, and 25 in one alignment."""
_METRIC = re.compile(r"metric\.type\s*=\s*")
_OWN_METRIC = re.compile(r'metric\.type\s*=\s*"logging\.googleapis\.com/user/([^"]+)"')
SECRETS = ("auth_token", "password", "service_key")


@SERVICE.check("alertPolicies")
def check_policy(call: Call, new: Json, old: Json | None) -> None:
    """A policy has a name, conditions of one kind each, and a way to combine them."""
    for field in ("displayName", "conditions", "combiner"):
        if not new.get(field):
            raise invalid(f"alert_policy.{field}", f"Field alert_policy.{field} is required.")
    for index, condition in enumerate(new["conditions"]):
        kinds = [name for name in condition if name.startswith("condition")]
        if len(kinds) != 1:
            raise invalid(f"alert_policy.conditions[{index}]", "Exactly one kind of condition is required.")
        given = condition[kinds[0]]
        if "filter" in call.checker.properties(_schema(call, kinds[0])):
            _check_condition(call, f"alert_policy.conditions[{index}]", given)


def _check_condition(call: Call, at: str, given: Json) -> None:
    """A filter names a metric that is there; times are whole minutes and end (monitoring/api/ref_v3)."""
    wanted = given.get("filter", "")
    if not _METRIC.search(wanted):
        raise invalid(f"{at}.filter", "A condition needs a filter, which names a metric type.")
    for metric in _OWN_METRIC.findall(wanted):
        if call.find(f"projects/{call.project}/metrics/{metric.replace('/', '%2F')}", "logging") is None:
            message = f'Cannot find metric that matches type = "logging.googleapis.com/user/{metric}".'
            raise ControlError("NOT_FOUND", message)
    duration = float(given.get("duration", "0s").rstrip("s"))
    if duration % 60 or duration > LONGEST:
        raise invalid(f"{at}.duration", f"A duration is whole minutes, {LONGEST} seconds at most.")
    if "evaluationMissingData" in given and not duration:
        raise invalid(f"{at}.evaluation_missing_data", "Missing data is evaluated only with a duration above zero.")
    for one in given.get("aggregations", []):
        if not 60 <= float(one.get("alignmentPeriod", "60s").rstrip("s")) <= LONGEST_ALIGNMENT:
            raise invalid(f"{at}.aggregations", f"An alignment period has 60 to {LONGEST_ALIGNMENT} seconds.")


def _schema(call: Call, kind: str) -> str:
    reference: str = call.checker.properties("Condition")[kind]["$ref"]
    return reference


@SERVICE.fill("alertPolicies")
def fill_policy(call: Call, policy: Json) -> None:
    """The names of conditions, and who changed it when."""
    for condition in policy["conditions"]:
        condition.setdefault("name", f"{call.target}/conditions/{number()}")
    policy.setdefault("enabled", True)
    record = {"mutateTime": now(), "mutatedBy": f"sluice@{call.project}.iam.gserviceaccount.com"}
    policy.setdefault("creationRecord", record)
    policy["mutationRecord"] = record


@SERVICE.check("notificationChannels")
def check_channel(call: Call, new: Json, old: Json | None) -> None:
    """A channel's type is known, and has its labels."""
    if new.get("type") not in CHANNELS:
        raise invalid("notification_channel.type", f"There is no channel type {new.get('type')!r}.")
    if old is not None and old["type"] != new["type"]:
        raise invalid("notification_channel.type", "The type of a channel cannot be changed.")
    for label in CHANNELS[new["type"]]:
        if not new.get("labels", {}).get(label):
            raise invalid(f"notification_channel.labels.{label}", f"A {new['type']} channel needs the label {label}.")


@SERVICE.fill("notificationChannels")
def fill_channel(call: Call, channel: Json) -> None:
    channel.setdefault("enabled", True)


@SERVICE.show("notificationChannels")
def show_channel(call: Call, channel: Json) -> None:
    """Secrets among the labels are not given back."""
    labels = channel.get("labels", {})
    channel["labels"] = {name: "*" * 10 if name in SECRETS else value for name, value in labels.items()}


@SERVICE.removal("notificationChannels")
def remove_channel(call: Call, channel: Json) -> None:
    """A channel that a policy uses stays, unless it is forced out of the policy."""
    for _, name in call.store.mentions(call.name):
        if "/alertPolicies/" in name and not call.query.get("force"):
            raise failed_precondition(f"The channel {call.name} is in use by {name}.")
        if "/alertPolicies/" in name:
            policy = call.get(name)
            kept = [one for one in policy["notificationChannels"] if one != call.name]
            call.keep(name, policy | {"notificationChannels": kept})


@SERVICE.check("uptimeCheckConfigs")
def check_uptime(call: Call, new: Json, old: Json | None) -> None:
    """A check looks at something, in one way."""
    if not any(name in new for name in ("monitoredResource", "resourceGroup", "syntheticMonitor")):
        raise invalid("uptime_check_config", "A check needs a monitored resource, a group or a synthetic monitor.")
    if "syntheticMonitor" not in new and ("httpCheck" in new) == ("tcpCheck" in new):
        raise invalid("uptime_check_config", "A check needs one of httpCheck and tcpCheck.")


@SERVICE.fill("uptimeCheckConfigs")
def fill_uptime(call: Call, check: Json) -> None:
    """Its id tells what it is called."""
    words = re.sub(r"[^a-z\d]+", "-", check["displayName"].lower()).strip("-")
    check.setdefault("name", f"{names.parent_of(call.target)}/uptimeCheckConfigs/{words}-{secrets.token_urlsafe(8)}")
    check.setdefault("period", "60s")
