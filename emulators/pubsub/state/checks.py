"""What the service checks of topics and subscriptions before it takes them."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask

from emulators.pubsub.state.errors import check_range, invalid, unsupported
from emulators.pubsub.state.export_checks import check_exports
from emulators.pubsub.state.filters import compile_filter
from emulators.pubsub.state.settings import DEFAULT_MAX_DELIVERY_ATTEMPTS, DEFAULT_RETENTION_SECONDS, seconds
from emulators.pubsub.state.transforms import check_transforms

_DAY = 86400
_MIN_RETENTION, _MAX_RETENTION = 600, 31 * _DAY
_ENDPOINT = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+(/[!-~]*)?(\?[!-~]*)?")
_VERSION = "x-goog-version"
_KEY = re.compile(r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+")
_LABEL = re.compile(r"[\w\-]{0,63}")


def check_labels(labels: Mapping[str, str]) -> None:
    """INVALID_ARGUMENT unless there are at most 64, of letters (no capitals), digits, _ and -, at most 63 each."""
    check_range("label_count", len(labels), 0, 64)
    for key, value in labels.items():
        is_lower = (key + value) == (key + value).lower()
        if not is_lower or not key[:1].isalpha() or not _LABEL.fullmatch(key) or not _LABEL.fullmatch(value):
            raise invalid(
                f"Invalid label (key={key}, value={value}): keys start with a lower case letter, and both hold at most"
                " 63 lower case letters, digits, underscores and dashes."
            )


def check_topic(topic: Any) -> None:
    """Refuses a google.pubsub.v1.Topic that cannot be honoured; fills what is output only."""
    check_labels(topic.labels)
    if topic.HasField("ingestion_data_source_settings"):
        raise unsupported("Ingestion from a data source (ingestion_data_source_settings)")
    check_transforms(topic.message_transforms)
    if topic.message_transforms and topic.HasField("schema_settings"):
        raise unsupported("Message transforms of a topic with a schema (message_transforms)")
    if topic.kms_key_name and not _KEY.fullmatch(topic.kms_key_name):
        raise invalid(
            f"Invalid kms_key_name given (name={topic.kms_key_name}): it must have the form"
            " projects/*/locations/*/keyRings/*/cryptoKeys/*."
        )
    if topic.HasField("message_storage_policy") and not topic.message_storage_policy.allowed_persistence_regions:
        raise invalid("Invalid message_storage_policy: allowed_persistence_regions must not be empty.")
    if topic.HasField("message_retention_duration"):
        _check_duration("message_retention_duration", topic.message_retention_duration, _MIN_RETENTION, _MAX_RETENTION)
    topic.state = topic.ACTIVE
    topic.ClearField("tags")
    topic.ClearField("satisfies_pzs")


def check_subscription(subscription: Any) -> None:
    """Refuses a google.pubsub.v1.Subscription as above; fills the service's defaults in."""
    check_labels(subscription.labels)
    _check_delivery_type(subscription)
    if not subscription.ack_deadline_seconds:
        subscription.ack_deadline_seconds = 10
    check_range("ack_deadline_seconds", subscription.ack_deadline_seconds, 10, 600)
    if not subscription.HasField("message_retention_duration"):
        subscription.message_retention_duration.seconds = DEFAULT_RETENTION_SECONDS
    _check_duration(
        "message_retention_duration", subscription.message_retention_duration, _MIN_RETENTION, _MAX_RETENTION
    )
    _check_expiration(subscription)
    _check_dead_letter(subscription)
    _check_retry(subscription)
    if subscription.filter:
        compile_filter(subscription.filter)
    subscription.state = subscription.ACTIVE
    subscription.push_config.SetInParent()
    for name in ("tags", "topic_message_retention_duration", "analytics_hub_subscription_info"):
        subscription.ClearField(name)


def _check_delivery_type(subscription: Any) -> None:
    _check_push(subscription)
    check_exports(subscription)
    check_transforms(subscription.message_transforms)


