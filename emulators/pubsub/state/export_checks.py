"""What the service checks of delivery to BigQuery and to Cloud Storage before it takes a subscription.

Sources: cloud.google.com/pubsub/docs/create-bigquery-subscription and .../create-cloudstorage-subscription.
"""

import re
from typing import Any

from emulators.pubsub.state.errors import check_range, invalid, unsupported
from emulators.pubsub.state.file_names import check_format
from emulators.pubsub.state.settings import seconds

TABLE = re.compile(r"(?P<project>[a-z0-9.\-]+(?::[a-z0-9\-]+)?)[.:](?P<dataset>\w+)\.(?P<table>[^.:/]{1,1024})")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._\-]{1,220}[a-z0-9]")
_DEFAULT_DURATION = 300
_MAX_BYTES = 10 * 1024**3


def delivery_kinds(subscription: Any) -> list[str]:
    """The fields of a subscription that say where its messages go; none of them: they are pulled."""
    fields = ("bigquery_config", "cloud_storage_config", "bigtable_config")
    pushed = ["push_config"] if subscription.push_config.push_endpoint else []
    return pushed + [field for field in fields if subscription.HasField(field)]


def check_exports(subscription: Any) -> None:
    """Refuses what cannot be honoured, and fills the service's defaults in."""
    kinds = delivery_kinds(subscription)
    if len(kinds) > 1:
        raise invalid(f"Invalid subscription: only one of {', '.join(kinds)} can be set.")
    if subscription.HasField("bigtable_config"):
        raise unsupported("Delivery to Bigtable (bigtable_config)")
    if kinds and subscription.enable_exactly_once_delivery:
        raise invalid("Exactly-once delivery is only supported for pull subscriptions.")
    if subscription.HasField("bigquery_config"):
        _check_bigquery(subscription.bigquery_config)
    if subscription.HasField("cloud_storage_config"):
        _check_cloud_storage(subscription.cloud_storage_config)


def _check_bigquery(config: Any) -> None:
    if not TABLE.fullmatch(config.table):
        raise invalid(
            f"Invalid BigQuery table given (table={config.table}): it must have the form"
            " {projectId}.{datasetId}.{tableId}."
        )
    if config.use_topic_schema and config.use_table_schema:
        raise invalid("Invalid bigquery_config: use_topic_schema and use_table_schema cannot both be enabled.")
    config.state = config.ACTIVE


def _check_cloud_storage(config: Any) -> None:
    if not _BUCKET.fullmatch(config.bucket):
        raise invalid(f"Invalid Cloud Storage bucket given (bucket={config.bucket}): its name alone is expected.")
    if config.filename_suffix.endswith("/"):
        raise invalid('Invalid cloud_storage_config: filename_suffix must not end in "/".')
    if config.filename_datetime_format:
        check_format(config.filename_datetime_format)
    if not config.HasField("max_duration"):
        config.max_duration.seconds = _DEFAULT_DURATION
    check_range("max_duration", round(seconds(config.max_duration)), 60, 600)
    if config.max_bytes:
        check_range("max_bytes", config.max_bytes, 1000, _MAX_BYTES)
    if config.max_messages:
        check_range("max_messages", config.max_messages, 1000, 2**63 - 1)
    config.state = config.ACTIVE


def check_topic_fits(subscription: Any, topic: Any, schema: Any) -> None:
    """INVALID_ARGUMENT unless the topic's schema (None: it has none) is one that the subscription can use."""
    config = subscription.bigquery_config
    encoding = topic.schema_settings.encoding
    if config.use_table_schema and schema is not None and encoding != 1:
        raise invalid("Invalid bigquery_config: use_table_schema needs a topic whose messages are encoded as JSON.")
    avro = subscription.cloud_storage_config.avro_config
    if avro.use_topic_schema and schema is not None and schema.type != schema.AVRO:
        raise invalid("Invalid cloud_storage_config: use_topic_schema needs a topic schema in Avro.")
