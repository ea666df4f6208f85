"""A message as a record of a Cloud Storage subscription's file, with the schema of the file that it belongs to.

Source: cloud.google.com/pubsub/docs/create-cloudstorage-subscription#file_format.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from emulators.pubsub.export.avro_codec import encode
from emulators.pubsub.export.message_fields import attributes_of, is_json
from emulators.pubsub.state.errors import failed_precondition
from emulators.pubsub.state.schema_checks import parsed
from emulators.varints import avro_long, avro_string

_METADATA: list[dict[str, Any]] = [
    {"name": "subscription_name", "type": "string"},
    {"name": "message_id", "type": "string"},
    {"name": "publish_time", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    {"name": "attributes", "type": {"type": "map", "values": "string"}},
]
_DATA = {"name": "data", "type": "bytes"}


class FileRecords:
    """Makes records for a google.pubsub.v1.Subscription with a cloud_storage_config.

    Args:
        schema_of: the revision that a message with these attributes was checked against, or None.
    """

    def __init__(self, subscription: Any, schema_of: Callable[[Mapping[str, str]], Any]) -> None:
        self._name = subscription.name
        self._is_avro = subscription.cloud_storage_config.HasField("avro_config")
        self._config = subscription.cloud_storage_config.avro_config
        self._schema_of = schema_of

    def problem(self, schema: Any) -> str:
        """Why a topic's schema (None: it has none) cannot be that of the files; "" where it can."""
        if schema is None or not self._config.use_topic_schema:
            return ""
        if schema.type != schema.AVRO:
            return "The topic's schema is not in Avro, and use_topic_schema needs one that is."
        if not self._config.write_metadata:
            return ""
        root = parsed(schema)
        if root.kind != "record":
            return f"The topic's schema is of type {root.kind}, and only a record takes the fields of metadata."
        taken = {field["name"] for field in _METADATA}
        both = sorted(name for name, _ in root.fields if name in taken)
        return f"The topic's schema has fields with names of metadata: {', '.join(both)}." if both else ""

    def record(self, message: Any) -> tuple[str, bytes]:
        """(the file's schema, the record) of a message; ("", its data) in a text file.

        Raises:
            PubsubError: the schema revision that it was checked against is not there any more, or never was.
        """
        if not self._is_avro:
            return "", message.data
        metadata = self._metadata(message) if self._config.write_metadata else b""
        if self._config.use_topic_schema and (schema := self._schema_of(message.attributes)) is not None:
            return self._by_topic_schema(message, schema, metadata)
        fields = [*_METADATA, _DATA] if self._config.write_metadata else [_DATA]
        name = "PubsubMessageWithMetadata" if self._config.write_metadata else "PubsubMessage"
        document = {"type": "record", "namespace": "com.google.pubsub", "name": name, "fields": fields}
        return json.dumps(document), metadata + avro_long(len(message.data)) + message.data

    def _by_topic_schema(self, message: Any, schema: Any, metadata: bytes) -> tuple[str, bytes]:
        if problem := self.problem(schema):
            raise failed_precondition(problem)
        data = encode(parsed(schema), json.loads(message.data)) if is_json(message) else message.data
        document = json.loads(schema.definition)
        if metadata:
            document["fields"] = [*document["fields"], *_METADATA]
        return json.dumps(document), data + metadata

    def _metadata(self, message: Any) -> bytes:
        attributes = attributes_of(message)
        pairs = b"".join(avro_string(key) + avro_string(value) for key, value in attributes.items())
        return (
            avro_string(self._name)
            + avro_string(message.message_id)
            + avro_long(message.publish_time.ToMicroseconds())
            + (avro_long(len(attributes)) + pairs if attributes else b"")
            + b"\0"
        )