def _check_push(subscription: Any) -> None:
    """Only the attribute x-goog-version is known; "v1" and "v1beta2" are one format, which the emulator has."""
    config = subscription.push_config
    endpoint = config.push_endpoint
    unknown = set(config.attributes) - {_VERSION}
    if unknown:
        raise invalid(f"Invalid push_config: the attribute {min(unknown)} is not supported.")
    version = config.attributes.get(_VERSION, "v1")
    if version == "v1beta1":
        raise unsupported("The push format of v1beta1 (push_config.attributes)")
    if version not in ("v1", "v1beta2"):
        raise invalid(f"Invalid push_config: {version} is not a value of the attribute {_VERSION}.")
    if config.HasField("oidc_token") and not config.oidc_token.service_account_email:
        raise invalid("Invalid push_config: oidc_token.service_account_email must be set.")
    if not endpoint:
        if config.WhichOneof("authentication_method") or config.WhichOneof("wrapper"):
            raise invalid("Invalid push_config: push_endpoint must be set.")
        return
    if not _ENDPOINT.fullmatch(endpoint):
        raise invalid(f"Invalid push endpoint given (endpoint={endpoint}): an http or https URL is expected.")
    config.attributes[_VERSION] = version


def _check_expiration(subscription: Any) -> None:
    if not subscription.HasField("expiration_policy"):
        subscription.expiration_policy.ttl.seconds = 31 * _DAY
    elif subscription.expiration_policy.HasField("ttl"):
        _check_duration("expiration_policy.ttl", subscription.expiration_policy.ttl, _DAY, 10000 * 365 * _DAY)


def _check_dead_letter(subscription: Any) -> None:
    if not subscription.HasField("dead_letter_policy"):
        return
    policy = subscription.dead_letter_policy
    if not policy.dead_letter_topic:
        raise invalid("Invalid dead_letter_policy: dead_letter_topic must be set.")
    policy.max_delivery_attempts = policy.max_delivery_attempts or DEFAULT_MAX_DELIVERY_ATTEMPTS
    check_range("max_delivery_attempts", policy.max_delivery_attempts, 5, 100)


def _check_retry(subscription: Any) -> None:
    if not subscription.HasField("retry_policy"):
        return
    policy = subscription.retry_policy
    if not policy.HasField("minimum_backoff"):
        policy.minimum_backoff.seconds = 10
    if not policy.HasField("maximum_backoff"):
        policy.maximum_backoff.seconds = 600
    _check_duration("minimum_backoff", policy.minimum_backoff, 0, 600)
    _check_duration("maximum_backoff", policy.maximum_backoff, 0, 600)
    if seconds(policy.minimum_backoff) > seconds(policy.maximum_backoff):
        raise invalid("Invalid retry_policy: minimum_backoff is greater than maximum_backoff.")


def _check_duration(field: str, duration: Any, low: int, high: int) -> None:
    if not low <= seconds(duration) <= high:
        raise invalid(f"Invalid {field} (value={seconds(duration):g}s): it must be between {low}s and {high}s.")


def apply_update(current: Any, update: Any, mask: FieldMask, mutable: Collection[str]) -> Any:
    """A copy of the resource with the mask's fields taken from the update.

    Raises:
        PubsubError: INVALID_ARGUMENT, the mask is empty or names a field that is unknown or cannot be changed.
    """
    kind = current.DESCRIPTOR.name
    if not mask.paths:
        raise invalid(
            f"The update_mask in the Update{kind}Request must be set, and must contain a non-empty paths list."
        )
    for path in mask.paths:
        field = path.partition(".")[0]
        if field not in current.DESCRIPTOR.fields_by_name:
            raise invalid(
                f"Invalid update_mask provided in the Update{kind}Request: '{path}' is not a known {kind} field."
            )
        if field not in mutable:
            raise invalid(
                f"Invalid update_mask provided in the Update{kind}Request: the '{path}' field in the {kind} is not"
                " mutable."
            )
    changed = type(current)()
    changed.CopyFrom(current)
    try:
        mask.MergeMessage(update, changed, True, True)
    except ValueError as error:
        raise invalid(f"Invalid update_mask provided in the Update{kind}Request: {error}.") from error
    return changed
